#include "core/segmentation/automatic/distance_instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/segmentation/automatic/smoothing.h"
#include "tests/unit/automatic/label_drawing.h"

namespace cyto {
namespace {

using test::drawn;
using ::testing::ElementsAre;

/// Maps of one row: both distances are those given, foreground is where they are below 1.
DistanceMaps rowOf(const std::vector<float>& distances) {
  DistanceMaps maps{{1, static_cast<int64_t>(distances.size())}, {}, distances, distances};
  for (const float distance : distances) maps.foreground.push_back(distance < 1 ? 1.0f : 0.0f);
  return maps;
}

DistanceParameters unsmoothed() {
  DistanceParameters parameters;
  parameters.foregroundSmoothing = parameters.distanceSmoothing = 0;
  return parameters;
}

TEST(DistanceInstances, SeedsGrowUntilTheForegroundEndsOrTheyMeet) {
  const auto labels = instancesFrom(rowOf({1, 0.8f, 0.2f, 0.1f, 0.7f, 0.9f, 0.6f, 0.3f, 0.6f, 1}), unsmoothed());
  EXPECT_EQ(labels.count, 2u);
  EXPECT_EQ(drawn(labels)[0].substr(0, 5), ".1111");
  EXPECT_EQ(drawn(labels)[0].substr(6), "222.");
}

TEST(DistanceInstances, ForegroundWithoutASeedIsLeftOut) {
  const auto labels = instancesFrom(rowOf({0.8f, 0.7f, 0.8f, 1, 0.4f, 0.6f}), unsmoothed());
  EXPECT_THAT(drawn(labels), ElementsAre("....11"));
}

TEST(DistanceInstances, ASeedNeedsBothDistancesAndTheForeground) {
  DistanceMaps maps = rowOf({0.2f, 1, 0.2f, 1, 0.2f, 1, 0.2f});
  maps.centreDistance[0] = 0.5f;  // not below the threshold
  maps.boundaryDistance[2] = 0.5f;
  maps.foreground[4] = 0.5f;  // not above it
  EXPECT_THAT(drawn(instancesFrom(maps, unsmoothed())), ElementsAre("......1"));
}

TEST(DistanceInstances, SeedsHangTogetherByCorners) {
  DistanceMaps maps{{2, 2}, {1, 1, 1, 1}, {0.1f, 0.9f, 0.9f, 0.1f}, {0.1f, 0.9f, 0.9f, 0.1f}};
  EXPECT_THAT(drawn(instancesFrom(maps, unsmoothed())), ElementsAre("11", "11"));
}

TEST(DistanceInstances, NothingInAnEmptyImage) {
  EXPECT_EQ(instancesFrom(rowOf({1, 1, 1}), DistanceParameters()).count, 0u);
  DistanceMaps notANumber = rowOf({0.1f, 0.1f});
  notANumber.foreground.assign(2, NAN);
  EXPECT_EQ(instancesFrom(notANumber, DistanceParameters()).count, 0u);
}

TEST(Smoothing, IsAGaussianOfThreeSigmaThatKeepsTheSum) {
  constexpr double kSigma = 1.6;  // reaches 5 pixels
  std::vector<float> impulse(21, 0);
  impulse[10] = 1;
  const std::vector<float> blurred = smoothed(impulse, {1, 21}, kSigma);
  double sum = 0;
  for (int i = -5; i <= 5; ++i) sum += std::exp(-i * i / (2 * kSigma * kSigma));
  for (int i = -10; i <= 10; ++i) {
    const double expected = std::abs(i) <= 5 ? std::exp(-i * i / (2 * kSigma * kSigma)) / sum : 0;
    EXPECT_NEAR(static_cast<double>(blurred[static_cast<size_t>(i + 10)]), expected, 1e-6) << i;
  }
}

TEST(Smoothing, MirrorsWithoutRepeatingTheBorder) {
  // With the border mirrored at the outermost pixel, that pixel counts once and its neighbour twice.
  const std::vector<float> blurred = smoothed({0, 1, 0, 0, 0, 0, 0, 0}, {1, 8}, 0.5);
  const double weight = std::exp(-2.0);
  const double sum = 1 + 2 * weight + 2 * std::exp(-8.0);
  EXPECT_NEAR(static_cast<double>(blurred[0]), 2 * weight / sum, 1e-6);
}

TEST(Smoothing, OnePixelAndNoSigmaStayAsTheyAre) {
  EXPECT_THAT(smoothed({3}, {1, 1}, 2.0), ElementsAre(::testing::FloatEq(3)));
  EXPECT_THAT(smoothed({1, 5, 2}, {3, 1}, 0), ElementsAre(1, 5, 2));
}

}  // namespace
}  // namespace cyto
