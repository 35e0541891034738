#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/display/screen_tile.h"
#include "tests/support/random_seed.h"
#include "tests/unit/display/memory_source.h"

namespace cyto {
namespace {

using test::imageOf;
using test::MemorySource;

constexpr int64_t kBudget_bytes = 64 << 20;
constexpr uint32_t kBlack = 0xFF000000U;

ChannelDisplay shown(double low, double high, std::array<uint8_t, 3> colour = {255, 255, 255}, double gamma = 1) {
  return {"", true, low, high, gamma, colour, low, high};
}

ScreenTile render(const Array& image, const ScreenTileKey& key, const std::vector<ChannelDisplay>& channels) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  auto tile = renderImageTile(pyramid, key, channels, {});
  EXPECT_TRUE(tile) << tile.error().message();
  return *std::move(tile);
}

uint32_t pixel(const ScreenTile& tile, int64_t y, int64_t x) {
  return tile.pixels[static_cast<size_t>(y * kScreenTileSide + x)];
}

uint32_t grey(uint32_t value) { return kBlack | value << 16 | value << 8 | value; }

int component(uint32_t colour, int c) { return static_cast<int>(colour >> (16 - 8 * c) & 255); }

/// Straight from the definition: the image pixel in whose square [y * zoom, (y + 1) * zoom) the centre lies.
int64_t pixelAt(int64_t device, double zoom, int64_t extent) {
  const double centre = static_cast<double>(device) + 0.5;
  for (int64_t y = 0; y < extent; ++y) {
    if (centre >= static_cast<double>(y) * zoom && centre < static_cast<double>(y + 1) * zoom) return y;
  }
  return -1;
}

/// The colours of channels added and clipped, with a power per pixel.
template <typename T>
uint32_t colourOf(const Array& image, int64_t y, int64_t x, const std::vector<ChannelDisplay>& channels) {
  std::array<long, 3> sums{};
  for (size_t c = 0; c < channels.size(); ++c) {
    if (!channels[c].isVisible) continue;
    const auto value = static_cast<double>(
        image.plane<T>(static_cast<int64_t>(c), 0, 0)[static_cast<size_t>(y * image.shape().x + x)]);
    const double share = std::clamp((value - channels[c].low) / (channels[c].high - channels[c].low), 0.0, 1.0);
    for (size_t i = 0; i < 3; ++i) sums[i] += std::lround(std::pow(share, channels[c].gamma) * channels[c].colour[i]);
  }
  uint32_t colour = 0xFF;
  for (const long sum : sums) colour = colour << 8 | static_cast<uint32_t>(std::min(sum, 255L));
  return colour;
}

template <typename T>
void expectNearest(const Array& image, double zoom, const std::vector<ChannelDisplay>& channels, int tolerance) {
  const Extent2 plane{image.shape().y, image.shape().x};
  const Extent2 grid = screenTileGrid(plane, zoom);
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  for (int64_t row = 0; row < grid.y; ++row) {
    for (int64_t column = 0; column < grid.x; ++column) {
      const ScreenTile tile = *renderImageTile(pyramid, {0, 0, zoom, row, column}, channels, {});
      ASSERT_EQ(tile.pixels.size(), 65536U);
      for (int64_t i = 0; i < 65536; ++i) {
        const int64_t y = pixelAt(row * 256 + i / 256, zoom, plane.y),
                      x = pixelAt(column * 256 + i % 256, zoom, plane.x);
        const uint32_t expected = y < 0 || x < 0 ? 0 : colourOf<T>(image, y, x, channels);
        const uint32_t drawn = tile.pixels[static_cast<size_t>(i)];
        ASSERT_EQ(drawn >> 24, expected >> 24)
            << "tile " << row << ", " << column << " at " << i / 256 << ", " << i % 256;
        for (int c = 0; c < 3; ++c) {
          ASSERT_NEAR(component(drawn, c), component(expected, c), tolerance)
              << "tile " << row << ", " << column << " at " << i / 256 << ", " << i % 256 << " zoom " << zoom;
        }
      }
    }
  }
}

TEST(ScreenTileGrid, CoversThePlane) {
  EXPECT_EQ(screenTileGrid({256, 257}, 1), (Extent2{1, 2}));
  EXPECT_EQ(screenTileGrid({100, 103}, 2.5), (Extent2{1, 2}));
  EXPECT_EQ(screenTileGrid({20000, 10000}, 0.0128), (Extent2{1, 1}));
  EXPECT_EQ(screenTileGrid({1, 100'000}, 0.01), (Extent2{1, 4})) << "a thin plane does not vanish";
  EXPECT_EQ(screenTileGrid({0, 7}, 1), (Extent2{0, 1}));
}

TEST(ImageTile, ShowsTheNearestPixelByHand) {
  // At a zoom of 2.5 the pixels cover 2, 3, 2, 3 … device pixels, as their squares are [0, 2.5), [2.5, 5) …
  const auto tile = render(imageOf<uint8_t>(2, 3, 1, [](auto, int64_t y, int64_t x) { return 10 * (y * 3 + x + 1); }),
                           {0, 0, 2.5, 0, 0}, {shown(0, 255)});
  const std::vector<uint32_t> upper{10, 10, 20, 20, 20, 30, 30};
  for (size_t x = 0; x < upper.size(); ++x) {
    EXPECT_EQ(pixel(tile, 0, static_cast<int64_t>(x)), grey(upper[x])) << x;
    EXPECT_EQ(pixel(tile, 1, static_cast<int64_t>(x)), grey(upper[x])) << x;
    EXPECT_EQ(pixel(tile, 2, static_cast<int64_t>(x)), grey(upper[x] + 30)) << x;
    EXPECT_EQ(pixel(tile, 4, static_cast<int64_t>(x)), grey(upper[x] + 30)) << x;
  }
  EXPECT_EQ(pixel(tile, 0, 7), 0U) << "the last square ends at 7.5, which is not beyond the centre of the next";
  EXPECT_EQ(pixel(tile, 5, 0), 0U);
}

TEST(ImageTile, IsExactAtManyZooms) {
  const uint64_t seed = test::randomSeed(42);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937 random(static_cast<uint32_t>(seed));
  const auto image = imageOf<uint8_t>(131, 203, 2, [&](auto...) { return random(); });
  const std::vector<ChannelDisplay> channels{shown(20, 180, {255, 100, 0}, 0.6), shown(0, 255, {40, 200, 250}, 1.7)};
  for (const double zoom : {1.0, 1.25, 2.5, 3.0}) expectNearest<uint8_t>(image, zoom, channels, 0);
}

TEST(ImageTile, IsPutTogetherFromBlocks) {
  const auto image = imageOf<uint8_t>(520, 530, 1, [](auto, int64_t y, int64_t x) { return (y * 31 + x * 17) % 251; });
  for (const double zoom : {1.0, 1.7}) expectNearest<uint8_t>(image, zoom, {shown(0, 255)}, 0);
}

template <typename T>
class ImageTileOfType : public testing::Test {};
using AllTypes =
    testing::Types<uint8_t, int8_t, uint16_t, int16_t, uint32_t, int32_t, uint64_t, int64_t, float, double>;
TYPED_TEST_SUITE(ImageTileOfType, AllTypes);

TYPED_TEST(ImageTileOfType, ShowsItsValues) {
  using T = TypeParam;
  const auto image = imageOf<T>(40, 50, 1, [](auto, int64_t y, int64_t x) { return y + x; });
  // Types of one byte are exact; the others have 4096 steps from black to the full colour.
  expectNearest<T>(image, 1.5, {shown(10, 73.5, {255, 200, 0}, 0.8)}, sizeof(T) == 1 ? 0 : 1);
}

TYPED_TEST(ImageTileOfType, ShowsTheEndsOfItsType) {
  using T = TypeParam;
  const T least = std::numeric_limits<T>::lowest(), most = std::numeric_limits<T>::max();
  const auto image = imageOf<T>(1, 2, 1, [&](auto, auto, int64_t x) { return x == 0 ? least : most; });
  const auto tile = render(image, {}, {shown(5, 50)});
  EXPECT_EQ(pixel(tile, 0, 0), kBlack);
  EXPECT_EQ(pixel(tile, 0, 1), 0xFFFFFFFFU);
}

TEST(ImageTile, SixteenBitsWithGammaAreWithinOneStep) {
  const auto image = imageOf<uint16_t>(256, 256, 1, [](auto, int64_t y, int64_t x) { return y * 256 + x; });
  expectNearest<uint16_t>(image, 1, {shown(1000, 60000)}, 1);
  expectNearest<uint16_t>(image, 1, {shown(0, 65535, {255, 255, 255}, 2.2)}, 1);
}

TEST(ImageTile, ValuesThatAreNotFinite) {
  const auto image = imageOf<float>(1, 4, 1, [](auto, auto, int64_t x) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    return std::array{std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity, 1.0F}[static_cast<size_t>(x)];
  });
  const auto tile = render(image, {}, {shown(0, 2)});
  EXPECT_EQ(pixel(tile, 0, 0), kBlack);
  EXPECT_EQ(pixel(tile, 0, 1), grey(255));
  EXPECT_EQ(pixel(tile, 0, 2), kBlack);
  EXPECT_EQ(pixel(tile, 0, 3), grey(128));
}

TEST(ImageTile, ChannelsAddUpAndAreClipped) {
  const auto image = imageOf<uint8_t>(4, 4, 3, [](int64_t c, auto...) { return c == 0 ? 200 : 100; });
  const auto red = shown(0, 255, {255, 0, 0}), orange = shown(0, 255, {255, 128, 0});
  EXPECT_EQ(pixel(render(image, {}, {red, orange, shown(0, 255, {0, 0, 255})}), 0, 0), 0xFFFF3264U);
  auto hidden = orange;
  hidden.isVisible = false;
  EXPECT_EQ(pixel(render(image, {}, {red, hidden, shown(0, 255, {0, 0, 255})}), 0, 0), 0xFFC80064U);
  auto hiddenRed = red;
  hiddenRed.isVisible = false;
  EXPECT_EQ(pixel(render(image, {}, {hiddenRed, hidden, hidden}), 3, 3), kBlack) << "opaque without any channel";
  EXPECT_EQ(pixel(render(image, {}, {hiddenRed, hidden, hidden}), 4, 3), 0U);
}

TEST(ImageTile, ManyChannelsDoNotOverflow) {
  const auto image = imageOf<uint8_t>(2, 2, 300, [](auto...) { return 255; });
  const auto tile = render(image, {}, std::vector<ChannelDisplay>(300, shown(0, 255, {255, 0, 1})));
  EXPECT_EQ(pixel(tile, 0, 0), 0xFFFF00FFU);
}

TEST(ImageTile, AColourImageIsShownUnchanged) {
  const auto image = imageOf<uint8_t>(20, 20, 3, [](int64_t c, int64_t y, int64_t x) { return c * 80 + y * 3 + x; });
  const auto source = std::make_shared<MemorySource>(image);
  source->info().isRgb = true;
  PixelPyramid pyramid(source, kBudget_bytes);
  const auto tile = *renderImageTile(pyramid, {}, *firstDisplay(pyramid, 0, 0, {}), {});
  for (int64_t y = 0; y < 20; ++y) {
    for (int64_t x = 0; x < 20; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(component(pixel(tile, y, x), c), c * 80 + y * 3 + x);
    }
  }
}

TEST(ImageTile, OutsideThePlaneIsTransparent) {
  const auto image = imageOf<uint8_t>(300, 10, 1, [](auto...) { return 7; });
  const auto tile = render(image, {0, 0, 1, 1, 0}, {shown(0, 255)});
  EXPECT_EQ(pixel(tile, 43, 9), grey(7));
  EXPECT_EQ(pixel(tile, 44, 9), 0U);
  EXPECT_EQ(pixel(tile, 43, 10), 0U);
  for (const ScreenTileKey& beyond : {ScreenTileKey{0, 0, 1, 2, 0}, ScreenTileKey{0, 0, 1, 0, -1}}) {
    EXPECT_THAT(render(image, beyond, {shown(0, 255)}).pixels, testing::Each(0U));
  }
}

/// Bilinear from a level, straight from the definition of the coordinates.
double blendedAt(const std::vector<double>& level, int64_t rows, int64_t columns, double y, double x) {
  const auto at = [&](double row, double column) {
    const auto r = static_cast<int64_t>(std::clamp(row, 0.0, static_cast<double>(rows - 1)));
    const auto c = static_cast<int64_t>(std::clamp(column, 0.0, static_cast<double>(columns - 1)));
    return level[static_cast<size_t>(r * columns + c)];
  };
  const double y0 = std::floor(y), x0 = std::floor(x), dy = y - y0, dx = x - x0;
  return (at(y0, x0) * (1 - dx) + at(y0, x0 + 1) * dx) * (1 - dy) +
         (at(y0 + 1, x0) * (1 - dx) + at(y0 + 1, x0 + 1) * dx) * dy;
}

template <typename T>
void expectBlended(const Array& image, double zoom, int level) {
  const int64_t rows = image.shape().y, columns = image.shape().x;
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  const Extent2 shape = pyramid.shapeOf(level);
  std::vector<double> pixels(static_cast<size_t>(shape.y * shape.x));
  for (int64_t i = 0; i < shape.y * shape.x; ++i) {
    const int64_t y = i / shape.x, x = i % shape.x;
    const auto block = *pyramid.block({0, 0, level, y / 512, x / 512}, {});
    pixels[static_cast<size_t>(i)] =
        static_cast<double>(block->plane<T>(0, 0, 0)[static_cast<size_t>(y % 512 * block->shape().x + x % 512)]);
  }
  ScreenTile tile;
  const double levelZoom = zoom * std::pow(2, level);
  const Extent2 grid = screenTileGrid({rows, columns}, zoom);
  for (int64_t i = 0; i < grid.y * grid.x * 65536; ++i) {
    const int64_t row = i / 65536 / grid.x, column = i / 65536 % grid.x;
    if (i % 65536 == 0) tile = *renderImageTile(pyramid, {0, 0, zoom, row, column}, std::vector{shown(0, 255)}, {});
    const uint32_t drawn = tile.pixels[static_cast<size_t>(i % 65536)];
    const double centreY = static_cast<double>(row * 256 + i % 65536 / 256) + 0.5;
    const double centreX = static_cast<double>(column * 256 + i % 256) + 0.5;
    const bool isInside = centreY < static_cast<double>(rows) * zoom && centreX < static_cast<double>(columns) * zoom;
    ASSERT_EQ(drawn >> 24, isInside ? 255U : 0U) << centreY << ", " << centreX;
    if (!isInside) continue;
    const double expected = blendedAt(pixels, shape.y, shape.x, centreY / levelZoom - 0.5, centreX / levelZoom - 0.5);
    ASSERT_NEAR(component(drawn, 0), expected, 0.6) << centreY << ", " << centreX << " at " << zoom;
  }
}

TEST(ImageTile, IsBlendedFromTheNextFinerLevelBelowAZoomOfOne) {
  const uint64_t seed = test::randomSeed(43);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937 random(static_cast<uint32_t>(seed));
  const auto image = imageOf<uint8_t>(1030, 700, 1, [&](auto...) { return random() % 256; });
  expectBlended<uint8_t>(image, 0.77, 0);
  expectBlended<uint8_t>(image, 0.5, 1);
  expectBlended<uint8_t>(image, 0.37, 1);
  expectBlended<uint8_t>(image, 0.25, 2);
  expectBlended<uint8_t>(image, 0.06, 2);
}

TYPED_TEST(ImageTileOfType, IsBlendedInEveryType) {
  using T = TypeParam;
  const auto image = imageOf<T>(90, 120, 1, [](auto, int64_t y, int64_t x) { return (y * 7 + x * 5) % 120; });
  expectBlended<T>(image, 0.8, 0);
}

TEST(ImageTile, AtHalfTheSizeItIsTheLevelItself) {
  const auto image = imageOf<float>(520, 4, 1, [](auto, int64_t y, int64_t x) {
    return y / 2 == 1 && x / 2 == 1 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(y / 2 % 100);
  });
  const auto tile = render(image, {0, 0, 0.5, 0, 0}, {shown(0, 255)});
  EXPECT_EQ(pixel(tile, 1, 0), grey(1)) << "a neighbour without weight that is not a number is not blended in";
  EXPECT_EQ(pixel(tile, 1, 1), kBlack);
  EXPECT_EQ(pixel(tile, 0, 1), grey(0));
  EXPECT_EQ(pixel(tile, 250, 1), grey(50));
}

TEST(ImageTile, TheFramesAndSlicesOfTheKeyAreShown) {
  Array image = *Array::create(Dtype::kUint8, {2, 2, 4, 4});
  image.plane<uint8_t>(0, 1, 0)[5] = 99;
  EXPECT_EQ(pixel(render(image, {1, 0, 1, 0, 0}, {shown(0, 255)}), 1, 1), grey(99));
  EXPECT_EQ(pixel(render(image, {0, 1, 1, 0, 0}, {shown(0, 255)}), 1, 1), kBlack);
}

TEST(ImageTile, RefusesWhatMakesNoSense) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 2, [](auto...) { return 1; })), 0);
  const std::vector<ChannelDisplay> one(1), two(2);
  EXPECT_EQ(renderImageTile(pyramid, {}, one, {}).error().code(), ErrorCode::kInvalidArgument);
  for (const double zoom : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_EQ(renderImageTile(pyramid, {0, 0, zoom, 0, 0}, two, {}).error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(ImageTile, PassesErrorsOfTheSourceOn) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 1, [](auto...) { return 1; }));
  source->failure = Error(ErrorCode::kIo, "gone");
  PixelPyramid pyramid(source, 0);
  EXPECT_EQ(renderImageTile(pyramid, {}, std::vector<ChannelDisplay>(1), {}).error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace cyto
