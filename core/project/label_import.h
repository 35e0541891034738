#pragma once

#include <filesystem>
#include <string>

#include "core/base/progress.h"
#include "core/labels/label_volume.h"

namespace cyto {

/// Reads a label image of any format that core/io knows, e.g. of Cellpose or StarDist, with the ids it has. It must
/// have one channel, whole numbers from 0 (also written as floating point) and the planes, rows and columns of `image`;
/// a stack may call its planes slices where the image calls them frames, or the other way round. `key` names a dataset
/// in a container. Cancel is answered between pieces of 128 MB. Errors name the file and what to do.
Result<LabelVolume> readLabels(const std::filesystem::path& path, const std::string& key, const Shape& image,
                               const JobContext& job);

}  // namespace cyto
