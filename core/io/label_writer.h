#pragma once

#include <filesystem>

#include "core/array/array.h"
#include "core/base/result.h"

namespace cyto::io {

/// Writes labels (uint32, one channel) as TIFF: uint16 when all ids are at most 65,535, else uint32;
/// deflate; ImageJ metadata with axes and scale. The file appears whole or not at all.
Status writeLabelTiff(const std::filesystem::path& path, const Array& labels, const PixelScale& scale);

/// Writes labels (uint32, one channel) as an OME-Zarr 0.4 label image with one level.
Status writeLabelOmeZarr(const std::filesystem::path& path, const Array& labels, const PixelScale& scale);

/// Writes one plane as PNG: 1 channel of uint8 or uint16, or 3 channels of uint8 (RGB).
Status writePng(const std::filesystem::path& path, const Array& image);

}  // namespace cyto::io
