#include "core/segmentation/tile_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

PlanePrompts point(double y, double x) { return {{{y, x, true}}, {}, {}}; }

TEST(TileChoice, TheOnlyTileAnswersEverything) {
  const Tiling whole({500, 700}, {500, 700}, {0, 0});
  const auto choice = chooseTile(whole, point(499, 0), {});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->tile, 0);
  EXPECT_TRUE(choice->holdsAllPrompts);
}

TEST(TileChoice, APointGoesToTheTileItIsDeepestIn) {
  const Tiling tiling({1000, 1000}, {250, 250}, {50, 50});
  EXPECT_EQ(chooseTile(tiling, point(375, 375), {})->tile, 5);
  EXPECT_EQ(chooseTile(tiling, point(5, 5), {})->tile, 0);
  EXPECT_EQ(chooseTile(tiling, point(999, 999), {})->tile, 15);
}

TEST(TileChoice, PromptsAcrossABlockBorderGoToTheTileThatHoldsThemAll) {
  // The mean of the points lies in block 1, but only the outer area of tile 0 reaches both.
  const Tiling tiling({100, 400}, {100, 100}, {0, 40});
  PlanePrompts prompts;
  prompts.points = {{50, 62, true}, {50, 139, true}, {50, 139, true}, {50, 139, true}};
  const auto choice = chooseTile(tiling, prompts, {});
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->holdsAllPrompts);
  EXPECT_EQ(choice->tile, 1) << "tile 1 spans columns 60 to 240";
  prompts.points[0].x = 55;
  EXPECT_EQ(chooseTile(tiling, prompts, {})->tile, 0) << "tile 0 spans columns 0 to 140";
}

TEST(TileChoice, PromptsTooFarApartGoToTheBlockOfTheirCentreWithoutNegatives) {
  const Tiling tiling({100, 400}, {100, 100}, {0, 10});
  PlanePrompts prompts = point(50, 350);
  prompts.points.push_back({50, 5, false});
  const auto choice = chooseTile(tiling, prompts, {});
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->holdsAllPrompts);
  EXPECT_EQ(choice->tile, 3);
}

TEST(TileChoice, TilesThatWereNotComputedAreLeftOut) {
  const Tiling tiling({100, 400}, {100, 100}, {0, 40});
  const auto only = [](int64_t wanted) { return [wanted](int64_t tile) { return tile == wanted; }; };
  EXPECT_EQ(chooseTile(tiling, point(50, 130), only(0))->tile, 0);
  EXPECT_EQ(chooseTile(tiling, point(50, 130), only(1))->tile, 1);
  EXPECT_FALSE(chooseTile(tiling, point(50, 130), only(3)));
}

// Whenever any tile holds all prompts the choice does, and no other tile has a wider margin.
TEST(TileChoice, NoTileHoldsThePromptsWithMoreMargin) {
  const uint64_t seed = test::randomSeed(23);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto upTo = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 500; ++round) {
    const Extent2 plane{1 + upTo(900), 1 + upTo(900)};
    const Tiling tiling(plane, {16 + upTo(300), 16 + upTo(300)}, {upTo(80), upTo(80)});
    PlanePrompts prompts;
    const double y = static_cast<double>(upTo(plane.y)), x = static_cast<double>(upTo(plane.x));
    for (int64_t i = 0; i <= upTo(4); ++i) {
      prompts.points.push_back({std::min(y + static_cast<double>(upTo(60)), static_cast<double>(plane.y - 1)),
                                std::min(x + static_cast<double>(upTo(60)), static_cast<double>(plane.x - 1)), true});
    }
    // Distance from the prompts to a side, infinite at the border of the plane, negative outside.
    const auto marginOf = [&](int64_t tile) {
      const PlaneBox area = tiling.tile(tile);
      double least = INFINITY;
      for (const PointPrompt& p : prompts.points) {
        if (area.y0 > 0) least = std::min(least, p.y - (static_cast<double>(area.y0) - 0.5));
        if (area.x0 > 0) least = std::min(least, p.x - (static_cast<double>(area.x0) - 0.5));
        if (area.y1 < plane.y) least = std::min(least, static_cast<double>(area.y1) - 0.5 - p.y);
        if (area.x1 < plane.x) least = std::min(least, static_cast<double>(area.x1) - 0.5 - p.x);
      }
      return least;
    };
    double widest = -INFINITY;
    for (int64_t tile = 0; tile < tiling.count(); ++tile) widest = std::max(widest, marginOf(tile));
    const auto choice = chooseTile(tiling, prompts, {});
    ASSERT_TRUE(choice);
    ASSERT_EQ(choice->holdsAllPrompts, widest >= 0);
    if (widest >= 0) {
      ASSERT_EQ(marginOf(choice->tile), widest) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace cyto
