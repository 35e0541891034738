#include "core/project/document.h"

#include <gtest/gtest.h>

#include <random>

#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

constexpr Shape kShape{1, 2, 700, 900};

void paint(LabelVolume& labels, int64_t z, const PlaneBox& box, uint32_t id) {
  Transaction transaction(labels);
  transaction.paint(0, z, inscribedEllipse(box), id, PaintRule::kOverwrite);
  ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
}

TEST(StateHash, IsOfThePixelsWhetherTheyArePackedOrNot) {
  const uint64_t seed = test::randomSeed(19);
  SCOPED_TRACE(test::seedText(seed));
  Document dense = emptyDocument(kShape, {});
  Document packed = dense;
  packed.labels = LabelVolume(kShape, 0);
  packed.proposals = LabelVolume(kShape, 0);
  EXPECT_EQ(stateHash(packed), stateHash(dense));
  for (Document* document : {&dense, &packed}) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 60; ++i) {
      const auto y = static_cast<int64_t>(random() % 700) - 20;
      const auto x = static_cast<int64_t>(random() % 900) - 20;
      LabelVolume& labels = random() % 3 == 0 ? document->proposals : document->labels;
      paint(labels, static_cast<int64_t>(random() % 2), {y, x, y + 90, x + 70}, static_cast<uint32_t>(random() % 50));
    }
  }
  EXPECT_LT(packed.labels.size_bytes(), dense.labels.size_bytes() / 4);
  EXPECT_EQ(stateHash(packed), stateHash(dense));
  paint(packed.labels, 0, {300, 300, 301, 301}, 77);
  EXPECT_NE(stateHash(packed), stateHash(dense));
}

// Projects hold such hashes, and scripts compare them: they stay what they were before chunks were packed.
TEST(StateHash, IsWhatItWasInEarlierVersions) {
  Document document = emptyDocument(kShape, {});
  paint(document.labels, 1, {200, 200, 320, 330}, 5);
  EXPECT_EQ(stateHash(document), "xxh128:ac2436673cd2aab52e4fa57f8faa3fc4");
}

TEST(StateHash, ABlankChunkCountsAsMissing) {
  Document document = emptyDocument(kShape, {});
  const std::string blank = stateHash(document);
  Transaction transaction(document.labels);
  transaction.paint(0, 0, inscribedEllipse({0, 0, 9, 9}), 3, PaintRule::kOverwrite);
  transaction.paint(0, 0, inscribedEllipse({0, 0, 9, 9}), 0, PaintRule::kOverwrite);
  document.labels = transaction.labels();
  ASSERT_FALSE(document.labels.chunks().empty());
  EXPECT_EQ(stateHash(document), blank);
}

}  // namespace
}  // namespace cyto
