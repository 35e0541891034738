#include "core/labels/transaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(Transaction, IsSeenByNobodyUntilItsDeltaIsApplied) {
  LabelVolume labels(Shape{1, 1, 300, 517});
  Transaction transaction(labels);
  EXPECT_EQ(transaction.paint(0, 0, filled({250, 250, 260, 260}), 5, PaintRule::kOnlyBackground), 100);
  EXPECT_EQ(transaction.labels().at(0, 0, 255, 255), 5U);
  EXPECT_EQ(labels, LabelVolume(labels.shape()));
  const LabelDelta delta = transaction.finish();
  EXPECT_EQ(delta.chunks.size(), 4U);
  EXPECT_EQ(delta.bounds(), (Box{{0, 0, 250, 250}, {1, 1, 260, 260}}));
  ASSERT_TRUE(apply(delta, Direction::kForward, labels));
  EXPECT_EQ(labels, transaction.labels());
}

TEST(Transaction, RulesDecideAboutPixelsThatHaveAnId) {
  Transaction transaction(LabelVolume(Shape{1, 1, 20, 20}));
  transaction.paint(0, 0, filled({0, 0, 1, 10}), 1, PaintRule::kOverwrite);
  EXPECT_EQ(transaction.paint(0, 0, filled({0, 5, 1, 15}), 2, PaintRule::kOnlyBackground), 5);
  EXPECT_EQ(transaction.paint(0, 0, filled({0, 5, 1, 15}), 2, PaintRule::kOverwrite), 5);
  const auto isOne = [](uint32_t old) { return old == 1; };
  EXPECT_EQ(transaction.paint(0, 0, filled({0, 0, 2, 20}), 3, PaintRule::kOverwrite, isOne), 5);
  EXPECT_EQ(transaction.paint(0, 0, filled({0, 0, 2, 20}), 4, PaintRule::kOnlyBackground, isOne), 0);
  EXPECT_EQ(transaction.labels().at(0, 0, 0, 4), 3U);
  EXPECT_EQ(transaction.labels().at(0, 0, 0, 5), 2U);
}

TEST(Transaction, MasksAreCutAtThePlane) {
  Transaction transaction(LabelVolume(Shape{1, 1, 20, 30}));
  EXPECT_EQ(transaction.paint(0, 0, filled({-5, -5, 2, 3}), 1, PaintRule::kOverwrite), 6);
  EXPECT_EQ(transaction.paint(0, 0, filled({18, 25, 40, 400}), 1, PaintRule::kOverwrite), 10);
  EXPECT_EQ(transaction.paint(0, 0, filled({100, 100, 110, 110}), 1, PaintRule::kOverwrite), 0);
  EXPECT_EQ(transaction.paint(0, 0, {}, 1, PaintRule::kOverwrite), 0);
  const auto changes = transaction.finish().byId();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes.at(1).pixels, 16);
}

TEST(Transaction, DeltaHasMaximalRunsAndNothingThatWasTakenBack) {
  Transaction transaction(LabelVolume(Shape{1, 1, 300, 517}));
  transaction.paint(0, 0, filled({2, 3, 3, 8}), 1, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({2, 8, 3, 9}), 1, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({2, 9, 3, 10}), 2, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({0, 300, 5, 310}), 1, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({0, 300, 5, 310}), 0, PaintRule::kOverwrite);
  EXPECT_EQ(transaction.finish(), (LabelDelta{{{{0, 0, 0, 0}, {{515, 6, 0, 1}, {521, 1, 0, 2}}}}}));
}

TEST(Transaction, WritesThatChangeNothingTouchNothing) {
  Transaction transaction(LabelVolume(Shape{1, 1, 300, 517}));
  EXPECT_EQ(transaction.paint(0, 0, filled({0, 0, 300, 517}), 0, PaintRule::kOverwrite), 0);
  EXPECT_EQ(transaction.replace(Box::whole({1, 1, 300, 517}), 3, 4), 0);
  EXPECT_EQ(transaction.replace(Box::whole({1, 1, 300, 517}), 0, 0), 0);
  EXPECT_EQ(transaction.labels().size_bytes(), 0);
  EXPECT_TRUE(transaction.finish().isEmpty());
}

TEST(Transaction, SnapshotOfUnfinishedWritesStays) {
  Transaction transaction(LabelVolume(Shape{1, 1, 20, 20}));
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 1, PaintRule::kOverwrite);
  const LabelVolume snapshot = transaction.labels();
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 2, PaintRule::kOverwrite);
  EXPECT_EQ(snapshot.at(0, 0, 4, 4), 1U);
}

/// The same edits on labels and on a plain dense block.
class RandomEdits {
 public:
  explicit RandomEdits(uint64_t seed) : random_(seed), dense_(static_cast<size_t>(*kShape.elements())) {}

  static constexpr Shape kShape{2, 3, 300, 517};

  int64_t below(int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(random_); }

  void edit(Transaction& transaction) {
    const int64_t y = below(360) - 30;
    const int64_t x = below(580) - 30;
    const PlaneBox box{y, x, y + 1 + below(120), x + 1 + below(120)};
    const int64_t t = below(kShape.t);
    const int64_t z = below(kShape.z);
    const auto id = static_cast<uint32_t>(below(5));
    if (below(4) == 0) {
      replace(transaction, {{t, z, box.y0, box.x0}, {t + 1 + below(2), z + 1 + below(3), box.y1, box.x1}}, id);
    } else {
      paint(transaction, t, z, inscribedEllipse(box), id);
    }
  }

  void expectSame(const LabelVolume& labels) {
    const Array pixels = *labels.toArray();
    ASSERT_TRUE(std::ranges::equal(pixels.as<uint32_t>(), dense_));
  }

 private:
  uint32_t& at(int64_t t, int64_t z, int64_t y, int64_t x) {
    return dense_[static_cast<size_t>(((t * kShape.z + z) * kShape.y + y) * kShape.x + x)];
  }

  void paint(Transaction& transaction, int64_t t, int64_t z, const PlaneMask& mask, uint32_t id) {
    const bool overwrites = below(2) == 0;
    const bool sparesTwo = below(3) == 0;
    int64_t changed = 0;
    for (int64_t y = 0; y < kShape.y; ++y) {
      for (int64_t x = 0; x < kShape.x; ++x) {
        uint32_t& old = at(t, z, y, x);
        if (!mask.at(y, x) || old == id || (old != 0 && !overwrites) || (old == 2 && sparesTwo)) continue;
        old = id;
        ++changed;
      }
    }
    const auto isNotTwo = [](uint32_t old) { return old != 2; };
    EXPECT_EQ(transaction.paint(t, z, mask, id, overwrites ? PaintRule::kOverwrite : PaintRule::kOnlyBackground,
                                sparesTwo ? std::function<bool(uint32_t)>(isNotTwo) : nullptr),
              changed);
  }

  void replace(Transaction& transaction, const Box& box, uint32_t to) {
    const auto from = static_cast<uint32_t>(below(5));
    const Box inside = box.clippedTo(Box::whole(kShape));
    int64_t changed = 0;
    for (int64_t t = inside.begin.t; t < inside.end.t; ++t) {
      for (int64_t z = inside.begin.z; z < inside.end.z; ++z) {
        for (int64_t y = inside.begin.y; y < inside.end.y; ++y) {
          for (int64_t x = inside.begin.x; x < inside.end.x; ++x) {
            uint32_t& old = at(t, z, y, x);
            if (old != from || from == to) continue;
            old = to;
            ++changed;
          }
        }
      }
    }
    EXPECT_EQ(transaction.replace(box, from, to), changed);
  }

  std::mt19937_64 random_;
  std::vector<uint32_t> dense_;
};

TEST(Transaction, RandomEditsMatchADenseModelAndCanBeTakenBackAndRepeated) {
  const uint64_t seed = test::randomSeed(53);
  SCOPED_TRACE(test::seedText(seed));
  RandomEdits edits(seed);
  LabelVolume labels(RandomEdits::kShape);
  std::vector<LabelVolume> snapshots{labels};
  std::vector<Array> copies{*labels.toArray()};
  std::vector<LabelDelta> deltas;
  for (int step = 0; step < 40; ++step) {
    Transaction transaction(labels);
    for (int64_t left = 1 + edits.below(4); left > 0; --left) edits.edit(transaction);
    deltas.push_back(transaction.finish());
    ASSERT_TRUE(apply(deltas.back(), Direction::kForward, labels));
    ASSERT_NO_FATAL_FAILURE(edits.expectSame(labels)) << step;
    ASSERT_EQ(labels, transaction.labels());
    snapshots.push_back(labels);
    copies.push_back(*labels.toArray());
  }
  const LabelVolume end = labels;
  for (size_t i = deltas.size(); i > 0; --i) {
    ASSERT_TRUE(apply(deltas[i - 1], Direction::kBackward, labels));
    ASSERT_EQ(labels, snapshots[i - 1]);
  }
  EXPECT_EQ(labels, LabelVolume(RandomEdits::kShape));
  EXPECT_EQ(labels.size_bytes(), 0);
  for (const LabelDelta& delta : deltas) ASSERT_TRUE(apply(delta, Direction::kForward, labels));
  EXPECT_EQ(labels, end);
  for (size_t i = 0; i < snapshots.size(); ++i) EXPECT_EQ(snapshots[i], LabelVolume::fromArray(copies[i])) << i;
}

}  // namespace
}  // namespace cyto
