#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/display/label_overlay.h"
#include "core/display/screen_tile.h"
#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using enum LabelStyle::Shape;

void paint(LabelVolume& labels, const PlaneBox& box, uint32_t id, int64_t t = 0, int64_t z = 0) {
  Transaction transaction(labels);
  transaction.paint(t, z, maskWhere(box, [](int64_t, int64_t) { return true; }), id, PaintRule::kOverwrite);
  ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
}

uint32_t pixel(const ScreenTile& tile, int64_t y, int64_t x) {
  return tile.pixels.at(static_cast<size_t>(y * kScreenTileSide + x));
}

uint32_t premultiplied(uint32_t id, double opacity) {
  const auto alpha = static_cast<uint32_t>(std::lround(opacity * 255));
  uint32_t colour = alpha;
  for (const uint8_t component : labelColour(id)) {
    colour = colour << 8 | static_cast<uint32_t>(std::lround(component * alpha / 255.0));
  }
  return colour;
}

/// Straight from the definition: looks up every pixel and, for contours and halos, every device pixel around it.
class SlowLabelTile {
 public:
  SlowLabelTile(const LabelVolume& labels, const ScreenTileKey& key, const LabelStyle& style)
      : labels_(labels), key_(key), style_(style) {}

  uint32_t at(int64_t y, int64_t x) const {
    const int64_t label = idAt(y, x);
    if (label < 0) return 0;
    const auto id = static_cast<uint32_t>(label);
    if (style_.selected != 0 && id != style_.selected &&
        anyNear(y, x, 2, [&](int64_t other) { return other == style_.selected; })) {
      return 0xFFFFFFFFU;
    }
    if (id == 0) return 0;
    // Outside the plane there is no object either.
    if (anyNear(y, x, style_.contourWidth, [&](int64_t other) { return std::max<int64_t>(other, 0) != label; })) {
      return premultiplied(id, std::max(style_.opacity, 0.6));
    }
    return style_.shape == kFilled ? premultiplied(id, style_.opacity) : 0;
  }

 private:
  /// -1 outside the plane. Coordinates are device pixels of the tile.
  int64_t idAt(int64_t y, int64_t x) const {
    const double centreY = static_cast<double>(key_.row * 256 + y) + 0.5;
    const double centreX = static_cast<double>(key_.column * 256 + x) + 0.5;
    const auto pixelY = static_cast<int64_t>(std::floor(centreY / key_.zoom));
    const auto pixelX = static_cast<int64_t>(std::floor(centreX / key_.zoom));
    if (pixelY < 0 || pixelX < 0 || pixelY >= labels_.shape().y || pixelX >= labels_.shape().x) return -1;
    return labels_.at(key_.t, key_.z, pixelY, pixelX);
  }

  template <typename Predicate>
  bool anyNear(int64_t y, int64_t x, int64_t radius, Predicate predicate) const {
    for (int64_t dy = -radius; dy <= radius; ++dy) {
      for (int64_t dx = -radius; dx <= radius; ++dx) {
        if (dy * dy + dx * dx <= radius * radius && predicate(idAt(y + dy, x + dx))) return true;
      }
    }
    return false;
  }

  const LabelVolume& labels_;
  const ScreenTileKey& key_;
  const LabelStyle& style_;
};

/// Whether all tiles over a plane are as the slow way draws them.
void expectAsDefined(const LabelVolume& labels, int64_t t, int64_t z, double zoom, const LabelStyle& style) {
  const Extent2 grid = screenTileGrid({labels.shape().y, labels.shape().x}, zoom);
  for (int64_t row = 0; row < grid.y; ++row) {
    for (int64_t column = 0; column < grid.x; ++column) {
      const ScreenTileKey key{t, z, zoom, row, column};
      const ScreenTile tile = renderLabelTile(labels, key, style);
      const SlowLabelTile slow(labels, key, style);
      ASSERT_TRUE(tile.pixels.empty() || tile.pixels.size() == 65536U);
      for (int64_t i = 0; i < 65536; ++i) {
        ASSERT_EQ(tile.pixels.empty() ? 0 : tile.pixels[static_cast<size_t>(i)], slow.at(i / 256, i % 256))
            << "tile " << row << ", " << column << " at " << i / 256 << ", " << i % 256 << " zoom " << zoom;
      }
    }
  }
}

TEST(LabelTile, ATileWithoutLabelsHasNoPixels) {
  LabelVolume labels(Shape{1, 2, 1000, 1000});
  EXPECT_TRUE(renderLabelTile(labels, {}, {}).pixels.empty());
  paint(labels, {600, 600, 610, 610}, 3);
  EXPECT_TRUE(renderLabelTile(labels, {}, {}).pixels.empty());
  EXPECT_TRUE(renderLabelTile(labels, {0, 1, 1, 2, 2}, {}).pixels.empty()) << "another slice";
  EXPECT_FALSE(renderLabelTile(labels, {0, 0, 1, 2, 2}, {}).pixels.empty());
  EXPECT_TRUE(renderLabelTile(labels, {0, 0, 1, 40, 2}, {}).pixels.empty()) << "outside the plane";
  EXPECT_TRUE(renderLabelTile(labels, {0, 0, 1, -1, 2}, {}).pixels.empty());
  EXPECT_TRUE(renderLabelTile(LabelVolume(), {}, {}).pixels.empty());
}

TEST(LabelTile, ATileBesideAnObjectHasNoPixelsUnlessItHasSomeOfTheHalo) {
  LabelVolume labels(Shape{1, 1, 1000, 1000});
  paint(labels, {10, 250, 30, 255}, 3);  // ends one pixel before the next tile
  EXPECT_TRUE(renderLabelTile(labels, {0, 0, 1, 0, 1}, {}).pixels.empty());
  LabelStyle style;
  style.selected = 3;
  const ScreenTile beside = renderLabelTile(labels, {0, 0, 1, 0, 1}, style);
  ASSERT_FALSE(beside.pixels.empty());
  EXPECT_EQ(pixel(beside, 15, 0), 0xFFFFFFFFU);
  EXPECT_EQ(pixel(beside, 15, 1), 0U);
  EXPECT_TRUE(renderLabelTile(labels, {0, 0, 1, 1, 1}, style).pixels.empty());
}

TEST(LabelTile, AFilledObjectHasAContourInTheFullColour) {
  LabelVolume labels(Shape{1, 1, 100, 100});
  paint(labels, {10, 10, 20, 20}, 5);
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 2, 0, 0}, {});
  EXPECT_EQ(pixel(tile, 19, 25), 0U);
  EXPECT_EQ(pixel(tile, 20, 25), premultiplied(5, 0.6));
  EXPECT_EQ(pixel(tile, 21, 25), premultiplied(5, 0.45)) << "the contour is one device pixel wide";
  EXPECT_EQ(pixel(tile, 39, 39), premultiplied(5, 0.6));
  EXPECT_EQ(pixel(tile, 40, 39), 0U);
  EXPECT_EQ(pixel(tile, 30, 30) >> 24, 115U);
}

TEST(LabelTile, AContourIsInsideTheObjectAndLeavesItOpen) {
  LabelVolume labels(Shape{1, 1, 100, 100});
  paint(labels, {10, 10, 20, 20}, 5);
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 2, 0, 0}, {kContour, 0.8, 3, 0});
  EXPECT_EQ(pixel(tile, 30, 19), 0U);
  for (int64_t x = 20; x < 23; ++x) EXPECT_EQ(pixel(tile, 30, x), premultiplied(5, 0.8)) << x;
  EXPECT_EQ(pixel(tile, 30, 23), 0U);
  EXPECT_EQ(pixel(tile, 30, 37), premultiplied(5, 0.8));
  EXPECT_EQ(pixel(tile, 30, 40), 0U);
}

TEST(LabelTile, TheHaloIsTwoDevicePixelsWideAndOutside) {
  LabelVolume labels(Shape{1, 1, 100, 100});
  paint(labels, {10, 10, 20, 20}, 5);
  paint(labels, {10, 20, 20, 30}, 6);
  LabelStyle style;
  style.selected = 5;
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 3, 0, 0}, style);
  EXPECT_EQ(pixel(tile, 45, 27), 0U);
  EXPECT_EQ(pixel(tile, 45, 28), 0xFFFFFFFFU);
  EXPECT_EQ(pixel(tile, 45, 29), 0xFFFFFFFFU);
  EXPECT_EQ(pixel(tile, 45, 30), premultiplied(5, 0.6));
  EXPECT_EQ(pixel(tile, 45, 59), premultiplied(5, 0.6));
  EXPECT_EQ(pixel(tile, 45, 60), 0xFFFFFFFFU) << "over its neighbour";
  EXPECT_EQ(pixel(tile, 45, 62), premultiplied(6, 0.45));
  EXPECT_EQ(pixel(tile, 45, 89), premultiplied(6, 0.6)) << "others have none";
  EXPECT_EQ(pixel(tile, 45, 90), 0U);
}

TEST(LabelTile, AnObjectEndsAtTheBorderOfThePlaneAndNotAtThatOfATile) {
  LabelVolume labels(Shape{1, 1, 300, 300});
  paint(labels, {0, 0, 300, 300}, 9);
  const ScreenTile corner = renderLabelTile(labels, {}, {});
  EXPECT_EQ(pixel(corner, 0, 100), premultiplied(9, 0.6));
  EXPECT_EQ(pixel(corner, 255, 100), premultiplied(9, 0.45));
  const ScreenTile last = renderLabelTile(labels, {0, 0, 1, 1, 1}, {});
  EXPECT_EQ(pixel(last, 0, 0), premultiplied(9, 0.45));
  EXPECT_EQ(pixel(last, 43, 10), premultiplied(9, 0.6));
  EXPECT_EQ(pixel(last, 44, 10), 0U);
  LabelStyle style;
  style.selected = 9;
  EXPECT_EQ(pixel(renderLabelTile(labels, {0, 0, 1, 1, 1}, style), 44, 10), 0U) << "no halo outside the plane";
}

TEST(LabelTile, AWideContourReachesIntoTheNextTile) {
  LabelVolume labels(Shape{1, 1, 600, 600});
  paint(labels, {100, 100, 260, 200}, 9);  // its last row is the fourth of the next tile
  const LabelStyle style{kContour, 1, 6, 0};
  const ScreenTile tile = renderLabelTile(labels, {}, style);
  EXPECT_EQ(pixel(tile, 253, 150), 0U);
  EXPECT_EQ(pixel(tile, 254, 150), premultiplied(9, 1));
  EXPECT_EQ(pixel(tile, 255, 150), premultiplied(9, 1));
  expectAsDefined(labels, 0, 0, 1, style);
}

TEST(LabelTile, BelowAZoomOfOneTheNearestPixelIsShown) {
  LabelVolume labels(Shape{1, 1, 1000, 1000});
  paint(labels, {102, 102, 103, 103}, 4);  // at a zoom of 0.2 the centres lie at 2, 7, 12, …
  paint(labels, {103, 203, 104, 204}, 8);
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 0.2, 0, 0}, {});
  EXPECT_EQ(pixel(tile, 20, 20), premultiplied(4, 0.6));
  EXPECT_EQ(std::ranges::count_if(tile.pixels, [](uint32_t p) { return p != 0; }), 1);
}

TEST(LabelTile, ALargePlaneIsSampledOverItsWholeExtent) {
  LabelVolume labels(Shape{1, 1, 20000, 20000});
  paint(labels, {19'000, 19'000, 20'000, 20'000}, 77);
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 0.0125, 0, 0}, {});
  EXPECT_EQ(pixel(tile, 240, 240), premultiplied(77, 0.45));
  EXPECT_EQ(pixel(tile, 249, 249), premultiplied(77, 0.6));
  EXPECT_EQ(pixel(tile, 250, 249), 0U);
  EXPECT_EQ(pixel(tile, 230, 240), 0U);
}

TEST(LabelTile, OpacityIsKeptBetweenNoneAndFull) {
  LabelVolume labels(Shape{1, 1, 100, 100});
  paint(labels, {10, 10, 20, 20}, 5);
  EXPECT_EQ(pixel(renderLabelTile(labels, {}, {kFilled, 7, 1, 0}), 15, 15), premultiplied(5, 1));
  EXPECT_EQ(pixel(renderLabelTile(labels, {}, {kFilled, -3, 0, 0}), 15, 15), 0U);
}

TEST(LabelTile, AHatchedObjectHasADashedContourAndLinesOverALightFilling) {
  LabelVolume labels({1, 1, 300, 600});
  paint(labels, {40, 40, 200, 400}, 7);
  const LabelStyle style{kHatched, 0.5, 1, 0};
  const ScreenTile left = renderLabelTile(labels, {0, 0, 1, 0, 0}, style);
  const ScreenTile right = renderLabelTile(labels, {0, 0, 1, 0, 1}, style);
  int dashes = 0, gaps = 0;
  for (int64_t x = 40; x < kScreenTileSide; ++x) {
    const uint32_t at = pixel(left, 40, x);
    ASSERT_TRUE(at == premultiplied(7, 0.6) || at == 0xB0000000U) << x;
    (at == 0xB0000000U ? gaps : dashes) += 1;
  }
  EXPECT_NEAR(dashes, gaps, 4);
  int lines = 0;
  for (int64_t x = 41; x < kScreenTileSide; ++x) {
    const uint32_t at = pixel(left, 100, x);
    ASSERT_TRUE(at == premultiplied(7, 0.2) || at == premultiplied(7, 0.6)) << x;
    if (at == premultiplied(7, 0.6)) ++lines;
  }
  EXPECT_NEAR(lines, (kScreenTileSide - 41) / 8, 1);
  // The pattern goes on in the next tile: a diagonal line stays on its diagonal.
  for (int64_t y = 60; y < 68; ++y) {
    EXPECT_EQ(pixel(left, y, 255), pixel(right, y - 1, 0)) << y;
  }
}

TEST(LabelTile, AFinishedObjectHasADarkLineInsideItsContour) {
  LabelVolume labels({1, 1, 100, 100});
  paint(labels, {10, 10, 30, 30}, 7);
  paint(labels, {50, 50, 80, 80}, 8);
  const LabelStyle style{kFilled, 0.5, 2, 0};
  const ScreenTile tile = renderLabelTile(labels, {0, 0, 1, 0, 0}, style, [](uint32_t id) { return id == 7; });
  for (const int64_t x : {10, 11}) EXPECT_EQ(pixel(tile, 20, x), premultiplied(7, 0.6));
  for (const int64_t x : {12, 13}) EXPECT_EQ(pixel(tile, 20, x), 0xB0000000U);
  EXPECT_EQ(pixel(tile, 20, 14), premultiplied(7, 0.5));
  EXPECT_EQ(pixel(tile, 60, 52), premultiplied(8, 0.5)) << "the other one has none";
}

TEST(LabelTile, IdsThatShareASlotKeepTheirColours) {
  LabelVolume labels(Shape{1, 1, 100, 100});
  paint(labels, {10, 10, 20, 20}, 5);
  paint(labels, {10, 30, 20, 40}, 5 + 1024);
  paint(labels, {30, 30, 40, 40}, 4'000'000'000U);
  expectAsDefined(labels, 0, 0, 1, {});
}

TEST(LabelTile, IsAsDefinedForRandomLabels) {
  const uint64_t seed = test::randomSeed(44);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 12; ++round) {
    LabelVolume labels(Shape{2, 2, 200 + below(400), 200 + below(400)});
    const int64_t t = below(2), z = below(2);
    const int objects = 1 + static_cast<int>(below(60));
    for (int i = 0; i < objects; ++i) {
      const int64_t y = below(labels.shape().y), x = below(labels.shape().x);
      const auto id = static_cast<uint32_t>(below(objects + 1));
      paint(labels,
            {y, x, std::min(y + 1 + below(80), labels.shape().y), std::min(x + 1 + below(80), labels.shape().x)}, id, t,
            z);
    }
    constexpr std::array kZooms{0.21, 0.37, 0.5, 1.0, 1.3, 2.5};
    const LabelStyle style{round % 2 == 0 ? kFilled : kContour, static_cast<double>(below(9)) / 10,
                           static_cast<int>(below(6)), static_cast<uint32_t>(below(objects + 1))};
    SCOPED_TRACE("round " + std::to_string(round));
    expectAsDefined(labels, t, z, kZooms[static_cast<size_t>(round) % kZooms.size()], style);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace cyto
