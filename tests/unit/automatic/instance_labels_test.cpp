#include "core/segmentation/automatic/instance_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/automatic/label_drawing.h"

namespace cyto {
namespace {

using test::drawn;
using test::labelsOf;
using ::testing::ElementsAre;

TEST(InstanceLabels, OfEveryObjectTheLargestPieceStays) {
  InstanceLabels labels = labelsOf({"1..22", "..122", "11..2", ".1..."});
  makeObjectsWhole(labels);
  EXPECT_THAT(drawn(labels), ElementsAre("...22", "...22", "11..2", ".1..."));
}

TEST(InstanceLabels, OfEqualPiecesTheFirstStays) {
  InstanceLabels labels = labelsOf({"11.11"});
  makeObjectsWhole(labels);
  EXPECT_THAT(drawn(labels), ElementsAre("11..."));
}

TEST(InstanceLabels, EnclosedBackgroundIsFilledUnlessAnotherObjectTouchesIt) {
  InstanceLabels labels = labelsOf({"111.2222", "1.1.2..2", "111.2.32", "....2222"});
  makeObjectsWhole(labels);
  EXPECT_THAT(drawn(labels), ElementsAre("111.2222", "111.2..2", "111.2.32", "....2222"));
}

TEST(InstanceLabels, ADiagonalGapDoesNotOpenAHole) {
  InstanceLabels labels = labelsOf({"11.", "1.1", "111"});
  makeObjectsWhole(labels);
  EXPECT_THAT(drawn(labels), ElementsAre("11.", "111", "111"));
}

TEST(InstanceLabels, DroppingRenumbersInOrder) {
  InstanceLabels labels = labelsOf({"1122", "33.4"});
  EXPECT_THAT(areasOf(labels), ElementsAre(1, 2, 2, 2, 1));
  keepObjects(labels, {0, 0, 1, 0, 1});
  EXPECT_THAT(drawn(labels), ElementsAre("..11", "...2"));
  EXPECT_EQ(labels.count, 2u);
}

TEST(InstanceLabels, ComponentsBySidesAndByCorners) {
  const std::vector<uint8_t> mask = {1, 0, 0, 1,  //
                                     0, 1, 0, 1,  //
                                     0, 0, 0, 0};
  EXPECT_THAT(drawn(connectedComponents(mask, {3, 4}, false)), ElementsAre("1..2", ".3.2", "...."));
  EXPECT_THAT(drawn(connectedComponents(mask, {3, 4}, true)), ElementsAre("1..2", ".1.2", "...."));
}

TEST(InstanceLabels, NothingIsWhole) {
  InstanceLabels empty{{0, 0}, {}, 0};
  makeObjectsWhole(empty);
  EXPECT_EQ(empty.count, 0u);
  InstanceLabels background{{2, 2}, {0, 0, 0, 0}, 0};
  makeObjectsWhole(background);
  EXPECT_THAT(background.ids, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace cyto
