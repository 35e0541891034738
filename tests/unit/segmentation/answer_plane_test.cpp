#include "core/segmentation/answer_plane.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

using Ids = std::vector<uint64_t>;

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(AnswerPlane, TheSmallerObjectLiesOnTopWheneverItComes) {
  const PlaneMask large = filled({0, 0, 1, 5}), small = filled({0, 1, 1, 3});
  AnswerPlane smallFirst({1, 6}), largeFirst({1, 6});
  smallFirst.add(7, small);
  smallFirst.add(9, large);
  largeFirst.add(9, large);
  largeFirst.add(7, small);
  EXPECT_EQ(smallFirst.ids(), (Ids{9, 7, 7, 9, 9, 0}));
  EXPECT_EQ(largeFirst.ids(), smallFirst.ids());
}

TEST(AnswerPlane, CutsOffWhatLiesOutsideAndTakesEmptyAnswers) {
  AnswerPlane plane({2, 2});
  plane.add(3, filled({1, 1, 9, 9}));
  plane.add(4, {});
  plane.add(5, filled({5, 5, 6, 6}));
  EXPECT_EQ(plane.ids(), (Ids{0, 0, 0, 3}));
}

}  // namespace
}  // namespace cyto
