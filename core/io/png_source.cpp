#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <vector>

#include "core/io/sources.h"
#include "core/io/whole_source.h"

namespace cyto::io {

namespace {

// What libpng's callbacks need; it must stay valid while a png_struct lives.
struct PngStream {
  const FileBytes* file = nullptr;
  int64_t position = 0;
  char message[200] = "";
};

void readFromFile(png_structp png, png_bytep out, size_t count) {
  auto* stream = static_cast<PngStream*>(png_get_io_ptr(png));
  if (!stream->file->readAt(stream->position, std::as_writable_bytes(std::span(out, count)))) {
    png_error(png, "the file is truncated");
  }
  stream->position += static_cast<int64_t>(count);
}

void keepMessage(png_structp png, png_const_charp message) {
  auto* stream = static_cast<PngStream*>(png_get_error_ptr(png));
  std::strncpy(stream->message, message, sizeof(stream->message) - 1);
  png_longjmp(png, 1);
}

void ignoreWarning(png_structp, png_const_charp) {}

struct PngHeader {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bitDepth = 0;
  int colorType = 0;
  bool grayPalette = false;
};

// Nothing with a destructor may live in the functions below: libpng leaves them with longjmp.

bool readHeader(PngStream& stream, png_structp png, png_infop info, PngHeader& header) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &stream, readFromFile);
  // Texts, profiles and the like are never looked at; skipping them also defuses their compression bombs.
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_read_info(png, info);
  png_get_IHDR(png, info, &header.width, &header.height, &header.bitDepth, &header.colorType, nullptr, nullptr,
               nullptr);
  png_colorp palette = nullptr;
  int colors = 0;
  if (png_get_PLTE(png, info, &palette, &colors) != 0 && header.colorType == PNG_COLOR_TYPE_PALETTE) {
    header.grayPalette = std::all_of(palette, palette + colors,
                                     [](const png_color& c) { return c.red == c.green && c.green == c.blue; });
  }
  return true;
}

// `rows` points to the interleaved samples of each row after the transformations.
bool readRows(png_structp png, png_infop info, const PngHeader& header, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  if (header.colorType == PNG_COLOR_TYPE_PALETTE) {
    png_set_palette_to_rgb(png);
    png_set_strip_alpha(png);
  } else if (header.bitDepth < 8) {
    png_set_packing(png);
  }
  if ((header.colorType & PNG_COLOR_MASK_ALPHA) != 0) png_set_strip_alpha(png);
  if (header.bitDepth == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

class PngReader {
 public:
  explicit PngReader(const FileBytes& file) : file_(file) {
    stream_.file = &file;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &stream_, keepMessage, ignoreWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  Result<PngHeader> header() {
    PngHeader header;
    if (info_ == nullptr || !readHeader(stream_, png_, info_, header)) return failure();
    return header;
  }

  Status rows(const PngHeader& header, png_bytepp rows) {
    if (!readRows(png_, info_, header, rows)) return failure();
    return {};
  }

 private:
  Error failure() const {
    return cannotOpen(file_.path(),
                      std::string("the PNG file is damaged (") + stream_.message + "); copy or export it again");
  }

  const FileBytes& file_;
  PngStream stream_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

// Samples per pixel that libpng hands over, alpha already dropped.
int64_t decodedSamples(const PngHeader& header) {
  const bool color = (header.colorType & PNG_COLOR_MASK_COLOR) != 0;
  return color ? 3 : 1;
}

ImageInfo describe(const PngHeader& header) {
  ImageInfo info;
  info.format = "PNG";
  info.dtype = header.bitDepth == 16 ? Dtype::kUint16 : Dtype::kUint8;
  const bool isBool = header.bitDepth == 1 && header.colorType == PNG_COLOR_TYPE_GRAY;
  info.fileDtype = isBool ? "bool" : std::string(dtypeName(info.dtype));
  info.shape = {1, 1, header.height, header.width};
  info.isRgb = decodedSamples(header) == 3 && !header.grayPalette;
  info.channels = info.isRgb ? 3 : 1;
  int64_t samples = info.channels;
  if ((header.colorType & PNG_COLOR_MASK_ALPHA) != 0) ++samples;
  info.fileAxes = samples > 1 ? "YXS" : "YX";
  info.fileShape = {header.height, header.width};
  if (samples > 1) info.fileShape.push_back(samples);
  info.levels = {info.shape};
  return info;
}

class PngSource : public WholeSource {
 public:
  PngSource(FileBytes file, ImageInfo info) : WholeSource(std::move(file), std::move(info)) {}

 protected:
  Result<Array> decode() const override {
    PngReader reader(file_);
    CYTO_ASSIGN(const PngHeader header, reader.header());
    const int64_t samples = decodedSamples(header);
    const auto row_bytes = static_cast<size_t>(info_.shape.x * samples) * dtypeSize(info_.dtype);
    CYTO_ASSIGN(Array interleaved, createPixels(info_.dtype, {1, 1, info_.shape.y, info_.shape.x * samples}, 1));
    std::vector<png_bytep> rows(static_cast<size_t>(info_.shape.y));
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = reinterpret_cast<png_bytep>(interleaved.data()) + y * row_bytes;
    CYTO_TRY(reader.rows(header, rows.data()));
    if (samples == 1) return interleaved;
    CYTO_ASSIGN(Array planes, createPixels(info_.dtype, info_.shape, info_.channels));
    visitDtype(info_.dtype, [&](auto zero) {
      using T = decltype(zero);
      const auto from = interleaved.as<T>();
      for (int64_t c = 0; c < info_.channels; ++c) {
        const auto plane = planes.plane<T>(c, 0, 0);
        for (size_t i = 0; i < plane.size(); ++i)
          plane[i] = from[i * static_cast<size_t>(samples) + static_cast<size_t>(c)];
      }
    });
    return planes;
  }
};

}  // namespace

OpenedSource openPng(FileBytes file) {
  PngReader reader(file);
  CYTO_ASSIGN(const PngHeader header, reader.header());
  ImageInfo info = describe(header);
  // Deflate cannot shrink by more than about 1,032: a header that claims more is a bomb or damage.
  const int64_t samples = decodedSamples(header);
  const double claimed =
      static_cast<double>(header.width) * header.height * static_cast<double>(samples) * header.bitDepth / 8;
  if (claimed > static_cast<double>(file.size_bytes()) * 1100 + 4096) {
    return cannotOpen(file.path(), "the PNG header announces more pixels than the file can hold; it is damaged");
  }
  return std::unique_ptr<ImageSource>(std::make_unique<PngSource>(std::move(file), std::move(info)));
}

}  // namespace cyto::io
