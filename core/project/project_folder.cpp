#include "core/project/project_folder.h"

#include <unistd.h>

#include "core/base/atomic_file.h"

namespace cyto {

namespace fs = std::filesystem;

Status ProjectFolder::make(const fs::path& folder, const std::function<Status(const fs::path& hidden)>& fill) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(folder, failed))) {
    return Error(ErrorCode::kInvalidArgument, "'" + folder.string() + "' exists already; choose another name");
  }
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  const fs::path hidden = parent / ("." + folder.filename().string() + "." + std::to_string(::getpid()) + ".partial");
  fs::remove_all(hidden, failed);
  if (!fs::create_directories(journal(hidden), failed)) {
    return Error(ErrorCode::kIo, "the project folder '" + folder.string() + "' cannot be made: " + failed.message() +
                                     "; choose another place");
  }
  Status made = fill(hidden);
  if (made) made = syncToDisk(journal(hidden));
  if (made) made = syncToDisk(hidden);
  if (made) {
    fs::rename(hidden, folder, failed);
    if (failed) {
      made = Error(ErrorCode::kIo, "the project folder '" + folder.string() + "' cannot be made: " + failed.message());
    }
  }
  if (!made) {
    fs::remove_all(hidden, failed);
    return made;
  }
  return syncToDisk(parent);
}

}  // namespace cyto
