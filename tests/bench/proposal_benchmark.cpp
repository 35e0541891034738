// The bar for proposals: 10,000 of them come in, are accepted and go back without anybody waiting.

#include <benchmark/benchmark.h>

#include <stdexcept>

#include "core/labels/transaction.h"
#include "core/project/project.h"
#include "core/project/proposals.h"
#include "tests/support/temporary_folder.h"

namespace cyto {

namespace {

constexpr int64_t kAlong = 100;  // objects in a row and in a column
constexpr int64_t kField = 40;   // pixels from one to the next
constexpr int64_t kSide = kAlong * kField;

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

/// Discs of some 700 pixels, as cells in a well.
const AutomaticResult& tenThousandCells() {
  static const AutomaticResult result = [] {
    const Shape shape{1, 1, kSide, kSide};
    Transaction labels{LabelVolume(shape)};
    AutomaticResult cells;
    Provenance provenance;
    provenance.source = "cellpose.tif";
    provenance.program = "cytoclick 0.1.0";
    for (int64_t i = 0; i < kAlong * kAlong; ++i) {
      const int64_t y = i / kAlong * kField + 5;
      const int64_t x = i % kAlong * kField + 5;
      const auto id = static_cast<uint32_t>(i + 1);
      labels.paint(0, 0, inscribedEllipse({y, x, y + 30, x + 30}), id, PaintRule::kOverwrite);
      cells.objects.emplace(id, provenance);
    }
    cells.labels = labels.labels();
    return cells;
  }();
  return result;
}

struct Opened {
  test::TemporaryFolder folder;
  std::unique_ptr<Project> project =
      *Project::create(folder / "well.cyto", {"/well.tif", "", {1, 1, kSide, kSide}, 1, Dtype::kUint8, {}, ""});

  void reopen() {
    project.reset();
    auto again = Project::open(folder / "well.cyto");
    must(again ? Status() : Status(again.error()));
    project = *std::move(again);
  }

  void propose() {
    must(project->perform(proposeObjects(project->document(), tenThousandCells(), project->nextId()).edit));
  }
};

void BM_Propose10000(benchmark::State& state) {
  Opened opened;
  for (auto _ : state) {
    opened.propose();
    state.PauseTiming();
    must(opened.project->undo());
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Propose10000)->Unit(benchmark::kMillisecond);

void BM_AcceptAllOf10000(benchmark::State& state) {
  Opened opened;
  opened.propose();
  const auto ids = idsInState(opened.project->document().objects, ObjectState::kProposal);
  for (auto _ : state) {
    must(opened.project->perform(acceptProposals(opened.project->document(), ids, {}).edit));
    state.PauseTiming();
    must(opened.project->undo());
    state.ResumeTiming();
  }
  state.counters["proposals"] = static_cast<double>(ids.size());
}
BENCHMARK(BM_AcceptAllOf10000)->Unit(benchmark::kMillisecond);

void BM_AcceptOneOf10000(benchmark::State& state) {
  Opened opened;
  opened.propose();
  auto ids = idsInState(opened.project->document().objects, ObjectState::kProposal);
  for (auto _ : state) {
    if (ids.empty()) throw std::runtime_error("all are accepted");
    must(opened.project->perform(
        acceptProposals(opened.project->document(), std::vector<uint32_t>{ids.back()}, {}).edit));
    ids.pop_back();
  }
}
BENCHMARK(BM_AcceptOneOf10000)->Unit(benchmark::kMillisecond)->Iterations(500);

void BM_UndoAndRedoTheAcceptanceOfAll(benchmark::State& state) {
  Opened opened;
  opened.propose();
  const auto ids = idsInState(opened.project->document().objects, ObjectState::kProposal);
  must(opened.project->perform(acceptProposals(opened.project->document(), ids, {}).edit));
  for (auto _ : state) {
    must(opened.project->undo());
    must(opened.project->redo());
  }
}
BENCHMARK(BM_UndoAndRedoTheAcceptanceOfAll)->Unit(benchmark::kMillisecond);

/// Right after opening, when the step has to be read from the journal.
void BM_UndoTheAcceptanceOfAllAfterOpening(benchmark::State& state) {
  Opened opened;
  opened.propose();
  const auto ids = idsInState(opened.project->document().objects, ObjectState::kProposal);
  must(opened.project->perform(acceptProposals(opened.project->document(), ids, {}).edit));
  for (auto _ : state) {
    state.PauseTiming();
    opened.reopen();
    state.ResumeTiming();
    must(opened.project->undo());
    state.PauseTiming();
    must(opened.project->redo());
    state.ResumeTiming();
  }
}
BENCHMARK(BM_UndoTheAcceptanceOfAllAfterOpening)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace cyto

BENCHMARK_MAIN();
