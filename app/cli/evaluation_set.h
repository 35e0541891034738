#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto::cli {

/// An image with its ground truth.
struct EvaluationPair {
  std::filesystem::path image;
  std::filesystem::path labels;
  std::string group;  ///< what results are averaged by, besides everything; may be empty
};

/// Pairs images with their labels. `inputs` are image files and folders; folders are searched through. The
/// labels of STEM.ext are STEM_label.tif or STEM_label.png beside it, or in `labelFolder` when that is
/// given, where they may also be named STEM.tif or STEM.png. `labelFolder` may be a label file when there
/// is one image. Images of a searched folder without labels are left out; a named image without labels is
/// an error. The group is the folder of the image below the searched one; with `groupColumn` it is that
/// column of index.csv in the searched folder, whose column file_stem names the images.
Result<std::vector<EvaluationPair>> findEvaluationPairs(const std::vector<std::filesystem::path>& inputs,
                                                        const std::filesystem::path& labelFolder,
                                                        const std::string& groupColumn);

}  // namespace cyto::cli
