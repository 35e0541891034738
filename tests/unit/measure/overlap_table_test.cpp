#include "core/measure/overlap_table.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

using Ids = std::vector<uint64_t>;

TEST(OverlapTable, CountsObjectsAndWhatTheyShare) {
  OverlapTable table;
  table.add(Ids{0, 7, 7, 7, 0, 3}, Ids{5, 5, 5, 0, 0, 4294967295});
  ASSERT_EQ(table.truth().size(), 2u);
  EXPECT_EQ(table.truth()[0].id, 7u);
  EXPECT_EQ(table.truth()[0].area, 3);
  ASSERT_EQ(table.prediction().size(), 2u);
  EXPECT_EQ(table.prediction()[0].area, 3);
  EXPECT_EQ(table.prediction()[1].id, 4294967295u);
  const auto overlaps = table.overlaps();
  ASSERT_EQ(overlaps.size(), 2u);
  EXPECT_EQ(overlaps[0].area, 2);
  EXPECT_DOUBLE_EQ(overlaps[0].iou, 2.0 / 4);
  EXPECT_DOUBLE_EQ(overlaps[1].iou, 1);
}

TEST(OverlapTable, BlocksAddUp) {
  OverlapTable whole, inBlocks;
  const Ids truth{1, 1, 2, 2, 0, 1}, prediction{8, 9, 9, 9, 9, 8};
  whole.add(truth, prediction);
  inBlocks.add(std::span(truth).first(2), std::span(prediction).first(2));
  inBlocks.add({}, {});
  inBlocks.add(std::span(truth).subspan(2), std::span(prediction).subspan(2));
  const auto expected = whole.overlaps(), found = inBlocks.overlaps();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].area, expected[i].area);
    EXPECT_DOUBLE_EQ(found[i].iou, expected[i].iou);
  }
}

TEST(OverlapTable, OfBackgroundAloneIsEmpty) {
  OverlapTable table;
  table.add(Ids(100, 0), Ids(100, 0));
  EXPECT_TRUE(table.truth().empty());
  EXPECT_TRUE(table.prediction().empty());
  EXPECT_TRUE(table.overlaps().empty());
}

}  // namespace
}  // namespace cyto
