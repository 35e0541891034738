// Any bytes as the journal of a project: it opens, every step that it shows can be gone to, and what is damaged gives a
// repaired copy with the same state.

#include "core/project/project.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cyto;
namespace fs = std::filesystem;

const UpkeepOptions kNone{1000000, 1000000, 1000000, false};

/// Makes a project with an empty journal once.
const fs::path& projectFolder() {
  static const test::TemporaryFolder folder;
  static const fs::path path = [] {
    ImageReference image;
    image.shape = {2, 2, 300, 400};
    test::require(static_cast<bool>(Project::create(folder / "cells.cyto", image)), "a project can be made");
    return folder / "cells.cyto";
  }();
  return path;
}

void removeOthers(const fs::path& folder, const fs::path& kept) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path() != kept) fs::remove_all(entry.path());
  }
}

void checkRepairedCopy(const Project& project) {
  const fs::path copy = project.folder().parent_path() / "copy.cyto";
  fs::remove_all(copy);
  const Status copied = project.copyTo(copy);
  test::require(static_cast<bool>(copied), "a damaged project can be copied");
  const auto repaired = Project::open(copy, kNone);
  test::require(repaired && (*repaired)->readOnlyReason().empty(), "a repaired copy can be written");
  test::require(stateHash((*repaired)->document()) == stateHash(project.document()), "a repaired copy has the state");
}

void checkSound(Project& project) {
  const std::string state = stateHash(project.document());
  // A journal that no program wrote may hold steps that cannot be gone to; then that is said.
  [[maybe_unused]] const Status verified = project.verify({});
  const uint64_t before = project.lastSequence();
  Edit edit;
  edit.label = "goes on";
  test::require(static_cast<bool>(project.perform(edit)), "it can be worked on");
  test::require(static_cast<bool>(project.undo()), "what was done can be taken back");
  test::require(project.lastSequence() == before + 2, "both are in the journal");
  test::require(stateHash(project.document()) == state, "the state is the same as before");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const fs::path journal = projectFolder() / "journal" / "00000001.log";
  test::writeFile(journal, test::fileOf({reinterpret_cast<const char*>(bytes), size}, "CYTOJNL1"));
  removeOthers(journal.parent_path(), journal);
  auto opened = Project::open(projectFolder(), kNone);
  test::require(static_cast<bool>(opened), "a project opens whatever its journal is");
  if (!(*opened)->damages().empty()) {
    test::require(!(*opened)->readOnlyReason().empty(), "what is damaged is not written to");
    checkRepairedCopy(**opened);
    return 0;
  }
  checkSound(**opened);
  const std::string state = stateHash((*opened)->document());
  opened->reset();
  opened = Project::open(projectFolder(), kNone);
  test::require(opened && (*opened)->damages().empty(), "it opens again");
  test::require(stateHash((*opened)->document()) == state, "with the same state");
  return 0;
}
