#include "core/synthesis/solid.h"

#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace cyto::synthesis {
namespace {

TEST(SynthesisSolid, ABallIsAsDeepAsItsRadius) {
  const Blob ball({8, 8, 8, {}, {}});
  EXPECT_NEAR(ball.depth({0, 0, 0}), 8, 1e-6);
  EXPECT_NEAR(ball.depth({0, 3, 4}), 3, 1e-6);
  EXPECT_NEAR(ball.depth({10, 0, 0}), -2, 1e-6);
}

TEST(SynthesisSolid, ARodHasRoundEnds) {
  const Rod rod({30, 5, 0, 0});
  EXPECT_NEAR(rod.depth({0, 0, 0}), 5, 1e-9);
  EXPECT_NEAR(rod.depth({0, 4, 3}), 1, 1e-9);
  EXPECT_NEAR(rod.depth({0, 0, 14}), 1, 1e-9);
  EXPECT_NEAR(rod.depth({0, 3, 14}), 5 - 5, 1e-9);
  EXPECT_LT(rod.depth({0, 0, 15.5}), 0);
  EXPECT_LT(Rod({30, 5, 0, 0.4}).depth({0, 4, 0}), 0) << "thinner at its middle";
}

TEST(SynthesisSolid, ABodyTurnsFromXTowardsY) {
  const Body body(std::make_shared<Rod>(Rod::Outline{30, 3, 0, 0}), {0, 50, 60}, M_PI / 2);
  EXPECT_GT(body.depth({0, 62, 60}), 0);
  EXPECT_LT(body.depth({0, 50, 72}), 0);
  const Point back = body.toFrame(body.toLocal({1, 55, 58}));
  EXPECT_NEAR(back.z, 1, 1e-9);
  EXPECT_NEAR(back.y, 55, 1e-9);
  EXPECT_NEAR(back.x, 58, 1e-9);
}

/// Random solids of every class.
std::vector<SolidPointer> someSolids(uint64_t seed) {
  Random random(seed);
  std::vector<SolidPointer> solids;
  for (int i = 0; i < 10; ++i) {
    const double size = random.uniform(3, 40);
    solids.push_back(randomBlob(size * random.uniform(1, 2), size, size * 0.7,
                                {random.uniform(0, 0.4), random.uniform(0.3, 2)}, random));
    solids.push_back(randomSpreadCell(size + 8, random.uniform(), random));
    solids.push_back(std::make_shared<Rod>(
        Rod::Outline{size * 4, size * 0.5, random.normal() * size * 0.4, random.uniform(0, 0.5)}));
  }
  return solids;
}

TEST(SynthesisSolid, NothingLiesBeyondTheReach) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  for (const SolidPointer& solid : someSolids(seed)) {
    const double reach = solid->reach(), height = solid->halfHeight();
    int inside = 0;
    for (double angle = 0; angle < 6.28; angle += 0.05) {
      for (double away = reach + 0.01; away < 2 * reach; away += 0.5) {
        ASSERT_LE(solid->depth({0, away * std::sin(angle), away * std::cos(angle)}), 0) << away << " of " << reach;
      }
      inside += solid->depth({0, 0.2 * reach * std::sin(angle), 0.2 * reach * std::cos(angle)}) > 0;
    }
    EXPECT_GT(inside, 0) << "the middle is not empty";
    EXPECT_LE(solid->depth({height + 0.01, 0, 0}), 0);
    for (const Ball& ball : solid->balls()) EXPECT_LE(std::abs(ball.x), reach);
  }
}

TEST(SynthesisSolid, PixelsAreVisitedWhereTheyAreInside) {
  const uint64_t seed = test::randomSeed(12);
  SCOPED_TRACE(test::seedText(seed));
  const Extent3 extent{6, 40, 50};
  for (const SolidPointer& solid : someSolids(seed)) {
    const Body body(solid, {5, 18, 30}, 0.8);
    std::vector<bool> visited(static_cast<size_t>(extent.count()));
    visitPixels(body, extent, 2, 1, [&](size_t index, const Point&, double depth) {
      EXPECT_GT(depth, -1);
      visited[index] = true;
    });
    size_t index = 0;
    for (int64_t z = 0; z < extent.z; ++z) {
      for (int64_t y = 0; y < extent.y; ++y) {
        for (int64_t x = 0; x < extent.x; ++x, ++index) {
          const double depth =
              body.depth({2.0 * static_cast<double>(z), static_cast<double>(y), static_cast<double>(x)});
          ASSERT_TRUE(depth <= 0 || visited[index]) << z << " " << y << " " << x;
        }
      }
    }
  }
}

}  // namespace
}  // namespace cyto::synthesis
