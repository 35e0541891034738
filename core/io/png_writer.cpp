#include <png.h>

#include <bit>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
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

// Nothing with a destructor may live here: libpng leaves with longjmp.
bool writeRows(std::FILE* file, const PngLayout& layout, png_bytepp rows) {
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
  png_write_image(png, rows);
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return true;
}

Status writeTo(const fs::path& temporary, const fs::path& shown, const PngLayout& layout, png_bytepp rows) {
  const auto failure = [&] {
    return Error(ErrorCode::kIo, "cannot write '" + shown.string() + "': " + systemErrorText(errno != 0 ? errno : EIO) +
                                     "; choose a folder with enough space that you may write to");
  };
  errno = 0;
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return failure();
  const bool written = writeRows(file, layout, rows);
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
  std::vector<png_bytep> rows(layout.height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = const_cast<png_bytep>(data) + y * row_bytes;
  return writeFileAtomically(path,
                             [&](const fs::path& temporary) { return writeTo(temporary, path, layout, rows.data()); });
}

}  // namespace cyto::io
