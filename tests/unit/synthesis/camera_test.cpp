#include "core/synthesis/camera.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/synthesis/block_compression.h"

namespace cyto::synthesis {
namespace {

struct Moments {
  double mean, deviation;
};

Moments exposedMoments(const Camera& camera, float light) {
  Array image = *Array::create(camera.bits > 8 ? Dtype::kUint16 : Dtype::kUint8, {1, 1, 200, 200});
  std::vector<FloatRaster> one(1, FloatRaster({1, 200, 200}, light));
  expose(camera, std::move(one), 0, Random(5), image);
  double sum = 0, squares = 0;
  visitDtype(image.dtype(), [&](auto zero) {
    for (const auto value : image.as<decltype(zero)>()) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
  });
  const double mean = sum / 40000;
  return {mean, std::sqrt(squares / 40000 - mean * mean)};
}

TEST(SynthesisCamera, CountsPhotonsAndReadsWithNoise) {
  Camera camera;
  camera.bits = 12, camera.photons = 400, camera.readNoise = 5, camera.offset = 0.1, camera.black = 0, camera.white = 2;
  const Moments dark = exposedMoments(camera, 0), half = exposedMoments(camera, 1), full = exposedMoments(camera, 20);
  EXPECT_NEAR(dark.mean, 0.1 * 4095, 3);
  EXPECT_NEAR(dark.deviation, 5.0 / 400 * 0.9 * 4095, 2);
  EXPECT_NEAR(half.mean, (0.1 + 0.9 / 2) * 4095, 5);
  EXPECT_NEAR(half.deviation, std::sqrt(200.0 + 25) / 400 * 0.9 * 4095, 4);
  EXPECT_EQ(full.mean, 4095) << "saturated";
}

TEST(SynthesisCamera, AnInvertedImageIsBrightWhereNothingIs) {
  Camera camera;
  camera.isInverted = true;
  EXPECT_GT(exposedMoments(camera, 0).mean, 240);
  EXPECT_LT(exposedMoments(camera, 1).mean, 15);
}

TEST(SynthesisCamera, ExposureUsesTheRange) {
  for (const bool isDarkField : {true, false}) {
    std::vector<FloatRaster> light(1, FloatRaster({1, 100, 100}));
    for (size_t i = 0; i < light[0].size(); ++i) light[0][i] = 0.3f + 0.02f * static_cast<float>(i % 100) / 99;
    Camera camera;
    adjustExposure(camera, light, isDarkField, Random(8));
    EXPECT_GE(camera.white, 0.31);
    EXPECT_LT(camera.white, 0.65);
    EXPECT_LE(camera.black, 0.3);
    std::vector<FloatRaster> even(1, FloatRaster({1, 10, 10}, 0.5f));
    adjustExposure(camera, even, isDarkField, Random(8));
    EXPECT_GT(camera.white - camera.black, 0.01);
  }
}

/// Largest difference that a compression makes.
float damage(int quality, size_t channels) {
  std::vector<FloatRaster> image(channels, FloatRaster({1, 61, 83}));
  for (size_t c = 0; c < channels; ++c) {
    for (int64_t y = 0; y < 61; ++y) {
      for (int64_t x = 0; x < 83; ++x) {
        image[c].row(0, y)[x] =
            0.5f + 0.2f * static_cast<float>(std::sin(0.1 * static_cast<double>(x + static_cast<int64_t>(c)) +
                                                      0.07 * static_cast<double>(y)));
      }
    }
  }
  const auto before = image;
  compressBlocks(image, quality);
  float largest = 0;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < image[c].size(); ++i) largest = std::max(largest, std::abs(image[c][i] - before[c][i]));
  }
  return largest;
}

TEST(SynthesisCompression, GoodQualityIsTrueAndBadQualityIsNot) {
  for (const size_t channels : {size_t{1}, size_t{3}}) {
    EXPECT_LT(damage(100, channels), 0.02f);
    EXPECT_LT(damage(90, channels), 0.06f);
    EXPECT_GT(damage(5, channels), 0.03f);
    EXPECT_LT(damage(5, channels), 0.5f);
  }
}

}  // namespace
}  // namespace cyto::synthesis
