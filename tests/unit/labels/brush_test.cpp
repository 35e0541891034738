#include "core/labels/brush.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

PlaneMask stroke(const std::vector<StrokePoint>& path, double radius, Extent2 plane = {100, 100}) {
  return brushStroke(path, radius, plane);
}

TEST(BrushStroke, ThinDotIsOnePixel) {
  EXPECT_EQ(stroke({{10.2, 19.8}}, 0.5), (PlaneMask{{10, 20, 11, 21}, {1}}));
  EXPECT_EQ(stroke({{10, 20}, {10, 20}}, 0), (PlaneMask{{10, 20, 11, 21}, {1}}));
}

TEST(BrushStroke, ThinLineHasNoGaps) {
  const PlaneMask diagonal = stroke({{2, 3}, {40, 41}}, 0.5);
  EXPECT_EQ(diagonal.area(), 39);
  for (int64_t i = 0; i < 39; ++i) EXPECT_TRUE(diagonal.at(2 + i, 3 + i));
  const PlaneMask steep = stroke({{90, 50}, {10, 33}}, 0.5);
  EXPECT_EQ(steep.area(), 81);
  EXPECT_EQ(steep.box, (PlaneBox{10, 33, 91, 51}));
}

TEST(BrushStroke, DiscHasTheAreaOfACircle) {
  for (const double radius : {5.0, 12.5, 40.0}) {
    const double expected = std::numbers::pi * radius * radius;
    EXPECT_NEAR(static_cast<double>(stroke({{50, 50}}, radius).area()), expected, 0.04 * expected) << radius;
  }
}

TEST(BrushStroke, HasThePixelsNearThePath) {
  const uint64_t seed = test::randomSeed(59);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> position(-20, 120);
  for (int round = 0; round < 50; ++round) {
    const double radius = std::uniform_real_distribution<double>(0.6, 15)(random);
    const StrokePoint a{position(random), position(random)};
    const StrokePoint b{position(random), position(random)};
    const PlaneMask expected = maskWhere({0, 0, 90, 110}, [&](int64_t y, int64_t x) {
      const double v = static_cast<double>(y) - a.y;
      const double u = static_cast<double>(x) - a.x;
      const double dy = b.y - a.y;
      const double dx = b.x - a.x;
      const double along = std::clamp((v * dy + u * dx) / (dy * dy + dx * dx), 0.0, 1.0);
      return std::hypot(v - along * dy, u - along * dx) <= radius;
    });
    ASSERT_EQ(stroke({a, b}, radius, {90, 110}), expected) << round;
  }
}

TEST(BrushStroke, IsCutAtThePlane) {
  EXPECT_TRUE(stroke({{-50, -50}, {-60, 200}}, 10).isEmpty());
  EXPECT_TRUE(stroke({{10, 10}}, 3, {0, 0}).isEmpty());
  EXPECT_EQ(stroke({{0, 0}}, 2).box, (PlaneBox{0, 0, 3, 3}));
  EXPECT_EQ(stroke({{50, -1e300}, {50, 1e300}}, 0.5).area(), 100);
  EXPECT_EQ(stroke({{50, -1e300}, {50, 1e300}}, 1).area(), 300);
  EXPECT_EQ(stroke({{50, 50}}, kInfinity).area(), 100 * 100);
}

TEST(BrushStroke, LeavesOutWhatIsNoPosition) {
  EXPECT_TRUE(stroke({}, 3).isEmpty());
  EXPECT_TRUE(stroke({{kNan, 3}, {3, kInfinity}}, 3).isEmpty());
  EXPECT_EQ(stroke({{5, 5}, {kNan, 3}, {5, 9}}, 0.5), stroke({{5, 5}, {5, 9}}, 0.5));
  EXPECT_TRUE(stroke({{5, 5}}, kNan).isEmpty());
}

TEST(BrushStroke, LongPathIsFast) {
  std::vector<StrokePoint> path;
  for (int i = 0; i < 10'000; ++i) path.push_back({1000 + 800 * std::sin(i * 0.01), 1000 + 800 * std::cos(i * 0.013)});
  EXPECT_GT(stroke(path, 20, {20'000, 20'000}).area(), 100'000);
}

LabelVolume painted(const Shape& shape, const std::vector<std::pair<PlaneBox, uint32_t>>& boxes) {
  Transaction transaction{LabelVolume(shape)};
  for (const auto& [box, id] : boxes) {
    transaction.paint(0, 0, maskWhere(box, [](int64_t, int64_t) { return true; }), id, PaintRule::kOverwrite);
  }
  return transaction.labels();
}

TEST(ConnectedRegion, EndsAtOtherIdsAndAtCorners) {
  const LabelVolume labels =
      painted({1, 1, 300, 517}, {{{10, 10, 20, 20}, 1}, {{20, 20, 30, 30}, 1}, {{12, 12, 18, 18}, 2}});
  const PlaneMask ring = connectedRegion(labels, 0, 0, 10, 10);
  EXPECT_EQ(ring.box, (PlaneBox{10, 10, 20, 20}));
  EXPECT_EQ(ring.area(), 100 - 36);
  EXPECT_FALSE(ring.at(15, 15));
  EXPECT_EQ(connectedRegion(labels, 0, 0, 25, 25).area(), 100);
  EXPECT_EQ(connectedRegion(labels, 0, 0, 12, 17).area(), 36);
  EXPECT_EQ(connectedRegion(labels, 0, 0, 0, 0).area(), 300 * 517 - 200);
}

TEST(ConnectedRegion, FollowsALongWindingObject) {
  // A comb whose teeth go up and down by turns, far beyond the first window.
  std::vector<std::pair<PlaneBox, uint32_t>> boxes;
  for (int64_t x = 0; x < 2000; x += 4) {
    boxes.push_back({{100, x, 900, x + 1}, 6});
    const int64_t y = x % 8 == 0 ? 100 : 899;
    boxes.push_back({{y, x, y + 1, x + 5}, 6});
  }
  const LabelVolume labels = painted({1, 1, 1000, 2100}, boxes);
  const PlaneMask region = connectedRegion(labels, 0, 0, 500, 1000);
  EXPECT_EQ(region.box, (PlaneBox{100, 0, 900, 2001}));
  EXPECT_EQ(region.area(), 500 * 800 + 499 * 3 + 4);
}

}  // namespace
}  // namespace cyto
