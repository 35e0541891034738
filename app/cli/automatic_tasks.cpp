#include "app/cli/automatic_tasks.h"

#include <algorithm>
#include <array>
#include <map>

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::array kImageSuffixes = {".png", ".tif", ".tiff", ".jpg", ".jpeg", ".npy"};
constexpr std::array kStoreFiles = {".zgroup", ".zarray", "zarr.json", "attributes.json"};
constexpr std::string_view kLabelEnding = "_label";

bool isStore(const fs::path& folder) {
  std::error_code ignored;
  return std::any_of(kStoreFiles.begin(), kStoreFiles.end(),
                     [&](const char* name) { return fs::exists(folder / name, ignored); });
}

bool isImageFile(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kImageSuffixes.begin(), kImageSuffixes.end(), suffix) != kImageSuffixes.end() &&
         !path.stem().string().ends_with(kLabelEnding);
}

/// Names a file or folder, also one that was written with a slash at its end.
fs::path nameOf(const fs::path& path) { return path.filename().empty() ? path.parent_path().stem() : path.stem(); }

class Collection {
 public:
  explicit Collection(const AutomaticInputs& inputs) : inputs_(inputs) {}

  Status add(const fs::path& image, const fs::path& below) {
    const fs::path name = below / nameOf(image);
    AutomaticTask task{image, inputs_.output / (name.string() + ".tif"), {}};
    if (!inputs_.store.empty()) task.store = inputs_.store / (name.string() + ".zarr");
    const auto [place, isNew] = imageOf_.try_emplace(task.labels, image);
    if (!isNew) {
      return Error(ErrorCode::kInvalidArgument, "'" + place->second.string() + "' and '" + image.string() +
                                                    "' would both be written to '" + task.labels.string() +
                                                    "'; rename one or write them to different folders");
    }
    tasks_.push_back(std::move(task));
    return {};
  }

  Status addFolder(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code failed;
    for (auto it = fs::recursive_directory_iterator(folder, failed); it != fs::end(it); it.increment(failed)) {
      if (failed) break;
      if (it->is_directory(failed) && isStore(it->path())) {
        it.disable_recursion_pending();
      } else if (it->is_regular_file(failed) && isImageFile(it->path())) {
        found.push_back(it->path());
      }
    }
    if (failed) {
      return Error(ErrorCode::kIo,
                   "cannot search '" + folder.string() + "': " + failed.message() + "; check the folder");
    }
    if (found.empty()) {
      return Error(ErrorCode::kNotFound, "there is no image in '" + folder.string() + "'; name another folder");
    }
    std::sort(found.begin(), found.end());
    for (const fs::path& image : found) CYTO_TRY(add(image, image.parent_path().lexically_relative(folder)));
    return {};
  }

  std::vector<AutomaticTask> take() && { return std::move(tasks_); }

 private:
  const AutomaticInputs& inputs_;
  std::vector<AutomaticTask> tasks_;
  std::map<fs::path, fs::path> imageOf_;
};

}  // namespace

Result<std::vector<AutomaticTask>> automaticTasks(const AutomaticInputs& inputs) {
  std::error_code ignored;
  const auto isCollection = [&](const fs::path& path) {
    return fs::is_directory(path, ignored) && !inputs.foldersAreSeries && !isStore(path);
  };
  if (inputs.images.size() == 1 && !isCollection(inputs.images[0])) {
    return std::vector<AutomaticTask>{{inputs.images[0], inputs.output, inputs.store}};
  }
  Collection collection(inputs);
  for (const fs::path& image : inputs.images) {
    if (!fs::exists(image, ignored)) {
      return Error(ErrorCode::kNotFound, "cannot open '" + image.string() + "': there is no such file; check the path");
    }
    CYTO_TRY(isCollection(image) ? collection.addFolder(image) : collection.add(image, {}));
  }
  return std::move(collection).take();
}

}  // namespace cyto::cli
