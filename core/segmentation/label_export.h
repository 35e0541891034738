#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/array/array.h"
#include "core/base/result.h"

namespace cyto {

/// The formats labels are handed over in.
enum class LabelFormat { kTiff, kPng, kOmeZarr };

/// From "tiff", "png" or "ome-zarr". kInvalidArgument lists them.
Result<LabelFormat> labelFormatFromName(const std::string& name);

/// The name that `labelFormatFromName` knows.
std::string_view labelFormatName(LabelFormat format);

/// From the suffix: .tif, .tiff, .png, .zarr. kInvalidArgument lists them.
Result<LabelFormat> labelFormatFromPath(const std::filesystem::path& path);

/// Whether a file of that name can be made: the folder must exist and take files. Asked before the work
/// starts, so that nobody waits for a result that has no place.
Status checkTarget(const std::filesystem::path& path);

/// Writes labels (uint32, one channel). PNG holds one plane and ids up to 65,535. The result appears whole
/// under its name or not at all.
Status writeLabels(const std::filesystem::path& path, LabelFormat format, const Array& labels, const PixelScale& scale);

}  // namespace cyto
