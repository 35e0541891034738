#include "core/segmentation/truth_objects.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cyto {
namespace {

TEST(TruthObjects, EveryIdIsOneObjectAndSpecksAreLeftOut) {
  std::vector<uint32_t> labels(10 * 10, 0);
  labels[0] = labels[99] = labels[98] = 5;  // two pieces
  labels[50] = 2;
  for (const size_t i : {11u, 12u, 21u, 22u}) labels[i] = 70000;
  const auto objects = objectsOf(labels, 10, 10, 2);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].id, 5u);
  EXPECT_EQ(objects[0].mask.area(), 3);
  EXPECT_EQ(objects[1].id, 70000u);
  EXPECT_EQ(objects[1].mask.box, (PlaneBox{1, 1, 3, 3}));
}

TEST(TruthObjects, IdsMayBeWiderThanThoseOfTheProgram) {
  const std::vector<uint64_t> labels{0, uint64_t{1} << 40, 1, uint64_t{1} << 40};
  const auto objects = objectsOf(labels, 2, 2, 1);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[1].id, uint64_t{1} << 40);
  EXPECT_EQ(objects[1].mask.area(), 2);
}

TEST(TruthObjects, ASampleDependsOnTheSeedAlone) {
  std::vector<TruthObject> all;
  for (uint32_t id = 1; id <= 50; ++id) all.push_back({id, inscribedEllipse({id, 0, id + 1, 5})});
  const auto ids = [&](int64_t count, uint64_t seed) {
    std::vector<uint64_t> chosen;
    for (const TruthObject& object : sampled(all, count, seed)) chosen.push_back(object.id);
    return chosen;
  };
  EXPECT_EQ(ids(12, 1).size(), 12u);
  EXPECT_EQ(ids(12, 1), ids(12, 1));
  EXPECT_NE(ids(12, 1), ids(12, 2));
  EXPECT_EQ(ids(0, 1).size(), 50u);
  EXPECT_EQ(ids(50, 1).size(), 50u);
  const auto chosen = ids(12, 3);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
}

}  // namespace
}  // namespace cyto
