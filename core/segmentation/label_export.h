#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/array/array.h"
#include "core/base/result.h"
#include "core/io/commit_store.h"
#include "core/io/label_writer.h"

namespace cyto {

/// The formats labels are handed over in.
enum class LabelFormat { kTiff, kPng, kOmeZarr, kNpy, kMicroSam };

/// From "tiff", "png", "ome-zarr", "npy" or "micro-sam". kInvalidArgument lists them.
Result<LabelFormat> labelFormatFromName(const std::string& name);

/// The name that `labelFormatFromName` knows.
std::string_view labelFormatName(LabelFormat format);

/// From the suffix: .tif, .tiff, .png, .zarr, .npy. kInvalidArgument lists them. A commit store of micro-sam ends in
/// .zarr, too, and has to be asked for by its name.
Result<LabelFormat> labelFormatFromPath(const std::filesystem::path& path);

/// Whether a file of that name can be made: the folder must exist and take files. Asked before the work
/// starts, so that nobody waits for a result that has no place.
Status checkTarget(const std::filesystem::path& path);

/// Writes labels piece by piece. PNG holds one plane and ids up to 65,535. The result appears whole under its name or
/// not at all. `record` goes with the format kMicroSam only.
Status writeLabels(const std::filesystem::path& path, LabelFormat format, const io::LabelPixels& labels,
                   const io::LabelWriting& writing, const io::CommitRecord& record = {});

/// The same for labels that are one block (uint32, one channel) and nothing but labels.
Status writeLabels(const std::filesystem::path& path, LabelFormat format, const Array& labels, const PixelScale& scale);

}  // namespace cyto
