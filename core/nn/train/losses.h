#pragma once

#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// How masks are compared with their objects.
enum class MaskLoss {
  kDice,          ///< 1 - 2 Σ p t / (Σ p² + Σ t²), the reference's (spec/micro-sam.md §9.3)
  kDiceAndFocal,  ///< that, smoothed for objects of a few cells, and 0.7 times a focal loss for their edges
};

/// Loss of each mask against its object. `logits` (B, M, h, w), `truth` (B, h, w) in 0..1 (the covered share of each
/// cell). Returns (B, M).
at::Tensor maskLoss(const at::Tensor& logits, const at::Tensor& truth, MaskLoss kind);

/// IoU of each mask, cut at logit 0, with truth cut at one half: (B, M), without gradients.
at::Tensor maskIou(const at::Tensor& logits, const at::Tensor& truth);

/// Loss of one answer: the best alternative, a share of the mean of all (0 for SAM), and the squared
/// error of the predicted IoU.
at::Tensor promptLoss(const DecodedMasks& masks, const at::Tensor& truth, MaskLoss kind, double shareOfMean);

/// Loss of the dense prediction (N, DenseChannels::kCount, h, w) against targets of the same shape;
/// `inObject` (N, h, w) weighs offsets and sizes.
at::Tensor denseLoss(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& inObject);

/// Loss of an instance decoder's maps (3, h, w) against `distanceTargets` (spec/micro-sam.md §9.4): the Dice losses of
/// the foreground, where `inside` (h, w) is 1, and of both distances, where the foreground is. Each is
/// 1 - 2 Σ p t / (Σ p² + Σ t²), so that the sum lies in 0..3.
at::Tensor distanceLoss(const at::Tensor& maps, const at::Tensor& target, const at::Tensor& inside);

}  // namespace cyto::nn
