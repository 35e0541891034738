#include "core/nn/train/prompt_sampling.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace cyto::nn {
namespace {

constexpr int64_t kCells = 24;

at::Tensor rectangle(int64_t y0, int64_t x0, int64_t y1, int64_t x1) {
  at::Tensor mask = at::zeros({1, kCells, kCells}, at::kFloat);
  mask.slice(1, y0, y1).slice(2, x0, x1).fill_(1);
  return mask;
}

/// Value of `mask` (1, h, w) in the cell of the frame pixel `point`.
double valueAt(const at::Tensor& mask, const at::Tensor& point) {
  const auto x = static_cast<int64_t>(point[0].item<double>() / 4),
             y = static_cast<int64_t>(point[1].item<double>() / 4);
  return mask[0][y][x].item<double>();
}

TEST(PromptSampling, PointsLieInsideTheRegion) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  const at::Generator random = at::detail::createCPUGenerator(seed);
  const at::Tensor region = rectangle(3, 5, 9, 20);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(valueAt(region, samplePoints(region, i % 2 == 0, random)[0]), 1);
}

TEST(PromptSampling, RandomPointsReachTheRimAndCentralOnesDoNot) {
  const at::Generator random = at::detail::createCPUGenerator(3);
  const at::Tensor region = rectangle(2, 2, 20, 20), core = rectangle(5, 5, 17, 17);
  int atRim = 0;
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(valueAt(core, samplePoints(region, true, random)[0]), 1);
    atRim += valueAt(core, samplePoints(region, false, random)[0]) == 0 ? 1 : 0;
  }
  EXPECT_GT(atRim, 10);
}

TEST(PromptSampling, ObjectsThatFillNoCellAreHitToo) {
  const at::Generator random = at::detail::createCPUGenerator(3);
  at::Tensor region = at::zeros({1, kCells, kCells}, at::kFloat);
  region[0][7][9] = 0.2;
  EXPECT_GT(valueAt(region, samplePoints(region, false, random)[0]), 0);
}

TEST(PromptSampling, CorrectionsLieInMissedAndWrongPixels) {
  const uint64_t seed = test::randomSeed(12);
  SCOPED_TRACE(test::seedText(seed));
  const at::Generator random = at::detail::createCPUGenerator(seed);
  const at::Tensor truth = rectangle(4, 4, 16, 12), predicted = rectangle(8, 4, 20, 12);
  const at::Tensor missed = truth * (1 - predicted), wrong = predicted * (1 - truth);
  for (int i = 0; i < 50; ++i) {
    const CorrectionPoints corrections = sampleCorrections(truth, predicted, i % 2 == 0, random);
    EXPECT_EQ(valueAt(missed, corrections.points[0][0]), 1);
    EXPECT_EQ(corrections.labels[0][0].item<double>(), 1);
    EXPECT_EQ(valueAt(wrong, corrections.points[0][1]), 1);
    EXPECT_EQ(corrections.labels[0][1].item<double>(), 0);
  }
}

TEST(PromptSampling, OneByOneTheLargerErrorIsCorrected) {
  const at::Generator random = at::detail::createCPUGenerator(4);
  const at::Tensor truth = rectangle(4, 4, 16, 12), missesMore = rectangle(12, 4, 18, 12);
  const at::Tensor addsMore = rectangle(6, 4, 22, 12);
  const auto labelsFor = [&](const at::Tensor& predicted) {
    const CorrectionPoints both = sampleCorrections(truth, predicted, true, random);
    return largerErrorOnly(both, truth, predicted).labels[0];
  };
  EXPECT_TRUE(labelsFor(missesMore).equal(at::tensor({1.0F, -1.0F})));
  EXPECT_TRUE(labelsFor(addsMore).equal(at::tensor({-1.0F, 0.0F})));
}

TEST(PromptSampling, AnExactPredictionGetsAPointInsideAndOneNearby) {
  const at::Generator random = at::detail::createCPUGenerator(8);
  const at::Tensor truth = rectangle(8, 8, 14, 14), near = rectangle(5, 5, 17, 17);
  for (int i = 0; i < 20; ++i) {
    const CorrectionPoints corrections = sampleCorrections(truth, truth, false, random);
    EXPECT_EQ(valueAt(truth, corrections.points[0][0]), 1);
    EXPECT_EQ(valueAt(truth, corrections.points[0][1]), 0);
    EXPECT_EQ(valueAt(near, corrections.points[0][1]), 1);
  }
}

TEST(PromptSampling, WithoutBackgroundTheNegativeIsPadding) {
  const at::Generator random = at::detail::createCPUGenerator(8);
  const at::Tensor everything = at::ones({1, kCells, kCells}, at::kFloat);
  EXPECT_EQ(sampleCorrections(everything, everything, false, random).labels[0][1].item<double>(), -1);
}

TEST(PromptSampling, BoxesAreTightWithoutDistortionAndStayInTheFrame) {
  const at::Generator random = at::detail::createCPUGenerator(8);
  at::Tensor masks = at::zeros({1, 40, 60}, at::kFloat);
  masks.slice(1, 0, 13).slice(2, 7, 60).fill_(1);
  EXPECT_TRUE(jitteredBoxes(masks, 0, random)[0].equal(at::tensor({7.0F, 0.0F, 60.0F, 13.0F})));
  for (int i = 0; i < 20; ++i) {
    const at::Tensor box = jitteredBoxes(masks, 0.1, random)[0];
    EXPECT_GE(box.min().item<double>(), 0);
    EXPECT_LE(box[2].item<double>(), 60);
    EXPECT_LT(box[0].item<double>(), box[2].item<double>());
  }
}

}  // namespace
}  // namespace cyto::nn
