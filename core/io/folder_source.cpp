// A folder of images as one stack. The files come in natural order (t2 before t10). Planes are stacked along
// time when the names say so (t, time, frame or the names of the Cell Tracking Challenge before the number),
// else along z; files that are volumes already are stacked along time.

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "core/base/byte_budget_cache.h"
#include "core/io/pixels.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxOpenFiles = 16;

bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Numbers inside names compare by value.
bool naturalLess(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!isDigit(a[i]) || !isDigit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    size_t endA = i;
    size_t endB = j;
    while (endA < a.size() && isDigit(a[endA])) ++endA;
    while (endB < b.size() && isDigit(b[endB])) ++endB;
    if (endA - i != endB - j) return endA - i < endB - j;
    const int order = a.compare(i, endA - i, b, j, endB - j);
    if (order != 0) return order < 0;
    i = endA;
    j = endB;
  }
  if ((i < a.size()) != (j < b.size())) return j < b.size();
  return a < b;
}

bool hasImageName(const fs::path& path) {
  static constexpr std::array<std::string_view, 6> kExtensions = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".npy"};
  const std::string extension = lowerCase(path.extension().string());
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

// The number that counts through the files, with the word before it: "t" of "exp1_t0003.tif".
bool namesSayTime(const fs::path& first, const fs::path& last) {
  const std::string a = lowerCase(first.stem().string());
  const std::string b = lowerCase(last.stem().string());
  size_t difference = 0;
  while (difference < a.size() && difference < b.size() && a[difference] == b[difference]) ++difference;
  while (difference > 0 && isDigit(a[difference - 1])) --difference;
  size_t end = difference;
  while (end > 0 && (a[end - 1] == '_' || a[end - 1] == '-' || a[end - 1] == ' ')) --end;
  size_t begin = end;
  while (begin > 0 && (std::isalpha(static_cast<unsigned char>(a[begin - 1])) != 0 || a[begin - 1] == '_')) --begin;
  const std::string word = a.substr(begin, end - begin);
  static constexpr std::array<std::string_view, 7> kWords = {"t",    "time",    "frame",    "timepoint",
                                                             "mask", "man_seg", "man_track"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view known) {
    const bool endsWith = word.size() > known.size() &&
                          word.compare(word.size() - known.size(), known.size(), known) == 0 &&
                          word[word.size() - known.size() - 1] == '_';
    return word == known || endsWith;
  });
}

Result<std::vector<fs::path>> imagesIn(const fs::path& folder, const std::string& pattern) {
  std::error_code error;
  std::vector<fs::path> files;
  std::map<std::string, int> extensions;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    const std::string name = path.filename().string();
    std::error_code ignored;
    if (name.front() == '.' || !entry->is_regular_file(ignored)) continue;
    if (pattern.empty() ? !hasImageName(path) : ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
    files.push_back(path);
    ++extensions[path.extension().string()];
  }
  if (error) return cannotOpen(folder, error.message(), ErrorCode::kIo);
  if (files.empty()) {
    return cannotOpen(folder,
                      pattern.empty() ? "the folder holds no images (TIFF, PNG, JPEG or NPY files)"
                                      : "no file in the folder matches '" + pattern + "'",
                      ErrorCode::kNotFound);
  }
  if (pattern.empty() && extensions.size() > 1) {
    std::string choices;
    for (const auto& [extension, count] : extensions) choices += (choices.empty() ? "'*" : ", '*") + extension + "'";
    return cannotOpen(folder, "the folder holds images of several kinds; choose one with the key " + choices,
                      ErrorCode::kInvalidArgument);
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return naturalLess(a.filename().string(), b.filename().string());
  });
  return files;
}

class FolderSource : public ImageSource {
 public:
  FolderSource(std::vector<fs::path> files, std::shared_ptr<const ImageSource> first, ImageInfo info, bool isTime)
      : files_(std::move(files)), info_(std::move(info)), isTime_(isTime), open_(kMaxOpenFiles) {
    open_.insert(0, std::move(first), 1);
  }

  const ImageInfo& info() const override { return info_; }

  Result<Array> read(const Box& box, int level, const JobContext& job) const override {
    CYTO_TRY(checkRegion(info_, box, level));
    CYTO_ASSIGN(Array out, createPixels(info_.dtype, box.shape(), info_.channels));
    if (out.elements() == 0) return out;
    const int64_t begin = isTime_ ? box.begin.t : box.begin.z;
    const int64_t end = isTime_ ? box.end.t : box.end.z;
    for (int64_t number = begin; number < end; ++number) {
      CYTO_TRY(job.cancel.check());
      CYTO_ASSIGN(const auto file, fileNumber(static_cast<size_t>(number)));
      Box inFile = box;
      (isTime_ ? inFile.begin.t : inFile.begin.z) = 0;
      (isTime_ ? inFile.end.t : inFile.end.z) = 1;
      CYTO_ASSIGN(const Array part, file->read(inFile, 0, job));
      place(part, number - begin, out);
    }
    return out;
  }

 private:
  Result<std::shared_ptr<const ImageSource>> fileNumber(size_t number) const {
    if (auto open = open_.find(number)) return open;
    CYTO_ASSIGN(auto opened, openImage(files_[number]));
    const ImageInfo& info = opened->info();
    Shape expected = info_.shape;
    (isTime_ ? expected.t : expected.z) = 1;
    if (!(info.shape == expected) || info.channels != info_.channels || info.dtype != info_.dtype) {
      return cannotRead(files_[number], "it differs in size or pixel type from the first image of the folder, '" +
                                            files_.front().filename().string() +
                                            "'; remove it or open the images one by one");
    }
    std::shared_ptr<const ImageSource> shared = std::move(opened);
    open_.insert(number, shared, 1);
    return shared;
  }

  void place(const Array& part, int64_t index, Array& out) const {
    const Shape shape = out.shape();
    const auto plane_bytes = static_cast<size_t>(shape.y * shape.x) * dtypeSize(out.dtype());
    const int64_t planes = isTime_ ? shape.z : 1;
    for (int64_t c = 0; c < out.channels(); ++c) {
      for (int64_t z = 0; z < planes; ++z) {
        const int64_t target = isTime_ ? (c * shape.t + index) * shape.z + z : (c * shape.t) * shape.z + index;
        std::copy_n(part.data() + static_cast<size_t>(c * planes + z) * plane_bytes, plane_bytes,
                    out.data() + static_cast<size_t>(target) * plane_bytes);
      }
    }
  }

  std::vector<fs::path> files_;
  ImageInfo info_;
  bool isTime_;
  mutable ByteBudgetCache<size_t, ImageSource> open_;  // counts files, not bytes
};

}  // namespace

OpenedSource openFolder(const fs::path& path, const OpenOptions& options) {
  CYTO_ASSIGN(std::vector<fs::path> files, imagesIn(path, options.key));
  CYTO_ASSIGN(std::shared_ptr<const ImageSource> first, openImage(files.front()));
  ImageInfo info = first->info();
  if (info.shape.t > 1) {
    return cannotOpen(
        path, "its image '" + files.front().filename().string() + "' is a time series already; open that file itself");
  }
  const bool isTime = info.shape.z > 1 || namesSayTime(files.front(), files.back());
  info.format = "folder of " + info.format;
  info.key = options.key;
  if (isTime) info.shape.t = static_cast<int64_t>(files.size());
  if (!isTime) info.shape.z = static_cast<int64_t>(files.size());
  info.fileAxes = (isTime ? "T" : "Z") + info.fileAxes;
  info.fileShape.insert(info.fileShape.begin(), static_cast<int64_t>(files.size()));
  info.levels = {info.shape};
  return std::unique_ptr<ImageSource>(
      std::make_unique<FolderSource>(std::move(files), std::move(first), std::move(info), isTime));
}

}  // namespace cyto::io
