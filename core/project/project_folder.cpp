#include "core/project/project_folder.h"

#include "core/base/atomic_file.h"
#include "core/project/folder_in_making.h"

namespace cyto {

namespace fs = std::filesystem;

Status ProjectFolder::make(const fs::path& folder, const std::function<Status(const fs::path& hidden)>& fill) {
  CYTO_ASSIGN(FolderInMaking making, FolderInMaking::beside(folder));
  const fs::path& hidden = making.hidden();
  std::error_code failed;
  if (!fs::create_directories(journal(hidden), failed)) {
    return Error(ErrorCode::kIo, "the project folder '" + folder.string() + "' cannot be made: " + failed.message() +
                                     "; choose another place");
  }
  CYTO_TRY(fill(hidden));
  CYTO_TRY(syncToDisk(journal(hidden)));
  CYTO_TRY(syncToDisk(hidden));
  return making.giveName();
}

}  // namespace cyto
