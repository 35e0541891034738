#include <benchmark/benchmark.h>

#include <vector>

#include "core/array/plane_mask.h"
#include "core/display/screen_tile.h"
#include "core/labels/transaction.h"
#include "tests/unit/display/memory_source.h"

namespace cyto {
namespace {

constexpr int64_t kSide = 2048;

/// A tile from blocks that are in the pyramid already, as while a user pans: columns are channels and zoom in percent.
template <typename T>
void renderACachedImageTile(benchmark::State& state) {
  const int64_t channels = state.range(0);
  const double zoom = static_cast<double>(state.range(1)) / 100;
  const double gamma = static_cast<double>(state.range(2)) / 100;
  const auto image = test::imageOf<T>(kSide, kSide, channels, [](int64_t c, int64_t y, int64_t x) {
    return static_cast<uint64_t>((c + 1) * (y * kSide + x)) * 2654435761U >> 20;
  });
  PixelPyramid pyramid(std::make_shared<test::MemorySource>(image), int64_t{256} << 20);
  std::vector<ChannelDisplay> shown;
  for (int64_t c = 0; c < channels; ++c) {
    ChannelDisplay channel{"", true, 10, sizeof(T) == 1 ? 240.0 : 50000.0, gamma, {255, 255, 255}, 0, 65535};
    if (channels > 1) channel.colour = {static_cast<uint8_t>(90 * c), 200, static_cast<uint8_t>(250 - 90 * c)};
    shown.push_back(channel);
  }
  const ScreenTileKey key{0, 0, zoom, 1, 1};
  for (auto _ : state) {
    const auto tile = renderImageTile(pyramid, key, shown, {});
    if (!tile) return state.SkipWithError(tile.error().message().c_str());
    benchmark::DoNotOptimize(tile->pixels.data());
  }
}
BENCHMARK(renderACachedImageTile<uint8_t>)
    ->ArgNames({"channels", "zoom", "gamma"})
    ->ArgsProduct({{1, 3}, {37, 100, 300}, {100}})
    ->Args({3, 37, 70})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(renderACachedImageTile<uint16_t>)
    ->ArgNames({"channels", "zoom", "gamma"})
    ->ArgsProduct({{1, 3}, {37, 100, 300}, {100}})
    ->Args({3, 37, 70})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(renderACachedImageTile<float>)
    ->ArgNames({"channels", "zoom", "gamma"})
    ->Args({1, 37, 100})
    ->Args({1, 100, 100})
    ->Unit(benchmark::kMillisecond);

/// Round cells of 24 pixels side by side over the whole plane.
LabelVolume manyCells() {
  LabelVolume labels(Shape{1, 1, kSide, kSide});
  Transaction transaction(labels);
  uint32_t id = 0;
  for (int64_t y = 0; y + 24 <= kSide; y += 25) {
    for (int64_t x = 0; x + 24 <= kSide; x += 25) {
      transaction.paint(0, 0, inscribedEllipse({y, x, y + 24, x + 24}), ++id, PaintRule::kOverwrite);
    }
  }
  return transaction.labels();
}

void renderATileOfManyCells(benchmark::State& state) {
  const LabelVolume labels = manyCells();
  const ScreenTileKey key{0, 0, static_cast<double>(state.range(0)) / 100, 0, 0};
  LabelStyle style;
  style.contourWidth = static_cast<int>(state.range(1));
  style.selected = 5;
  for (auto _ : state) benchmark::DoNotOptimize(renderLabelTile(labels, key, style));
}
BENCHMARK(renderATileOfManyCells)
    ->ArgNames({"zoom", "contour"})
    ->ArgsProduct({{12, 37, 100, 300}, {1, 3}})
    ->Unit(benchmark::kMillisecond);

void renderALabelTileWithNothingInIt(benchmark::State& state) {
  LabelVolume labels(Shape{1, 1, 20000, 20000});
  Transaction transaction(labels);
  transaction.paint(0, 0, inscribedEllipse({15000, 15000, 15100, 15100}), 1, PaintRule::kOverwrite);
  const ScreenTileKey key{0, 0, 1, 2, 2};
  for (auto _ : state) benchmark::DoNotOptimize(renderLabelTile(transaction.labels(), key, {}));
}
BENCHMARK(renderALabelTileWithNothingInIt)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cyto

BENCHMARK_MAIN();
