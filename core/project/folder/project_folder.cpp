#include "core/project/folder/project_folder.h"

#include "core/base/atomic_file.h"
#include "core/project/folder/folder_in_making.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

fs::path around(const fs::path& folder) { return folder.has_parent_path() ? folder.parent_path() : fs::path("."); }

/// Makes a folder, and those around it that are missing, on disk.
Status makeFolder(const fs::path& folder) {
  std::error_code failed;
  if (fs::is_directory(folder, failed)) return {};
  if (around(folder) != folder) CYTO_TRY(makeFolder(around(folder)));
  fs::create_directory(folder, failed);
  if (failed) return Error(ErrorCode::kIo, "'" + folder.string() + "' cannot be made: " + failed.message());
  return syncToDisk(around(folder));
}

}  // namespace

void ProjectFolder::removeLeftovers(const fs::path& folder) {
  for (const fs::path& place : {folder, journal(folder)}) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(place, failed)) {
      // As writeFileAtomically names them.
      const std::string name = entry.path().filename().string();
      if (name.starts_with('.') && name.ends_with(".tmp")) fs::remove(entry.path(), failed);
    }
  }
}

Status ProjectFolder::make(const fs::path& folder, const std::function<Status(const fs::path& hidden)>& fill) {
  CYTO_ASSIGN(FolderInMaking making, FolderInMaking::beside(folder));
  const fs::path& hidden = making.hidden();
  Status made = makeFolder(journal(hidden));
  if (made) made = fill(hidden);
  if (made) made = syncToDisk(journal(hidden));
  if (made) made = making.giveName();
  if (made) return made;
  return std::move(made).error().during("the project folder '" + folder.string() + "' cannot be made");
}

}  // namespace cyto
