#pragma once

#include <filesystem>

#include "core/base/progress.h"
#include "core/io/label_pixels.h"

namespace cyto {

/// Opens a label file with the readers of the program and compares it block by block with what should be in it. kIo,
/// with the first pixel that differs, when it is not; errors name the file by `shown`, the name it will have.
Status compareWithFile(const std::filesystem::path& file, const std::filesystem::path& shown,
                       const io::LabelPixels& labels, const JobContext& job);

}  // namespace cyto
