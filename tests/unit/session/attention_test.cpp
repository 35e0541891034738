#include "core/session/attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Tiles of 100 pixels without halo in a plane of `rows` x `columns` of them.
Tiling grid(int64_t rows, int64_t columns) { return Tiling({rows * 100, columns * 100}, {100, 100}, {0, 0}); }

Shape shapeOf(const Tiling& tiling) { return {1, 1, tiling.planeShape().y, tiling.planeShape().x}; }

/// The ids of the tiles, all of which must lie in the plane t = z = 0.
std::vector<int64_t> order(const Tiling& tiling, const Attention& attention, size_t limit = kNoLimit) {
  std::vector<int64_t> ids;
  for (const TileAddress& address : tilesByAttention(tiling, shapeOf(tiling), attention, limit)) {
    EXPECT_EQ(address.t, 0);
    EXPECT_EQ(address.z, 0);
    ids.push_back(address.tile);
  }
  return ids;
}

Attention looksAt(const PlaneBox& viewport) {
  Attention attention;
  attention.viewport = viewport;
  return attention;
}

TEST(SessionTiling, SmallPlanesAreOneTileAndLargeOnesAreCut) {
  const Tiling small = sessionTiling({3, 2, 1536, 1536});
  EXPECT_EQ(small.count(), 1);
  EXPECT_EQ(small.tile(0), (PlaneBox{0, 0, 1536, 1536}));
  const Tiling wide = sessionTiling({1, 1, 100, 1537});
  EXPECT_EQ(wide.grid(), (Extent2{1, 3}));
  EXPECT_EQ(wide.tileShape(), (Extent2{768, 768}));
  EXPECT_EQ(wide.halo(), (Extent2{128, 128}));
  EXPECT_EQ(sessionTiling({1, 1, 0, 0}).count(), 1) << "an image without pixels must not end the program";
}

TEST(TilesByAttention, TheCursorsTileThenTheViewportThenTheRestOutwards) {
  // Tiles 0 to 9 in a row; the viewport shows 2 to 6, the cursor is over 5.
  Attention attention = looksAt({0, 210, 100, 690});
  attention.cursor = {{50, 540}};
  EXPECT_THAT(order(grid(1, 10), attention), ElementsAre(5, 4, 6, 3, 2, 7, 8, 1, 9, 0));
}

TEST(TilesByAttention, WithoutACursorTheViewportIsFilledFromItsCentre) {
  EXPECT_THAT(order(grid(1, 10), looksAt({0, 200, 100, 700})), ElementsAre(4, 3, 5, 2, 6, 1, 7, 0, 8, 9));
}

TEST(TilesByAttention, ATileCountsAsSeenWhenOnePixelOfItIs) {
  EXPECT_THAT(order(grid(1, 10), looksAt({0, 299, 100, 401}), 3), ElementsAre(3, 2, 4));
  EXPECT_THAT(order(grid(1, 10), looksAt({0, 300, 100, 400}), 1), ElementsAre(3));
}

TEST(TilesByAttention, ThePanAddsTheNextColumnBeforeTheRest) {
  Attention attention = looksAt({100, 100, 300, 300});  // tiles 6 7 11 12 of 5 x 5
  attention.panX = 30;
  const auto right = order(grid(5, 5), attention);
  EXPECT_EQ(std::set<int64_t>(right.begin(), right.begin() + 4), (std::set<int64_t>{6, 7, 11, 12}));
  EXPECT_THAT(std::vector<int64_t>(right.begin() + 4, right.begin() + 6), ElementsAre(8, 13));
  attention.panX = -30;
  const auto left = order(grid(5, 5), attention);
  EXPECT_THAT(std::vector<int64_t>(left.begin() + 4, left.begin() + 6), ElementsAre(5, 10));
}

TEST(TilesByAttention, ADiagonalPanAddsRowColumnAndCorner) {
  Attention attention = looksAt({100, 100, 300, 300});
  attention.panY = 30;
  attention.panX = 20;
  const auto tiles = order(grid(5, 5), attention);
  EXPECT_THAT(std::vector<int64_t>(tiles.begin() + 4, tiles.begin() + 9), ElementsAre(16, 17, 18, 8, 13));
  attention.panX = 1;
  const auto almostStraight = order(grid(5, 5), attention);
  EXPECT_THAT(std::vector<int64_t>(almostStraight.begin() + 4, almostStraight.begin() + 6), ElementsAre(16, 17));
  EXPECT_EQ(almostStraight[6], 1) << "the rest: nearest to the centre, lowest id first";
}

TEST(TilesByAttention, APanBeyondTheBorderAddsNothing) {
  Attention attention = looksAt({0, 0, 100, 100});
  attention.panY = -10;
  attention.panX = -10;
  EXPECT_THAT(order(grid(1, 4), attention), ElementsAre(0, 1, 2, 3));
}

TEST(TilesByAttention, NeighbouringSlicesAndFramesComeAfterTheViewportAndThePanAndBeforeTheRest) {
  const Tiling tiling = grid(1, 5);
  Attention attention = looksAt({0, 0, 100, 200});
  attention.t = 1;
  attention.z = 1;
  attention.cursor = {{50, 50}};
  attention.panX = 5;
  using A = TileAddress;
  EXPECT_THAT(tilesByAttention(tiling, {3, 3, 100, 500}, attention, kNoLimit),
              ElementsAre(A{1, 1, 0}, A{1, 1, 1}, A{1, 1, 2}, A{1, 2, 0}, A{1, 2, 1}, A{1, 0, 0}, A{1, 0, 1},
                          A{2, 1, 0}, A{2, 1, 1}, A{0, 1, 0}, A{0, 1, 1}, A{1, 1, 3}, A{1, 1, 4}));
}

TEST(TilesByAttention, AtTheEndsOfAVolumeOnlyPlanesThatExistAreNamed) {
  using A = TileAddress;
  EXPECT_THAT(tilesByAttention(grid(1, 1), {1, 2, 100, 100}, looksAt({0, 0, 9, 9}), kNoLimit),
              ElementsAre(A{0, 0, 0}, A{0, 1, 0}));
  Attention last = looksAt({0, 0, 9, 9});
  last.z = 1;
  EXPECT_THAT(tilesByAttention(grid(1, 1), {1, 2, 100, 100}, last, kNoLimit), ElementsAre(A{0, 1, 0}, A{0, 0, 0}));
}

TEST(TilesByAttention, AnImageOfOneTileHasOne) {
  EXPECT_THAT(order(grid(1, 1), looksAt({0, 0, 100, 100})), ElementsAre(0));
  EXPECT_THAT(order(grid(1, 1), {}), ElementsAre(0));
}

TEST(TilesByAttention, WithoutAViewportThePlaneIsFilledFromTheCursorOrTheMiddle) {
  EXPECT_THAT(order(grid(1, 5), {}), ElementsAre(2, 1, 3, 0, 4));
  Attention attention;
  attention.cursor = {{50, 420}};
  attention.panX = 10;
  EXPECT_THAT(order(grid(1, 5), attention), ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(order(grid(1, 5), looksAt({-500, -500, -10, -10})), ElementsAre(2, 1, 3, 0, 4));
  EXPECT_THAT(order(grid(1, 5), looksAt({0, 600, 100, 900})), ElementsAre(2, 1, 3, 0, 4));
}

TEST(TilesByAttention, ACursorOutsideTheImageIsNone) {
  Attention attention = looksAt({0, 0, 100, 100});
  for (const Attention::Position& outside : std::vector<Attention::Position>{
           {50, 500}, {-1, 50}, {kNan, 50}, {50, kNan}, {kInfinity, 0}, {0, -kInfinity}, {1e300, -1e300}}) {
    attention.cursor = outside;
    EXPECT_THAT(order(grid(1, 5), attention), ElementsAre(0, 1, 2, 3, 4)) << outside.y << ", " << outside.x;
  }
}

TEST(TilesByAttention, TheCursorsTileIsTheOneThatAnswersAClick) {
  // The last block is 10 pixels wide. A click there is answered by the tile before, which sees more around it.
  const Tiling tiling({100, 210}, {100, 100}, {30, 30});
  Attention attention;
  attention.cursor = {{50, 205}};
  EXPECT_THAT(order(tiling, attention), ElementsAre(1, 2, 0));
}

TEST(TilesByAttention, TheLimitCutsTheListAndChangesNoOrder) {
  Attention attention = looksAt({150, 220, 430, 610});
  attention.cursor = {{333, 555}};
  attention.panY = -7;
  const auto all = order(grid(7, 9), attention);
  ASSERT_THAT(all, SizeIs(63));
  for (size_t limit = 0; limit <= 64; ++limit) {
    const auto expected =
        std::vector<int64_t>(all.begin(), all.begin() + static_cast<long>(std::min(limit, all.size())));
    ASSERT_EQ(order(grid(7, 9), attention, limit), expected) << limit;
  }
}

// 160'000 x 160'000 tiles: sorting or even listing them would not end.
TEST(TilesByAttention, AHugePlaneCostsNoMoreThanTheLimit) {
  const Tiling tiling({16'000'000, 16'000'000}, {100, 100}, {10, 10});
  Attention attention = looksAt({0, 0, 16'000'000, 16'000'000});
  attention.cursor = {{8'000'049, 8'000'049}};
  attention.panY = attention.panX = 1;
  const auto tiles = order(tiling, attention, 90);
  ASSERT_THAT(tiles, SizeIs(90));
  EXPECT_THAT(std::vector<int64_t>(tiles.begin(), tiles.begin() + 2),
              ElementsAre(80'000 * 160'000LL + 80'000, 79'999 * 160'000LL + 80'000));
  for (const int64_t tile : tiles) {
    EXPECT_LE(std::hypot(static_cast<double>(tile / 160'000 - 80'000), static_cast<double>(tile % 160'000 - 80'000)),
              6.0);
  }
}

TEST(TilesByAttention, HostileValuesGiveAnOrderAllTheSame) {
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  Attention attention = looksAt({kLowest, kLowest, kHighest, kHighest});
  attention.t = kHighest;
  attention.z = kLowest;
  attention.panY = kNan;
  attention.panX = kInfinity;
  const auto tiles = tilesByAttention(grid(2, 3), {2, 2, 200, 300}, attention, kNoLimit);
  ASSERT_THAT(tiles, SizeIs(18)) << "the plane and what is seen of it in the next slice and the frame before";
  EXPECT_EQ(tiles.front().t, 1);
  EXPECT_EQ(tiles.front().z, 0);
  EXPECT_THAT(order(grid(1, 3), looksAt({50, 250, 10, 20})), ElementsAre(1, 0, 2)) << "a box with its ends swapped";
  EXPECT_THAT(tilesByAttention(grid(1, 1), {1, 1, 0, 0}, {}, kNoLimit), IsEmpty());
  EXPECT_THAT(tilesByAttention(grid(1, 1), {0, -1, 100, 100}, {}, kNoLimit), IsEmpty());
}

/// What the order of a plane without pan must be, said the slow way.
std::vector<int64_t> sortedOrder(const Tiling& tiling, const Attention& attention) {
  using Key = std::tuple<bool, bool, double, int64_t>;
  std::vector<Key> keys;
  for (int64_t tile = 0; tile < tiling.count(); ++tile) {
    const int64_t row = tile / tiling.grid().x, column = tile % tiling.grid().x;
    const auto& cursor = *attention.cursor;
    const double y = static_cast<double>(row) * 100 + 49.5 - cursor.y;
    const double x = static_cast<double>(column) * 100 + 49.5 - cursor.x;
    const bool isUnderCursor = tile == tiling.blockAt(std::lround(cursor.y), std::lround(cursor.x));
    const bool isSeen = !tiling.block(tile).clippedTo(attention.viewport).isEmpty();
    keys.emplace_back(!isUnderCursor, !isSeen, y * y + x * x, tile);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int64_t> ids;
  for (const Key& key : keys) ids.push_back(std::get<3>(key));
  return ids;
}

TEST(TilesByAttention, EqualsTheSortedOrder) {
  const uint64_t seed = test::randomSeed(7);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto upTo = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 200; ++round) {
    const Tiling tiling = grid(1 + upTo(8), 1 + upTo(8));
    const Extent2 plane = tiling.planeShape();
    const int64_t y0 = upTo(plane.y), x0 = upTo(plane.x);
    Attention attention = looksAt({y0, x0, y0 + 1 + upTo(400), x0 + 1 + upTo(400)});
    attention.cursor = {{static_cast<double>(upTo(plane.y)), static_cast<double>(upTo(plane.x))}};
    ASSERT_EQ(order(tiling, attention), sortedOrder(tiling, attention)) << "round " << round;
  }
}

}  // namespace
}  // namespace cyto
