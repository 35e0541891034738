#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>

#include "core/inference/engine.h"

namespace cyto {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryName = "libcytoclick_engine.so";

// The program brings a BLAS with it (OpenCV needs one) whose sgemm would otherwise take the place of LibTorch's own
// and be a hundred times slower. Sanitizers must see every symbol first, so they do without.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kLoadMode = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kLoadMode = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

// Beside the program (build tree), in ../lib (installed), or where the dynamic linker finds it.
std::vector<std::string> candidates() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<std::string> paths;
  for (const fs::path& folder : {program, program / ".." / "lib"}) {
    if (fs::exists(folder / kLibraryName, ignored)) paths.push_back((folder / kLibraryName).string());
  }
  paths.emplace_back(kLibraryName);
  return paths;
}

Result<Engine*> open() {
  std::string reason;
  for (const std::string& path : candidates()) {
    void* library = ::dlopen(path.c_str(), kLoadMode);
    if (!library) {
      reason = ::dlerror();
      continue;
    }
    using Entry = Engine* (*)();
    const auto entry = reinterpret_cast<Entry>(::dlsym(library, "cytoclickEngine"));
    if (entry) return entry();
    reason = path + " is not an engine of this version";
  }
  return Error(ErrorCode::kNotFound, "the inference engine cannot be loaded: " + reason + "; install Cytoclick again");
}

}  // namespace

void runWithBriefSpinning(char** argv) {
  if (::getenv("OMP_WAIT_POLICY") || ::getenv("GOMP_SPINCOUNT")) return;
  // The smallest count at which an idle machine loses nothing; see `cytoclick benchmark` with other values of it.
  if (::setenv("GOMP_SPINCOUNT", "3000", 0) != 0) return;
  ::execv("/proc/self/exe", argv);
  // Not possible here (no /proc): everything works, only slower beside other programs.
}

Result<Engine*> loadEngine() {
  static std::mutex mutex;
  static Engine* loaded = nullptr;
  const std::lock_guard lock(mutex);
  if (!loaded) {
    CYTO_ASSIGN(loaded, open());
  }
  return loaded;
}

}  // namespace cyto
