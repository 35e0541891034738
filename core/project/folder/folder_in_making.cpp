#include "core/project/folder/folder_in_making.h"

#include <unistd.h>

#include <utility>

#include "core/base/atomic_file.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Status checkFree(const fs::path& target) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(target, ignored))) return {};
  return Error(ErrorCode::kInvalidArgument, "'" + target.string() + "' exists already; choose another name");
}

}  // namespace

Result<FolderInMaking> FolderInMaking::beside(const fs::path& target) {
  const fs::path place = target.has_filename() ? target : target.parent_path();  // "NAME/" is "NAME"
  CYTO_TRY(checkFree(place));
  const std::string name = "." + place.filename().string() + "." + std::to_string(::getpid()) + ".making";
  FolderInMaking folder(place, place.parent_path() / name);
  std::error_code ignored;
  fs::remove_all(folder.hidden_, ignored);
  return folder;
}

FolderInMaking::FolderInMaking(fs::path target, fs::path hidden)
    : target_(std::move(target)), hidden_(std::move(hidden)) {}

FolderInMaking::FolderInMaking(FolderInMaking&& other) noexcept
    : target_(std::move(other.target_)), hidden_(std::exchange(other.hidden_, {})) {}

FolderInMaking::~FolderInMaking() {
  std::error_code ignored;
  if (!hidden_.empty()) fs::remove_all(hidden_, ignored);
}

Status FolderInMaking::giveName() {
  CYTO_TRY(checkFree(target_));
  CYTO_TRY(syncToDisk(hidden_));
  std::error_code failed;
  fs::rename(hidden_, target_, failed);
  if (failed) return Error(ErrorCode::kIo, "it cannot be given its name: " + failed.message());
  // From here on the destructor removes what has its name, until that is safe.
  hidden_ = target_;
  CYTO_TRY(syncToDisk(target_.has_parent_path() ? target_.parent_path() : fs::path(".")));
  hidden_.clear();
  return {};
}

}  // namespace cyto
