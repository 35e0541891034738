// N5. Its metadata list axes from the fastest (x) on; everything here is turned round to the slowest first.

#include <cmath>

#include "core/io/sources.h"
#include "core/io/units.h"
#include "core/io/zarr/hierarchy.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kMaxDepth = 6;
constexpr size_t kMaxCandidates = 2000;

const json& at(const json& parent, const char* key) {
  static const json kNothing;
  if (!parent.is_object()) return kNothing;
  const auto found = parent.find(key);
  return found == parent.end() ? kNothing : *found;
}

// "s0", "s1", …: the resolution levels of a group.
bool isLevelName(const std::string& name) {
  return name.size() > 1 && name[0] == 's' && name.find_first_not_of("0123456789", 1) == name.npos;
}

// What an array or the group around it says about its axes, slowest first.
struct N5Geometry {
  std::string axes;
  std::vector<double> steps;
  std::vector<std::string> units;
};

std::vector<double> numbers(const json& list) {
  std::vector<double> values;
  if (list.is_array()) {
    for (const json& value : list)
      values.push_back(value.is_number() && std::isfinite(value.get<double>()) ? value.get<double>() : 0);
  }
  return values;
}

std::vector<std::string> texts(const json& list) {
  std::vector<std::string> values;
  if (list.is_array()) {
    for (const json& value : list) values.push_back(value.is_string() ? value.get<std::string>() : "");
  }
  return values;
}

std::string lettersOf(const std::vector<std::string>& names) {
  std::string letters;
  for (const std::string& name : names) {
    const char letter = name.size() == 1 ? static_cast<char>(std::toupper(static_cast<unsigned char>(name[0]))) : '?';
    if (std::string_view("TCZYX").find(letter) == std::string_view::npos) return "";
    letters += letter;
  }
  return letters;
}

template <typename T>
T reversed(const T& values) {
  return T(values.rbegin(), values.rend());
}

void mergeInto(N5Geometry& geometry, const json& attributes) {
  // COSEM's "transform" lists axes slowest first unless it says "ordering": "F".
  const json& transform = at(attributes, "transform");
  if (transform.is_object()) {
    auto axes = lettersOf(texts(at(transform, "axes")));
    auto steps = numbers(at(transform, "scale"));
    auto units = texts(at(transform, "units"));
    if (at(transform, "ordering") == "F" || (!axes.empty() && axes.front() == 'X')) {
      axes = reversed(axes);
      steps = reversed(steps);
      units = reversed(units);
    }
    geometry = {axes, steps, units};
    return;
  }
  if (at(attributes, "axes").is_array()) geometry.axes = reversed(lettersOf(texts(at(attributes, "axes"))));
  if (at(attributes, "units").is_array()) geometry.units = reversed(texts(at(attributes, "units")));
  const json& resolution = at(attributes, "pixelResolution");
  if (resolution.is_array()) geometry.steps = reversed(numbers(resolution));
  if (resolution.is_object()) {
    geometry.steps = reversed(numbers(at(resolution, "dimensions")));
    const json& unit = at(resolution, "unit");
    if (unit.is_string()) geometry.units.assign(geometry.steps.size(), unit.get<std::string>());
  }
  if (at(attributes, "resolution").is_array()) geometry.steps = reversed(numbers(at(attributes, "resolution")));
}

PixelScale scaleOf(const N5Geometry& geometry, const std::string& axes) {
  PixelScale scale;
  if (geometry.steps.size() != axes.size() || geometry.units.size() != axes.size()) return scale;
  for (size_t i = 0; i < axes.size(); ++i) {
    const std::string unit = unitName(geometry.units[i]);
    if (unit.empty() || geometry.steps[i] <= 0) continue;
    if (axes[i] == 'T') {
      scale.t = geometry.steps[i];
      scale.timeUnit = unit;
    } else if (axes[i] != 'C') {
      (axes[i] == 'Z' ? scale.z : axes[i] == 'Y' ? scale.y : scale.x) = geometry.steps[i];
      scale.spaceUnit = unit;
    }
  }
  return scale;
}

class N5Opener {
 public:
  N5Opener(std::shared_ptr<const ChunkStore> store, std::string key) : store_(std::move(store)), key_(std::move(key)) {}

  OpenedSource open() {
    CYTO_ASSIGN(const json attributes, attributesAt(key_));
    if (at(attributes, "dimensions").is_array()) return openLevels({key_}, json::object(), attributes);
    if (const auto levels = levelsIn(key_); !levels.empty()) {
      CYTO_ASSIGN(const json first, attributesAt(levels.front()));
      return openLevels(levels, attributes, first);
    }
    std::vector<std::string> candidates;
    collect(key_, 0, candidates);
    const fs::path shown = key_.empty() ? store_->path() : store_->path() / key_;
    if (candidates.empty()) {
      return cannotOpen(shown, "there is no N5 array in it; name the folder of an N5 container or array",
                        ErrorCode::kNotFound);
    }
    if (candidates.size() > 1) {
      return cannotOpen(shown, "the N5 container holds several arrays; choose one with the key: " + listed(candidates),
                        ErrorCode::kInvalidArgument);
    }
    key_ = candidates.front();
    return open();
  }

 private:
  Result<json> attributesAt(const std::string& key) const {
    CYTO_ASSIGN(auto attributes, store_->json(joinedKey(key, "attributes.json")));
    return attributes ? *std::move(attributes) : json::object();
  }

  bool isArray(const std::string& key) const {
    const auto attributes = attributesAt(key);
    return attributes && at(*attributes, "dimensions").is_array();
  }

  std::vector<std::string> levelsIn(const std::string& key) const {
    std::vector<std::string> levels;
    for (int i = 0; i < 32; ++i) {
      const std::string level = joinedKey(key, "s" + std::to_string(i));
      if (!isArray(level)) break;
      levels.push_back(level);
    }
    return levels;
  }

  void collect(const std::string& key, int depth, std::vector<std::string>& found) const {
    if (depth > kMaxDepth || found.size() >= kMaxCandidates) return;
    for (const std::string& name : store_->foldersIn(key)) {
      const std::string child = joinedKey(key, name);
      if (isArray(child) || (!isLevelName(name) && isArray(joinedKey(child, "s0")))) {
        found.push_back(child);
      } else {
        collect(child, depth + 1, found);
      }
    }
  }

  OpenedSource openLevels(const std::vector<std::string>& keys, const json& group, const json& first) const {
    const fs::path shown = store_->path() / key_;
    NdLevels levels;
    for (const std::string& key : keys) {
      CYTO_ASSIGN(const json attributes, attributesAt(key));
      CYTO_ASSIGN(ArrayLayout layout, parseN5Array(store_->path() / key, attributes));
      levels.push_back(std::make_shared<const ChunkedArray>(store_, key, std::move(layout)));
    }
    N5Geometry geometry;
    mergeInto(geometry, group);
    mergeInto(geometry, first);
    std::string axes = geometry.axes;
    if (axes.size() != levels.front()->shape().size()) axes = guessedAxes(levels.front()->shape());
    ImageInfo info;
    info.format = "N5";
    info.key = key_;
    info.scale = scaleOf(geometry, axes);
    return makeNdSource(shown, std::move(info), std::move(axes), std::move(levels));
  }

  std::shared_ptr<const ChunkStore> store_;
  std::string key_;
};

}  // namespace

bool isN5Folder(const fs::path& path) {
  std::error_code error;
  return path.extension() == ".n5" || fs::exists(path / "attributes.json", error) ||
         fs::exists(path / "s0" / "attributes.json", error);
}

OpenedSource openN5(const fs::path& path, const OpenOptions& options) {
  std::string key = options.key;
  while (!key.empty() && key.front() == '/') key.erase(key.begin());
  while (!key.empty() && key.back() == '/') key.pop_back();
  return N5Opener(folderStore(path), std::move(key)).open();
}

}  // namespace cyto::io
