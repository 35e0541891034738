#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto {

/// Where annotated images lie.
struct AnnotationSource {
  std::filesystem::path images;    ///< a folder, searched through, or one file or store
  std::filesystem::path labels;    ///< a folder, or one file or store; empty: beside the images
  std::optional<int64_t> channel;  ///< of the images, counted from 0; nothing: the first three as colours
  std::string key, labelsKey;      ///< datasets inside containers (io::OpenOptions::key)
  double share = 0;                ///< of the draws, relative to the other sources; 0: by the number of images
  bool validation = false;         ///< everything here is kept back
};

struct AnnotatedFile {
  std::filesystem::path image, labels;
  std::string group;  ///< folder of the image below the source, "" at its top
};

struct AnnotatedFiles {
  std::vector<AnnotatedFile> pairs;  ///< sorted by image
  std::vector<std::filesystem::path> imagesWithoutLabels;
};

/// Endings that are tried in turn: labels of STEM.ext are STEM + ending.
std::vector<std::string> usualLabelEndings();

/// Pairs images with labels. Beside the images, labels are named STEM + one of `endings`; in a folder of
/// their own they may also have the name of the image, or its stem with another suffix. Files that are
/// labels themselves are no images. One file or store given as images takes one as labels, or inside the same
/// container when only `labelsKey` is given.
/// Errors: kNotFound (nothing there, or no labels at all), kIo (a folder cannot be searched).
Result<AnnotatedFiles> findAnnotatedFiles(const AnnotationSource& source, const std::vector<std::string>& endings);

}  // namespace cyto
