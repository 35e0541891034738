#include "tests/support/shared_data.h"

#include <cstdlib>

namespace cyto::test {

namespace fs = std::filesystem;

fs::path inRepository(const fs::path& relative) { return fs::path(CYTOCLICK_SOURCE_DIR) / relative; }

std::optional<fs::path> sharedData(const fs::path& relative) {
  const char* chosen = std::getenv("CYTOCLICK_SHARED");
  const fs::path path = (chosen ? fs::path(chosen) : inRepository("../shared")) / relative;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace cyto::test
