#include "core/nn/train/distance_targets.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/nn/train/distance_transform.h"
#include "core/nn/train/losses.h"
#include "tests/support/random_seed.h"

namespace cyto::nn {
namespace {

using Rows = std::vector<std::vector<float>>;

at::Tensor asTensor(const Rows& rows) {
  std::vector<at::Tensor> all;
  for (const std::vector<float>& row : rows) all.push_back(at::tensor(row));
  return at::stack(all);
}

at::Tensor targetsOf(const Rows& labels) {
  const at::Tensor ids = asTensor(labels);
  return distanceTargets(ids, at::ones_like(ids));
}

void expectMap(const at::Tensor& actual, const Rows& expected) {
  EXPECT_TRUE(at::allclose(actual, asTensor(expected), 0, 1e-6)) << actual << "\ninstead of\n" << asTensor(expected);
}

TEST(DistanceTargets, OfASquareAreThoseWorkedOutByHand) {
  const at::Tensor maps =
      targetsOf({{0, 0, 0, 0, 0}, {0, 7, 7, 7, 0}, {0, 7, 7, 7, 0}, {0, 7, 7, 7, 0}, {0, 0, 0, 0, 0}});
  ASSERT_EQ(maps.sizes(), at::IntArrayRef({3, 5, 5}));
  const float side = 1 / std::sqrt(2.0F);  // beside the centre; corners are sqrt(2) away, the largest distance
  expectMap(maps[0], {{0, 0, 0, 0, 0}, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}, {0, 0, 0, 0, 0}});
  expectMap(maps[1], {{1, 1, 1, 1, 1}, {1, 1, side, 1, 1}, {1, side, 0, side, 1}, {1, 1, side, 1, 1}, {1, 1, 1, 1, 1}});
  // All but the middle pixel are on the boundary.
  expectMap(maps[2], {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1, 1, 0, 1, 1}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}});
}

TEST(DistanceTargets, OfAnObjectWithItsCentroidOutsideStartAtItsDeepestPixel) {
  // A bracket of 20 pixels. Their mean, row 1.75 and column 2.25, is a hole. All pixels beside a hole are on the
  // boundary; the deepest one is row 0, column 0, sqrt(2) from row 1, column 1.
  const at::Tensor maps =
      targetsOf({{3, 3, 3, 3, 3, 3}, {3, 3, 3, 3, 3, 3}, {3, 0, 0, 0, 0, 0}, {3, 0, 0, 0, 0, 0}, {3, 3, 3, 3, 3, 3}});
  const at::Tensor centre = maps[1], boundary = maps[2];
  EXPECT_EQ(centre[0][0].item<float>(), 0);
  EXPECT_EQ(boundary[0][0].item<float>(), 0);
  const float farthest = std::sqrt(16.0F + 25.0F);  // row 4, column 5
  EXPECT_NEAR(centre[4][5].item<float>(), 1, 1e-6);
  EXPECT_NEAR(centre[0][3].item<float>(), 3 / farthest, 1e-6);
  EXPECT_NEAR(centre[3][0].item<float>(), 3 / farthest, 1e-6);
  const float deepest = std::sqrt(2.0F);
  EXPECT_NEAR(boundary[0][3].item<float>(), (deepest - 1) / deepest, 1e-6);
  EXPECT_NEAR(boundary[1][3].item<float>(), 1, 1e-6);
}

TEST(DistanceTargets, OfAPixelAreZeroAndOfNothingOne) {
  const at::Tensor maps = targetsOf({{0, 0, 0}, {0, 9, 0}, {0, 0, 0}});
  expectMap(maps[0], {{0, 0, 0}, {0, 1, 0}, {0, 0, 0}});
  expectMap(maps[1], {{1, 1, 1}, {1, 0, 1}, {1, 1, 1}});
  expectMap(maps[2], {{1, 1, 1}, {1, 0, 1}, {1, 1, 1}});
  const at::Tensor none = targetsOf({{0, 0}, {0, 0}});
  expectMap(none[0], {{0, 0}, {0, 0}});
  expectMap(none[1], {{1, 1}, {1, 1}});
  expectMap(none[2], {{1, 1}, {1, 1}});
}

TEST(DistanceTargets, TouchingObjectsHaveABoundaryBetweenThemAndNoneAtTheBorderOfTheCrop) {
  const at::Tensor maps = targetsOf({{1, 1, 1, 2, 2, 2}, {1, 1, 1, 2, 2, 2}, {1, 1, 1, 2, 2, 2}});
  expectMap(maps[2], {{0, 0.5, 1, 1, 0.5, 0}, {0, 0.5, 1, 1, 0.5, 0}, {0, 0.5, 1, 1, 0.5, 0}});
  const float side = 1 / std::sqrt(2.0F);
  expectMap(maps[1], {{1, side, 1, 1, side, 1}, {side, 0, side, side, 0, side}, {1, side, 1, 1, side, 1}});
}

TEST(DistanceTargets, WhereTheImageEndsIsNoBoundary) {
  const at::Tensor labels = asTensor({{4, 4, 4, 0, 0}});
  const at::Tensor inside = asTensor({{1, 1, 1, 0, 0}});
  expectMap(distanceTargets(labels, inside)[2], {{0, 0, 0, 1, 1}});
  expectMap(distanceTargets(labels, at::ones_like(labels))[2], {{0, 0.5, 1, 1, 1}});
}

TEST(DistanceTargets, PiecesOfALabelAreObjects) {
  const at::Tensor maps = targetsOf({{5, 5, 5, 0, 0, 5}, {0, 0, 0, 0, 5, 0}});  // the last two touch at a corner
  expectMap(maps[1], {{1, 0, 1, 1, 1, 0}, {1, 1, 1, 1, 1, 1}});
}

TEST(DistanceTransform, IsThatOfTryingAllSources) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 40; ++round) {
    const auto rows = static_cast<int64_t>(1 + random() % 17), columns = static_cast<int64_t>(1 + random() % 23);
    const uint64_t rarity = 1 + random() % 40;
    std::vector<char> sources(static_cast<size_t>(rows * columns));
    for (char& source : sources) source = random() % rarity == 0 ? 1 : 0;
    const std::vector<int64_t> squares = squaredDistances(sources, rows, columns);
    for (int64_t i = 0; i < rows * columns; ++i) {
      int64_t nearest = (rows + columns) * (rows + columns);
      for (int64_t j = 0; j < rows * columns; ++j) {
        const int64_t dy = i / columns - j / columns, dx = i % columns - j % columns;
        if (sources[static_cast<size_t>(j)] != 0) nearest = std::min(nearest, dy * dy + dx * dx);
      }
      ASSERT_EQ(squares[static_cast<size_t>(i)], nearest) << rows << " x " << columns << " at " << i;
    }
  }
}

TEST(DistanceLoss, IsTheFormulaOnNumbersWorkedOutByHand) {
  // Two pixels, the first an object's; the third is outside the image and counts for nothing.
  const at::Tensor target = asTensor({{1, 0, 0}, {0.5, 1, 1}, {0.25, 1, 1}}).unsqueeze(1);
  const at::Tensor maps = asTensor({{0.8, 0.4, 0.9}, {0.3, 0.7, 0.2}, {0.5, 0.1, 0.6}}).unsqueeze(1);
  const at::Tensor inside = asTensor({{1, 1, 0}});
  const double foreground = 1 - 2 * 0.8 / (0.64 + 0.16 + 1);
  const double centre = 1 - 2 * 0.5 * 0.3 / (0.25 + 0.09);
  const double boundary = 1 - 2 * 0.25 * 0.5 / (0.0625 + 0.25);
  EXPECT_NEAR(distanceLoss(maps, target, inside).item<double>(), foreground + centre + boundary, 1e-6);
  EXPECT_NEAR(distanceLoss(target, target, inside).item<double>(), 0, 1e-6);
}

TEST(DistanceLoss, OfACropWithoutObjectsIsThreeAndFinite) {
  const at::Tensor target = targetsOf({{0, 0}, {0, 0}});
  at::Tensor maps = at::full({3, 2, 2}, 0.5F, at::kFloat).requires_grad_(true);
  const at::Tensor loss = distanceLoss(maps, target, at::ones({2, 2}));
  EXPECT_NEAR(loss.item<double>(), 3, 1e-6);
  loss.backward();
  EXPECT_TRUE(maps.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace cyto::nn
