// NPY (format versions 1 to 3): magic, version, length of the header, a Python dictionary with the keys descr,
// fortran_order and shape, then the elements. Only this dictionary is understood; nothing is ever executed.

#include <bit>
#include <charconv>
#include <optional>

#include "core/io/nd_box.h"
#include "core/io/nd_source.h"
#include "core/io/numpy_dtype.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace {

constexpr int64_t kMaxHeader_bytes = 65536;
constexpr size_t kMaxRank = 32;

struct NpyHeader {
  NumpyDtype dtype;
  bool isFortranOrder = false;
  std::vector<int64_t> shape;
  int64_t data_offset = 0;
};

Error damaged(const FileBytes& file, const std::string& what) {
  return cannotOpen(file.path(), "the NPY file is damaged: " + what + "; save the array again");
}

// The text behind `'key':`, blanks skipped; empty when there is no such key.
std::string_view valueOf(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string pattern = quote + std::string(key) + quote;
    const size_t found = header.find(pattern);
    if (found == header.npos) continue;
    size_t begin = header.find_first_not_of(" \t", found + pattern.size());
    if (begin == header.npos || header[begin] != ':') return {};
    begin = header.find_first_not_of(" \t", begin + 1);
    return begin == header.npos ? std::string_view() : header.substr(begin);
  }
  return {};
}

std::optional<std::vector<int64_t>> parseShape(std::string_view text) {
  if (text.empty() || text.front() != '(') return std::nullopt;
  text.remove_prefix(1);
  std::vector<int64_t> shape;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(" \t,");
    if (begin == text.npos) return std::nullopt;
    text.remove_prefix(begin);
    if (text.front() == ')') return shape;
    int64_t extent = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (code != std::errc() || extent < 0 || shape.size() == kMaxRank) return std::nullopt;
    shape.push_back(extent);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (!text.empty() && text.front() == 'L') text.remove_prefix(1);  // Python 2 wrote long integers so
  }
  return std::nullopt;
}

Result<NpyHeader> readHeader(const FileBytes& file) {
  uint8_t start[12] = {};
  if (file.size_bytes() < 12) return damaged(file, "it ends within its header");
  CYTO_TRY(file.readAt(0, std::as_writable_bytes(std::span(start))));
  const int version = start[6];
  if (version < 1 || version > 3) return damaged(file, "its format version is " + std::to_string(version));
  const int64_t length = version == 1 ? start[8] | (start[9] << 8)
                                      : static_cast<int64_t>(start[8]) | (start[9] << 8) | (start[10] << 16) |
                                            (static_cast<int64_t>(start[11]) << 24);
  const int64_t begin = version == 1 ? 10 : 12;
  if (length > kMaxHeader_bytes || begin + length > file.size_bytes()) return damaged(file, "its header is too long");
  std::string text(static_cast<size_t>(length), '\0');
  CYTO_TRY(file.readAt(begin, std::as_writable_bytes(std::span(text))));

  NpyHeader header;
  header.data_offset = begin + length;
  const std::string_view descr = valueOf(text, "descr");
  if (descr.empty()) return damaged(file, "its header names no type");
  if (descr.front() != '\'' && descr.front() != '"') {
    return cannotOpen(file.path(), "it holds records with several fields; save one of them as an array of its own");
  }
  const std::string_view name = descr.substr(1, descr.find(descr.front(), 1) - 1);
  const auto dtype = parseNumpyDtype(name);
  if (!dtype) {
    return cannotOpen(file.path(), "its elements are of type '" + std::string(name) +
                                       "', which is not read; save integers or floats");
  }
  header.dtype = *dtype;
  header.isFortranOrder = valueOf(text, "fortran_order").substr(0, 4) == "True";
  auto shape = parseShape(valueOf(text, "shape"));
  if (!shape) return damaged(file, "its header has no valid shape");
  header.shape = *std::move(shape);
  const int64_t elements = elementsOf(header.shape);
  const auto size = static_cast<int64_t>(header.dtype.dtype.bytesInFile());
  if (elements < 0 || elements > (file.size_bytes() - header.data_offset) / size) {
    return damaged(file, "it is shorter than its shape says");
  }
  return header;
}

class NpyArray : public NdArray {
 public:
  NpyArray(FileBytes file, NpyHeader header) : file_(std::move(file)), header_(std::move(header)) {
    shape_ = header_.shape;
    dtype_ = header_.dtype.dtype;
  }

  Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
              const JobContext& job) const override {
    const int64_t elements = elementsOf(count);
    if (!header_.isFortranOrder) {
      CYTO_TRY(readRows(begin, count, header_.shape, out, job));
    } else {
      // Fortran order is the C order of the reversed axes.
      const std::vector<int64_t> reversedBegin(begin.rbegin(), begin.rend());
      const std::vector<int64_t> reversedCount(count.rbegin(), count.rend());
      const std::vector<int64_t> reversedShape(shape_.rbegin(), shape_.rend());
      const size_t size = dtype_.bytesInFile();
      std::vector<std::byte> stored(static_cast<size_t>(elements) * size);
      CYTO_TRY(readRows(reversedBegin, reversedCount, reversedShape, stored, job));
      std::vector<int> order;
      for (size_t i = count.size(); i-- > 0;) order.push_back(static_cast<int>(i));
      const auto turned = permuted(stored, reversedCount, order, size);
      std::copy(turned.begin(), turned.end(), out.begin());
    }
    finish(out, elements);
    return {};
  }

 private:
  Status readRows(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<const int64_t> shape,
                  std::span<std::byte> out, const JobContext& job) const {
    const size_t size = dtype_.bytesInFile();
    // Axes that are read whole at the end form one run in the file.
    size_t axes = count.size();
    int64_t run = 1;
    while (axes > 0) {
      run *= count[axes - 1];
      const bool isWhole = count[axes - 1] == shape[axes - 1];
      --axes;
      if (!isWhole) break;
    }
    const size_t inner = axes;  // outer axes are 0 … inner-1; the run begins at axis `inner`
    std::vector<int64_t> index(inner, 0);
    size_t written = 0;
    const size_t run_bytes = static_cast<size_t>(run) * size;
    while (written + run_bytes <= static_cast<size_t>(elementsOf(count)) * size && run_bytes > 0) {
      CYTO_TRY(job.cancel.check());
      int64_t position = 0;
      for (size_t i = 0; i < shape.size(); ++i) position = position * shape[i] + begin[i] + (i < inner ? index[i] : 0);
      CYTO_TRY(
          file_.readAt(header_.data_offset + position * static_cast<int64_t>(size), out.subspan(written, run_bytes)));
      written += run_bytes;
      for (size_t i = inner; i-- > 0;) {
        if (++index[i] < count[i]) break;
        index[i] = 0;
      }
    }
    return {};
  }

  void finish(std::span<std::byte> out, int64_t elements) const {
    const size_t size = dtype_.bytesInFile();
    if (header_.dtype.isBigEndian != (std::endian::native == std::endian::big)) {
      swapBytes(out.first(static_cast<size_t>(elements) * size), size);
    }
    if (dtype_.isHalf) widenHalves(out.data(), static_cast<size_t>(elements));
    if (dtype_.isBool) normaliseBools(out);
  }

  FileBytes file_;
  NpyHeader header_;
};

}  // namespace

OpenedSource openNpy(FileBytes file) {
  CYTO_ASSIGN(NpyHeader header, readHeader(file));
  const std::filesystem::path path = file.path();
  ImageInfo info;
  info.format = "NPY";
  auto array = std::make_shared<const NpyArray>(std::move(file), std::move(header));
  std::string axes = guessedAxes(array->shape());
  return makeNdSource(path, std::move(info), std::move(axes), {array});
}

}  // namespace cyto::io
