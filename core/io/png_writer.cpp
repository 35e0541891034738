#include <png.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/io/file_bytes.h"
#include "core/io/label_writer.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

struct PngLayout {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bitDepth = 8;
  int colorType = PNG_COLOR_TYPE_GRAY;
};

void leave(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void ignoreWarning(png_structp, png_const_charp) {}

/// Gives the samples of a row, valid until the next call; null to stop.
using RowSource = std::function<png_const_bytep(int64_t y)>;

// Nothing with a destructor may live here: libpng leaves with longjmp.
bool writeRows(std::FILE* file, const PngLayout& layout, const RowSource& row) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, ignoreWarning);
  if (png == nullptr) return false;
  png_infop info = png_create_info_struct(png);
  if (info == nullptr || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_init_io(png, file);
  png_set_IHDR(png, info, layout.width, layout.height, layout.bitDepth, layout.colorType, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (layout.bitDepth == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  for (png_uint_32 y = 0; y < layout.height; ++y) {
    png_const_bytep samples = row(y);
    if (samples == nullptr) png_longjmp(png, 1);
    png_write_row(png, samples);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

Status writeTo(const fs::path& temporary, const fs::path& shown, const PngLayout& layout, const RowSource& row) {
  const auto failure = [&] {
    return Error(ErrorCode::kIo, "cannot write '" + shown.string() + "': " + systemErrorText(errno != 0 ? errno : EIO) +
                                     "; choose a folder with enough space that you may write to");
  };
  errno = 0;
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return failure();
  const bool written = writeRows(file, layout, row);
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) return failure();
  return {};
}

// (c, y, x) to (y, x, c), the order of a PNG row.
std::vector<uint8_t> interleaved(const Array& image) {
  const auto samples = image.as<uint8_t>();
  const auto channels = static_cast<size_t>(image.channels());
  const size_t plane = samples.size() / channels;
  std::vector<uint8_t> out(samples.size());
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < plane; ++i) out[i * channels + c] = samples[c * plane + i];
  }
  return out;
}

}  // namespace

Status writePng(const fs::path& path, const Array& image) {
  const Shape& shape = image.shape();
  const bool isGray = image.channels() == 1 && (image.dtype() == Dtype::kUint8 || image.dtype() == Dtype::kUint16);
  const bool isRgb = image.channels() == 3 && image.dtype() == Dtype::kUint8;
  if ((!isGray && !isRgb) || shape.t != 1 || shape.z != 1 || image.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + path.string() + "' cannot be a PNG: it needs one plane of 8 or 16 bits, gray or 8-bit RGB");
  }
  PngLayout layout{static_cast<png_uint_32>(shape.x), static_cast<png_uint_32>(shape.y),
                   static_cast<int>(dtypeSize(image.dtype()) * 8), isRgb ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY};
  const std::vector<uint8_t> colors = isRgb ? interleaved(image) : std::vector<uint8_t>();
  const auto* data = isRgb ? colors.data() : reinterpret_cast<const uint8_t*>(image.data());
  const size_t row_bytes = static_cast<size_t>(shape.x * image.channels()) * dtypeSize(image.dtype());
  const RowSource row = [&](int64_t y) { return data + static_cast<size_t>(y) * row_bytes; };
  return writeFileAtomically(path, [&](const fs::path& temporary) { return writeTo(temporary, path, layout, row); });
}

Status writeLabelPng(const fs::path& path, const LabelPixels& labels, const LabelWriting& writing) {
  const Shape& shape = labels.shape();
  const auto refused = [&](const std::string& what) {
    return Error(ErrorCode::kInvalidArgument, "cannot write '" + path.string() + "': " + what);
  };
  if (shape.elements().value_or(0) == 0) return refused("the labels have no pixels");
  if (shape.t != 1 || shape.z != 1) {
    return refused("a PNG holds one plane and the labels have the shape " + shape.text() +
                   " (t, z, y, x); use a name that ends in .tif");
  }
  const uint32_t largest = labels.largestId();
  if (largest > 65535) {
    return refused("a PNG holds ids up to 65535 and there is the id " + std::to_string(largest) +
                   "; use a name that ends in .tif");
  }
  const bool isNarrow = largest <= 255;
  const PngLayout layout{static_cast<png_uint_32>(shape.x), static_cast<png_uint_32>(shape.y), isNarrow ? 8 : 16,
                         PNG_COLOR_TYPE_GRAY};
  std::vector<uint32_t> ids(static_cast<size_t>(shape.x));
  std::vector<uint16_t> wide(isNarrow ? 0 : ids.size());
  std::vector<uint8_t> narrow(isNarrow ? ids.size() : 0);
  const RowSource row = [&](int64_t y) -> png_const_bytep {
    if (!writing.job.cancel.check()) return nullptr;
    labels.read(0, 0, {y, 0, y + 1, shape.x}, ids);
    if (isNarrow) {
      std::transform(ids.begin(), ids.end(), narrow.begin(), [](uint32_t id) { return static_cast<uint8_t>(id); });
      return narrow.data();
    }
    std::transform(ids.begin(), ids.end(), wide.begin(), [](uint32_t id) { return static_cast<uint16_t>(id); });
    return reinterpret_cast<png_const_bytep>(wide.data());
  };
  return writeFileAtomically(path, [&](const fs::path& temporary) -> Status {
    const Status written = writeTo(temporary, path, layout, row);
    CYTO_TRY(writing.job.cancel.check());
    CYTO_TRY(written);
    return writing.check ? writing.check(temporary) : Status();
  });
}

}  // namespace cyto::io
