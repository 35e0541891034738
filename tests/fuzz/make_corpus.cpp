// Makes the corpora of the fuzzers out of projects: run it again when a format changes.
//
// usage: make_corpus FOLDER

#include "core/journal/journal_record.h"
#include "tests/crash/random_project.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cyto;
namespace fs = std::filesystem;

constexpr std::string_view kJournalMagic = "CYTOJNL1";
constexpr std::string_view kAsItIs("\0", 1);

class Corpus {
 public:
  explicit Corpus(const fs::path& folder) : folder_(folder) { fs::create_directories(folder); }

  void add(const std::string& name, std::string_view bytes) const { test::writeFile(folder_ / name, bytes); }

  /// A file of records as it is, without its end, and as contents.
  void addRecords(const std::string& name, const std::string& file) const {
    add(name, std::string(kAsItIs) + file);
    add(name + "-torn", std::string(kAsItIs) + file.substr(0, file.size() - 5));
    add(name + "-contents", test::contentsOf(file, kJournalMagic.size()));
  }

 private:
  fs::path folder_;
};

/// Bytes that nest as deep as there are bytes.
std::string deep(char byte) { return std::string(size_t{1} << 21, byte); }

std::string journalOf(std::string_view payload) {
  return std::string(kAsItIs) + std::string(kJournalMagic) + encodeRecord(1, RecordKind::kEdit, payload, 0);
}

void addJournals(const Corpus& corpus, const fs::path& work) {
  test::copyFirstVersion(work / "first.cyto");
  corpus.addRecords("first-version", test::readFile(work / "first.cyto" / "journal" / "00000001.log"));
  std::mt19937_64 random(3);
  test::require(static_cast<bool>(Project::create(work / "cells.cyto", test::imageWithoutFile())), "it can be made");
  const auto project = Project::open(work / "cells.cyto", {1000000, 1000000, 1000000, false}).value();
  for (int i = 0; i < 7; ++i) (void)test::randomStep(*project, random);
  const fs::path journal = work / "cells.cyto" / "journal" / "00000001.log";
  corpus.addRecords("session", test::readFile(journal));
  test::require(static_cast<bool>(project->compact()), "it can be packed");
  corpus.addRecords("packed", test::readFile(journal));
  corpus.add("empty", std::string(kAsItIs) + std::string(kJournalMagic));
  corpus.add("nested-lists", journalOf(deep('\x81')));
  corpus.add("nested-tags", journalOf(deep('\xc1')));
  corpus.add("nested-endless-lists", journalOf(deep('\x9f')));
  corpus.add("nested-endless-texts", journalOf(deep('\x7f')));
}

void addCheckpoints(const Corpus& corpus, const fs::path& work) {
  corpus.addRecords("checkpoint", test::readFile(work / "cells.cyto" / "checkpoint"));
  const auto project = Project::open(work / "cells.cyto").value();
  const LabelVolume& labels = project->document().labels;
  int number = 0;
  for (const ChunkKey& key : labels.chunks()) {
    corpus.add("chunk-" + std::to_string(++number), labels.packed(key)->bytes());
  }
}

void addManifests(const Corpus& corpus, const fs::path& work) {
  test::copyFirstVersion(work / "old.cyto");
  const std::string old = test::readFile(work / "old.cyto" / "project.json");
  corpus.add("first-version", old);
  const std::string present = test::readFile(work / "cells.cyto" / "project.json");
  corpus.add("second-version", present);
  corpus.add("torn", old.substr(0, old.size() / 2));
  const std::string lists(2000, '[');
  corpus.add("nested", present.substr(0, present.rfind('}')) + ",\"more\":" + lists + std::string(2000, ']') + "}");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const test::TemporaryFolder work;
  const fs::path target = argv[1];
  addJournals(Corpus(target / "journal"), work.path());
  addCheckpoints(Corpus(target / "checkpoint"), work.path());
  addManifests(Corpus(target / "manifest"), work.path());
  return 0;
}
