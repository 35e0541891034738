// NPY, format version 1: magic, version, length of the header, a Python dictionary padded with blanks so that the
// elements begin at a multiple of 64 bytes, the elements in C order, little-endian.

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/io/label_writer.h"
#include "core/io/nd_source.h"
#include "core/io/pixels.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kBand_bytes = int64_t{16} << 20;

std::vector<int64_t> storedShape(const Shape& shape) {
  std::vector<int64_t> extents;
  if (shape.t > 1) extents.push_back(shape.t);
  if (shape.z > 1) extents.push_back(shape.z);
  extents.push_back(shape.y);
  extents.push_back(shape.x);
  return extents;
}

std::string headerOf(const std::vector<int64_t>& shape) {
  std::string extents;
  for (const int64_t extent : shape) extents += std::to_string(extent) + ", ";
  extents.resize(extents.size() - 2);
  std::string dictionary = "{'descr': '<u4', 'fortran_order': False, 'shape': (" + extents + "), }";
  constexpr size_t kPrefix_bytes = 10;
  const size_t total = (kPrefix_bytes + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.resize(total - kPrefix_bytes - 1, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dictionary.size() & 0xFF);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

class NpyFile {
 public:
  NpyFile(const fs::path& path, fs::path shown)
      : shown_(std::move(shown)), file_(std::fopen(path.c_str(), "wbe"), std::fclose) {}

  Status write(const void* bytes, size_t size) {
    if (file_ && std::fwrite(bytes, 1, size, file_.get()) == size) return {};
    return failure();
  }

  Status close() {
    if (file_ && std::fclose(file_.release()) == 0) return {};
    return failure();
  }

 private:
  Error failure() const {
    return Error(ErrorCode::kIo, "cannot write '" + shown_.string() +
                                     "': " + systemErrorText(errno != 0 ? errno : EIO) +
                                     "; choose a folder with enough space that you may write to");
  }

  fs::path shown_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

Status writePlanes(NpyFile& file, const LabelPixels& labels, const LabelWriting& writing) {
  const Shape& shape = labels.shape();
  const int64_t rows = std::clamp<int64_t>(kBand_bytes / (shape.x * 4), 1, shape.y);
  ProgressReporter progress(writing.job, "planes", shape.t * shape.z);
  std::vector<uint32_t> ids;
  for (int64_t plane = 0; plane < shape.t * shape.z; ++plane) {
    for (int64_t y = 0; y < shape.y; y += rows) {
      CYTO_TRY(writing.job.cancel.check());
      const PlaneBox window{y, 0, std::min(y + rows, shape.y), shape.x};
      ids.resize(static_cast<size_t>(window.height() * window.width()));
      labels.read(plane / shape.z, plane % shape.z, window, ids);
      if (std::endian::native == std::endian::big) swapBytes(std::as_writable_bytes(std::span(ids)), 4);
      CYTO_TRY(file.write(ids.data(), ids.size() * 4));
    }
    progress.advance();
  }
  return {};
}

}  // namespace

Status writeLabelNpy(const fs::path& path, const LabelPixels& labels, const LabelWriting& writing) {
  const std::vector<int64_t> shape = storedShape(labels.shape());
  if (labels.shape().elements().value_or(0) == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must have at least one pixel");
  }
  if (guessedAxes(shape).find('C') != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot write '" + path.string() + "': an NPY file does not name its axes, and in the shape " +
                     labels.shape().text() + " the last would be taken for colours; use a name that ends in .tif");
  }
  return writeFileAtomically(path, [&](const fs::path& temporary) -> Status {
    errno = 0;
    NpyFile file(temporary, path);
    const std::string header = headerOf(shape);
    CYTO_TRY(file.write(header.data(), header.size()));
    CYTO_TRY(writePlanes(file, labels, writing));
    CYTO_TRY(file.close());
    return writing.check ? writing.check(temporary) : Status();
  });
}

}  // namespace cyto::io
