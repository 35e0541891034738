#include "core/measure/grouped_means.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

TEST(GroupedMeans, WeighItemsOrImagesAlike) {
  GroupedMeans means;
  means.add("a", "bright", {1, 10});
  means.add("a", "bright", {0, 20});
  means.add("a", "bright", {0.5, 30});
  means.add("b", "dark", {0.1, 100});
  const auto all = means.all();
  EXPECT_EQ(all.items, 4);
  EXPECT_EQ(all.images, 2);
  EXPECT_DOUBLE_EQ(all.ofItems[0], 1.6 / 4);
  EXPECT_DOUBLE_EQ(all.ofItems[1], 40);
  EXPECT_DOUBLE_EQ(all.ofImages[0], (0.5 + 0.1) / 2);
  EXPECT_DOUBLE_EQ(all.ofImages[1], 60);
}

TEST(GroupedMeans, GroupsAreOfTheirImagesAlone) {
  GroupedMeans means;
  means.add("a", "bright", {1});
  means.add("b", "bright", {0});
  means.add("b", "bright", {0.5});
  means.add("c", "", {0.9});
  const auto groups = means.groups();
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups.at("bright").items, 3);
  EXPECT_DOUBLE_EQ(groups.at("bright").ofItems[0], 0.5);
  EXPECT_DOUBLE_EQ(groups.at("bright").ofImages[0], (1 + 0.25) / 2);
}

TEST(GroupedMeans, ImagesKeepTheirOrder) {
  GroupedMeans means;
  EXPECT_TRUE(means.isEmpty());
  means.add("z", "g", {1});
  means.add("a", "h", {2});
  means.add("z", "g", {2});
  EXPECT_FALSE(means.isEmpty());
  const auto images = means.images();
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].image, "z");
  EXPECT_EQ(images[0].group, "g");
  EXPECT_EQ(images[0].items, 2);
  EXPECT_DOUBLE_EQ(images[0].means[0], 1.5);
  EXPECT_EQ(images[1].image, "a");
}

}  // namespace
}  // namespace cyto
