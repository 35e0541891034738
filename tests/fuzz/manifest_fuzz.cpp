// Any bytes as project.json: they are refused with words, or the project that they describe opens.

#include "core/project/project.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/temporary_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cyto;
  static const test::TemporaryFolder folder;
  const std::string_view content(reinterpret_cast<const char*>(bytes), size);
  std::filesystem::create_directory(folder / "journal");
  test::writeFile(folder / "journal" / "00000001.log", "CYTOJNL1");
  test::writeFile(folder / "project.json", content);
  std::filesystem::remove(folder / "project.json.backup");
  const auto read = readManifest(folder.path());
  const auto opened = Project::open(folder.path());
  if (!read) {
    test::require(!opened && !read.error().message().empty(), "what cannot be read says why");
    return 0;
  }
  if (!opened) return 0;
  test::require(stateHash((*opened)->document()).size() > 8, "a new project has a state");
  const auto again = readManifest(folder.path());
  test::require(again && again->manifest.image.shape == read->manifest.image.shape, "what was renewed is the same");
  return 0;
}
