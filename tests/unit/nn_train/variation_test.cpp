#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/nn/train/appearance.h"
#include "core/nn/train/crop_geometry.h"
#include "tests/support/random_seed.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

TrainingVariation nothing() { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }

TEST(CropGeometry, ToFrameIsTheInverseOfToImageAlsoWhenBent) {
  const uint64_t seed = test::randomSeed(21);
  SCOPED_TRACE(test::seedText(seed));
  Random random(seed);
  const AnnotatedImage image = *annotate(test::syntheticCells());
  TrainingVariation variation;
  variation.elastic = 1;
  for (int i = 0; i < 20; ++i) {
    const CropGeometry geometry = CropGeometry::draw(image, 256, 256, variation, random);
    for (int j = 0; j < 20; ++j) {
      const Position there = {uniform(random, 0, 256), uniform(random, 0, 256)};
      const Position back = geometry.toFrame(geometry.toImage(there));
      EXPECT_NEAR(back.x, there.x, 1e-3);
      EXPECT_NEAR(back.y, there.y, 1e-3);
    }
  }
}

TEST(CropGeometry, BendingMovesPixelsAndKeepsLabelsWithThem) {
  Random random(5);
  const AnnotatedImage image = *annotate(test::syntheticCells());
  TrainingVariation variation = nothing();
  variation.elastic = 1;
  for (int i = 0; i < 10; ++i) {
    const SampledCrop crop = sampleCrop(image, CropGeometry::draw(image, 128, 128, variation, random));
    // Discs are 200, ground 20: where the brightness is unmistakable it must agree with the label.
    const at::Tensor bright = crop.pixels[0].gt(0.7), dark = crop.pixels[0].lt(0.15), inside = crop.inside.gt(0);
    EXPECT_TRUE(crop.labels.gt(0).logical_or(bright.logical_and(inside).logical_not()).all().item<bool>());
    EXPECT_TRUE(crop.labels.eq(0).logical_or(dark.logical_not()).all().item<bool>());
    EXPECT_TRUE(bright.any().item<bool>());
  }
}

TEST(Appearance, WithoutVariationNothingChanges) {
  Random random(5);
  const at::Tensor pixels = at::linspace(0, 1, 3 * 32 * 32).view({3, 32, 32});
  EXPECT_TRUE(varyAppearance(pixels, nothing(), random).equal(pixels));
}

TEST(Appearance, EveryChangeChangesAndStaysInRange) {
  const uint64_t seed = test::randomSeed(22);
  SCOPED_TRACE(test::seedText(seed));
  Random random(seed);
  const at::Tensor pixels = at::rand({3, 48, 48}).mul(0.8).add(0.1);
  for (double TrainingVariation::* change :
       {&TrainingVariation::inversion, &TrainingVariation::gamma, &TrainingVariation::contrast,
        &TrainingVariation::stain, &TrainingVariation::illumination, &TrainingVariation::blur,
        &TrainingVariation::defocus, &TrainingVariation::noise}) {
    TrainingVariation variation = nothing();
    variation.*change = 1;
    const at::Tensor changed = varyAppearance(pixels, variation, random);
    EXPECT_EQ(changed.sizes(), pixels.sizes());
    EXPECT_FALSE(changed.equal(pixels));
    EXPECT_GE(changed.min().item<double>(), 0);
    EXPECT_LE(changed.max().item<double>(), 1);
  }
}

TEST(Appearance, StainAmountsOfOneChangeNothing) {
  const at::Tensor pixels = at::rand({3, 8, 8}).mul(0.9).add(0.05);
  EXPECT_TRUE(at::allclose(withStainAmounts(pixels, {1, 1, 1}), pixels, 1e-4, 1e-4));
  EXPECT_LT(withStainAmounts(pixels, {1.5, 1.5, 1.5}).mean().item<double>(), pixels.mean().item<double>());
}

TEST(Appearance, DefocusSpreadsAPointToADiscAndKeepsTheLight) {
  at::Tensor pixels = at::zeros({3, 33, 33});
  pixels.select(1, 16).select(1, 16).fill_(1);
  const at::Tensor spread = defocused(pixels, 4);
  EXPECT_NEAR(spread[0].sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(spread[0][16][16].item<double>(), spread[0][16][19].item<double>(), 1e-6);
  EXPECT_EQ(spread[0][16][22].item<double>(), 0);
  const at::Tensor flat = at::full({3, 20, 20}, 0.25);
  EXPECT_TRUE(at::allclose(defocused(flat, 3), flat));
}

}  // namespace
}  // namespace cyto::nn
