#include "core/training/annotated_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 9> kFileSuffixes = {".tif", ".tiff", ".png",  ".jpg", ".jpeg",
                                                           ".npy", ".h5",   ".hdf5", ".hdf"};
constexpr std::array<std::string_view, 2> kStoreSuffixes = {".zarr", ".n5"};

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <size_t N>
bool hasSuffix(const fs::path& path, const std::array<std::string_view, N>& suffixes) {
  return std::find(suffixes.begin(), suffixes.end(), lowerCase(path.extension().string())) != suffixes.end();
}

/// Name without its suffix; "a.ome.tif" and "a.ome.zarr" are "a".
std::string stemOf(const fs::path& path) {
  const fs::path stem = path.stem();
  return stem.extension() == ".ome" ? stem.stem().string() : stem.string();
}

bool isLabelName(const fs::path& path, const std::vector<std::string>& endings) {
  const std::string name = path.filename().string();
  return std::any_of(endings.begin(), endings.end(),
                     [&](const std::string& ending) { return !ending.empty() && name.ends_with(ending); });
}

/// Every image file and store below a folder, sorted. Stores are not entered.
Result<std::vector<fs::path>> filesBelow(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  auto it = fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink, failed);
  for (; !failed && it != fs::end(it); it.increment(failed)) {
    const fs::path& path = it->path();
    if (path.filename().string().starts_with(".")) {
      if (it->is_directory(failed)) it.disable_recursion_pending();
    } else if (it->is_directory(failed)) {
      if (!hasSuffix(path, kStoreSuffixes)) continue;
      it.disable_recursion_pending();
      files.push_back(path);
    } else if (hasSuffix(path, kFileSuffixes)) {
      files.push_back(path);
    }
  }
  if (failed) return Error(ErrorCode::kIo, "cannot search the folder '" + folder.string() + "': " + failed.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// Finds the labels of an image by name.
class LabelNames {
 public:
  LabelNames(const fs::path& imageFolder, const fs::path& labelFolder, const std::vector<std::string>& endings)
      : imageFolder_(imageFolder), labelFolder_(labelFolder), endings_(endings) {}

  fs::path labelsOf(const fs::path& image) const {
    const fs::path below = image.parent_path().lexically_relative(imageFolder_);
    std::vector<fs::path> folders = {image.parent_path()};
    // In a folder of labels the same subfolders are looked at first, then its top.
    if (!labelFolder_.empty()) folders = {(labelFolder_ / below).lexically_normal(), labelFolder_};
    for (const fs::path& folder : folders) {
      for (const std::string& name : namesOf(image)) {
        const fs::path candidate = folder / name;
        std::error_code ignored;
        if (candidate != image && fs::exists(candidate, ignored)) return candidate;
      }
    }
    return {};
  }

 private:
  std::vector<std::string> namesOf(const fs::path& image) const {
    const std::string stem = stemOf(image);
    std::vector<std::string> names;
    for (const std::string& ending : endings_) names.push_back(stem + ending);
    if (labelFolder_.empty()) return names;
    names.push_back(image.filename().string());
    for (const std::string_view suffix : kFileSuffixes) names.push_back(stem + std::string(suffix));
    for (const std::string_view suffix : kStoreSuffixes) names.push_back(stem + std::string(suffix));
    return names;
  }

  fs::path imageFolder_, labelFolder_;
  std::vector<std::string> endings_;
};

bool isSearched(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && !hasSuffix(path, kStoreSuffixes);
}

Error missing(const fs::path& path) {
  return Error(ErrorCode::kNotFound, "there is no '" + path.string() + "'; check the path");
}

Result<AnnotatedFiles> singleFile(const AnnotationSource& source, const std::vector<std::string>& endings) {
  fs::path labels = source.labels;
  if (labels.empty() && !source.labelsKey.empty()) labels = source.images;
  if (labels.empty() || isSearched(labels)) {
    labels = LabelNames(source.images.parent_path(), source.labels, endings).labelsOf(source.images);
  }
  if (labels.empty()) {
    return Error(ErrorCode::kNotFound, "'" + source.images.string() + "' has no labels; put '" + stemOf(source.images) +
                                           endings.front() + "' beside it, or name them with --labels or --labels-key");
  }
  return AnnotatedFiles{{{source.images, labels, ""}}, {}};
}

}  // namespace

std::vector<std::string> usualLabelEndings() {
  return {"_label.tif", "_label.png", "_labels.tif", "_labels.png", "_mask.tif",  "_mask.png",
          "_masks.tif", "_masks.png", "_label.tiff", "_label.npy",  "_label.zarr"};
}

Result<AnnotatedFiles> findAnnotatedFiles(const AnnotationSource& source, const std::vector<std::string>& endings) {
  std::error_code ignored;
  if (!fs::exists(source.images, ignored)) return missing(source.images);
  if (!source.labels.empty() && !fs::exists(source.labels, ignored)) return missing(source.labels);
  if (!isSearched(source.images)) return singleFile(source, endings);
  if (!source.labels.empty() && !isSearched(source.labels)) {
    return Error(ErrorCode::kInvalidArgument, "'" + source.labels.string() + "' is one file, but '" +
                                                  source.images.string() + "' is a folder; give a folder of labels");
  }
  CYTO_ASSIGN(const std::vector<fs::path> files, filesBelow(source.images));
  const LabelNames names(source.images, source.labels, endings);
  AnnotatedFiles found;
  for (const fs::path& image : files) {
    if (source.labels.empty() && isLabelName(image, endings)) continue;
    fs::path labels = names.labelsOf(image);
    if (labels.empty() && source.labels.empty() && !source.labelsKey.empty()) labels = image;
    if (labels.empty()) {
      found.imagesWithoutLabels.push_back(image);
      continue;
    }
    const fs::path below = image.parent_path().lexically_relative(source.images);
    found.pairs.push_back({image, labels, below == "." ? "" : below.generic_string()});
  }
  if (!found.pairs.empty()) return found;
  return Error(ErrorCode::kNotFound, "no image in '" + source.images.string() +
                                         "' has labels; name those of STEM.tif STEM" + endings.front() +
                                         ", or see --labels and --labels-suffix");
}

}  // namespace cyto
