// The bars for projects: commits into 20,000 x 20,000 labels, undo of a step, and opening a long history.
// CYTOCLICK_HISTORY_STEPS says how long (default 100,000: making it takes a minute, every step is synced).

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <stdexcept>

#include "core/labels/transaction.h"
#include "core/project/project.h"
#include "tests/support/temporary_folder.h"

namespace cyto {

namespace {

constexpr int64_t kSide = 20000;

ImageReference slide() { return {"/slide.tif", "", {1, 1, kSide, kSide}, 1, Dtype::kUint8, {}, ""}; }

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

double peakMemory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Commits a disc of about 100 pixels somewhere, as a click does: prompt, mask and provenance included.
Edit commitOfDisc(const Project& project) {
  const uint32_t id = project.nextId();
  const int64_t y = static_cast<int64_t>(id) * 7919 % (kSide - 20);
  const int64_t x = static_cast<int64_t>(id) * 104729 % (kSide - 20);
  const PlaneMask disc = inscribedEllipse({y, x, y + 11, x + 11});
  Transaction transaction(project.document().labels);
  const int64_t area = transaction.paint(0, 0, disc, id, PaintRule::kOverwrite);
  Edit edit{EditKind::kCommit, "commit of object " + std::to_string(id), 0, 0, false, {}, transaction.finish(), {}};
  ObjectRecord record{id, edit.labels.bounds(), area, "", ObjectState::kAccepted, {}};
  record.provenance = {{id, 0, 0, {{static_cast<double>(y) + 5, static_cast<double>(x) + 5, true}}, {}, {}, false},
                       0,
                       0.9F,
                       "cyto-small",
                       "xxh128:00112233445566778899aabbccddeeff",
                       "minmax-pillow-1",
                       "cytoclick 0.1.0",
                       "somebody",
                       1,
                       {},
                       "",
                       0};
  edit.objects.push_back({id, nullptr, std::make_shared<const ObjectRecord>(record)});
  Draft draft{record.provenance.prompts, nullptr, 0};
  draft.current = std::make_shared<const CurrentObject>(
      CurrentObject{0, 0, disc, 0.9F, 0, record.provenance.model, record.provenance.weightsHash});
  edit.draft = Change<Draft>{draft, {}};
  return edit;
}

void BM_CommitInto20k(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const auto project = *Project::create(folder / "slide.cyto", slide());
  for (auto _ : state) must(project->perform(commitOfDisc(*project)));
  state.counters["peak_memory_mb"] = peakMemory_mb();
}
BENCHMARK(BM_CommitInto20k)->Unit(benchmark::kMillisecond);

void BM_CommitInMemory(benchmark::State& state) {
  const auto project = Project::inMemory(slide());
  for (auto _ : state) must(project->perform(commitOfDisc(*project)));
}
BENCHMARK(BM_CommitInMemory)->Unit(benchmark::kMillisecond);

int historySteps() {
  const char* chosen = std::getenv("CYTOCLICK_HISTORY_STEPS");
  return chosen ? std::atoi(chosen) : 100'000;
}

struct LongHistory {
  test::TemporaryFolder folder;
  LongHistory() {
    const auto project = *Project::create(folder / "slide.cyto", slide());
    for (int i = 0; i < historySteps(); ++i) must(project->perform(commitOfDisc(*project)));
  }
};

const LongHistory& longHistory() {
  static const LongHistory history;
  return history;
}

double megabytesIn(const std::filesystem::path& folder) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  }
  return bytes / 1e6;
}

void BM_OpenLongHistory(benchmark::State& state) {
  const auto path = longHistory().folder / "slide.cyto";
  for (auto _ : state)
    must((*Project::open(path))->readOnlyReason().empty() ? Status() : Error(ErrorCode::kIo, "locked"));
  state.counters["journal_mb"] = megabytesIn(path / "journal");
  state.counters["checkpoint_mb"] = megabytesIn(path) - megabytesIn(path / "journal");
  state.counters["peak_memory_mb"] = peakMemory_mb();
}
BENCHMARK(BM_OpenLongHistory)->Unit(benchmark::kMillisecond)->Iterations(3);

void BM_UndoAndRedoOneStep(benchmark::State& state) {
  const auto project = *Project::open(longHistory().folder / "slide.cyto");
  for (auto _ : state) {
    must(project->undo());
    must(project->redo());
  }
  state.counters["peak_memory_mb"] = peakMemory_mb();
}
BENCHMARK(BM_UndoAndRedoOneStep)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace cyto

BENCHMARK_MAIN();
