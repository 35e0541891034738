#include "app/cli/evaluation_set.h"

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
constexpr const char* kLabelEnding = "_label";

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

bool endsWith(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

bool isImage(const fs::path& path) {
  const std::string suffix = path.extension().string();
  return std::find(kImageSuffixes.begin(), kImageSuffixes.end(), suffix) != kImageSuffixes.end() &&
         !endsWith(path.stem().string(), kLabelEnding);
}

/// Empty when there are none.
fs::path labelsOf(const fs::path& image, const fs::path& labelFolder) {
  std::error_code ignored;
  const fs::path folder = labelFolder.empty() ? image.parent_path() : labelFolder;
  std::vector<std::string> stems{image.stem().string() + kLabelEnding};
  if (!labelFolder.empty()) stems.push_back(image.stem().string());
  for (const std::string& stem : stems) {
    for (const char* suffix : kLabelSuffixes) {
      fs::path candidate = folder / (stem + suffix);
      if (fs::is_regular_file(candidate, ignored)) return candidate;
    }
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

Status searchFolder(const fs::path& folder, const fs::path& labelFolder, const std::string& groupColumn,
                    std::vector<EvaluationPair>& pairs) {
  std::map<std::string, std::string> groups;
  if (!groupColumn.empty()) {
    CYTO_ASSIGN(groups, readGroups(folder, groupColumn));
  }
  std::vector<fs::path> images;
  std::error_code failed;
  for (auto it = fs::recursive_directory_iterator(folder, failed); it != fs::end(it); it.increment(failed)) {
    if (failed) break;
    if (it->is_regular_file(failed) && isImage(it->path())) images.push_back(it->path());
  }
  if (failed) return Error(ErrorCode::kIo, "cannot search '" + folder.string() + "': " + failed.message());
  std::sort(images.begin(), images.end());
  for (const fs::path& image : images) {
    const fs::path labels = labelsOf(image, labelFolder);
    if (labels.empty()) continue;
    const fs::path below = image.parent_path().lexically_relative(folder);
    std::string group = below == "." ? "" : below.generic_string();
    if (!groupColumn.empty()) group = groups[image.stem().string()];
    pairs.push_back({image, labels, group});
  }
  return {};
}

}  // namespace

Result<std::vector<EvaluationPair>> findEvaluationPairs(const std::vector<fs::path>& inputs,
                                                        const fs::path& labelFolder, const std::string& groupColumn) {
  std::vector<EvaluationPair> pairs;
  std::error_code ignored;
  const bool isLabelFile = !labelFolder.empty() && fs::is_regular_file(labelFolder, ignored);
  for (const fs::path& input : inputs) {
    if (!fs::exists(input, ignored)) {
      return Error(ErrorCode::kNotFound, "cannot open '" + input.string() + "': there is no such file; check the path");
    }
    if (fs::is_directory(input, ignored)) {
      if (isLabelFile) return refused("--labels names one file; give the one image it belongs to, not a folder");
      CYTO_TRY(searchFolder(input, labelFolder, groupColumn, pairs));
      continue;
    }
    const fs::path labels = isLabelFile ? labelFolder : labelsOf(input, labelFolder);
    if (labels.empty()) {
      return Error(ErrorCode::kNotFound, "'" + input.string() + "' has no labels; put '" + input.stem().string() +
                                             "_label.tif' beside it or name them with --labels");
    }
    pairs.push_back({input, labels, ""});
  }
  if (isLabelFile && pairs.size() != 1) return refused("--labels names one file, but there are several images");
  if (!pairs.empty()) return pairs;
  return Error(ErrorCode::kNotFound,
               "there is no image with labels in '" + inputs.front().string() + "'; labels are named STEM_label.tif");
}

}  // namespace cyto::cli
