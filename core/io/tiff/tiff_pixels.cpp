#include "core/io/tiff/tiff_pixels.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "core/io/tiff/sample_unpacking.h"

namespace cyto::io {

namespace {

constexpr int64_t kReadAtOnce_bytes = int64_t{4} << 20;
constexpr int64_t kUnquestioned_bytes = int64_t{32} << 20;
constexpr int64_t kMaxChunk_bytes = int64_t{4} << 30;

enum Photometric {
  kWhiteIsZero = 0,
  kRgb = 2,
  kPalette = 3,
  kTransparencyMask = 4,
  kSeparated = 5,
  kYcbcr = 6,
  kLab = 8,
  kLogLuv = 32845
};

Result<FileDtype> dtypeOf(const TiffFile& file, const TiffDirectory& directory, bool& isFloat24) {
  const int bits = directory.bits;
  const auto refuse = [&](const std::string& kind) {
    return cannotOpen(file.bytes().path(), "its pixels are " + std::to_string(bits) + "-bit " + kind +
                                               ", which is not read; convert it to 8, 16 or 32 bits");
  };
  if (directory.hasMixedSamples) {
    return cannotOpen(file.bytes().path(),
                      "its samples have distinct depths; convert it to one depth for all channels");
  }
  switch (directory.sampleFormat) {
    case 3:
      isFloat24 = bits == 24;
      if (bits == 16) return FileDtype{Dtype::kFloat32, true, false};
      if (bits == 24 || bits == 32) return FileDtype{Dtype::kFloat32};
      if (bits == 64) return FileDtype{Dtype::kFloat64};
      return refuse("floating point numbers");
    case 2:
      if (bits >= 2 && bits <= 8) return FileDtype{Dtype::kInt8};
      if (bits > 8 && bits <= 16) return FileDtype{Dtype::kInt16};
      if (bits > 16 && bits <= 32) return FileDtype{Dtype::kInt32};
      if (bits == 64) return FileDtype{Dtype::kInt64};
      return refuse("signed integers");
    case 5:
    case 6: return refuse("complex numbers");
    default:
      if (bits == 1) return FileDtype{Dtype::kUint8, false, true};
      if (bits > 1 && bits <= 8) return FileDtype{Dtype::kUint8};
      if (bits > 8 && bits <= 16) return FileDtype{Dtype::kUint16};
      if (bits > 16 && bits <= 32) return FileDtype{Dtype::kUint32};
      if (bits == 64) return FileDtype{Dtype::kUint64};
      return refuse("integers");
  }
}

// How much larger than its compressed form a chunk can be, generously.
int64_t largestRatio(int compression) {
  switch (compression) {
    case COMPRESSION_NONE: return 1;
    case COMPRESSION_LZW: return 1400;
    case COMPRESSION_PACKBITS: return 130;
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE: return 1100;
    case COMPRESSION_LZMA: return 10000;
    case COMPRESSION_ZSTD: return 45000;
    case COMPRESSION_JPEG:
    case COMPRESSION_OJPEG: return 4000;
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4: return 20000;
    default: return 50000;
  }
}

// Codecs that fill a buffer from the top and may stop early.
bool decodesFromTop(int compression) {
  return compression == COMPRESSION_LZW || compression == COMPRESSION_ADOBE_DEFLATE ||
         compression == COMPRESSION_DEFLATE || compression == COMPRESSION_PACKBITS || compression == COMPRESSION_ZSTD ||
         compression == COMPRESSION_LZMA;
}

// One reading of one page.
class PlaneReading {
 public:
  PlaneReading(TiffFile& file, const TiffDirectory& directory, const TiffPixels& pixels, int64_t shift_bytes,
               const PlaneBox& box, std::span<std::byte* const> targets)
      : file_(file), directory_(directory), pixels_(pixels), shift_bytes_(shift_bytes), box_(box), targets_(targets) {
    row_bytes_ = (directory.chunkWidth() * directory.chunkSamples() * directory.bits + 7) / 8;
  }

  Status run(const JobContext& job) {
    const int64_t perPlane = directory_.chunksAcross() * directory_.chunksDown();
    const int64_t planes = directory_.isPlanar && pixels_.way != TiffPixels::Way::kColor ? pixels_.kept : 1;
    for (int64_t plane = 0; plane < planes; ++plane) {
      for (int64_t row = box_.y0 / directory_.chunkHeight(); row * directory_.chunkHeight() < box_.y1; ++row) {
        for (int64_t column = box_.x0 / directory_.chunkWidth(); column * directory_.chunkWidth() < box_.x1; ++column) {
          CYTO_TRY(job.cancel.check());
          CYTO_TRY(readChunk(plane, plane * perPlane + row * directory_.chunksAcross() + column, row, column));
        }
      }
    }
    return {};
  }

 private:
  Error failure(const std::string& words) const {
    return cannotRead(file_.bytes().path(), "the TIFF file is truncated or damaged" +
                                                (words.empty() ? "" : " (" + words + ")") +
                                                "; copy or export it again");
  }

  // `part`: what is wanted of the chunk, in pixels of the page; `top` and `left`: where the chunk begins.
  Status readChunk(int64_t plane, int64_t index, int64_t row, int64_t column) {
    const int64_t top = row * directory_.chunkHeight();
    const int64_t left = column * directory_.chunkWidth();
    const PlaneBox chunk{top, left, std::min(top + directory_.chunkHeight(), directory_.height),
                         std::min(left + directory_.chunkWidth(), directory_.width)};
    const PlaneBox part = box_.clippedTo(chunk);
    if (pixels_.way == TiffPixels::Way::kColor) return readColorChunk(index, top, left, part);
    if (index >= directory_.chunkOffsets.count) return failure("its table of strips or tiles is too short");
    CYTO_ASSIGN(const int64_t offset, file_.structure().integerAt(directory_.chunkOffsets, index));
    int64_t size_bytes = -1;
    if (index < directory_.chunkSizes_bytes.count) {
      CYTO_ASSIGN(size_bytes, file_.structure().integerAt(directory_.chunkSizes_bytes, index));
    }
    // Sparse files leave out empty tiles; the buffers are zero from the start.
    if (offset == 0 && size_bytes <= 0) return {};
    if (pixels_.way == TiffPixels::Way::kRaw) return readRawChunk(plane, offset + shift_bytes_, top, left, part);
    return decodeChunk(plane, index, size_bytes, top, left, part);
  }

  Status readRawChunk(int64_t plane, int64_t offset, int64_t top, int64_t left, const PlaneBox& part) {
    const int64_t pixel_bytes = directory_.chunkSamples() * directory_.bits / 8;
    const bool wholeRows = part.width() * 2 > directory_.chunkWidth();
    const int64_t rowsAtOnce = wholeRows ? std::max<int64_t>(1, kReadAtOnce_bytes / row_bytes_) : 1;
    const int64_t skipped = wholeRows ? 0 : part.x0 - left;
    for (int64_t y = part.y0; y < part.y1; y += rowsAtOnce) {
      const int64_t rows = std::min(rowsAtOnce, part.y1 - y);
      // The last row ends with the part: the file may stop there.
      const int64_t size = (rows - 1) * row_bytes_ + (part.x1 - left - skipped) * pixel_bytes;
      buffer_.resize(static_cast<size_t>(size));
      CYTO_TRY(file_.bytes().readAt(offset + (y - top) * row_bytes_ + skipped * pixel_bytes, buffer_));
      if (file_.structure().isBigEndian() != (std::endian::native == std::endian::big)) {
        swapBytes(buffer_, static_cast<size_t>(directory_.bits / 8));
      }
      for (int64_t i = 0; i < rows; ++i) {
        takeRow(plane, buffer_.data() + i * row_bytes_, y + i, part.x0 - left - skipped, part);
      }
    }
    return {};
  }

  Status decodeChunk(int64_t plane, int64_t index, int64_t compressed_bytes, int64_t top, int64_t left,
                     const PlaneBox& part) {
    CYTO_ASSIGN(const TiffFile::Lease lease, file_.at(directory_));
    TIFF* tiff = lease.tiff();
    int64_t rows =
        directory_.isTiled() ? directory_.tileHeight : std::min(directory_.rowsPerStrip, directory_.height - top);
    if (!directory_.isTiled() && decodesFromTop(directory_.compression)) rows = part.y1 - top;
    const auto stated = static_cast<int64_t>(directory_.isTiled() ? TIFFTileRowSize64(tiff) : TIFFScanlineSize64(tiff));
    if (stated != row_bytes_) return failure("its rows have an unexpected length");
    if (row_bytes_ > kMaxChunk_bytes / rows) return failure("one of its tiles or strips announces more than 4 GiB");
    const int64_t size = rows * row_bytes_;
    CYTO_TRY(checkPlausible(size, compressed_bytes));
    const auto decoded = std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(size));
    const auto id = static_cast<uint32_t>(index);
    const tmsize_t got = directory_.isTiled() ? TIFFReadEncodedTile(tiff, id, decoded.get(), size)
                                              : TIFFReadEncodedStrip(tiff, id, decoded.get(), size);
    if (got < (part.y1 - top) * row_bytes_) return failure(lease.handle().error());
    for (int64_t y = part.y0; y < part.y1; ++y) {
      takeRow(plane, decoded.get() + (y - top) * row_bytes_, y, part.x0 - left, part);
    }
    return {};
  }

  Status readColorChunk(int64_t index, int64_t top, int64_t left, const PlaneBox& part) {
    CYTO_ASSIGN(const TiffFile::Lease lease, file_.at(directory_));
    const int64_t width = directory_.chunkWidth();
    const int64_t rows =
        directory_.isTiled() ? directory_.tileHeight : std::min(directory_.rowsPerStrip, directory_.height - top);
    if (width > kMaxChunk_bytes / rows / 4) return failure("one of its tiles or strips announces more than 4 GiB");
    int64_t compressed_bytes = file_.bytes().size_bytes();
    if (index < directory_.chunkSizes_bytes.count && directory_.compression != COMPRESSION_OJPEG) {
      CYTO_ASSIGN(compressed_bytes, file_.structure().integerAt(directory_.chunkSizes_bytes, index));
    }
    CYTO_TRY(checkPlausible(width * rows * 4, compressed_bytes));
    const auto raster = std::make_unique_for_overwrite<uint32_t[]>(static_cast<size_t>(width * rows));
    constexpr int kStopOnError = 1;
    const int done = directory_.isTiled()
                         ? TIFFReadRGBATileExt(lease.tiff(), static_cast<uint32_t>(left), static_cast<uint32_t>(top),
                                               raster.get(), kStopOnError)
                         : TIFFReadRGBAStripExt(lease.tiff(), static_cast<uint32_t>(top), raster.get(), kStopOnError);
    if (done != 1) return failure(lease.handle().error());
    for (int64_t y = part.y0; y < part.y1; ++y) {
      const uint32_t* row = raster.get() + (rows - 1 - (y - top)) * width;  // libtiff gives the lowest row first
      const int64_t out = (y - box_.y0) * box_.width() + part.x0 - box_.x0;
      for (int64_t x = 0; x < part.width(); ++x) {
        const uint32_t color = row[part.x0 - left + x];
        targets_[0][out + x] = static_cast<std::byte>(TIFFGetR(color));
        targets_[1][out + x] = static_cast<std::byte>(TIFFGetG(color));
        targets_[2][out + x] = static_cast<std::byte>(TIFFGetB(color));
      }
    }
    return {};
  }

  // A few bytes that claim to be gigabytes are an attack or damage; refuse before memory is touched.
  Status checkPlausible(int64_t size, int64_t compressed_bytes) const {
    const int64_t ratio = largestRatio(directory_.compression);
    if (size <= kUnquestioned_bytes) return {};
    const int64_t bound = std::min(compressed_bytes < 0 ? INT64_MAX : compressed_bytes, file_.bytes().size_bytes());
    if (size / ratio > bound) {
      return failure("a tile or strip of " + std::to_string(bound) + " bytes announces " + std::to_string(size));
    }
    return {};
  }

  void takeRow(int64_t plane, const std::byte* row, int64_t y, int64_t first, const PlaneBox& part) {
    const PackedRow packed{row, directory_.bits, directory_.sampleFormat == 2, pixels_.isFloat24};
    const int64_t stride = directory_.chunkSamples();
    const auto element = static_cast<int64_t>(dtypeSize(pixels_.dtype.dtype));
    const int64_t out = ((y - box_.y0) * box_.width() + part.x0 - box_.x0) * element;
    const int64_t begin = directory_.isPlanar ? plane : 0;
    const int64_t end = directory_.isPlanar ? plane + 1 : pixels_.kept;
    for (int64_t sample = begin; sample < end; ++sample) {
      const int64_t inPixel = directory_.isPlanar ? 0 : sample;
      unpackSamples(packed, first * stride + inPixel, stride, part.width(), pixels_.dtype,
                    targets_[static_cast<size_t>(sample)] + out);
    }
  }

  TiffFile& file_;
  const TiffDirectory& directory_;
  const TiffPixels& pixels_;
  int64_t shift_bytes_;
  PlaneBox box_;
  std::span<std::byte* const> targets_;
  int64_t row_bytes_ = 0;
  std::vector<std::byte> buffer_;
};

// Alpha says how to draw, not what was seen: it is dropped. Unnamed extra samples of gray images are channels.
int64_t samplesKept(const TiffDirectory& directory) {
  const int64_t samples = directory.samples;
  if (directory.photometric == kRgb && samples == 4) return 3;
  const auto isAlpha = [](uint16_t kind) { return kind == 1 || kind == 2; };
  const int64_t colors = directory.photometric == kRgb ? 3 : directory.photometric == kSeparated ? 4 : 1;
  if (samples == colors + 1 && directory.extraSamples.size() == 1 && isAlpha(directory.extraSamples[0])) return colors;
  if (directory.photometric == kPalette && samples == 2) return 1;
  return samples;
}

// A page that announces far more than its file can hold is damaged; refusing it here keeps memory out of its reach.
// Tiles may be absent from sparse files, so for them only one tile has to fit.
Status checkSize(const TiffFile& file, const TiffDirectory& directory, const TiffPixels& pixels) {
  const auto refuse = [&](const std::string& what) {
    return cannotOpen(file.bytes().path(),
                      "the TIFF file is truncated or damaged: " + what + "; copy or export it again");
  };
  if (pixels.way != TiffPixels::Way::kColor && directory.chunkOffsets.count < directory.chunkCount()) {
    return refuse("its table of strips or tiles is too short");
  }
  const double pixel_bits = static_cast<double>(directory.chunkSamples()) * directory.bits;
  const double area = static_cast<double>(directory.chunkWidth()) * static_cast<double>(directory.chunkHeight());
  const double chunks = directory.isTiled() ? 1
                                            : static_cast<double>(directory.chunksDown()) *
                                                  (directory.isPlanar ? static_cast<double>(directory.samples) : 1);
  const double announced = area * pixel_bits / 8 * chunks;
  const double possible =
      static_cast<double>(file.bytes().size_bytes()) * static_cast<double>(largestRatio(directory.compression));
  if (announced > static_cast<double>(kUnquestioned_bytes) && announced > 1.1 * possible) {
    return refuse("it announces more pixels than it can hold");
  }
  return {};
}

}  // namespace

Result<TiffPixels> pixelsOf(const TiffFile& file, const TiffDirectory& directory) {
  const auto refuse = [&](const std::string& what) { return cannotOpen(file.bytes().path(), what); };
  TiffPixels pixels;
  CYTO_ASSIGN(pixels.dtype, dtypeOf(file, directory, pixels.isFloat24));
  pixels.kept = samplesKept(directory);
  pixels.isRgb = directory.photometric == kRgb && pixels.kept == 3;
  const bool isJpeg = directory.compression == COMPRESSION_JPEG;
  if (directory.photometric == kYcbcr && !(isJpeg && !directory.isPlanar)) {
    if (directory.isPlanar) {
      return refuse("its colours are YCbCr in separate planes, which is not read; convert it to RGB");
    }
    pixels.way = TiffPixels::Way::kColor;
    pixels.dtype = FileDtype{Dtype::kUint8};
    pixels.kept = 3;
    pixels.isRgb = true;
    if (directory.bits != 8 || directory.samples != 3)
      return refuse("its YCbCr colours do not have 8 bits; convert it to RGB");
  } else if (directory.photometric == kLogLuv) {
    return refuse("its colours are LogLuv, which is not read; convert it to RGB or 32-bit float");
  } else if (directory.compression == COMPRESSION_NONE && directory.bits % 8 == 0 && directory.bits != 24 &&
             directory.fillOrder == 1) {
    pixels.way = TiffPixels::Way::kRaw;
  } else {
    pixels.way = TiffPixels::Way::kDecode;
    if (TIFFIsCODECConfigured(static_cast<uint16_t>(directory.compression)) != 1) {
      return refuse("its compression (number " + std::to_string(directory.compression) +
                    ") is not read; save it uncompressed or with LZW or deflate");
    }
  }
  if (isJpeg && directory.photometric == kYcbcr) {
    pixels.isRgb = true;
    pixels.kept = 3;
  }
  if (directory.photometric == kSeparated && pixels.kept == 4)
    pixels.sampleNames = {"cyan", "magenta", "yellow", "black"};
  if (directory.photometric == kLab && pixels.kept == 3) pixels.sampleNames = {"L", "a", "b"};
  CYTO_TRY(checkSize(file, directory, pixels));
  return pixels;
}

Status readTiffPlane(TiffFile& file, const TiffDirectory& directory, const TiffPixels& pixels, int64_t shift_bytes,
                     const PlaneBox& box, std::span<std::byte* const> targets, const JobContext& job) {
  if (box.isEmpty()) return {};
  return PlaneReading(file, directory, pixels, shift_bytes, box, targets).run(job);
}

}  // namespace cyto::io
