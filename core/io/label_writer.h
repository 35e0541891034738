#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/array/array.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/io/label_pixels.h"

namespace cyto::io {

/// What is known about one label besides its pixels.
struct LabelProperties {
  std::string className;  ///< empty: none
  std::string state;      ///< "accepted", "verified", or empty
  bool operator==(const LabelProperties&) const = default;
};

/// What goes with the pixels of a label file.
struct LabelWriting {
  PixelScale scale;
  std::map<uint32_t, LabelProperties> properties;  ///< by id; only OME-Zarr has a place for them

  /// Looks at the finished file or folder before it gets its name; what it refuses is removed.
  std::function<Status(const std::filesystem::path& finished)> check;

  JobContext job;
};

/// All writers take the labels piece by piece, hold some 20 MiB at a time, and give their result its name when it is
/// whole, on disk, and checked; an older file of that name is replaced. Errors: kInvalidArgument for labels that the
/// format has no place for, kIo with one sentence that names the file and what to do, kCancelled.

/// TIFF: uint16 when all ids are at most 65,535, else uint32; deflate; BigTIFF when it may pass 4 GiB; ImageJ metadata
/// with axes and scale.
Status writeLabelTiff(const std::filesystem::path& path, const LabelPixels& labels, const LabelWriting& writing);

/// An OME-Zarr 0.4 label image with one level; only an older zarr store is replaced.
Status writeLabelOmeZarr(const std::filesystem::path& path, const LabelPixels& labels, const LabelWriting& writing);

/// NPY, uint32, without the axes t and z where they have one element.
Status writeLabelNpy(const std::filesystem::path& path, const LabelPixels& labels, const LabelWriting& writing);

/// One plane as PNG, 8 bits when all ids are at most 255, else 16.
Status writeLabelPng(const std::filesystem::path& path, const LabelPixels& labels, const LabelWriting& writing);

/// The same for labels that are one block: uint32, one channel.
Status writeLabelTiff(const std::filesystem::path& path, const Array& labels, const PixelScale& scale);
Status writeLabelOmeZarr(const std::filesystem::path& path, const Array& labels, const PixelScale& scale);

/// An image, volume or series of one channel of uint8 or uint16 as TIFF, with the same layout as labels.
Status writeImageTiff(const std::filesystem::path& path, const Array& image, const PixelScale& scale);

/// Writes one plane as PNG: 1 channel of uint8 or uint16, or 3 channels of uint8 (RGB).
Status writePng(const std::filesystem::path& path, const Array& image);

}  // namespace cyto::io
