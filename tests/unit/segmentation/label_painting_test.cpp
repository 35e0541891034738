#include "core/segmentation/label_painting.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

ObjectMask object(uint32_t id, PlaneMask mask, int64_t t = 0, int64_t z = 0) {
  return {id, t, z, std::move(mask), 1, {0}, {}};
}

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(LabelPainting, TheEarlierObjectKeepsItsPixels) {
  Array labels = *createLabels({1, 1, 10, 10});
  const ObjectMask first = object(1, filled({0, 0, 6, 6})), second = object(2, filled({4, 4, 10, 10}));
  EXPECT_EQ(paint(labels, first, OverlapRule::kEarlierWins), 36);
  EXPECT_EQ(paint(labels, second, OverlapRule::kEarlierWins), 32);
  EXPECT_EQ(labels.as<uint32_t>()[5 * 10 + 5], 1u);
  EXPECT_EQ(paintedPart(labels, first).area, 36);
  EXPECT_EQ(paintedPart(labels, second).area, 32);
  EXPECT_EQ(paintedPart(labels, second).box, (PlaneBox{4, 4, 10, 10}));
}

TEST(LabelPainting, TheLaterObjectTakesPixelsWhenAskedTo) {
  Array labels = *createLabels({1, 1, 10, 10});
  const ObjectMask first = object(1, filled({2, 2, 4, 4})), second = object(2, filled({0, 0, 10, 10}));
  paint(labels, first, OverlapRule::kLaterWins);
  EXPECT_EQ(paint(labels, second, OverlapRule::kLaterWins), 100);
  EXPECT_EQ(paintedPart(labels, first).area, 0);
  EXPECT_TRUE(paintedPart(labels, first).box.isEmpty());
}

TEST(LabelPainting, PaintsOnlyItsPlaneAndNothingOutsideTheImage) {
  Array labels = *createLabels({2, 3, 4, 4});
  EXPECT_EQ(paint(labels, object(5, filled({2, 2, 9, 9}), 1, 2), OverlapRule::kEarlierWins), 4);
  int64_t elsewhere = 0;
  for (int64_t t = 0; t < 2; ++t) {
    for (int64_t z = 0; z < 3; ++z) {
      if (t == 1 && z == 2) continue;
      for (const uint32_t label : labels.plane<uint32_t>(0, t, z)) elsewhere += label != 0;
    }
  }
  EXPECT_EQ(elsewhere, 0);
}

// A pixel belongs to the first (or last) object of the list that covers it.
TEST(LabelPainting, EveryPixelBelongsToTheFirstOrLastObjectThatCoversIt) {
  const uint64_t seed = test::randomSeed(37);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  constexpr int64_t kSide = 24;
  for (int round = 0; round < 60; ++round) {
    std::vector<ObjectMask> objects;
    for (uint32_t id = 1; id <= 1 + random() % 8; ++id) {
      const auto y = static_cast<int64_t>(random() % kSide), x = static_cast<int64_t>(random() % kSide);
      const auto height = static_cast<int64_t>(1 + random() % 12), width = static_cast<int64_t>(1 + random() % 12);
      objects.push_back(object(id, inscribedEllipse({y, x, y + height, x + width})));
    }
    for (const OverlapRule rule : {OverlapRule::kEarlierWins, OverlapRule::kLaterWins}) {
      Array labels = *createLabels({1, 1, kSide, kSide});
      for (const ObjectMask& one : objects) paint(labels, one, rule);
      for (int64_t y = 0; y < kSide; ++y) {
        for (int64_t x = 0; x < kSide; ++x) {
          uint32_t expected = 0;
          for (const ObjectMask& one : objects) {
            if (one.mask.at(y, x) && (expected == 0 || rule == OverlapRule::kLaterWins)) expected = one.id;
          }
          ASSERT_EQ(labels.as<uint32_t>()[static_cast<size_t>(y * kSide + x)], expected) << y << ", " << x;
        }
      }
    }
  }
}

}  // namespace
}  // namespace cyto
