#include "core/labels/label_delta.h"

#include <gtest/gtest.h>

#include <limits>

namespace cyto {
namespace {

constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();

/// 300 x 517: chunk (1, 2) has 44 rows and 5 columns.
class LabelDeltaTest : public testing::Test {
 protected:
  LabelDeltaTest() {
    const LabelDelta start{{{{0, 0, 0, 0}, {{10, 5, 0, 3}}}, {{1, 1, 1, 2}, {{0, 5, 0, 4}}}}};
    EXPECT_TRUE(apply(start, Direction::kForward, labels_));
  }

  void expectRefused(const LabelDelta& delta, Direction direction = Direction::kForward) {
    const LabelVolume before = labels_;
    const Status status = apply(delta, direction, labels_);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kFormat);
    EXPECT_EQ(labels_, before);
    EXPECT_EQ(labels_.chunks(), before.chunks());
    for (const ChunkKey& key : before.chunks()) EXPECT_TRUE(labels_.sharesChunk(before, key));
  }

  /// Behind a change that would fit.
  void expectRefused(const ChunkKey& chunk, const std::vector<LabelRun>& runs) {
    expectRefused({{{{0, 0, 0, 0}, {{10, 5, 3, 8}}}, {chunk, runs}}});
  }

  LabelVolume labels_{Shape{2, 2, 300, 517}};
};

TEST_F(LabelDeltaTest, AppliesForwardAndBackward) {
  const LabelVolume start = labels_;
  const LabelDelta delta{{{{0, 0, 0, 0}, {{9, 1, 0, 8}, {10, 2, 3, 8}}}, {{0, 1, 0, 1}, {{250, 10, 0, 8}}}}};
  ASSERT_TRUE(apply(delta, Direction::kForward, labels_));
  EXPECT_EQ(labels_.at(0, 0, 0, 9), 8U);
  EXPECT_EQ(labels_.at(0, 0, 0, 12), 3U);
  EXPECT_EQ(labels_.at(0, 1, 1, 259), 8U);
  const std::map<uint32_t, IdChange> changes{{3, {-2, {}}}, {8, {13, {{0, 0, 0, 9}, {1, 2, 2, 512}}}}};
  EXPECT_EQ(delta.byId(), changes);
  EXPECT_EQ(delta.bounds(), (Box{{0, 0, 0, 9}, {1, 2, 2, 512}}));
  expectRefused(delta);
  ASSERT_TRUE(apply(delta, Direction::kBackward, labels_));
  EXPECT_EQ(labels_, start);
  EXPECT_EQ(labels_.size_bytes(), start.size_bytes());
  expectRefused(delta, Direction::kBackward);
}

TEST_F(LabelDeltaTest, NothingChangesNothing) {
  EXPECT_TRUE(apply({}, Direction::kForward, labels_));
  EXPECT_TRUE(LabelDelta().bounds().isEmpty());
  EXPECT_TRUE(LabelDelta().byId().empty());
}

TEST_F(LabelDeltaTest, RefusesPixelsThatAreNotWhatTheyWere) {
  expectRefused({0, 0, 0, 1}, {{0, 1, 2, 5}});
  expectRefused({1, 1, 1, 2}, {{0, 5, 3, 5}});
  expectRefused({1, 1, 1, 2}, {{0, 5, 4, 5}, {256, 5, 4, 5}});
}

TEST_F(LabelDeltaTest, RefusesRunsOutsideTheChunkOrThePlane) {
  expectRefused({0, 0, 0, 1}, {{65'535, 2, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{65'536, 1, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{5, kMax, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{kMax, 1, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{kMax, kMax, 0, 5}});
  expectRefused({1, 1, 1, 2}, {{5, 1, 0, 5}});
  expectRefused({1, 1, 1, 2}, {{259, 3, 0, 5}});
  expectRefused({1, 1, 1, 2}, {{44 * 256, 1, 0, 5}});
  expectRefused({0, 0, 1, 0}, {{43 * 256 + 250, 7, 0, 5}});
  EXPECT_TRUE(apply({{{{0, 0, 1, 0}, {{43 * 256 + 250, 6, 0, 5}}}}}, Direction::kForward, labels_));
}

TEST_F(LabelDeltaTest, RefusesRunsOutOfOrderAndRunsThatChangeNothing) {
  expectRefused({0, 0, 0, 1}, {{20, 1, 0, 5}, {10, 1, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{10, 5, 0, 5}, {14, 1, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{10, 0, 0, 5}});
  expectRefused({0, 0, 0, 1}, {{10, 1, 0, 0}});
  expectRefused({0, 0, 0, 1}, {});
}

TEST_F(LabelDeltaTest, RefusesChunksOutsideOrOutOfOrder) {
  const std::vector<LabelRun> dot{{0, 1, 0, 5}};
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  for (const ChunkKey& key : std::vector<ChunkKey>{{2, 0, 0, 0},
                                                   {0, 2, 0, 0},
                                                   {0, 0, 2, 0},
                                                   {0, 0, 0, 3},
                                                   {kFar, 0, 0, 0},
                                                   {0, kFar, 0, 0},
                                                   {0, 0, kFar, 0},
                                                   {0, 0, 0, kFar}}) {
    expectRefused(key, dot);
  }
  expectRefused({{{{0, 0, 0, -1}, dot}}});
  expectRefused({{{{0, 0, -kFar, 0}, dot}}});
  expectRefused({{{{-1, 0, 0, 0}, dot}}});
  expectRefused({{{{0, 0, 0, 1}, dot}, {{0, 0, 0, 0}, dot}}});
  expectRefused({{{{0, 0, 0, 1}, dot}, {{0, 0, 0, 1}, {{1, 1, 0, 5}}}}});
}

}  // namespace
}  // namespace cyto
