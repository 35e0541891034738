#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto::cli {

/// Where images or predictions and their ground truth are.
struct EvaluationFiles {
  std::vector<std::filesystem::path> inputs;  ///< files and folders; folders are searched through
  std::filesystem::path labels;               ///< a folder, or the file that belongs to the one input
  std::string labelsSuffix;                   ///< what comes after STEM in the names of labels, e.g. "_mask.png"
  std::string groupColumn;                    ///< of index.csv in a searched folder
};

/// An image, or a prediction of it, with its ground truth.
struct EvaluationPair {
  std::filesystem::path input;
  std::filesystem::path labels;
  std::string group;  ///< what results are averaged by, besides everything; may be empty
};

/// Pairs images with their labels. The labels of STEM.ext are STEM_label.tif or STEM_label.png beside it, or in the
/// folder `labels` when that is given, where they may also be named STEM.tif or STEM.png; with `labelsSuffix` they are
/// STEM and that suffix. Images of a searched folder without labels are left out; a named image without labels is an
/// error. The group is the folder of the image below the searched one; with `groupColumn` it is that column of
/// index.csv in the searched folder, whose column file_stem names the images.
Result<std::vector<EvaluationPair>> findImagesWithLabels(const EvaluationFiles& files);

/// Pairs predicted with true label files: file with file, or by name with the files of the folder `labels` (needed).
/// STEM.ext and STEM_label.ext have the name STEM, subfolders included; where a folder has files named STEM_label.ext,
/// or `labelsSuffix` is given for the truth, its other files are no labels. In folders nothing may be left over on
/// either side. Groups are those of the true files, as above.
Result<std::vector<EvaluationPair>> findPredictionsWithLabels(const EvaluationFiles& files);

}  // namespace cyto::cli
