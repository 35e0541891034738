#include "core/array/plane_mask.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(PlaneMask, IsKeptWithinItsTightBounds) {
  const PlaneMask mask =
      maskWhere({10, 20, 30, 40}, [](int64_t y, int64_t x) { return y == 12 && (x == 25 || x == 27); });
  EXPECT_EQ(mask.box, (PlaneBox{12, 25, 13, 28}));
  EXPECT_EQ(mask.pixels, (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_EQ(mask.area(), 2);
  EXPECT_TRUE(mask.at(12, 27));
  EXPECT_FALSE(mask.at(12, 26));
  EXPECT_FALSE(mask.at(-5, 1000));
}

TEST(PlaneMask, EmptyMaskHasAnEmptyBox) {
  const PlaneMask mask = maskWhere({0, 0, 5, 5}, [](int64_t, int64_t) { return false; });
  EXPECT_TRUE(mask.isEmpty());
  EXPECT_TRUE(mask.pixels.empty());
  EXPECT_EQ(mask.area(), 0);
  EXPECT_TRUE(translated(mask, 3, 4).isEmpty());
  EXPECT_EQ(united(mask, filled({1, 1, 3, 3})).area(), 4);
}

TEST(PlaneMask, CropKeepsOnlyTheWindowAndTightensAgain) {
  const PlaneMask ring =
      maskWhere({0, 0, 5, 5}, [](int64_t y, int64_t x) { return y == 0 || y == 4 || x == 0 || x == 4; });
  const PlaneMask part = cropped(ring, {0, 1, 3, 4});
  EXPECT_EQ(part.box, (PlaneBox{0, 1, 1, 4}));
  EXPECT_EQ(part.area(), 3);
  EXPECT_TRUE(cropped(ring, {100, 100, 200, 200}).isEmpty());
}

TEST(PlaneMask, IntersectionOverUnion) {
  EXPECT_DOUBLE_EQ(intersectionOverUnion(filled({0, 0, 4, 4}), filled({0, 0, 4, 4})), 1.0);
  EXPECT_DOUBLE_EQ(intersectionOverUnion(filled({0, 0, 4, 4}), filled({0, 2, 4, 6})), 8.0 / 24.0);
  EXPECT_DOUBLE_EQ(intersectionOverUnion(filled({0, 0, 4, 4}), filled({10, 10, 12, 12})), 0.0);
  EXPECT_DOUBLE_EQ(intersectionOverUnion({}, {}), 0.0);
}

TEST(PlaneMask, InscribedEllipseTouchesTheSidesAndLeavesTheCornersOut) {
  const PlaneMask ellipse = inscribedEllipse({10, 10, 21, 31});
  EXPECT_EQ(ellipse.box, (PlaneBox{10, 10, 21, 31}));
  EXPECT_TRUE(ellipse.at(15, 10));
  EXPECT_TRUE(ellipse.at(10, 20));
  EXPECT_FALSE(ellipse.at(10, 10));
  const double expected = 3.14159265 / 4 * 11 * 21;
  EXPECT_NEAR(static_cast<double>(ellipse.area()), expected, 0.03 * expected);
  EXPECT_EQ(inscribedEllipse({5, 5, 6, 6}).area(), 1);
}

// Every operation agrees with the same operation on a plane of booleans.
TEST(PlaneMask, SetOperationsAgreeWithPlanesOfBooleans) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  constexpr int64_t kSide = 12;
  for (int round = 0; round < 200; ++round) {
    std::vector<bool> a(kSide * kSide), b(kSide * kSide);
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = random() % 5 == 0;
      b[i] = random() % 7 == 0;
    }
    const auto in = [](const std::vector<bool>& plane) {
      return [&](int64_t y, int64_t x) { return bool(plane[static_cast<size_t>(y * kSide + x)]); };
    };
    const PlaneBox whole{0, 0, kSide, kSide};
    const PlaneMask maskA = maskWhere(whole, in(a)), maskB = maskWhere(whole, in(b));
    const PlaneMask both = united(maskA, maskB), rest = subtracted(maskA, maskB);
    const auto coordinate = [&] { return static_cast<int64_t>(random() % kSide); };
    const PlaneBox window{coordinate(), coordinate(), coordinate() + 1, coordinate() + 1};
    const PlaneMask part = cropped(maskA, window);
    int64_t common = 0, either = 0;
    for (int64_t y = 0; y < kSide; ++y) {
      for (int64_t x = 0; x < kSide; ++x) {
        const bool inA = in(a)(y, x), inB = in(b)(y, x);
        ASSERT_EQ(both.at(y, x), inA || inB);
        ASSERT_EQ(rest.at(y, x), inA && !inB);
        ASSERT_EQ(part.at(y, x), inA && window.contains(y, x));
        common += inA && inB;
        either += inA || inB;
      }
    }
    ASSERT_DOUBLE_EQ(intersectionOverUnion(maskA, maskB),
                     either == 0 ? 0.0 : static_cast<double>(common) / static_cast<double>(either));
  }
}

}  // namespace
}  // namespace cyto
