// OME-Zarr 0.4 label image: a group with `multiscales` (axes with units, scale) and `image-label` (version, and for
// each label that has some, its properties), and one array "0". Label properties are how napari and others carry class
// names:
//   "properties": [{"label-value": 7, "class": "nucleus", "state": "verified"}, …]

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/io/label_writer.h"
#include "core/io/zarr/store_writer.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kChunkPlane = 256;
constexpr int64_t kChunkDepth = 16;

// The axes that have an extent, y and x always.
struct LabelAxes {
  json description = json::array();
  std::vector<double> scale;
  NewZarrArray array{{}, {}, "<u4", ChunkCompression::kZlib, '/'};

  void add(const char* name, const char* type, int64_t extent, int64_t largestChunk, double step,
           const std::string& unit) {
    json axis = {{"name", name}, {"type", type}};
    if (step > 0 && !unit.empty()) axis["unit"] = unit;
    description.push_back(std::move(axis));
    scale.push_back(step > 0 ? step : 1.0);
    array.shape.push_back(extent);
    array.chunk.push_back(std::min(largestChunk, extent));
  }
};

LabelAxes axesOf(const Shape& shape, const PixelScale& scale) {
  LabelAxes axes;
  if (shape.t > 1) axes.add("t", "time", shape.t, 1, scale.t, scale.timeUnit);
  if (shape.z > 1) axes.add("z", "space", shape.z, kChunkDepth, scale.z, scale.spaceUnit);
  axes.add("y", "space", shape.y, kChunkPlane, scale.y, scale.spaceUnit);
  axes.add("x", "space", shape.x, kChunkPlane, scale.x, scale.spaceUnit);
  return axes;
}

json attributesOf(const LabelAxes& axes, const std::string& name, const LabelWriting& writing) {
  const json scale = {{"type", "scale"}, {"scale", axes.scale}};
  const json dataset = {{"path", "0"}, {"coordinateTransformations", json::array({scale})}};
  const json multiscales = {
      {"version", "0.4"}, {"name", name}, {"axes", axes.description}, {"datasets", json::array({dataset})}};
  json label = {{"version", "0.4"}};
  for (const auto& [id, properties] : writing.properties) {
    json entry = {{"label-value", id}};
    if (!properties.className.empty()) entry["class"] = properties.className;
    if (!properties.state.empty()) entry["state"] = properties.state;
    label["properties"].push_back(std::move(entry));
  }
  return {{"multiscales", json::array({multiscales})}, {"image-label", std::move(label)}};
}

}  // namespace

Status writeLabelOmeZarr(const fs::path& path, const LabelPixels& labels, const LabelWriting& writing) {
  if (labels.shape().elements().value_or(0) == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must have at least one pixel");
  }
  const LabelAxes axes = axesOf(labels.shape(), writing.scale);
  const fs::path name = path.filename().empty() ? path.parent_path() : path;
  const auto fill = [&](const StoreWriter& store) -> Status {
    CYTO_TRY(store.makeGroup("", attributesOf(axes, name.stem().string(), writing)));
    CYTO_TRY(store.makeArray("0", axes.array));
    return store.writeLabels("0", axes.array, longAxes(labels.shape()), labels, writing.job);
  };
  return writeStore(path, fill, writing.check);
}

Status writeLabelOmeZarr(const fs::path& path, const Array& labels, const PixelScale& scale) {
  if (labels.dtype() != Dtype::kUint32 || labels.channels() != 1 || labels.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must be a non-empty array of uint32");
  }
  return writeLabelOmeZarr(path, ArrayLabelPixels(labels), {scale, {}, {}, {}});
}

}  // namespace cyto::io
