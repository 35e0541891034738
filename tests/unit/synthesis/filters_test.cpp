#include "core/synthesis/filters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/synthesis/texture.h"

namespace cyto::synthesis {
namespace {

double sumOf(const FloatRaster& raster) { return std::accumulate(raster.begin(), raster.end(), 0.0); }

/// Root of the mean squared distance from the middle, along one axis.
double spreadOf(const FloatRaster& raster, bool alongX) {
  const Extent3& extent = raster.extent();
  double sum = 0;
  for (int64_t y = 0; y < extent.y; ++y) {
    for (int64_t x = 0; x < extent.x; ++x) {
      const auto offset = static_cast<double>(alongX ? x - extent.x / 2 : y - extent.y / 2);
      sum += offset * offset * raster.row(0, y)[x];
    }
  }
  return std::sqrt(sum / sumOf(raster));
}

TEST(SynthesisFilters, ABlurKeepsLightAndSpreadsItByItsDeviation) {
  for (const double deviation : {0.7, 2.0, 7.5, 12.0, 30.0}) {
    FloatRaster point({1, 301, 401});
    point.row(0, 150)[200] = 1;
    blur(point, deviation);
    EXPECT_NEAR(sumOf(point), 1, 0.01) << deviation;
    EXPECT_NEAR(spreadOf(point, true), deviation, 0.08 * deviation + 0.1) << deviation;
    EXPECT_NEAR(spreadOf(point, false), deviation, 0.08 * deviation + 0.1) << deviation;
  }
}

TEST(SynthesisFilters, WhatIsEvenStaysEvenUpToTheBorders) {
  for (const double deviation : {1.0, 5.0, 20.0}) {
    FloatRaster even({3, 9, 50}, 2.5f);
    blur(even, deviation, 2);
    for (const float value : even) ASSERT_NEAR(value, 2.5f, 1e-4) << deviation;
  }
}

TEST(SynthesisFilters, ABlurInDepthReachesOtherSlices) {
  FloatRaster volume({9, 5, 5});
  volume.row(4, 2)[2] = 1;
  blur(volume, 0, 1);
  EXPECT_NEAR(volume.row(4, 2)[2], 0.4, 0.02);
  EXPECT_NEAR(volume.row(3, 2)[2], 0.24, 0.02);
  EXPECT_EQ(volume.row(4, 2)[1], 0);
}

TEST(SynthesisFilters, SlopesAndCurvatureOfAParabola) {
  FloatRaster parabola({1, 20, 30});
  for (int64_t y = 0; y < 20; ++y) {
    for (int64_t x = 0; x < 30; ++x) parabola.row(0, y)[x] = static_cast<float>(x * x + 3 * y);
  }
  EXPECT_FLOAT_EQ(slope(parabola, 0, 1).row(0, 10)[10], 20);
  EXPECT_FLOAT_EQ(slope(parabola, 1, 0).row(0, 10)[10], 3);
  EXPECT_FLOAT_EQ(laplacian(parabola).row(0, 10)[10], 2);
}

TEST(SynthesisFilters, QuantilesCountPixels) {
  FloatRaster ramp({1, 100, 1000});
  for (size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i);
  EXPECT_NEAR(quantile(ramp, 0.25), 25000, 100);
  EXPECT_EQ(quantile(ramp, 0), 0);
}

TEST(SynthesisTexture, NoiseHasMeanZeroAndDeviationOne) {
  for (const Extent3& extent : {Extent3{1, 400, 400}, Extent3{40, 100, 100}}) {
    const FloatRaster noise = noiseField(extent, 4, {3, 0.6}, Random(2));
    const double mean = sumOf(noise) / static_cast<double>(noise.size());
    double squares = 0;
    for (const float value : noise) squares += value * value;
    EXPECT_NEAR(mean, 0, 0.05);
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(noise.size())), 1, 0.1);
  }
}

TEST(SynthesisTexture, ATextureIsSmoothAndDefinedEverywhere) {
  for (const bool isVolume : {false, true}) {
    const Texture texture(isVolume, {3, 0.5}, Random(4));
    double squares = 0;
    for (int i = 0; i < 4000; ++i) {
      const double at = -70 + 0.037 * i;
      const float value = texture.at(0.3 * at, at, -0.7 * at);
      ASSERT_TRUE(std::isfinite(value));
      ASSERT_NEAR(texture.at(0.3 * at, at + 1e-4, -0.7 * at), value, 0.01);
      squares += value * value;
    }
    EXPECT_NEAR(std::sqrt(squares / 4000), 1, 0.25) << isVolume;
  }
}

}  // namespace
}  // namespace cyto::synthesis
