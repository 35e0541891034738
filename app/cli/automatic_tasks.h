#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto::cli {

/// One image and where its results go.
struct AutomaticTask {
  std::filesystem::path image;
  std::filesystem::path labels;
  std::filesystem::path store;  ///< of embeddings; empty: none
};

/// What the words of a command that works through images ask for.
struct AutomaticInputs {
  std::vector<std::filesystem::path> images;
  std::filesystem::path output;
  std::filesystem::path store;
  bool foldersAreSeries = false;  ///< a folder is one image, else each image below it is one
};

/// One image that is no folder: `output` is the label file, `store` its store. Otherwise both are folders: images get
/// OUTPUT/STEM.tif, those in subfolders of a given folder in the same subfolders, and STORE/STEM.zarr. Files called
/// STEM_label.* are no images. Images come in the order given, those of a folder by name.
/// Errors: kNotFound; kInvalidArgument for two images with the same result.
Result<std::vector<AutomaticTask>> automaticTasks(const AutomaticInputs& inputs);

}  // namespace cyto::cli
