#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/version.h"
#include "core/io/commit_store.h"
#include "core/io/nd_source.h"
#include "core/io/zarr/store_writer.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string programText() { return "cytoclick " + std::string(programVersion()); }

// The chunks that micro-sam makes.
NewZarrArray committedObjects(const Shape& shape) {
  NewZarrArray array{{}, {}, "<u4", ChunkCompression::kGzip, '.'};
  const bool isStack = shape.t > 1 || shape.z > 1;
  if (isStack) {
    array.shape.push_back(std::max(shape.t, shape.z));
    array.chunk.push_back(std::min<int64_t>(32, array.shape.back()));
  }
  const int64_t side = isStack ? 256 : 1024;
  for (const int64_t extent : {shape.y, shape.x}) {
    array.shape.push_back(extent);
    array.chunk.push_back(std::min(side, extent));
  }
  return array;
}

json rootAttributes(const CommitRecord& record) {
  const CommitSignature& signature = record.signature;
  json attributes = {{"tile_shape", nullptr},
                     {"halo", nullptr},
                     {"micro_sam_version", programText()},
                     {"cytoclick_version", programText()}};
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) attributes[key] = value;
  };
  put("data_signature", signature.dataSignature);
  put("model_type", signature.modelType);
  put("model_name", signature.modelName);
  put("model_hash", signature.modelHash);
  json history = json::array();
  for (const CommitEntry& entry : record.history) {
    history.push_back({{entry.isAutomatic ? "auto_segmentation" : "current_object", {{"object_ids", entry.ids}}}});
  }
  attributes["commit_history"] = std::move(history);
  return attributes;
}

Status writePrompts(const StoreWriter& store, const CommitPrompts& prompts) {
  const std::string group = "prompts/" + std::to_string(prompts.id);
  CYTO_TRY(store.makeGroup(group, json::object()));
  if (!prompts.shapes.empty()) {
    std::vector<double> values;
    for (const auto& corners : prompts.shapes) {
      for (const auto& corner : corners) values.insert(values.end(), corner.begin(), corner.end());
    }
    const auto& first = prompts.shapes.front();
    CYTO_TRY(store.writeNumbers(group + "/prompts",
                                {static_cast<int64_t>(prompts.shapes.size()), static_cast<int64_t>(first.size()),
                                 static_cast<int64_t>(first.front().size())},
                                values));
  }
  if (prompts.points.empty()) return {};
  std::vector<double> values;
  for (const auto& point : prompts.points) values.insert(values.end(), point.begin(), point.end());
  const std::vector<int64_t> labels(prompts.isPositive.begin(), prompts.isPositive.end());
  const auto count = static_cast<int64_t>(prompts.points.size());
  CYTO_TRY(store.writeNumbers(group + "/point_prompts", {count, static_cast<int64_t>(prompts.points.front().size())},
                              values));
  return store.writeNumbers(group + "/point_labels", {count}, labels);
}

}  // namespace

Status writeCommitStore(const fs::path& path, const LabelPixels& labels, const CommitRecord& record,
                        const LabelWriting& writing) {
  const Shape& shape = labels.shape();
  const auto refused = [&](const std::string& what) {
    return Error(ErrorCode::kInvalidArgument, "cannot write '" + path.string() + "': " + what);
  };
  if (shape.elements().value_or(0) == 0) return refused("the labels have no pixels");
  if (shape.t > 1 && shape.z > 1) {
    return refused("micro-sam knows planes, volumes and time series, but no series of volumes as this one of " +
                   shape.text() + " (t, z, y, x); use ome-zarr or tiff");
  }
  const NewZarrArray array = committedObjects(shape);
  if (guessedAxes(array.shape).find('C') != std::string::npos) {
    return refused("a commit store does not name its axes, and in the shape " + shape.text() +
                   " the last would be taken for colours; use ome-zarr or tiff");
  }
  const auto fill = [&](const StoreWriter& store) -> Status {
    CYTO_TRY(store.makeGroup("", rootAttributes(record)));
    CYTO_TRY(store.makeArray(kCommittedObjects, array));
    CYTO_TRY(store.writeLabels(kCommittedObjects, array, longAxes(shape), labels, writing.job));
    if (!record.prompts.empty()) CYTO_TRY(store.makeGroup("prompts", json::object()));
    for (const CommitPrompts& prompts : record.prompts) {
      CYTO_TRY(writing.job.cancel.check());
      CYTO_TRY(writePrompts(store, prompts));
    }
    return record.notes.empty() ? Status() : store.writeBytes(kCytoclickObjects, record.notes);
  };
  return writeStore(path, fill, writing.check);
}

}  // namespace cyto::io
