// Label TIFF, as Fiji, napari and QuPath open it:
//   1. one page per plane, t slowest and z fastest, uint16 or uint32, deflate, no predictor (few readers know it),
//   2. the first page carries ImageJ's text of key=value lines: counts of frames and slices, spacing, units,
//   3. the resolution tags carry pixels per unit, with "no unit" as ImageJ expects.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/io/file_bytes.h"
#include "core/io/label_writer.h"
#include "core/io/tiff/tiff_handle.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kStrip_bytes = int64_t{1} << 20;
constexpr int64_t kClassicTiffLimit_bytes = (int64_t{4} << 30) - (int64_t{64} << 20);

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.10g", value);
  return text;
}

// ImageJ's own words; other units go in as they are.
std::string imagejUnit(const std::string& unit) {
  if (unit == "micrometer" || unit == "µm" || unit == "um") return "micron";
  if (unit == "nanometer") return "nm";
  if (unit == "millimeter") return "mm";
  if (unit == "second") return "sec";
  if (unit == "minute") return "min";
  return unit;
}

std::string imagejDescription(const Shape& shape, const PixelScale& scale, uint32_t largestLabel) {
  const int64_t pages = shape.t * shape.z;
  std::string text = "ImageJ=1.53t\n";
  if (pages > 1) {
    text += "images=" + std::to_string(pages) + "\n";
    if (shape.z > 1) text += "slices=" + std::to_string(shape.z) + "\n";
    if (shape.t > 1) text += "frames=" + std::to_string(shape.t) + "\n";
    if (shape.z > 1 && shape.t > 1) text += "hyperstack=true\n";
  }
  if (!scale.spaceUnit.empty() && (scale.x > 0 || scale.z > 0)) text += "unit=" + imagejUnit(scale.spaceUnit) + "\n";
  if (scale.z > 0) text += "spacing=" + number(scale.z) + "\n";
  if (scale.t > 0) {
    text += "finterval=" + number(scale.t) + "\n";
    if (!scale.timeUnit.empty()) text += "tunit=" + imagejUnit(scale.timeUnit) + "\n";
  }
  text += "loop=false\nmin=0\nmax=" + std::to_string(largestLabel) + "\n";
  return text;
}

class LabelTiffWriter {
 public:
  LabelTiffWriter(TiffHandle& handle, const LabelPixels& labels, const LabelWriting& writing, uint32_t largest)
      : handle_(handle), labels_(labels), writing_(writing), largest_(largest), sample_bytes_(sampleBytes(largest)) {}

  /// kCancelled, or kIo with libtiff's words.
  Status writeAll() {
    const Shape& shape = labels_.shape();
    ProgressReporter progress(writing_.job, "planes", shape.t * shape.z);
    for (int64_t t = 0; t < shape.t; ++t) {
      for (int64_t z = 0; z < shape.z; ++z) {
        setTags(t == 0 && z == 0);
        CYTO_TRY(writePlane(t, z));
        if (TIFFWriteDirectory(handle_.get()) != 1) return failure();
        progress.advance();
      }
    }
    return {};
  }

  static int64_t sampleBytes(uint32_t largest) { return largest <= 0xFFFF ? 2 : 4; }

 private:
  Error failure() const { return Error(ErrorCode::kIo, handle_.error()); }

  int64_t rowsPerStrip() const {
    return std::clamp<int64_t>(kStrip_bytes / (labels_.shape().x * sample_bytes_), 1, labels_.shape().y);
  }

  void setTags(bool isFirst) {
    TIFF* tiff = handle_.get();
    const PixelScale& scale = writing_.scale;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(labels_.shape().x));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(labels_.shape().y));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(sample_bytes_ * 8));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(rowsPerStrip()));
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, scale.x > 0 ? 1.0 / scale.x : 1.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, scale.y > 0 ? 1.0 / scale.y : 1.0);
    if (isFirst) {
      TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, imagejDescription(labels_.shape(), scale, largest_).c_str());
    }
  }

  Status writePlane(int64_t t, int64_t z) {
    const Shape& shape = labels_.shape();
    uint32_t strip = 0;
    for (int64_t y = 0; y < shape.y; y += rowsPerStrip(), ++strip) {
      CYTO_TRY(writing_.job.cancel.check());
      const PlaneBox window{y, 0, std::min(y + rowsPerStrip(), shape.y), shape.x};
      ids_.resize(static_cast<size_t>(window.height() * window.width()));
      labels_.read(t, z, window, ids_);
      narrow_.resize(sample_bytes_ == 2 ? ids_.size() : 0);
      std::transform(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(narrow_.size()), narrow_.begin(),
                     [](uint32_t id) { return static_cast<uint16_t>(id); });
      void* samples = sample_bytes_ == 2 ? static_cast<void*>(narrow_.data()) : ids_.data();
      const auto size = static_cast<tmsize_t>(ids_.size() * static_cast<size_t>(sample_bytes_));
      if (TIFFWriteEncodedStrip(handle_.get(), strip, samples, size) < 0) return failure();
    }
    return {};
  }

  TiffHandle& handle_;
  const LabelPixels& labels_;
  const LabelWriting& writing_;
  uint32_t largest_ = 0;
  int64_t sample_bytes_ = 2;
  std::vector<uint32_t> ids_;
  std::vector<uint16_t> narrow_;
};

}  // namespace

Status writeLabelTiff(const fs::path& path, const LabelPixels& labels, const LabelWriting& writing) {
  const int64_t pixels = labels.shape().elements().value_or(0);
  if (pixels == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must have at least one pixel");
  }
  const uint32_t largest = labels.largestId();
  const bool isBig = pixels * LabelTiffWriter::sampleBytes(largest) > kClassicTiffLimit_bytes;
  return writeFileAtomically(path, [&](const fs::path& temporary) -> Status {
    const auto failure = [&](const std::string& words) {
      const std::string reason =
          errno == ENOSPC || errno == EDQUOT || errno == EACCES || errno == EROFS || errno == ENOENT
              ? systemErrorText(errno)
              : words;
      return Error(ErrorCode::kIo, "cannot write '" + path.string() + "': " + reason +
                                       "; choose a folder with enough space that you may write to");
    };
    errno = 0;
    std::string error;
    const auto handle = TiffHandle::open(temporary, isBig ? "w8" : "w", error);
    if (!handle) return failure(error);
    if (const Status written = LabelTiffWriter(*handle, labels, writing, largest).writeAll(); !written) {
      return written.error().code() == ErrorCode::kCancelled ? written.error() : failure(written.error().message());
    }
    if (const std::string complaint = handle->close(); !complaint.empty()) return failure(complaint);
    return writing.check ? writing.check(temporary) : Status();
  });
}

Status writeLabelTiff(const fs::path& path, const Array& labels, const PixelScale& scale) {
  if (labels.dtype() != Dtype::kUint32 || labels.channels() != 1 || labels.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must be a non-empty array of uint32");
  }
  return writeLabelTiff(path, ArrayLabelPixels(labels), {scale, {}, {}, {}});
}

}  // namespace cyto::io
