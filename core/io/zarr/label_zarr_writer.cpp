// OME-Zarr 0.4 label image:
//   1. the whole store is written into a hidden folder beside the target,
//   2. metadata and chunks are synced,
//   3. the folder takes the target's name; an older store of that name is replaced in the same step.

#include <fcntl.h>
#include <stdio.h>  // renameat2 is not in <cstdio>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <z5/factory.hxx>
#include <z5/filesystem/handle.hxx>
#include <z5/multiarray/array_access.hxx>
#include <z5/multiarray/array_util.hxx>
#include <z5/multiarray/array_view.hxx>

#include "core/base/atomic_file.h"
#include "core/io/label_writer.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr size_t kChunkPlane = 256;
constexpr size_t kChunkDepth = 16;
constexpr int kWriteThreads = 2;

// The axes that have an extent, y and x always.
struct LabelAxes {
  json description = json::array();
  std::vector<double> scale;
  z5::types::ShapeType shape;
  z5::types::ShapeType chunks;

  void add(const char* name, const char* type, int64_t extent, size_t chunk, double step, const std::string& unit) {
    json axis = {{"name", name}, {"type", type}};
    if (step > 0 && !unit.empty()) axis["unit"] = unit;
    description.push_back(std::move(axis));
    scale.push_back(step > 0 ? step : 1.0);
    shape.push_back(static_cast<size_t>(extent));
    chunks.push_back(std::min(chunk, static_cast<size_t>(extent)));
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

json attributesOf(const LabelAxes& axes, const std::string& name) {
  const json scale = {{"type", "scale"}, {"scale", axes.scale}};
  const json dataset = {{"path", "0"}, {"coordinateTransformations", json::array({scale})}};
  const json multiscales = {
      {"version", "0.4"}, {"name", name}, {"axes", axes.description}, {"datasets", json::array({dataset})}};
  return {{"multiscales", json::array({multiscales})}, {"image-label", {{"version", "0.4"}}}};
}

void writeStore(const fs::path& folder, const LabelAxes& axes, const Array& labels) {
  const z5::filesystem::handle::File file(folder);
  z5::createFile(file, true, 2);
  const auto dataset = z5::createDataset(file, "0", "uint32", axes.shape, axes.chunks, "zlib",
                                         z5::types::CompressionOptions{}, 0, "/", 2);
  const auto view = z5::multiarray::makeView(labels.as<uint32_t>().data(), axes.shape);
  const z5::types::ShapeType origin(axes.shape.size(), 0);
  z5::multiarray::writeSubarray<uint32_t>(*dataset, view, origin.begin(), kWriteThreads);
}

Status syncFolder(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    CYTO_TRY(syncToDisk(entry->path()));
  }
  return syncToDisk(folder);
}

// Gives `folder` the name of `target`. Only an older zarr store is ever replaced.
Status moveInto(const fs::path& folder, const fs::path& target) {
  std::error_code error;
  const auto failure = [&] {
    return Error(ErrorCode::kIo, "cannot write '" + target.string() + "': " + systemErrorText(errno));
  };
  if (!fs::exists(target, error)) {
    if (::rename(folder.c_str(), target.c_str()) != 0) return failure();
  } else {
    if (::renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) return failure();
    fs::remove_all(folder, error);
  }
  return syncToDisk(target.parent_path());
}

}  // namespace

Status writeLabelOmeZarr(const fs::path& path, const Array& labels, const PixelScale& scale) {
  if (labels.dtype() != Dtype::kUint32 || labels.channels() != 1 || labels.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must be a non-empty array of uint32");
  }
  fs::path target = path;
  if (target.filename().empty()) target = target.parent_path();  // "labels.zarr/"
  std::error_code error;
  if (fs::exists(target, error) && !(fs::is_directory(target, error) && isZarrFolder(target))) {
    return Error(ErrorCode::kIo, "cannot write '" + target.string() + "': something else has this name; choose another one");
  }
  const fs::path temporary = target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
  const auto giveUp = [&](Error reason) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    return reason;
  };
  fs::remove_all(temporary, error);
  const LabelAxes axes = axesOf(labels.shape(), scale);
  errno = 0;
  try {
    writeStore(temporary, axes, labels);
  } catch (const std::exception& exception) {
    const std::string reason = errno != 0 ? systemErrorText(errno) : exception.what();
    return giveUp(Error(ErrorCode::kIo, "cannot write '" + target.string() + "': " + reason +
                                            "; choose a folder with enough space that you may write to"));
  }
  const std::string attributes = attributesOf(axes, target.stem().string()).dump(2);
  if (Status written = writeFileAtomically(temporary / ".zattrs", attributes); !written) return giveUp(std::move(written).error());
  if (Status synced = syncFolder(temporary); !synced) return giveUp(std::move(synced).error());
  if (Status moved = moveInto(temporary, target); !moved) return giveUp(std::move(moved).error());
  return {};
}

}  // namespace cyto::io
