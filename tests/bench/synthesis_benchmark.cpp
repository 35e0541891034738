// How long a synthetic sample takes on one core, per kind: planes of 256 and 1024 pixels, the mean of other seeds in
// each round. Nothing is written.

#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>

#include "core/synthesis/synthesis.h"

namespace cyto::synthesis {
namespace {

void makePlanes(benchmark::State& state, const std::string& kind) {
  const int64_t side = state.range(0);
  const SynthesisOptions options{kind, {1, 1, side, side}, {}};
  uint64_t index = 0;
  for (auto _ : state) {
    auto sample = synthesize(options, sampleSeed(1, index++));
    if (!sample) throw std::runtime_error(sample.error().message());
    benchmark::DoNotOptimize(sample->image.data());
  }
}

}  // namespace
}  // namespace cyto::synthesis

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const cyto::synthesis::KindDescription& kind : cyto::synthesis::kinds()) {
    const std::string name(kind.name);
    benchmark::RegisterBenchmark(name.c_str(), cyto::synthesis::makePlanes, name)
        ->Arg(256)
        ->Iterations(48)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(name.c_str(), cyto::synthesis::makePlanes, name)
        ->Arg(1024)
        ->Iterations(8)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
