#include <benchmark/benchmark.h>

#include <random>

#include "core/display/label_overlay.h"
#include "core/segmentation/label_painting.h"
#include "core/segmentation/mask_prompt.h"
#include "core/segmentation/prompt_file.h"
#include "core/segmentation/simulated_user.h"
#include "core/segmentation/tile_choice.h"

namespace cyto {
namespace {

// One click in a plane of 20k x 20k pixels with small tiles.
void chooseTileOfALargePlane(benchmark::State& state) {
  const Tiling tiling({20000, 20000}, {384, 384}, {64, 64});
  const PlanePrompts click{{{12345, 6789, true}}, {}, {}};
  for (auto _ : state) benchmark::DoNotOptimize(chooseTile(tiling, click, {}));
}
BENCHMARK(chooseTileOfALargePlane);

void paintAnObject(benchmark::State& state) {
  const int64_t side = state.range(0);
  Array labels = *createLabels({1, 1, 1024, 1024});
  const ObjectMask object{1, 0, 0, inscribedEllipse({10, 10, 10 + side, 10 + side}), 1, {0}, {}};
  for (auto _ : state) benchmark::DoNotOptimize(paint(labels, object, OverlapRule::kLaterWins));
}
BENCHMARK(paintAnObject)->Arg(40)->Arg(1000);

void clickTheCentreOfAnObject(benchmark::State& state) {
  const PlaneMask object = inscribedEllipse({0, 0, state.range(0), state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(centreClick(object));
}
BENCHMARK(clickTheCentreOfAnObject)->Arg(40)->Arg(400);

void makeAMaskPrompt(benchmark::State& state) {
  Embedding embedding;
  embedding.maps.push_back({"features", 1, 64, 64, {}});
  embedding.originalSize = {1024, 1024};
  const PlaneMask object = inscribedEllipse({300, 300, 500, 500});
  for (auto _ : state) benchmark::DoNotOptimize(maskPromptOf(object, embedding));
}
BENCHMARK(makeAMaskPrompt)->Unit(benchmark::kMillisecond);

void parseAThousandObjects(benchmark::State& state) {
  std::string text = "{\"objects\":[";
  for (int id = 1; id <= 1000; ++id) {
    text += (id == 1 ? "" : ",") + std::string("{\"id\":") + std::to_string(id) + ",\"points\":[[" +
            std::to_string(id) + ",5,1],[3," + std::to_string(id) + ",0]]}";
  }
  text += "]}";
  for (auto _ : state) benchmark::DoNotOptimize(parsePrompts(text, "p.json", {1, 1, 2000, 2000}));
}
BENCHMARK(parseAThousandObjects)->Unit(benchmark::kMillisecond);

void renderAnOverlay(benchmark::State& state) {
  const RgbImage image{1024, 1024, std::vector<uint8_t>(1024 * 1024 * 3, 90)};
  std::vector<uint32_t> labels(1024 * 1024);
  for (size_t i = 0; i < labels.size(); ++i)
    labels[i] = static_cast<uint32_t>((i / 1024 / 32) * 32 + i % 1024 / 32) % 5;
  for (auto _ : state) benchmark::DoNotOptimize(renderOverlay(image, labels, {}));
}
BENCHMARK(renderAnOverlay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cyto

BENCHMARK_MAIN();
