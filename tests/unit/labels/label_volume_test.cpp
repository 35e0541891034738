#include "core/labels/label_volume.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/labels/transaction.h"

namespace cyto {
namespace {

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

void paint(LabelVolume& labels, int64_t t, int64_t z, const PlaneBox& box, uint32_t id) {
  Transaction transaction(labels);
  transaction.paint(t, z, filled(box), id, PaintRule::kOverwrite);
  ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
}

TEST(LabelVolume, IsBlankAndWithoutMemoryAtFirst) {
  const LabelVolume labels(Shape{2, 3, 20000, 20000});
  EXPECT_EQ(labels.size_bytes(), 0);
  EXPECT_EQ(labels.at(1, 2, 19999, 19999), 0U);
  EXPECT_TRUE(labels.chunks().empty());
  EXPECT_TRUE(LabelVolume().chunks().empty());
}

TEST(LabelVolume, PaintingASmallObjectIntoALargePlaneTakesOneChunk) {
  LabelVolume labels(Shape{1, 1, 20000, 20000});
  paint(labels, 0, 0, {10'300, 10'300, 10'310, 10'310}, 7);
  EXPECT_EQ(labels.chunks(), (std::vector<ChunkKey>{{0, 0, 40, 40}}));
  EXPECT_EQ(labels.size_bytes(), 256 * 256 * 4);
  EXPECT_EQ(labels.at(0, 0, 10'309, 10'309), 7U);
  EXPECT_EQ(labels.at(0, 0, 10'310, 10'309), 0U);
}

TEST(LabelVolume, ReadsAWindowOverChunkBorders) {
  LabelVolume labels(Shape{1, 2, 300, 517});
  paint(labels, 0, 1, {250, 500, 260, 517}, 3);
  const PlaneBox window{240, 490, 300, 517};
  std::vector<uint32_t> pixels(static_cast<size_t>(window.height() * window.width()), 99);
  labels.read(0, 1, window, pixels);
  size_t i = 0;
  for (int64_t y = window.y0; y < window.y1; ++y) {
    for (int64_t x = window.x0; x < window.x1; ++x, ++i) {
      ASSERT_EQ(pixels[i], y >= 250 && y < 260 && x >= 500 ? 3U : 0U) << y << ", " << x;
      ASSERT_EQ(pixels[i], labels.at(0, 1, y, x));
    }
  }
  labels.read(0, 1, {}, {});
}

TEST(LabelVolume, BoxOfAChunkIsCutAtThePlane) {
  const LabelVolume labels(Shape{1, 1, 300, 517});
  EXPECT_EQ(labels.boxOf({0, 0, 0, 0}), (PlaneBox{0, 0, 256, 256}));
  EXPECT_EQ(labels.boxOf({0, 0, 1, 2}), (PlaneBox{256, 512, 300, 517}));
}

TEST(LabelVolume, ArrayThereAndBack) {
  Array array = *Array::create(Dtype::kUint32, Shape{2, 2, 300, 517});
  array.plane<uint32_t>(0, 1, 0)[299 * 517 + 516] = 4'000'000'000U;
  array.plane<uint32_t>(0, 0, 1)[255 * 517 + 256] = 1;
  const LabelVolume labels = LabelVolume::fromArray(array);
  EXPECT_EQ(labels.chunks(), (std::vector<ChunkKey>{{0, 1, 0, 1}, {1, 0, 1, 2}}));
  EXPECT_EQ(labels.at(1, 0, 299, 516), 4'000'000'000U);
  const Array back = *labels.toArray();
  EXPECT_TRUE(std::ranges::equal(back.as<uint32_t>(), array.as<uint32_t>()));
  EXPECT_EQ(LabelVolume::fromArray(back), labels);
}

TEST(LabelVolume, TooLargeForOneBlockIsAnError) {
  const auto array = LabelVolume(Shape{1 << 20, 1 << 20, 1 << 20, 1 << 20}).toArray();
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().code(), ErrorCode::kOutOfMemory);
}

TEST(LabelVolume, CopiesShareChunksUntilOneSideWrites) {
  LabelVolume labels(Shape{1, 1, 300, 517});
  paint(labels, 0, 0, {0, 0, 5, 5}, 1);
  paint(labels, 0, 0, {0, 300, 5, 305}, 2);
  const LabelVolume snapshot = labels;
  EXPECT_TRUE(labels.sharesChunk(snapshot, {0, 0, 0, 0}));
  EXPECT_TRUE(labels.sharesChunk(snapshot, {0, 0, 1, 0})) << "missing in both";
  paint(labels, 0, 0, {0, 0, 2, 2}, 9);
  EXPECT_FALSE(labels.sharesChunk(snapshot, {0, 0, 0, 0}));
  EXPECT_TRUE(labels.sharesChunk(snapshot, {0, 0, 0, 1}));
  EXPECT_EQ(snapshot.at(0, 0, 0, 0), 1U);
  EXPECT_EQ(labels.at(0, 0, 0, 0), 9U);
  EXPECT_FALSE(labels == snapshot);
}

TEST(LabelVolume, AMissingChunkEqualsABlankOne) {
  const LabelVolume missing(Shape{1, 1, 300, 517});
  Transaction transaction(missing);
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 1, PaintRule::kOverwrite);
  EXPECT_FALSE(transaction.labels() == missing);
  EXPECT_FALSE(missing == transaction.labels());
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 0, PaintRule::kOverwrite);
  ASSERT_TRUE(transaction.labels().chunk({0, 0, 0, 0}));
  EXPECT_TRUE(transaction.labels() == missing);
  EXPECT_TRUE(missing == transaction.labels());
  EXPECT_FALSE(missing == LabelVolume(Shape{1, 1, 300, 518}));
}

TEST(LabelVolume, ErasedChunksGiveTheirMemoryBack) {
  LabelVolume labels(Shape{1, 1, 300, 517});
  paint(labels, 0, 0, {0, 0, 5, 5}, 1);
  paint(labels, 0, 0, {0, 0, 5, 5}, 0);
  EXPECT_EQ(labels.size_bytes(), 0);
}

}  // namespace
}  // namespace cyto
