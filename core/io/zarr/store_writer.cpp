#include "core/io/zarr/store_writer.h"

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
#include "core/io/nd_box.h"
#include "core/io/pixels.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kDeflateLevel = 5;

json compressorOf(ChunkCompression compression) {
#ifdef WITH_LIBDEFLATE
  if (compression == ChunkCompression::kZlib) return {{"id", "zlib"}, {"level", kDeflateLevel}};
  if (compression == ChunkCompression::kGzip) return {{"id", "gzip"}, {"level", kDeflateLevel}};
#endif
  return nullptr;
}

std::string compressed(std::span<const std::byte> chunk, ChunkCompression compression) {
#ifdef WITH_LIBDEFLATE
  if (compression != ChunkCompression::kNone) {
    struct Free {
      void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
    };
    const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(kDeflateLevel));
    const bool isGzip = compression == ChunkCompression::kGzip;
    const auto bound = isGzip ? libdeflate_gzip_compress_bound : libdeflate_zlib_compress_bound;
    const auto compress = isGzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
    std::string out(bound(compressor.get(), chunk.size()), '\0');
    out.resize(compress(compressor.get(), chunk.data(), chunk.size(), out.data(), out.size()));
    return out;
  }
#endif
  return std::string(reinterpret_cast<const char*>(chunk.data()), chunk.size());
}

std::string text(const json& document) { return document.dump(2, ' ', false, json::error_handler_t::replace); }

/// A store may have very many small files: then everything on its disk is synced by one call.
Status syncFolder(const fs::path& folder) {
  constexpr int kSyncedOneByOne = 256;
  std::error_code error;
  int files = 0;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (++files > kSyncedOneByOne) {
      const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      const bool isSynced = descriptor >= 0 && ::syncfs(descriptor) == 0;
      const int failed = errno;
      if (descriptor >= 0) ::close(descriptor);
      if (isSynced) return {};
      return Error(ErrorCode::kIo, "cannot sync '" + folder.string() + "': " + systemErrorText(failed));
    }
  }
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

/// Fills whole chunks of a label array, at the edges too, as zarr wants them.
class LabelChunks {
 public:
  LabelChunks(const NewZarrArray& array, const std::string& axes, const LabelPixels& labels) : labels_(labels) {
    for (size_t i = 0; i < axes.size(); ++i) chunk_[std::string("tzyx").find(axes[i])] = array.chunk[i];
    for (size_t i = 0; i < axes.size(); ++i) axes_.push_back(std::string("tzyx").find(axes[i]));
    chunkIds_.resize(static_cast<size_t>(elementsOf(array.chunk)));
  }

  /// The chunk at a position, valid until the next call; empty when it holds no label.
  std::span<const std::byte> at(std::span<const int64_t> position) {
    int64_t begin[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < axes_.size(); ++i) begin[axes_[i]] = position[i] * chunk_[axes_[i]];
    const Shape& shape = labels_.shape();
    const PlaneBox window{begin[2], begin[3], std::min(begin[2] + chunk_[2], shape.y),
                          std::min(begin[3] + chunk_[3], shape.x)};
    std::fill(chunkIds_.begin(), chunkIds_.end(), 0U);
    bool hasLabel = false;
    for (int64_t t = begin[0]; t < std::min(begin[0] + chunk_[0], shape.t); ++t) {
      for (int64_t z = begin[1]; z < std::min(begin[1] + chunk_[1], shape.z); ++z) {
        if (!labels_.mayHoldLabels(t, z, window)) continue;
        hasLabel = place(t, z, window, ((t - begin[0]) * chunk_[1] + z - begin[1]) * chunk_[2] * chunk_[3]) || hasLabel;
      }
    }
    if (!hasLabel) return {};
    const auto bytes = std::as_writable_bytes(std::span(chunkIds_));
    if (std::endian::native == std::endian::big) swapBytes(bytes, sizeof(uint32_t));
    return bytes;
  }

 private:
  bool place(int64_t t, int64_t z, const PlaneBox& window, int64_t offset) {
    windowIds_.resize(static_cast<size_t>(window.height() * window.width()));
    labels_.read(t, z, window, windowIds_);
    if (std::all_of(windowIds_.begin(), windowIds_.end(), [](uint32_t id) { return id == 0; })) return false;
    for (int64_t row = 0; row < window.height(); ++row) {
      std::copy_n(windowIds_.begin() + row * window.width(), window.width(),
                  chunkIds_.begin() + offset + row * chunk_[3]);
    }
    return true;
  }

  const LabelPixels& labels_;
  int64_t chunk_[4] = {1, 1, 1, 1};
  std::vector<size_t> axes_;
  std::vector<uint32_t> chunkIds_;
  std::vector<uint32_t> windowIds_;
};

}  // namespace

Status StoreWriter::writeFile(const fs::path& path, std::string_view content) const {
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  const bool written = file != nullptr && std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (const bool closed = file != nullptr && std::fclose(file) == 0; written && closed) return {};
  return Error(ErrorCode::kIo, "cannot write '" + shown_.string() + "': " + systemErrorText(errno != 0 ? errno : EIO) +
                                   "; choose a folder with enough space that you may write to");
}

Status StoreWriter::makeFolder(const fs::path& folder) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return {};
  return Error(ErrorCode::kIo, "cannot write '" + shown_.string() + "': " + systemErrorText(error.value()) +
                                   "; choose a folder that exists and that you may write to");
}

Status StoreWriter::makeGroup(const std::string& key, const json& attributes) const {
  const fs::path folder = folder_ / key;
  CYTO_TRY(makeFolder(folder));
  CYTO_TRY(writeFile(folder / ".zgroup", text({{"zarr_format", 2}})));
  return attributes.empty() ? Status() : writeFile(folder / ".zattrs", text(attributes));
}

Status StoreWriter::makeArray(const std::string& key, const NewZarrArray& array) const {
  CYTO_TRY(makeFolder(folder_ / key));
  return writeFile(folder_ / key / ".zarray", text({{"zarr_format", 2},
                                                    {"shape", array.shape},
                                                    {"chunks", array.chunk},
                                                    {"dtype", array.dtype},
                                                    {"compressor", compressorOf(array.compression)},
                                                    {"fill_value", 0},
                                                    {"order", "C"},
                                                    {"filters", nullptr},
                                                    {"dimension_separator", std::string(1, array.separator)}}));
}

fs::path StoreWriter::chunkPath(const std::string& key, const NewZarrArray& array,
                                std::span<const int64_t> position) const {
  std::string name;
  for (const int64_t index : position)
    name += (name.empty() ? "" : std::string(1, array.separator)) + std::to_string(index);
  return folder_ / key / name;
}

Status StoreWriter::writeNumbers(const std::string& key, const std::vector<int64_t>& shape,
                                 std::span<const double> values) const {
  std::vector<int64_t> bits(values.size());
  std::transform(values.begin(), values.end(), bits.begin(),
                 [](double value) { return std::bit_cast<int64_t>(value); });
  const NewZarrArray array{shape, shape, "<f8", ChunkCompression::kNone, '.'};
  CYTO_TRY(makeArray(key, array));
  const auto bytes = std::as_writable_bytes(std::span(bits));
  if (std::endian::native == std::endian::big) swapBytes(bytes, 8);
  return writeFile(chunkPath(key, array, std::vector<int64_t>(shape.size(), 0)),
                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Status StoreWriter::writeNumbers(const std::string& key, const std::vector<int64_t>& shape,
                                 std::span<const int64_t> values) const {
  std::vector<int64_t> numbers(values.begin(), values.end());
  const NewZarrArray array{shape, shape, "<i8", ChunkCompression::kNone, '.'};
  CYTO_TRY(makeArray(key, array));
  const auto bytes = std::as_writable_bytes(std::span(numbers));
  if (std::endian::native == std::endian::big) swapBytes(bytes, 8);
  return writeFile(chunkPath(key, array, std::vector<int64_t>(shape.size(), 0)),
                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Status StoreWriter::writeBytes(const std::string& key, std::string_view bytes) const {
  const auto size = static_cast<int64_t>(bytes.size());
  const NewZarrArray array{{size}, {std::min<int64_t>(size, 1 << 20)}, "|u1", ChunkCompression::kZlib, '.'};
  CYTO_TRY(makeArray(key, array));
  const auto chunkSize = static_cast<size_t>(array.chunk[0]);
  for (size_t begin = 0; begin < bytes.size(); begin += chunkSize) {
    std::string chunk(bytes.substr(begin, chunkSize));
    chunk.resize(chunkSize);  // the last one is whole, too
    const std::vector<int64_t> position{static_cast<int64_t>(begin / chunkSize)};
    CYTO_TRY(
        writeFile(chunkPath(key, array, position), compressed(std::as_bytes(std::span(chunk)), array.compression)));
  }
  return {};
}

Status StoreWriter::writeLabels(const std::string& key, const NewZarrArray& array, const std::string& axes,
                                const LabelPixels& labels, const JobContext& job) const {
  LabelChunks chunks(array, axes, labels);
  int64_t count = 1;
  for (size_t i = 0; i < array.shape.size(); ++i) count *= (array.shape[i] + array.chunk[i] - 1) / array.chunk[i];
  ProgressReporter progress(job, "chunks", count);
  const std::vector<int64_t> begin(array.shape.size(), 0);
  return forEachChunk(array.chunk, begin, array.shape, [&](const auto& position, const auto&) -> Status {
    CYTO_TRY(job.cancel.check());
    progress.advance();
    const std::span<const std::byte> bytes = chunks.at(position);
    if (bytes.empty()) return {};
    const fs::path path = chunkPath(key, array, position);
    if (array.separator == '/') CYTO_TRY(makeFolder(path.parent_path()));
    return writeFile(path, compressed(bytes, array.compression));
  });
}

std::string longAxes(const Shape& shape) {
  return std::string(shape.t > 1 ? "t" : "") + (shape.z > 1 ? "z" : "") + "yx";
}

Status writeStore(const fs::path& path, const std::function<Status(const StoreWriter&)>& fill,
                  const std::function<Status(const fs::path& finished)>& check) {
  fs::path target = path;
  if (target.filename().empty()) target = target.parent_path();  // "labels.zarr/"
  std::error_code error;
  if (fs::exists(target, error) && !(fs::is_directory(target, error) && isZarrFolder(target))) {
    return Error(ErrorCode::kIo,
                 "cannot write '" + target.string() + "': something else has this name; choose another one");
  }
  const fs::path hidden =
      target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
  fs::remove_all(hidden, error);
  const auto make = [&]() -> Status {
    // Not create_directories: a mistyped parent folder is an error, not a new folder.
    if (!fs::create_directory(hidden, error)) {
      return Error(ErrorCode::kIo, "cannot write '" + target.string() + "': " + systemErrorText(error.value()) +
                                       "; choose a folder that exists and that you may write to");
    }
    CYTO_TRY(fill(StoreWriter(hidden, target)));
    CYTO_TRY(syncFolder(hidden));
    if (check) CYTO_TRY(check(hidden));
    return moveInto(hidden, target);
  };
  Status made = make();
  if (!made) fs::remove_all(hidden, error);
  return made;
}

}  // namespace cyto::io
