#include "core/synthesis/mosaic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/synthesis/random.h"
#include "tests/support/random_seed.h"

namespace cyto::synthesis {
namespace {

/// The two seeds with the least power, by asking all.
Mosaic::Cell slowly(const std::vector<Seed>& seeds, const Point& point) {
  Mosaic::Cell cell;
  double best = std::numeric_limits<double>::max(), second = best;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const Point& place = seeds[i].place;
    const double power = std::pow(point.z - place.z, 2) + std::pow(point.y - place.y, 2) +
                         std::pow(point.x - place.x, 2) - seeds[i].weight * seeds[i].weight;
    if (power < best) {
      second = best, cell.next = cell.seed;
      best = power, cell.seed = static_cast<int32_t>(i);
    } else if (power < second) {
      second = power, cell.next = static_cast<int32_t>(i);
    }
  }
  return cell;
}

TEST(SynthesisMosaic, FindsTheSeedsThatASlowSearchFinds) {
  const uint64_t seed = test::randomSeed(21);
  SCOPED_TRACE(test::seedText(seed));
  Random random(seed);
  for (int round = 0; round < 20; ++round) {
    const bool isVolume = round % 2 == 1;
    const double largest = random.uniform(0, 30);
    std::vector<Seed> seeds(static_cast<size_t>(random.integer(1, 80)));
    for (Seed& one : seeds) {
      one = {
          {isVolume ? random.uniform(0, 40) : 0, random.uniform(-5, 100), random.uniform(-5, 150) * random.uniform()},
          random.uniform(0, largest)};
    }
    const Mosaic mosaic(seeds);
    for (int i = 0; i < 300; ++i) {
      const Point point{isVolume ? random.uniform(-10, 50) : 0, random.uniform(-20, 120), random.uniform(-20, 170)};
      const Mosaic::Cell fast = mosaic.at(point), slow = slowly(seeds, point);
      ASSERT_EQ(fast.seed, slow.seed);
      ASSERT_EQ(fast.next, slow.next);
      ASSERT_GE(fast.toWall, 0);
    }
  }
}

TEST(SynthesisMosaic, TheWallLiesInTheMiddle) {
  const Mosaic mosaic({{{0, 10, 10}, 0}, {{0, 10, 30}, 0}});
  EXPECT_NEAR(mosaic.at({0, 14, 17}).toWall, 3, 1e-9);
  EXPECT_EQ(mosaic.at({0, 14, 17}).seed, 0);
  EXPECT_EQ(mosaic.at({0, 14, 21}).seed, 1);
  EXPECT_EQ(Mosaic({}).at({0, 0, 0}).seed, -1);
}

}  // namespace
}  // namespace cyto::synthesis
