// zarr v2 and v3, and OME-Zarr 0.4 and 0.5 (the "multiscales" of a group's attributes; NGFF specification).

#include <map>

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

std::string textOf(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? value.dump() : "";
}

// Version 0.5 keeps everything below "ome".
const json& omeAttributes(const json& attributes) {
  const json& ome = at(attributes, "ome");
  return ome.is_object() ? ome : attributes;
}

const json& multiscalesOf(const json& attributes) {
  static const json kNothing;
  const json& all = at(omeAttributes(attributes), "multiscales");
  return all.is_array() && !all.empty() && at(all.front(), "datasets").is_array() ? all.front() : kNothing;
}

char axisLetter(const std::string& name, const std::string& type) {
  if (name.size() == 1) {
    const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    if (std::string_view("TCZYXS").find(letter) != std::string_view::npos) return letter;
  }
  if (type == "time" || name == "time") return 'T';
  if (type == "channel" || name == "channel" || name == "channels") return 'C';
  if (name == "depth") return 'Z';
  if (name == "height" || name == "row") return 'Y';
  if (name == "width" || name == "column") return 'X';
  return '?';
}

struct OmeAxes {
  std::string letters;
  std::vector<std::string> units;
};

OmeAxes axesOf(const json& multiscales, size_t rank) {
  OmeAxes axes;
  const json& list = at(multiscales, "axes");
  if (list.is_array() && list.size() == rank) {
    for (const json& axis : list) {
      axes.letters += axis.is_string() ? axisLetter(axis.get<std::string>(), "")
                                       : axisLetter(textOf(at(axis, "name")), textOf(at(axis, "type")));
      axes.units.push_back(unitName(textOf(at(axis, "unit"))));
    }
  } else if (rank <= 5) {
    axes.letters = std::string("TCZYX").substr(5 - rank);  // versions before 0.3 had no choice
    axes.units.resize(rank);
  }
  return axes;
}

void multiplyScale(const json& transformations, std::vector<double>& scale) {
  if (!transformations.is_array()) return;
  for (const json& transformation : transformations) {
    const json& factors = at(transformation, "scale");
    if (at(transformation, "type") != "scale" || !factors.is_array() || factors.size() != scale.size()) continue;
    for (size_t i = 0; i < scale.size(); ++i) {
      if (factors[i].is_number() && factors[i].get<double>() > 0) scale[i] *= factors[i].get<double>();
    }
  }
}

PixelScale scaleOf(const json& multiscales, const OmeAxes& axes) {
  std::vector<double> factors(axes.letters.size(), 1.0);
  multiplyScale(at(at(multiscales, "datasets").front(), "coordinateTransformations"), factors);
  multiplyScale(at(multiscales, "coordinateTransformations"), factors);
  PixelScale scale;
  for (size_t i = 0; i < factors.size(); ++i) {
    const char axis = axes.letters[i];
    if (axis == 'C' || axes.units[i].empty()) continue;
    if (axis == 'T') {
      scale.t = factors[i];
      scale.timeUnit = axes.units[i];
    } else {
      (axis == 'Z' ? scale.z : axis == 'Y' ? scale.y : scale.x) = factors[i];
      scale.spaceUnit = axes.units[i];
    }
  }
  return scale;
}

std::vector<std::string> channelNamesOf(const json& attributes) {
  std::vector<std::string> names;
  const json& channels = at(at(omeAttributes(attributes), "omero"), "channels");
  if (channels.is_array()) {
    for (const json& channel : channels) names.push_back(textOf(at(channel, "label")));
  }
  return names;
}

class ZarrOpener {
 public:
  ZarrOpener(std::shared_ptr<const ChunkStore> store, std::string key)
      : store_(std::move(store)), key_(std::move(key)) {}

  OpenedSource open() {
    CYTO_ASSIGN(auto node, zarrNodeAt(*store_, key_));
    if (!node) {
      return cannotOpen(store_->path(), "there is no array '" + key_ + "' in it; it has " + choices(""),
                        ErrorCode::kNotFound);
    }
    if (node->isArray) return openArray(*node);
    if (multiscalesOf(node->attributes).is_object()) return openMultiscales(*node);
    std::vector<std::string> candidates;
    collect(key_, 0, candidates);
    if (candidates.empty())
      return cannotOpen(shown(), "the zarr group holds no array; write an array into it or name another one");
    if (candidates.size() > 1) {
      return cannotOpen(shown(), "the zarr group holds several arrays; choose one with the key: " + listed(candidates),
                        ErrorCode::kInvalidArgument);
    }
    key_ = candidates.front();
    return open();
  }

 private:
  fs::path shown() const { return key_.empty() ? store_->path() : store_->path() / key_; }

  std::string choices(const std::string& below) const {
    std::vector<std::string> candidates;
    collect(below, 0, candidates);
    return candidates.empty() ? "no array at all" : listed(candidates);
  }

  // Arrays and multi-resolution images below a group; what is inside an image is not listed, its labels apart.
  void collect(const std::string& key, int depth, std::vector<std::string>& found) const {
    if (depth > kMaxDepth || found.size() >= kMaxCandidates) return;
    for (const std::string& name : store_->foldersIn(key)) {
      const std::string child = joinedKey(key, name);
      const auto node = zarrNodeAt(*store_, child);
      if (!node || !*node) continue;
      if ((*node)->isArray || multiscalesOf((*node)->attributes).is_object()) {
        found.push_back(child);
      } else {
        collect(child, depth + 1, found);
      }
    }
  }

  OpenedSource openArray(const ZarrNode& node) const {
    CYTO_ASSIGN(auto array, zarrArray(store_, key_, node));
    ImageInfo info;
    info.format = node.version == 3 ? "zarr v3" : "zarr v2";
    info.key = key_;
    std::string axes = guessedAxes(array->shape());
    const json& names =
        node.version == 3 ? at(node.metadata, "dimension_names") : at(node.attributes, "_ARRAY_DIMENSIONS");
    if (names.is_array() && names.size() == array->shape().size()) {
      std::string letters;
      for (const json& name : names) letters += axisLetter(textOf(name), "");
      if (letters.find('?') == letters.npos) axes = letters;
    }
    info.scale = elementSize(node.attributes);
    return makeNdSource(shown(), std::move(info), std::move(axes), {std::move(array)});
  }

  // "element_size_um": z, y, x, written by PlantSeg and others.
  static PixelScale elementSize(const json& attributes) {
    PixelScale scale;
    const json& size = at(attributes, "element_size_um");
    if (!size.is_array() || size.size() != 3 || !size[0].is_number() || !size[1].is_number() || !size[2].is_number())
      return scale;
    scale.z = size[0].get<double>();
    scale.y = size[1].get<double>();
    scale.x = size[2].get<double>();
    scale.spaceUnit = "micrometer";
    return scale;
  }

  OpenedSource openMultiscales(const ZarrNode& node) const {
    const json& multiscales = multiscalesOf(node.attributes);
    NdLevels levels;
    for (const json& dataset : at(multiscales, "datasets")) {
      const std::string key = joinedKey(key_, textOf(at(dataset, "path")));
      CYTO_ASSIGN(const auto level, zarrNodeAt(*store_, key));
      if (!level || !level->isArray) {
        if (levels.empty())
          return cannotOpen(shown(), "its array '" + key + "' is missing; write the image again", ErrorCode::kNotFound);
        break;
      }
      CYTO_ASSIGN(auto array, zarrArray(store_, key, *level));
      levels.push_back(std::move(array));
    }
    if (levels.empty()) return cannotOpen(shown(), "its multiscales metadata names no array; write the image again");
    const OmeAxes axes = axesOf(multiscales, levels.front()->shape().size());
    ImageInfo info;
    std::string version = textOf(at(multiscales, "version"));
    if (version.empty()) version = textOf(at(omeAttributes(node.attributes), "version"));
    if (version.empty()) version = node.version == 3 ? "0.5" : "0.4";
    info.format = "OME-Zarr " + version.substr(0, 3);
    info.key = key_;
    info.channelNames = channelNamesOf(node.attributes);
    if (axes.letters.find('?') == std::string::npos) info.scale = scaleOf(multiscales, axes);
    return makeNdSource(shown(), std::move(info), axes.letters, std::move(levels));
  }

  std::shared_ptr<const ChunkStore> store_;
  std::string key_;
};

std::string cleanKey(std::string key) {
  while (!key.empty() && key.front() == '/') key.erase(key.begin());
  while (!key.empty() && key.back() == '/') key.pop_back();
  return key;
}

}  // namespace

bool isZarrFolder(const fs::path& path) {
  std::error_code error;
  for (const char* name : {"zarr.json", ".zarray", ".zgroup", ".zattrs"}) {
    if (fs::exists(path / name, error)) return true;
  }
  return path.extension() == ".zarr";
}

OpenedSource openZarr(const fs::path& path, const OpenOptions& options) {
  return ZarrOpener(folderStore(path), cleanKey(options.key)).open();
}

}  // namespace cyto::io
