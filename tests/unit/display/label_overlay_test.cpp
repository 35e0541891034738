#include "core/display/label_overlay.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace cyto {
namespace {

std::array<uint8_t, 3> pixel(const Array& picture, int64_t y, int64_t x) {
  const auto at = static_cast<size_t>(y * picture.shape().x + x);
  return {picture.plane<uint8_t>(0, 0, 0)[at], picture.plane<uint8_t>(1, 0, 0)[at],
          picture.plane<uint8_t>(2, 0, 0)[at]};
}

TEST(LabelOverlay, DrawsContoursTintAndPrompts) {
  constexpr int64_t kSide = 600;
  const RgbImage grey{kSide, kSide, std::vector<uint8_t>(kSide * kSide * 3, 100)};
  std::vector<uint32_t> labels(kSide * kSide, 0);
  for (int64_t y = 100; y < 200; ++y) {
    for (int64_t x = 100; x < 200; ++x) labels[static_cast<size_t>(y * kSide + x)] = 7;
  }
  const ObjectPrompts prompts{7, 0, 0, {{150, 150, true}, {300, 300, false}}, {{100, 400, 180, 480}}, {}, false};
  const auto picture = renderOverlay(grey, labels, {prompts});
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->shape(), (Shape{1, 1, kSide, kSide}));
  EXPECT_EQ(picture->channels(), 3);
  EXPECT_EQ(pixel(*picture, 100, 100), labelColour(7));
  EXPECT_EQ(pixel(*picture, 199, 150), labelColour(7));
  EXPECT_EQ(pixel(*picture, 50, 50), (std::array<uint8_t, 3>{100, 100, 100}));
  const auto inside = pixel(*picture, 120, 120);
  EXPECT_NE(inside, labelColour(7));
  EXPECT_NE(inside, pixel(*picture, 50, 50));
  const auto positive = pixel(*picture, 150, 150), negative = pixel(*picture, 300, 300);
  EXPECT_GT(positive[1], 200);
  EXPECT_LT(positive[0], 100);
  EXPECT_GT(negative[0], 200);
  EXPECT_LT(negative[1], 100);
  EXPECT_NE(pixel(*picture, 100, 440), pixel(*picture, 140, 440)) << "the box is a frame";
}

TEST(LabelOverlay, SmallPlanesAreEnlarged) {
  const RgbImage grey{10, 20, std::vector<uint8_t>(10 * 20 * 3, 0)};
  const std::vector<uint32_t> labels(10 * 20, 0);
  EXPECT_EQ(renderOverlay(grey, labels, {})->shape(), (Shape{1, 1, 510, 1020}));
}

TEST(LabelColour, NeighbouringIdsAreFarApart) {
  for (uint32_t id = 1; id < 200; ++id) {
    const auto a = labelColour(id), b = labelColour(id + 1);
    int distance = 0;
    for (size_t c = 0; c < 3; ++c) distance += std::abs(int(a[c]) - int(b[c]));
    EXPECT_GT(distance, 100) << id;
  }
}

}  // namespace
}  // namespace cyto
