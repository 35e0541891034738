#pragma once

#include <filesystem>
#include <vector>

#include "core/base/result.h"
#include "core/inference/training.h"

namespace cyto {

/// Writes a PNG with a row for each preview: the image, the image with the outlines of the truth, and with the
/// outlines of what was found. Errors: kInvalidArgument (no preview), kIo.
Status writePreviewPicture(const std::filesystem::path& path, const std::vector<TrainingPreview>& previews);

}  // namespace cyto
