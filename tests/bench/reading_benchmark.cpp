#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <filesystem>

#include "core/io/image_source.h"
#include "tests/support/slide_scan.h"
#include "tests/support/temporary_folder.h"

namespace cyto {

namespace {

double peakMemory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// What a user waits for before the first pixels of a slide scan: opening the file and reading one screen tile.
void BM_FirstTileOf20kTiff(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const auto path = folder / "slide.tif";
  test::writeSlideScan(path);
  for (auto _ : state) {
    const auto source = io::openImage(path);
    if (!source) return state.SkipWithError(source.error().message().c_str());
    const auto tile = (*source)->read({{0, 0, 9728, 9728}, {1, 1, 10240, 10240}});
    if (!tile) return state.SkipWithError(tile.error().message().c_str());
    benchmark::DoNotOptimize(tile->data());
  }
  state.counters["peak_memory_mb"] = peakMemory_mb();
}
BENCHMARK(BM_FirstTileOf20kTiff)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace cyto

BENCHMARK_MAIN();
