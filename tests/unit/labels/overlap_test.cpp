#include "core/labels/overlap.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

LabelVolume randomVolume(const Shape& shape, std::mt19937_64& random) {
  Transaction transaction{LabelVolume(shape)};
  for (uint32_t id = 1; id <= 12; ++id) {
    const auto y = static_cast<int64_t>(random() % static_cast<uint64_t>(shape.y));
    const auto x = static_cast<int64_t>(random() % static_cast<uint64_t>(shape.x));
    const auto z = static_cast<int64_t>(random() % static_cast<uint64_t>(shape.z));
    transaction.paint(0, z, filled({y, x, y + 90, x + 120}), id, PaintRule::kOverwrite);
  }
  return transaction.labels();
}

TEST(Overlap, CountsSharedPixelsInsideTheBox) {
  const Shape shape{1, 1, 300, 600};
  Transaction first{LabelVolume(shape)};
  first.paint(0, 0, filled({0, 250, 10, 270}), 3, PaintRule::kOverwrite);
  Transaction second{LabelVolume(shape)};
  second.paint(0, 0, filled({5, 240, 20, 260}), 8, PaintRule::kOverwrite);
  second.paint(0, 0, filled({0, 260, 2, 262}), 9, PaintRule::kOverwrite);
  EXPECT_THAT(overlapsOf(first.labels(), second.labels(), Box::whole(shape)),
              ElementsAre(Overlap{3, 8, 50}, Overlap{3, 9, 4}));
  EXPECT_THAT(overlapsOf(first.labels(), second.labels(), {{0, 0, 5, 0}, {1, 1, 6, 256}}),
              ElementsAre(Overlap{3, 8, 6}));
  EXPECT_THAT(overlapsOf(first.labels(), second.labels(), {}), IsEmpty());
  EXPECT_THAT(overlapsOf(first.labels(), LabelVolume(shape), Box::whole(shape)), IsEmpty());
}

TEST(Overlap, AgreesWithCountingEveryPixel) {
  const uint64_t seed = test::randomSeed(31);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const Shape shape{1, 2, 300, 520};
  for (int round = 0; round < 5; ++round) {
    const LabelVolume first = randomVolume(shape, random);
    const LabelVolume second = randomVolume(shape, random);
    std::map<std::pair<uint32_t, uint32_t>, int64_t> counted;
    for (int64_t z = 0; z < shape.z; ++z) {
      for (int64_t y = 20; y < 290; ++y) {
        for (int64_t x = 30; x < shape.x; ++x) {
          const std::pair<uint32_t, uint32_t> pair{first.at(0, z, y, x), second.at(0, z, y, x)};
          if (pair.first != 0 && pair.second != 0) ++counted[pair];
        }
      }
    }
    std::vector<Overlap> expected;
    for (const auto& [pair, pixels] : counted) expected.push_back({pair.first, pair.second, pixels});
    EXPECT_EQ(overlapsOf(first, second, {{0, 0, 20, 30}, {1, 2, 290, 9000}}), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace cyto
