#include "core/project/folder/image_search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/project/folder/manifest.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostEntries = 400;  ///< of all folders that one search lists

enum class Content { kMissing, kSame, kOther, kUnknown };

Content contentAt(const fs::path& path, const ImageReference& image) {
  std::error_code ignored;
  if (path.empty() || !fs::exists(path, ignored)) return Content::kMissing;
  if (image.contentHash.empty()) return Content::kUnknown;
  const auto hash = contentHashOf(path);
  if (!hash) return Content::kMissing;
  return *hash == image.contentHash ? Content::kSame : Content::kOther;
}

bool hasShape(const fs::path& path, const ImageReference& image) {
  const auto opened = io::openImage(path, {image.key});
  return opened && (*opened)->info().shape == image.shape;
}

bool isTheImage(const fs::path& path, const ImageReference& image) {
  const Content content = contentAt(path, image);
  return (content == Content::kSame || content == Content::kUnknown) && hasShape(path, image);
}

/// What is directly in a folder, sorted; takes from `budget` what it looked at.
std::vector<fs::path> entriesOf(const fs::path& folder, size_t& budget) {
  std::vector<fs::path> entries;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end && budget > 0;
       entry.increment(failed)) {
    entries.push_back(entry->path());
    --budget;
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> foldersIn(const fs::path& folder, size_t& budget) {
  std::vector<fs::path> folders = entriesOf(folder, budget);
  std::erase_if(folders, [](const fs::path& entry) {
    std::error_code ignored;
    return !fs::is_directory(entry, ignored);
  });
  return folders;
}

std::optional<fs::path> searchAround(const ImageReference& image, const fs::path& projectFolder) {
  const fs::path name = image.path.filename();
  const auto read = readManifest(projectFolder);
  const fs::path beside = read ? read->manifest.imageBeside : fs::path();
  if (!beside.empty() && beside != image.path && isTheImage(beside, image)) return beside;
  const fs::path around = (projectFolder.has_filename() ? projectFolder : projectFolder.parent_path()).parent_path();
  size_t budget = kMostEntries;
  std::vector<fs::path> folders = foldersIn(around, budget);
  folders.insert(folders.begin(), {projectFolder, around, around.parent_path()});
  for (const fs::path& folder : folders) {
    const fs::path candidate = folder / name;
    if (candidate != image.path && isTheImage(candidate, image)) return candidate;
  }
  return std::nullopt;
}

/// In a folder that a user names: by name, then by content, then by name in the folders inside.
std::optional<fs::path> searchIn(const fs::path& folder, const ImageReference& image) {
  const fs::path name = image.path.filename();
  if (isTheImage(folder / name, image)) return folder / name;
  size_t budget = kMostEntries;
  const std::vector<fs::path> entries = entriesOf(folder, budget);
  for (const fs::path& entry : entries) {
    if (contentAt(entry, image) == Content::kSame && hasShape(entry, image)) return entry;
  }
  for (const fs::path& entry : entries) {
    if (isTheImage(entry / name, image)) return entry / name;
  }
  return std::nullopt;
}

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

}  // namespace

FoundImage findImage(const ImageReference& image, const fs::path& projectFolder) {
  FoundImage found{image, false, {}};
  if (image.path.empty() || projectFolder.empty()) return found;
  const Content here = contentAt(image.path, image);
  if (here == Content::kSame || here == Content::kUnknown) return found;
  const std::string old = "'" + image.path.string() + "'";
  if (const auto elsewhere = searchAround(image, projectFolder)) {
    found.image.path = *elsewhere;
    found.hasMoved = true;
    found.notices.push_back((here == Content::kMissing ? "The image is not at " + old + " any more"
                                                       : "Another image is at " + old + " now") +
                            "; it was found at '" + elsewhere->string() + "'.");
  } else if (here == Content::kOther) {
    found.notices.push_back("The image " + old +
                            " is not what it was when this project was made: its content is another one. Check that "
                            "the labels still fit it.");
  }
  return found;
}

Result<ImageReference> imageAt(const ImageReference& image, const fs::path& place, bool anyContent) {
  std::error_code failed;
  if (!fs::exists(place, failed)) {
    return Error(ErrorCode::kNotFound, "'" + place.string() + "' does not exist; name the image or its folder");
  }
  fs::path path = fs::absolute(place, failed).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (fs::is_directory(path, failed) && contentAt(path, image) != Content::kSame) {
    const auto inside = searchIn(path, image);
    if (!inside && !hasShape(path, image)) {
      return Error(ErrorCode::kNotFound,
                   "the image of this project was not found in '" + place.string() + "'; name the image file itself");
    }
    path = inside.value_or(path);
  }
  CYTO_ASSIGN(const auto opened, io::openImage(path, {image.key}));
  ImageReference now = referenceTo(path, opened->info());
  if (now.shape != image.shape) {
    return refused("'" + path.string() + "' has the size " + now.shape.text() + ", but the image of this project has " +
                   image.shape.text());
  }
  const bool isOther = !image.contentHash.empty() && now.contentHash != image.contentHash;
  if (isOther && !anyContent) {
    return refused("'" + path.string() +
                   "' is another image than the one this project was made for: its content differs; use --force if "
                   "the labels fit it all the same");
  }
  now.scale = image.scale;  // the history begins with it
  return now;
}

}  // namespace cyto
