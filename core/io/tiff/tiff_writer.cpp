// TIFF of labels and gray images, as Fiji, napari and QuPath open it:
//   1. one page per plane, t slowest and z fastest, deflate, no predictor (few readers know it); labels are uint16 or
//      uint32, images uint8 or uint16,
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

/// Planes of whole numbers, handed out in pieces of rows.
class PlanesToWrite {
 public:
  virtual ~PlanesToWrite() = default;
  virtual const Shape& shape() const = 0;
  virtual int64_t sample_bytes() const = 0;
  virtual uint32_t largest() const = 0;

  /// The samples of whole rows, valid until the next call.
  virtual const void* rows(int64_t t, int64_t z, const PlaneBox& window) = 0;
};

class LabelPlanes : public PlanesToWrite {
 public:
  explicit LabelPlanes(const LabelPixels& labels) : labels_(labels), largest_(labels.largestId()) {}

  const Shape& shape() const override { return labels_.shape(); }
  int64_t sample_bytes() const override { return largest_ <= 0xFFFF ? 2 : 4; }
  uint32_t largest() const override { return largest_; }

  const void* rows(int64_t t, int64_t z, const PlaneBox& window) override {
    ids_.resize(static_cast<size_t>(window.height() * window.width()));
    labels_.read(t, z, window, ids_);
    if (sample_bytes() == 4) return ids_.data();
    narrow_.resize(ids_.size());
    std::transform(ids_.begin(), ids_.end(), narrow_.begin(), [](uint32_t id) { return static_cast<uint16_t>(id); });
    return narrow_.data();
  }

 private:
  const LabelPixels& labels_;
  uint32_t largest_;
  std::vector<uint32_t> ids_;
  std::vector<uint16_t> narrow_;
};

/// One channel of uint8 or uint16.
class ImagePlanes : public PlanesToWrite {
 public:
  explicit ImagePlanes(const Array& image) : image_(image) {}

  const Shape& shape() const override { return image_.shape(); }
  int64_t sample_bytes() const override { return static_cast<int64_t>(dtypeSize(image_.dtype())); }
  uint32_t largest() const override {
    return image_.dtype() == Dtype::kUint8 ? largestOf<uint8_t>() : largestOf<uint16_t>();
  }

  const void* rows(int64_t t, int64_t z, const PlaneBox& window) override {
    const int64_t first = ((t * shape().z + z) * shape().y + window.y0) * shape().x;
    return image_.data() + first * sample_bytes();
  }

 private:
  template <typename T>
  uint32_t largestOf() const {
    const auto values = image_.as<T>();
    return *std::max_element(values.begin(), values.end());
  }

  const Array& image_;
};

class PlaneWriter {
 public:
  PlaneWriter(TiffHandle& handle, PlanesToWrite& planes, const PixelScale& scale, const JobContext& job)
      : handle_(handle), planes_(planes), scale_(scale), job_(job) {}

  /// kCancelled, or kIo with libtiff's words.
  Status writeAll() {
    const Shape& shape = planes_.shape();
    ProgressReporter progress(job_, "planes", shape.t * shape.z);
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

 private:
  Error failure() const { return Error(ErrorCode::kIo, handle_.error()); }

  int64_t rowsPerStrip() const {
    return std::clamp<int64_t>(kStrip_bytes / (planes_.shape().x * planes_.sample_bytes()), 1, planes_.shape().y);
  }

  void setTags(bool isFirst) {
    TIFF* tiff = handle_.get();
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(planes_.shape().x));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(planes_.shape().y));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(planes_.sample_bytes() * 8));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(rowsPerStrip()));
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, scale_.x > 0 ? 1.0 / scale_.x : 1.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, scale_.y > 0 ? 1.0 / scale_.y : 1.0);
    if (isFirst) {
      TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION,
                   imagejDescription(planes_.shape(), scale_, planes_.largest()).c_str());
    }
  }

  Status writePlane(int64_t t, int64_t z) {
    const Shape& shape = planes_.shape();
    uint32_t strip = 0;
    for (int64_t y = 0; y < shape.y; y += rowsPerStrip(), ++strip) {
      CYTO_TRY(job_.cancel.check());
      const PlaneBox window{y, 0, std::min(y + rowsPerStrip(), shape.y), shape.x};
      const auto size = static_cast<tmsize_t>(window.height() * window.width() * planes_.sample_bytes());
      // libtiff compresses from the samples and does not change them.
      void* samples = const_cast<void*>(planes_.rows(t, z, window));
      if (TIFFWriteEncodedStrip(handle_.get(), strip, samples, size) < 0) return failure();
    }
    return {};
  }

  TiffHandle& handle_;
  PlanesToWrite& planes_;
  const PixelScale& scale_;
  const JobContext& job_;
};

Status writePlanes(const fs::path& path, PlanesToWrite& planes, const LabelWriting& writing) {
  const bool isBig = *planes.shape().elements() * planes.sample_bytes() > kClassicTiffLimit_bytes;
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
    if (const Status written = PlaneWriter(*handle, planes, writing.scale, writing.job).writeAll(); !written) {
      return written.error().code() == ErrorCode::kCancelled ? written.error() : failure(written.error().message());
    }
    if (const std::string complaint = handle->close(); !complaint.empty()) return failure(complaint);
    return writing.check ? writing.check(temporary) : Status();
  });
}

}  // namespace

Status writeLabelTiff(const fs::path& path, const LabelPixels& labels, const LabelWriting& writing) {
  if (labels.shape().elements().value_or(0) == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must have at least one pixel");
  }
  LabelPlanes planes(labels);
  return writePlanes(path, planes, writing);
}

Status writeLabelTiff(const fs::path& path, const Array& labels, const PixelScale& scale) {
  if (labels.dtype() != Dtype::kUint32 || labels.channels() != 1 || labels.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument, "labels for '" + path.string() + "' must be a non-empty array of uint32");
  }
  return writeLabelTiff(path, ArrayLabelPixels(labels), {scale, {}, {}, {}});
}

Status writeImageTiff(const fs::path& path, const Array& image, const PixelScale& scale) {
  const bool isNarrow = image.dtype() == Dtype::kUint8 || image.dtype() == Dtype::kUint16;
  if (!isNarrow || image.channels() != 1 || image.elements() == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "the image '" + path.string() + "' must be a non-empty array of uint8 or uint16 with one channel");
  }
  ImagePlanes planes(image);
  return writePlanes(path, planes, {scale, {}, {}, {}});
}

}  // namespace cyto::io
