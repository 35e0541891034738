#include "core/display/contour_overlay.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

using Colour = std::array<uint8_t, 3>;
constexpr Colour kGrey{100, 100, 100}, kTruth{86, 180, 233}, kAnswer{230, 159, 0};

Colour pixel(const Array& picture, int64_t y, int64_t x) {
  const auto at = static_cast<size_t>(y * picture.shape().x + x);
  return {picture.plane<uint8_t>(0, 0, 0)[at], picture.plane<uint8_t>(1, 0, 0)[at],
          picture.plane<uint8_t>(2, 0, 0)[at]};
}

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

RgbImage grey(int64_t rows, int64_t columns) {
  return {rows, columns, std::vector<uint8_t>(static_cast<size_t>(rows * columns * 3), 100)};
}

TEST(ContourOverlay, DrawsThinLinesAlongThePixelEdges) {
  // 100 pixels become 1000.
  const auto picture = renderContours(grey(100, 80), {{{filled({10, 20, 30, 50})}, kTruth}});
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->shape(), (Shape{1, 1, 1000, 800}));
  EXPECT_EQ(picture->channels(), 3);
  EXPECT_EQ(pixel(*picture, 100, 350), kTruth);
  EXPECT_EQ(pixel(*picture, 99, 350), kGrey);
  EXPECT_EQ(pixel(*picture, 101, 350), kGrey) << "one pixel of the picture wide";
  EXPECT_EQ(pixel(*picture, 299, 350), kTruth);
  EXPECT_EQ(pixel(*picture, 200, 200), kTruth);
  EXPECT_EQ(pixel(*picture, 200, 499), kTruth);
  EXPECT_EQ(pixel(*picture, 200, 350), kGrey);
}

TEST(ContourOverlay, TouchingObjectsKeepTheirOwnLinesAndLaterLayersLieOnTop) {
  const PlaneMask left = filled({10, 10, 20, 20}), right = filled({10, 20, 20, 30});
  const auto picture = renderContours(grey(512, 512), {{{left, right}, kTruth}, {{right}, kAnswer}});
  ASSERT_TRUE(picture);
  EXPECT_EQ(pixel(*picture, 30, 39), kTruth);
  EXPECT_EQ(pixel(*picture, 30, 40), kAnswer);
}

TEST(ContourOverlay, WideLinesGrowInwards) {
  const auto picture =
      renderContours(grey(1024, 1024), {{{filled({10, 10, 20, 40}), filled({50, 50, 52, 52})}, kTruth, 3}});
  ASSERT_TRUE(picture);
  EXPECT_EQ(pixel(*picture, 9, 25), kGrey);
  EXPECT_EQ(pixel(*picture, 12, 25), kTruth);
  EXPECT_EQ(pixel(*picture, 13, 25), kGrey);
  EXPECT_EQ(pixel(*picture, 16, 25), kGrey);
  EXPECT_EQ(pixel(*picture, 17, 25), kTruth);
  EXPECT_EQ(pixel(*picture, 20, 25), kGrey);
  EXPECT_EQ(pixel(*picture, 51, 52), kGrey) << "never beyond the object";
}

TEST(ContourOverlay, WhatLiesOutsideIsNotDrawn) {
  const auto picture = renderContours(grey(4, 4), {{{filled({-5, -5, 2, 2}), filled({0, 0, 0, 0})}, kTruth}});
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->shape().y, 1024);
  EXPECT_EQ(pixel(*picture, 511, 100), kTruth);
  EXPECT_EQ(pixel(*picture, 600, 600), kGrey);
  EXPECT_EQ(renderContours(grey(1, 4000), {})->shape(), (Shape{1, 1, 1, 4000})) << "large planes stay as they are";
}

}  // namespace
}  // namespace cyto
