// HDF5: one data set, or all views of a BigDataViewer file (tNNNNN/sNN/LEVEL/cells: time points, setups, levels;
// 16-bit values are stored as signed but mean unsigned).

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>

#include "core/io/hdf5/hdf5_file.h"
#include "core/io/sources.h"
#include "core/io/units.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kMaxXml_bytes = int64_t{64} << 20;

std::string listedKeys(const std::vector<std::string>& keys) {
  constexpr size_t kShown = 12;
  std::string text;
  for (size_t i = 0; i < std::min(keys.size(), kShown); ++i) text += (i == 0 ? "'" : ", '") + keys[i] + "'";
  if (keys.size() > kShown) text += " and " + std::to_string(keys.size() - kShown) + " more";
  return text;
}

// ilastik's axistags: a JSON text with a letter for each axis, in the order of the array.
std::string axesFromTags(const std::optional<std::string>& tags, size_t rank) {
  if (!tags) return "";
  const json document = json::parse(*tags, nullptr, false);
  if (!document.is_object() || !document.contains("axes") || !document["axes"].is_array() ||
      document["axes"].size() != rank)
    return "";
  std::string axes;
  for (const json& axis : document["axes"]) {
    const std::string key = axis.is_object() ? axis.value("key", "") : "";
    if (key.size() != 1) return "";
    axes += static_cast<char>(std::toupper(static_cast<unsigned char>(key[0])));
  }
  return axes;
}

PixelScale elementSize(const Hdf5File& file, const std::string& key) {
  PixelScale scale;
  const std::vector<double> size = file.numberAttribute(key, "element_size_um");
  if (size.size() == 3 && size[0] > 0 && size[1] > 0 && size[2] > 0) {
    scale.z = size[0];
    scale.y = size[1];
    scale.x = size[2];
    scale.spaceUnit = "micrometer";
  }
  return scale;
}

OpenedSource openDataset(const Hdf5File& file, const std::string& key) {
  CYTO_ASSIGN(auto array, file.array(key));
  std::string axes = axesFromTags(file.textAttribute(key, "axistags"), array->shape().size());
  if (axes.empty()) axes = guessedAxes(array->shape());
  ImageInfo info;
  info.format = "HDF5";
  info.key = key;
  info.scale = elementSize(file, key);
  return makeNdSource(file.path() / key, std::move(info), std::move(axes), {std::move(array)});
}

// The views of a BigDataViewer file: for each level, (time point, setup) -> array.
struct BdvViews {
  std::vector<std::string> times;
  std::vector<std::string> setups;
  int levels = 0;
};

BdvViews bdvViews(const std::vector<std::string>& datasets) {
  std::set<std::string> times;
  std::set<std::string> setups;
  std::set<int> levels;
  for (const std::string& name : datasets) {
    const size_t first = name.find('/');
    const size_t second = first == name.npos ? name.npos : name.find('/', first + 1);
    if (second == name.npos || name.front() != 't' || name[first + 1] != 's' || !name.ends_with("/cells")) continue;
    const std::string level = name.substr(second + 1, name.size() - second - 7);
    if (level.empty() || level.size() > 2 || level.find_first_not_of("0123456789") != level.npos) continue;
    times.insert(name.substr(0, first));
    setups.insert(name.substr(first + 1, second - first - 1));
    levels.insert(std::stoi(level));
  }
  int consecutive = 0;
  while (levels.count(consecutive) != 0) ++consecutive;
  return {{times.begin(), times.end()}, {setups.begin(), setups.end()}, consecutive};
}

// Axes T, C, Z, Y, X put together from one array per time point and setup.
class BdvArray : public NdArray {
 public:
  BdvArray(std::vector<std::shared_ptr<const NdArray>> views, int64_t times, int64_t setups)
      : views_(std::move(views)), setups_(setups) {
    const NdArray& first = *views_.front();
    dtype_ = first.dtype();
    if (dtype_.dtype == Dtype::kInt16) dtype_.dtype = Dtype::kUint16;
    shape_ = {times, setups, first.shape()[0], first.shape()[1], first.shape()[2]};
  }

  Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
              const JobContext& job) const override {
    const auto view_bytes = static_cast<size_t>(count[2] * count[3] * count[4]) * dtypeSize(dtype_.dtype);
    size_t written = 0;
    for (int64_t t = begin[0]; t < begin[0] + count[0]; ++t) {
      for (int64_t s = begin[1]; s < begin[1] + count[1]; ++s) {
        const NdArray& view = *views_[static_cast<size_t>(t * setups_ + s)];
        CYTO_TRY(view.read(begin.subspan(2), count.subspan(2), out.subspan(written, view_bytes), job));
        written += view_bytes;
      }
    }
    return {};
  }

 private:
  std::vector<std::shared_ptr<const NdArray>> views_;
  int64_t setups_;
};

struct BdvNames {
  std::vector<std::string> channels;
  PixelScale scale;
};

OpenedSource openBdv(const Hdf5File& file, const BdvViews& found, const BdvNames& names) {
  NdLevels levels;
  for (int level = 0; level < found.levels; ++level) {
    std::vector<std::shared_ptr<const NdArray>> views;
    for (const std::string& time : found.times) {
      for (const std::string& setup : found.setups) {
        const std::string key = time + "/" + setup + "/" + std::to_string(level) + "/cells";
        CYTO_ASSIGN(auto view, file.array(key));
        if (view->shape().size() != 3 || (!views.empty() && view->shape() != views.front()->shape())) {
          return cannotOpen(
              file.path(),
              "its setups differ in size, so they are no channels of one image; open one with the key '" + key + "'");
        }
        views.push_back(std::move(view));
      }
    }
    levels.push_back(std::make_shared<const BdvArray>(std::move(views), static_cast<int64_t>(found.times.size()),
                                                      static_cast<int64_t>(found.setups.size())));
  }
  ImageInfo info;
  info.format = "BigDataViewer HDF5";
  info.channelNames = names.channels;
  info.scale = names.scale;
  return makeNdSource(file.path(), std::move(info), "TCZYX", std::move(levels));
}

OpenedSource openHdf5With(const fs::path& path, const OpenOptions& options, const BdvNames& names) {
  CYTO_ASSIGN(const auto file, Hdf5File::open(path));
  std::string key = options.key;
  while (!key.empty() && key.front() == '/') key.erase(key.begin());
  if (!key.empty() && file->hasDataset(key)) return openDataset(*file, key);
  const std::vector<std::string> datasets = file->datasets();
  if (datasets.empty())
    return cannotOpen(path, "the HDF5 file holds no data set; export the image again", ErrorCode::kNotFound);
  if (!key.empty()) {
    return cannotOpen(path, "there is no data set '" + key + "' in it; it has " + listedKeys(datasets),
                      ErrorCode::kNotFound);
  }
  if (const BdvViews views = bdvViews(datasets); views.levels > 0) return openBdv(*file, views, names);
  if (datasets.size() == 1) return openDataset(*file, datasets.front());
  return cannotOpen(path, "the HDF5 file holds several data sets; choose one with the key: " + listedKeys(datasets),
                    ErrorCode::kInvalidArgument);
}

}  // namespace

OpenedSource openHdf5(const fs::path& path, const OpenOptions& options) { return openHdf5With(path, options, {}); }

OpenedSource openBdvXml(const fs::path& path, const OpenOptions& options) {
  CYTO_ASSIGN(const std::string xml, readSmallFile(path, kMaxXml_bytes));
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node sequence = document.child("SpimData").child("SequenceDescription");
  const std::string name = sequence.child("ImageLoader").child("hdf5").text().as_string();
  if (name.empty()) {
    return cannotOpen(
        path, "it names no HDF5 file; only BigDataViewer projects in HDF5 are read, open others by their N5 folder");
  }
  BdvNames names;
  for (const pugi::xml_node& setup : sequence.child("ViewSetups").children("ViewSetup")) {
    names.channels.emplace_back(setup.child("name").text().as_string());
    if (names.channels.size() > 1) continue;
    double size[3] = {0, 0, 0};
    const char* text = setup.child("voxelSize").child("size").text().as_string();
    names.scale.spaceUnit = unitName(setup.child("voxelSize").child("unit").text().as_string());
    if (std::sscanf(text, "%lf %lf %lf", &size[0], &size[1], &size[2]) == 3 && !names.scale.spaceUnit.empty()) {
      names.scale.x = size[0];
      names.scale.y = size[1];
      names.scale.z = size[2];
    } else {
      names.scale = {};
    }
  }
  const fs::path file = path.parent_path() / fs::path(name);
  std::error_code error;
  if (!fs::exists(file, error)) {
    return cannotOpen(path, "the HDF5 file '" + name + "' that it names is not there; put both into one folder",
                      ErrorCode::kNotFound);
  }
  return openHdf5With(file, options, names);
}

}  // namespace cyto::io
