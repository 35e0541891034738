#include "core/nn/train/losses.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {
namespace {

at::Tensor halfFilled() {
  at::Tensor truth = at::zeros({1, 8, 8}, at::kFloat);
  truth.slice(2, 0, 4).fill_(1);
  return truth;
}

constexpr MaskLoss kBoth = MaskLoss::kDiceAndFocal;

TEST(Losses, AnExactMaskCostsNothingAndItsOppositeMost) {
  const at::Tensor truth = halfFilled();
  const at::Tensor exact = (truth * 2 - 1).unsqueeze(1) * 20;
  for (const MaskLoss kind : {MaskLoss::kDice, kBoth}) {
    EXPECT_LT(maskLoss(exact, truth, kind).item<double>(), 1e-3);
    EXPECT_GT(maskLoss(-exact, truth, kind).item<double>(), 0.9);
  }
}

TEST(Losses, TheDiceLossOfNothingAgainstNothingIsANumber) {
  const at::Tensor nothing = at::zeros({1, 8, 8}, at::kFloat), logits = at::full({1, 1, 8, 8}, -200.0);
  EXPECT_EQ(maskLoss(logits, nothing, MaskLoss::kDice).item<double>(), 1);
}

TEST(Losses, IouIsThatOfTheCutMasks) {
  const at::Tensor truth = halfFilled();  // 32 cells
  at::Tensor logits = at::full({1, 2, 8, 8}, -1.0F);
  logits.select(1, 0).slice(2, 0, 2).fill_(1);  // 16 of them
  logits.select(1, 1).fill_(1);                 // everything
  const at::Tensor iou = maskIou(logits, truth);
  EXPECT_NEAR(iou[0][0].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(iou[0][1].item<double>(), 0.5, 1e-6);
}

TEST(Losses, WithoutAShareOfTheMeanOnlyTheBestAlternativeLearns) {
  const at::Tensor truth = halfFilled();
  at::Tensor logits = at::cat({(truth * 2 - 1).unsqueeze(1), -(truth * 2 - 1).unsqueeze(1)}, 1).detach();
  logits.set_requires_grad(true);
  DecodedMasks masks{logits, at::tensor({1.0F, 0.0F}).view({1, 2})};
  promptLoss(masks, truth, kBoth, 0).backward();
  EXPECT_GT(logits.grad().select(1, 0).abs().max().item<double>(), 0);
  EXPECT_EQ(logits.grad().select(1, 1).abs().max().item<double>(), 0);
}

TEST(Losses, AgreeWithTheirFormulasOnNumbersWorkedOutByHand) {
  // Two cells: probabilities 0.5 and 0.75 against truth 1 and 0.
  const at::Tensor logits = at::tensor({0.0F, std::log(3.0F)}).view({1, 1, 1, 2});
  const at::Tensor truth = at::tensor({1.0F, 0.0F}).view({1, 1, 2});
  const double dice = 1 - (2 * 0.5 + 1) / (0.25 + 0.5625 + 1 + 1);
  const double focal = std::log(2.0) * 0.25 + std::log(4.0) * 0.5625;  // cross entropy times squared error
  EXPECT_NEAR(maskLoss(logits, truth, kBoth).item<double>(), dice + 0.7 * focal / (1 + 16), 1e-6);
  // The IoU at logit 0 is 0: the first logit is not above it, the second is wrong.
  const DecodedMasks masks{logits, at::full({1, 1}, 0.3)};
  EXPECT_NEAR(promptLoss(masks, truth, kBoth, 0).item<double>(), maskLoss(logits, truth, kBoth).item<double>() + 0.09,
              1e-6);
  // The reference's Dice loss has nothing to smooth it.
  const double exactDice = 1 - 2 * 0.5 / (0.25 + 0.5625 + 1);
  EXPECT_NEAR(maskLoss(logits, truth, MaskLoss::kDice).item<double>(), exactDice, 1e-6);
  EXPECT_NEAR(promptLoss(masks, truth, MaskLoss::kDice, 0).item<double>(), exactDice + 0.09, 1e-6);
}

TEST(Losses, TheShareOfTheMeanCountsAllAlternatives) {
  const at::Tensor truth = halfFilled();
  const at::Tensor exact = (truth * 2 - 1).unsqueeze(1) * 20;
  const DecodedMasks masks{at::cat({exact, -exact}, 1), at::tensor({1.0F, 0.0F}).view({1, 2})};
  const at::Tensor each = maskLoss(masks.logits, truth, kBoth);
  const double best = each.min().item<double>(), mean = each.mean().item<double>();
  EXPECT_NEAR(promptLoss(masks, truth, kBoth, 0.5).item<double>(), 0.5 * best + 0.5 * mean, 1e-5);
}

TEST(Losses, DenseLossFallsWithTheErrorOfOffsets) {
  at::Tensor target = at::zeros({1, DenseChannels::kCount, 4, 4}, at::kFloat);
  const at::Tensor inObject = at::ones({1, 4, 4}, at::kFloat);
  at::Tensor close = target.clone(), far = target.clone();
  close.select(1, DenseChannels::kOffsetX).fill_(0.1);
  far.select(1, DenseChannels::kOffsetX).fill_(0.5);
  EXPECT_LT(denseLoss(close, target, inObject).item<double>(), denseLoss(far, target, inObject).item<double>());
  const at::Tensor background = at::zeros({1, 4, 4}, at::kFloat);
  EXPECT_NEAR(denseLoss(close, target, background).item<double>(), denseLoss(far, target, background).item<double>(),
              1e-6);
}

}  // namespace
}  // namespace cyto::nn
