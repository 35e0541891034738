#include "core/inference/preprocessing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/support/shared_data.h"

namespace cyto {
namespace {

/// The image that tests/golden/preprocessing/make_expected.py describes.
Array formulaImage(int64_t rows, int64_t columns, int64_t channels) {
  Array image = *Array::create(Dtype::kUint16, {1, 1, rows, columns}, channels);
  for (int64_t c = 0; c < channels; ++c) {
    const auto plane = image.plane<uint16_t>(c, 0, 0);
    for (int64_t i = 0; i < rows * columns; ++i) {
      const auto index = static_cast<uint64_t>(i * channels + c);
      plane[static_cast<size_t>(i)] = static_cast<uint16_t>(static_cast<uint32_t>(index * 2654435761u) >> 20);
    }
  }
  return image;
}

std::string fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t value = 0xCBF29CE484222325u;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001B3u;
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

TEST(Preprocessing, GivesTheVeryBytesOfNumPyAndPillow) {
  std::ifstream expected(test::inRepository("tests/golden/preprocessing/expected.txt"));
  int64_t rows = 0, columns = 0, channels = 0;
  std::string stretchedHash, resizedHash;
  int cases = 0;
  while (expected >> rows >> columns >> channels >> stretchedHash >> resizedHash) {
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(columns) + " x " + std::to_string(channels));
    const RgbImage rgb = *stretchToRgb(formulaImage(rows, columns, channels));
    EXPECT_EQ(fnv1a(rgb.pixels), stretchedHash);
    const Extent2 to = resizedExtent({rows, columns}, 1024);
    EXPECT_EQ(fnv1a(resizeLikePillow(rgb.pixels, {rows, columns}, to, 3)), resizedHash);
    ++cases;
  }
  EXPECT_EQ(cases, 6);
}

Array floatImage(std::initializer_list<float> values) {
  Array image = *Array::create(Dtype::kFloat32, {1, 1, 1, static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), image.as<float>().begin());
  return image;
}

TEST(Preprocessing, PixelsThatAreNotFiniteDoNotSpoilTheRest) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const RgbImage rgb = *stretchToRgb(floatImage({0.0f, 5.0f, 10.0f, NAN, kInfinity, -kInfinity}));
  EXPECT_EQ(rgb.pixels[0], 0);
  EXPECT_EQ(rgb.pixels[3], 127);
  EXPECT_EQ(rgb.pixels[6], 255);
  for (size_t i = 9; i < rgb.pixels.size(); ++i) EXPECT_EQ(rgb.pixels[i], 0);
}

TEST(Preprocessing, AConstantOrAllNanImageIsBlack) {
  for (const Array& image : {floatImage({3, 3, 3}), floatImage({NAN, NAN})}) {
    const RgbImage rgb = *stretchToRgb(image);
    EXPECT_THAT(rgb.pixels, ::testing::Each(0));
  }
}

TEST(Preprocessing, AnEmptyImageOrAVolumeIsRefused) {
  const auto empty = stretchToRgb(*Array::create(Dtype::kUint8, {1, 1, 0, 5}));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(stretchToRgb(*Array::create(Dtype::kUint8, {1, 2, 4, 5})));
}

TEST(Preprocessing, TheLongestSideDecidesTheSize) {
  EXPECT_EQ(resizedExtent({480, 720}, 1024), (Extent2{683, 1024}));
  EXPECT_EQ(resizedExtent({1, 5000}, 1024), (Extent2{1, 1024}));  // never without rows
  EXPECT_EQ(resizedExtent({1, 1}, 1024), (Extent2{1024, 1024}));
}

}  // namespace
}  // namespace cyto
