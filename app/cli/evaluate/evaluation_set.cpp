#include "app/cli/evaluate/evaluation_set.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::array kImageSuffixes = {".png", ".tif", ".tiff", ".jpg", ".jpeg"};
constexpr std::array kLabelSuffixes = {".tif", ".tiff", ".png"};
constexpr std::array kReadableSuffixes = {".tif", ".tiff", ".png", ".npy", ".h5", ".hdf5", ".hdf", ".zarr", ".n5"};
constexpr const char* kLabelEnding = "_label";

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

bool endsWith(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

bool isImage(const fs::path& path, const std::string& labelsSuffix) {
  const std::string suffix = path.extension().string();
  return std::find(kImageSuffixes.begin(), kImageSuffixes.end(), suffix) != kImageSuffixes.end() &&
         !endsWith(path.stem().string(), kLabelEnding) &&
         (labelsSuffix.empty() || !endsWith(path.filename().string(), labelsSuffix));
}

/// Empty when there are none.
fs::path labelsOf(const fs::path& image, const EvaluationFiles& files) {
  std::error_code ignored;
  const fs::path folder = files.labels.empty() ? image.parent_path() : files.labels;
  std::vector<std::string> names;
  if (!files.labelsSuffix.empty()) {
    names.push_back(image.stem().string() + files.labelsSuffix);
  } else {
    for (const char* suffix : kLabelSuffixes) names.push_back(image.stem().string() + kLabelEnding + suffix);
    for (const char* suffix : kLabelSuffixes) {
      if (!files.labels.empty()) names.push_back(image.stem().string() + suffix);
    }
  }
  for (const std::string& name : names) {
    if (fs::is_regular_file(folder / name, ignored)) return folder / name;
  }
  return {};
}

std::vector<std::string> cellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line.substr(0, line.find_last_not_of("\r\n") + 1));
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

Result<std::map<std::string, std::string>> readGroups(const fs::path& folder, const std::string& column) {
  const fs::path path = folder / "index.csv";
  std::ifstream stream(path);
  std::string line;
  if (!stream || !std::getline(stream, line)) {
    return Error(ErrorCode::kNotFound, "cannot read '" + path.string() + "', which --group-by needs");
  }
  const std::vector<std::string> names = cellsOf(line);
  const auto stemAt = std::find(names.begin(), names.end(), "file_stem") - names.begin();
  const auto groupAt = std::find(names.begin(), names.end(), column) - names.begin();
  const auto count = static_cast<std::ptrdiff_t>(names.size());
  if (stemAt == count || groupAt == count) {
    return refused("'" + path.string() + "' has no column '" + (stemAt == count ? "file_stem" : column) +
                   "'; its columns are: " + line);
  }
  std::map<std::string, std::string> groups;
  while (std::getline(stream, line)) {
    const std::vector<std::string> cells = cellsOf(line);
    if (static_cast<std::ptrdiff_t>(cells.size()) <= std::max(stemAt, groupAt)) continue;
    groups[cells[static_cast<size_t>(stemAt)]] = cells[static_cast<size_t>(groupAt)];
  }
  return groups;
}

/// Which group the files of a searched folder belong to.
class Grouping {
 public:
  static Result<Grouping> of(const fs::path& folder, const std::string& column) {
    Grouping grouping(folder);
    if (column.empty()) return grouping;
    CYTO_ASSIGN(grouping.byStem_, readGroups(folder, column));
    grouping.hasColumn_ = true;
    return grouping;
  }

  /// `file` lies in the folder; `stem` is its name without the ending of labels.
  std::string groupOf(const fs::path& file, const std::string& stem) const {
    if (hasColumn_) {
      const auto found = byStem_.find(stem);
      return found == byStem_.end() ? "" : found->second;
    }
    const fs::path below = file.parent_path().lexically_relative(folder_);
    return below == "." ? "" : below.generic_string();
  }

 private:
  explicit Grouping(fs::path folder) : folder_(std::move(folder)) {}

  fs::path folder_;
  bool hasColumn_ = false;
  std::map<std::string, std::string> byStem_;
};

Error noSuchFile(const fs::path& path) {
  return Error(ErrorCode::kNotFound, "cannot open '" + path.string() + "': there is no such file; check the path");
}

/// Every file below a folder, and every store, which is a folder itself; sorted.
Result<std::vector<fs::path>> filesBelow(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (auto it = fs::recursive_directory_iterator(folder, failed); it != fs::end(it); it.increment(failed)) {
    if (failed) break;
    const std::string suffix = it->path().extension().string();
    const bool isStore = it->is_directory(failed) && (suffix == ".zarr" || suffix == ".n5");
    if (isStore) it.disable_recursion_pending();
    if (isStore || it->is_regular_file(failed)) found.push_back(it->path());
  }
  if (failed) return Error(ErrorCode::kIo, "cannot search '" + folder.string() + "': " + failed.message());
  std::sort(found.begin(), found.end());
  return found;
}

Status searchImages(const fs::path& folder, const EvaluationFiles& files, std::vector<EvaluationPair>& pairs) {
  CYTO_ASSIGN(const Grouping grouping, Grouping::of(folder, files.groupColumn));
  CYTO_ASSIGN(const std::vector<fs::path> found, filesBelow(folder));
  for (const fs::path& image : found) {
    if (!isImage(image, files.labelsSuffix)) continue;
    const fs::path labels = labelsOf(image, files);
    if (!labels.empty()) pairs.push_back({image, labels, grouping.groupOf(image, image.stem().string())});
  }
  return {};
}

/// Label files of a folder by name: the path below the folder, without suffix and ending.
using NamedFiles = std::map<std::string, fs::path>;

Result<NamedFiles> labelFilesBelow(const fs::path& folder, const std::string& labelsSuffix) {
  CYTO_ASSIGN(std::vector<fs::path> found, filesBelow(folder));
  const std::string ending = labelsSuffix.empty() ? kLabelEnding : labelsSuffix;
  const auto nameOf = [&](const fs::path& file) {
    return labelsSuffix.empty() ? file.stem().string() : file.filename().string();
  };
  std::erase_if(found, [](const fs::path& file) {
    return std::find(kReadableSuffixes.begin(), kReadableSuffixes.end(), file.extension()) == kReadableSuffixes.end();
  });
  const bool areMarked = !labelsSuffix.empty() || std::any_of(found.begin(), found.end(), [&](const fs::path& f) {
    return endsWith(nameOf(f), ending);
  });
  NamedFiles files;
  for (const fs::path& file : found) {
    std::string name = nameOf(file);
    if (areMarked && !endsWith(name, ending)) continue;
    if (areMarked) name.resize(name.size() - ending.size());
    const std::string below =
        (file.parent_path().lexically_relative(folder) / name).lexically_normal().generic_string();
    const auto [other, isNew] = files.try_emplace(below, file);
    if (!isNew) {
      return refused("'" + other->second.string() + "' and '" + file.string() +
                     "' have the same name; keep one of them in the folder");
    }
  }
  return files;
}

Error leftOver(const NamedFiles& files, const NamedFiles& others, const std::string& what) {
  int64_t count = 0;
  const fs::path* first = nullptr;
  for (const auto& [name, path] : files) {
    if (others.contains(name)) continue;
    if (first == nullptr) first = &path;
    ++count;
  }
  return Error(ErrorCode::kNotFound, std::to_string(count) + " of " + std::to_string(files.size()) + " files have no " +
                                         what + " of the same name, '" + first->string() +
                                         "' is the first; both folders need the same files");
}

Status pairFolders(const fs::path& predictions, const EvaluationFiles& files, std::vector<EvaluationPair>& pairs) {
  CYTO_ASSIGN(const Grouping grouping, Grouping::of(files.labels, files.groupColumn));
  CYTO_ASSIGN(const NamedFiles predicted, labelFilesBelow(predictions, ""));
  CYTO_ASSIGN(const NamedFiles truth, labelFilesBelow(files.labels, files.labelsSuffix));
  size_t met = 0;
  for (const auto& [name, path] : truth) {
    const auto found = predicted.find(name);
    if (found == predicted.end()) return leftOver(truth, predicted, "prediction");
    pairs.push_back({found->second, path, grouping.groupOf(path, fs::path(name).filename().string())});
    ++met;
  }
  if (met < predicted.size()) return leftOver(predicted, truth, "ground truth");
  return {};
}

Status pairFile(const fs::path& prediction, const EvaluationFiles& files, std::vector<EvaluationPair>& pairs) {
  CYTO_ASSIGN(const Grouping grouping, Grouping::of(files.labels, files.groupColumn));
  CYTO_ASSIGN(const NamedFiles truth, labelFilesBelow(files.labels, files.labelsSuffix));
  std::string name = prediction.stem().string();
  if (!truth.contains(name) && endsWith(name, kLabelEnding))
    name.resize(name.size() - std::string(kLabelEnding).size());
  const auto found = truth.find(name);
  if (found == truth.end()) {
    return Error(ErrorCode::kNotFound, "'" + prediction.string() + "' has no ground truth of the same name in '" +
                                           files.labels.string() + "'; name the file with --labels");
  }
  pairs.push_back({prediction, found->second, grouping.groupOf(found->second, name)});
  return {};
}

/// A store is one image, although it is a folder.
bool isFolderOfFiles(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && path.extension() != ".zarr" && path.extension() != ".n5";
}

}  // namespace

Result<std::vector<EvaluationPair>> findImagesWithLabels(const EvaluationFiles& files) {
  std::vector<EvaluationPair> pairs;
  std::error_code ignored;
  const bool isLabelFile = !files.labels.empty() && !isFolderOfFiles(files.labels);
  if (isLabelFile && files.inputs.size() != 1) return refused("--labels names one file, but there are several images");
  for (const fs::path& input : files.inputs) {
    if (!fs::exists(input, ignored)) return noSuchFile(input);
    if (isFolderOfFiles(input)) {
      if (isLabelFile) return refused("--labels names one file; give the one image it belongs to, not a folder");
      CYTO_TRY(searchImages(input, files, pairs));
      continue;
    }
    const fs::path labels = isLabelFile ? files.labels : labelsOf(input, files);
    if (labels.empty()) {
      const std::string wanted =
          input.stem().string() + (files.labelsSuffix.empty() ? "_label.tif" : files.labelsSuffix);
      return Error(ErrorCode::kNotFound,
                   "'" + input.string() + "' has no labels; put '" + wanted + "' beside it or name them with --labels");
    }
    pairs.push_back({input, labels, ""});
  }
  if (!pairs.empty()) return pairs;
  const std::string names = files.labelsSuffix.empty() ? "_label.tif or _label.png" : files.labelsSuffix;
  return Error(ErrorCode::kNotFound, "there is no image with labels in '" + files.inputs.front().string() +
                                         "'; labels are named STEM" + names + ", see --labels-suffix");
}

Result<std::vector<EvaluationPair>> findPredictionsWithLabels(const EvaluationFiles& files) {
  std::vector<EvaluationPair> pairs;
  std::error_code ignored;
  const bool isLabelFile = !isFolderOfFiles(files.labels);
  for (const fs::path& input : files.inputs) {
    if (isFolderOfFiles(input)) {
      if (!fs::exists(files.labels, ignored)) return noSuchFile(files.labels);
      if (isLabelFile) return refused("--labels names one file; give the one prediction of it, not a folder");
      CYTO_TRY(pairFolders(input, files, pairs));
    } else if (!isLabelFile) {
      CYTO_TRY(pairFile(input, files, pairs));
    } else if (files.inputs.size() > 1) {
      return refused("--labels names one file, but there are several predictions");
    } else {
      pairs.push_back({input, files.labels, ""});
    }
  }
  if (!pairs.empty()) return pairs;
  return Error(ErrorCode::kNotFound, "there is no label file in '" + files.labels.string() + "'; check the path");
}

}  // namespace cyto::cli
