#include "core/segmentation/automatic/seeded_watershed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/random_seed.h"
#include "tests/unit/automatic/label_drawing.h"

namespace cyto {
namespace {

using test::drawn;
using test::labelsOf;
using ::testing::ElementsAre;

TEST(SeededWatershed, FloodsMeetAtTheRidge) {
  InstanceLabels labels = labelsOf({"1......2"});
  growSeeds(labels, {0, 1, 2, 3, 9, 2, 1, 0}, std::vector<uint8_t>(8, 1));
  EXPECT_EQ(drawn(labels)[0].substr(0, 4), "1111");
  EXPECT_EQ(drawn(labels)[0].substr(5), "222");
}

TEST(SeededWatershed, TheLowerWayIsTakenFirst) {
  // A detour through a valley arrives before the straight way over a hill.
  InstanceLabels labels = labelsOf({"1...", "....", "2..."});
  growSeeds(labels, {0, 9, 9, 5, 9, 9, 9, 1, 0, 1, 1, 1}, std::vector<uint8_t>(12, 1));
  EXPECT_EQ(labels.ids[3], 2u);
}

TEST(SeededWatershed, KeepsToTheMaskAndLeavesWhatNoFloodReaches) {
  InstanceLabels labels = labelsOf({"1....", ".....", "....."});
  growSeeds(labels, std::vector<float>(15, 0),
            {1, 1, 0, 1, 1,  //
             0, 1, 0, 1, 1,  //
             0, 0, 1, 0, 0});
  EXPECT_THAT(drawn(labels), ElementsAre("11...", ".1...", "....."));
}

TEST(SeededWatershed, EveryReachablePixelHangsTogetherWithItsSeed) {
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    const Extent2 size{static_cast<int64_t>(1 + random() % 20), static_cast<int64_t>(1 + random() % 20)};
    const auto pixels = static_cast<size_t>(size.y * size.x);
    std::vector<float> heights(pixels);
    std::vector<uint8_t> mask(pixels);
    InstanceLabels labels{size, std::vector<uint32_t>(pixels, 0), 0};
    for (size_t i = 0; i < pixels; ++i) {
      heights[i] = random() % 20 == 0 ? NAN : static_cast<float>(random() % 5);
      mask[i] = random() % 4 != 0;
      if (mask[i] && random() % 30 == 0) labels.ids[i] = ++labels.count;
    }
    const InstanceLabels seeds = labels;
    growSeeds(labels, heights, mask);
    const InstanceLabels components = connectedComponents(mask, size, false);
    std::vector<uint8_t> hasSeed(components.count + size_t{1}, 0);
    for (size_t i = 0; i < pixels; ++i) hasSeed[components.ids[i]] |= seeds.ids[i] != 0;
    for (size_t i = 0; i < pixels; ++i) {
      if (seeds.ids[i] != 0) EXPECT_EQ(labels.ids[i], seeds.ids[i]);
      EXPECT_EQ(labels.ids[i] != 0, mask[i] && hasSeed[components.ids[i]]) << i;
    }
    for (uint32_t id = 1; id <= labels.count; ++id) {
      std::vector<uint8_t> ofId(pixels);
      for (size_t i = 0; i < pixels; ++i) ofId[i] = labels.ids[i] == id;
      EXPECT_EQ(connectedComponents(ofId, size, false).count, 1u)
          << "the seed was one pixel, so the flood is one piece";
    }
  }
}

}  // namespace
}  // namespace cyto
