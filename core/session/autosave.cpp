#include "core/session/autosave.h"

#include <cstdlib>

#include "core/project/folder/image_reference.h"

namespace cyto {

namespace fs = std::filesystem;

fs::path autosaveFolder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data && *data == '/') return fs::path(data) / "cytoclick" / "projects";
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : "/tmp") / ".local" / "share" / "cytoclick" / "projects";
}

Result<fs::path> autosaveProject(const fs::path& folder, const fs::path& image) {
  CYTO_ASSIGN(const std::string hash, contentHashOf(image));
  const std::string digits = hash.substr(hash.find(':') + 1, 8);
  fs::path name = image.filename().empty() ? image.parent_path().filename() : image.filename();
  return folder / (name.stem().string() + "-" + digits + ".cyto");
}

bool isProject(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path / "project.json", ignored);
}

}  // namespace cyto
