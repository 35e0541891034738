#include "core/nn/train/training_crop.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/nn/cyto/encoder.h"
#include "core/nn/train/validation.h"
#include "tests/support/random_seed.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

TEST(TrainingCrop, OffsetsOfAnObjectMeetInOnePoint) {
  const uint64_t seed = test::randomSeed(2);
  SCOPED_TRACE(test::seedText(seed));
  Random random(seed);
  const AnnotatedImage image = *annotate(test::syntheticCells());
  for (int i = 0; i < 8; ++i) {
    const TrainingCrop crop = drawCrop(image, 128, 256, {}, random);
    const at::Tensor ids = crop.labels.slice(0, 2, 128, 4).slice(1, 2, 128, 4);
    const at::Tensor centre = (at::arange(32, at::kFloat) + 0.5) * 4;
    const at::Tensor x = crop.dense[DenseChannels::kOffsetX] * kOffsetUnit + centre.unsqueeze(0);
    const at::Tensor y = crop.dense[DenseChannels::kOffsetY] * kOffsetUnit + centre.unsqueeze(1);
    for (int64_t id = 1; id <= 4; ++id) {
      const at::Tensor inside = ids.eq(static_cast<double>(id));
      if (inside.sum().item<int64_t>() < 2) continue;
      const at::Tensor xs = x.masked_select(inside), ys = y.masked_select(inside);
      EXPECT_LT((xs.max() - xs.min()).item<double>(), 1e-2);
      EXPECT_LT((ys.max() - ys.min()).item<double>(), 1e-2);
      // A disc that is wholly visible has its centroid where the targets say.
      const at::Tensor whole = at::nonzero(crop.labels.eq(static_cast<double>(id))).to(at::kFloat) + 0.5;
      const bool touchesBorder = whole.min().item<double>() < 1 || whole.max().item<double>() > 127;
      if (touchesBorder) continue;
      EXPECT_NEAR(whole.select(1, 1).mean().item<double>(), xs[0].item<double>(), 1.5);
      EXPECT_NEAR(whole.select(1, 0).mean().item<double>(), ys[0].item<double>(), 1.5);
    }
  }
}

TEST(TrainingCrop, ShowsObjectsAndIsZeroOutsideTheImage) {
  Random random(7);
  const AnnotatedImage image = *annotate(test::syntheticCells(40));
  for (int i = 0; i < 8; ++i) {
    const TrainingCrop crop = drawCrop(image, 256, 64, {}, random);
    EXPECT_GT(crop.labels.max().item<double>(), 0);
    EXPECT_TRUE(crop.frame.isfinite().all().item<bool>());
    // The image covers at most a part of such a crop; there the network sees the padding of use.
    EXPECT_GT(crop.frame.eq(0).all(0).to(at::kFloat).mean().item<double>(), 0.1);
  }
}

TEST(TrainingCrop, IsTheSameForTheSameRandomNumbers) {
  Random first(5), second(5);
  const AnnotatedImage image = *annotate(test::syntheticCells());
  const TrainingCrop a = drawCrop(image, 128, 256, {}, first), b = drawCrop(image, 128, 256, {}, second);
  EXPECT_TRUE(a.frame.equal(b.frame));
  EXPECT_TRUE(a.dense.equal(b.dense));
}

TEST(AnnotatedImage, RefusesLabelsOfAnotherShapeAndEmptyOnes) {
  TrainingImage image = test::syntheticCells();
  image.labels.pop_back();
  const auto wrongShape = annotate(image);
  ASSERT_FALSE(wrongShape);
  EXPECT_THAT(wrongShape.error().message(), testing::HasSubstr("'discs'"));
  TrainingImage empty = test::syntheticCells();
  std::fill(empty.labels.begin(), empty.labels.end(), 0);
  EXPECT_FALSE(annotate(empty));
}

TEST(Validation, TheDeepestPointOfADiscIsItsCentre) {
  const AnnotatedImage image = *annotate(test::syntheticCells());
  for (size_t i = 0; i < image.objects.size(); ++i) {
    const auto [x, y] = deepestPoint(image, static_cast<int64_t>(i));
    EXPECT_NEAR(x, image.objects[i].x, 1.5);
    EXPECT_NEAR(y, image.objects[i].y, 1.5);
  }
}

}  // namespace
}  // namespace cyto::nn
