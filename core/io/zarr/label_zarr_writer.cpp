// OME-Zarr 0.4 label image:
//   1. the whole store is written into a hidden folder beside the target,
//   2. metadata and chunks are synced,
//   3. the folder takes the target's name; an older store of that name is replaced in the same step.

#include <fcntl.h>
#include <stdio.h>  // renameat2 is not in <cstdio>
#include <unistd.h>

#ifdef WITH_LIBDEFLATE
#include <libdeflate.h>
#endif

#include <algorithm>
#include <bit>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/io/label_writer.h"
#include "core/io/nd_box.h"
#include "core/io/pixels.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kChunkPlane = 256;
constexpr int64_t kChunkDepth = 16;
#ifdef WITH_LIBDEFLATE
constexpr int kDeflateLevel = 5;
#endif

// The axes that have an extent, y and x always.
struct LabelAxes {
  json description = json::array();
  std::vector<double> scale;
  std::vector<int64_t> shape;
  std::vector<int64_t> chunk;

  void add(const char* name, const char* type, int64_t extent, int64_t largestChunk, double step,
           const std::string& unit) {
    json axis = {{"name", name}, {"type", type}};
    if (step > 0 && !unit.empty()) axis["unit"] = unit;
    description.push_back(std::move(axis));
    scale.push_back(step > 0 ? step : 1.0);
    shape.push_back(extent);
    chunk.push_back(std::min(largestChunk, extent));
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

json arrayMetadata(const LabelAxes& axes) {
#ifdef WITH_LIBDEFLATE
  const json compressor = {{"id", "zlib"}, {"level", kDeflateLevel}};
#else
  const json compressor;
#endif
  return {{"zarr_format", 2}, {"shape", axes.shape},      {"chunks", axes.chunk},
          {"dtype", "<u4"},   {"compressor", compressor}, {"fill_value", 0},
          {"order", "C"},     {"filters", nullptr},       {"dimension_separator", "/"}};
}

std::string compressed(std::span<const std::byte> chunk) {
#ifdef WITH_LIBDEFLATE
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(kDeflateLevel));
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), chunk.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor.get(), chunk.data(), chunk.size(), out.data(), out.size()));
  return out;
#else
  return std::string(reinterpret_cast<const char*>(chunk.data()), chunk.size());
#endif
}

Status writeFile(const fs::path& path, std::string_view content, const fs::path& shown) {
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (const bool closed = file != nullptr && std::fclose(file) == 0; written && closed) return {};
  return Error(ErrorCode::kIo, "cannot write '" + shown.string() + "': " + systemErrorText(errno != 0 ? errno : EIO) +
                                   "; choose a folder with enough space that you may write to");
}

// Chunks are whole at the edges too, as zarr wants them; those without a label are left out.
class ChunkWriter {
 public:
  ChunkWriter(fs::path array, fs::path shown, const LabelAxes& axes, const Array& labels)
      : array_(std::move(array)), shown_(std::move(shown)), axes_(axes), labels_(labels) {
    buffer_.resize(static_cast<size_t>(elementsOf(axes.chunk)) * sizeof(uint32_t));
  }

  Status writeAll() {
    std::vector<int64_t> position(axes_.shape.size(), 0);
    for (;;) {
      CYTO_TRY(writeChunk(position));
      size_t axis = position.size();
      while (axis > 0 && ++position[axis - 1] * axes_.chunk[axis - 1] >= axes_.shape[axis - 1]) position[--axis] = 0;
      if (axis == 0) return {};
    }
  }

 private:
  Status writeChunk(const std::vector<int64_t>& position) {
    const size_t rank = position.size();
    std::vector<int64_t> begin(rank);
    std::vector<int64_t> count(rank);
    const std::vector<int64_t> origin(rank, 0);
    fs::path path = array_;
    for (size_t i = 0; i < rank; ++i) {
      begin[i] = position[i] * axes_.chunk[i];
      count[i] = std::min(axes_.chunk[i], axes_.shape[i] - begin[i]);
      path /= std::to_string(position[i]);
    }
    std::fill(buffer_.begin(), buffer_.end(), std::byte{0});
    copyBox({count, axes_.shape, begin, axes_.chunk, origin}, sizeof(uint32_t), labels_.data(), buffer_.data());
    if (std::all_of(buffer_.begin(), buffer_.end(), [](std::byte b) { return b == std::byte{0}; })) return {};
    if (std::endian::native == std::endian::big) swapBytes(buffer_, sizeof(uint32_t));
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    return writeFile(path, compressed(buffer_), shown_);
  }

  fs::path array_;
  fs::path shown_;
  const LabelAxes& axes_;
  const Array& labels_;
  std::vector<std::byte> buffer_;
};

Status writeStore(const fs::path& folder, const fs::path& target, const LabelAxes& axes, const Array& labels) {
  std::error_code error;
  // Not create_directories: a mistyped parent folder is an error, not a new folder.
  if (!fs::create_directory(folder, error) || !fs::create_directory(folder / "0", error)) {
    return Error(ErrorCode::kIo, "cannot write '" + target.string() + "': " + systemErrorText(error.value()) +
                                     "; choose a folder that exists and that you may write to");
  }
  CYTO_TRY(writeFile(folder / ".zgroup", json({{"zarr_format", 2}}).dump(2), target));
  CYTO_TRY(writeFile(folder / ".zattrs",
                     attributesOf(axes, target.stem().string()).dump(2, ' ', false, json::error_handler_t::replace),
                     target));
  CYTO_TRY(writeFile(folder / "0" / ".zarray", arrayMetadata(axes).dump(2), target));
  return ChunkWriter(folder / "0", target, axes, labels).writeAll();
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
    return Error(ErrorCode::kIo,
                 "cannot write '" + target.string() + "': something else has this name; choose another one");
  }
  const fs::path temporary =
      target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
  const auto giveUp = [&](Error reason) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    return reason;
  };
  fs::remove_all(temporary, error);
  const LabelAxes axes = axesOf(labels.shape(), scale);
  if (Status written = writeStore(temporary, target, axes, labels); !written) return giveUp(std::move(written).error());
  if (Status synced = syncFolder(temporary); !synced) return giveUp(std::move(synced).error());
  if (Status moved = moveInto(temporary, target); !moved) return giveUp(std::move(moved).error());
  return {};
}

}  // namespace cyto::io
