#include "core/measure/connected_components.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using Ids = std::vector<uint64_t>;

TEST(ConnectedComponents, PiecesOfAMaskBecomeObjects) {
  Ids ids{255, 255, 0,   0,  //
          0,   0,   255, 0,  // touches at a corner
          0,   0,   0,   0,  //
          255, 0,   0,   255};
  relabelComponents(ids, {1, 1, 4, 4});
  EXPECT_EQ(ids, (Ids{1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 3}));
}

TEST(ConnectedComponents, DifferentIdsStayApartWhereTheyTouch) {
  Ids ids{9, 9, 4, 4, 9};
  relabelComponents(ids, {1, 1, 1, 5});
  EXPECT_EQ(ids, (Ids{1, 1, 2, 2, 3}));
}

TEST(ConnectedComponents, ArmsThatMeetLaterAreOnePiece) {
  Ids ids{1, 0, 1, 0, 1,  //
          1, 0, 1, 0, 1,  //
          1, 1, 1, 1, 1};
  relabelComponents(ids, {1, 1, 3, 5});
  for (const uint64_t id : ids) EXPECT_LE(id, 1u);
}

TEST(ConnectedComponents, SlicesHangTogetherAcrossCorners) {
  Ids ids{6, 0, 0, 0, 0, 0, 0, 0, 0,  //
          0, 0, 0, 0, 6, 0, 0, 0, 0,  //
          0, 0, 0, 0, 0, 0, 0, 0, 6};
  relabelComponents(ids, {1, 3, 3, 3});
  EXPECT_EQ(ids[0], 1u);
  EXPECT_EQ(ids[13], 1u);
  EXPECT_EQ(ids[26], 1u);
}

TEST(ConnectedComponents, AgreesWithAFloodFill) {
  const uint64_t seed = test::randomSeed(17);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    const Shape frame{1, 1 + static_cast<int64_t>(random() % 4), 1 + static_cast<int64_t>(random() % 12),
                      1 + static_cast<int64_t>(random() % 12)};
    const uint64_t values = 2 + random() % 2;
    Ids before(static_cast<size_t>(frame.z * frame.y * frame.x));
    for (uint64_t& id : before) id = random() % values;
    Ids filled(before.size());
    uint64_t next = 0;
    for (size_t start = 0; start < before.size(); ++start) {
      if (before[start] == 0 || filled[start] != 0) continue;
      filled[start] = ++next;
      std::vector<int64_t> open{static_cast<int64_t>(start)};
      while (!open.empty()) {
        const int64_t at = open.back();
        open.pop_back();
        const int64_t z = at / (frame.y * frame.x), y = at / frame.x % frame.y, x = at % frame.x;
        for (int64_t other = 0; other < static_cast<int64_t>(before.size()); ++other) {
          const int64_t oz = other / (frame.y * frame.x), oy = other / frame.x % frame.y, ox = other % frame.x;
          if (std::abs(oz - z) > 1 || std::abs(oy - y) > 1 || std::abs(ox - x) > 1) continue;
          const auto i = static_cast<size_t>(other);
          if (before[i] != before[start] || filled[i] != 0) continue;
          filled[i] = next;
          open.push_back(other);
        }
      }
    }
    Ids ids = before;
    relabelComponents(ids, frame);
    EXPECT_EQ(ids, filled) << "round " << round;
  }
}

}  // namespace
}  // namespace cyto
