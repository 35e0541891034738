#include "core/array/tiling.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace cyto {
namespace {

TEST(Tiling, NumbersBlocksRowByRowAndClipsTheLastOnes) {
  const Tiling tiling({500, 900}, {384, 384}, {64, 32});
  EXPECT_EQ(tiling.count(), 6);
  EXPECT_EQ(tiling.block(0), (PlaneBox{0, 0, 384, 384}));
  EXPECT_EQ(tiling.block(5), (PlaneBox{384, 768, 500, 900}));
  EXPECT_EQ(tiling.tile(0), (PlaneBox{0, 0, 448, 416}));
  EXPECT_EQ(tiling.tile(4), (PlaneBox{320, 352, 500, 800}));
}

TEST(Tiling, EveryPixelLiesInExactlyOneBlockAndTilesContainTheirBlocks) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto upTo = [&](int64_t limit) { return static_cast<int64_t>(random() % static_cast<uint64_t>(limit)); };
  for (int round = 0; round < 50; ++round) {
    const Extent2 plane{1 + upTo(60), 1 + upTo(60)};
    const Tiling tiling(plane, {1 + upTo(70), 1 + upTo(70)}, {upTo(20), upTo(20)});
    std::vector<int> covered(static_cast<size_t>(plane.y * plane.x));
    for (int64_t id = 0; id < tiling.count(); ++id) {
      const PlaneBox block = tiling.block(id);
      EXPECT_EQ(block.clippedTo(tiling.tile(id)), block);
      for (int64_t y = block.y0; y < block.y1; ++y) {
        for (int64_t x = block.x0; x < block.x1; ++x) {
          ++covered[static_cast<size_t>(y * plane.x + x)];
          ASSERT_EQ(tiling.blockAt(y, x), id);
        }
      }
    }
    for (const int times : covered) ASSERT_EQ(times, 1);
  }
}

TEST(Tiling, PixelsOutsideThePlaneBelongToTheNearestBlock) {
  const Tiling tiling({100, 100}, {50, 50}, {0, 0});
  EXPECT_EQ(tiling.blockAt(-10, 500), 1);
  EXPECT_EQ(tiling.blockAt(1000, -1), 2);
}

}  // namespace
}  // namespace cyto
