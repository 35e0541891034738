#pragma once

#include "core/array/shape.h"
#include "core/base/progress.h"
#include "core/io/pixels.h"
#include "core/io/tiff/tiff_file.h"

namespace cyto::io {

/// How the samples of a directory become pixels.
struct TiffPixels {
  enum class Way {
    kRaw,     ///< uncompressed and byte-aligned: read straight from the file, only the rows asked for
    kDecode,  ///< libtiff decodes strips or tiles
    kColor,   ///< libtiff decodes and converts to 8-bit RGB (subsampled YCbCr, old-style JPEG)
  };
  Way way = Way::kRaw;
  FileDtype dtype;
  bool isFloat24 = false;
  int64_t kept = 1;  ///< samples that are read: alpha at the end is dropped
  bool isRgb = false;
  std::vector<std::string> sampleNames;
};

/// Decides how to read, or says why not (kFormat): sample depth, compression, photometric.
Result<TiffPixels> pixelsOf(const TiffFile& file, const TiffDirectory& directory);

/// Reads a rectangle of one page. `targets` has one buffer per kept sample, each `box.height()` rows of
/// `box.width()` elements of `pixels.dtype.dtype`. `shift_bytes` is added to every position in the file,
/// for planes stored behind each other under one directory (kRaw only).
Status readTiffPlane(TiffFile& file, const TiffDirectory& directory, const TiffPixels& pixels, int64_t shift_bytes,
                     const PlaneBox& box, std::span<std::byte* const> targets, const JobContext& job);

}  // namespace cyto::io
