#include "core/nn/train/losses.h"

#include <ATen/ATen.h>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {

namespace {

at::Tensor crossEntropy(const at::Tensor& logits, const at::Tensor& truth) {
  return at::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::None);
}

constexpr double kLeastSize = 1e-7;

/// 1 - 2 Σ p t / (Σ p² + Σ t²); `smoothing` counts for so many cells that agree.
at::Tensor diceLoss(const at::Tensor& probability, const at::Tensor& truth, at::IntArrayRef over,
                    double smoothing = 1) {
  const at::Tensor both = (probability * truth).sum(over);
  const at::Tensor sizes = probability.square().sum(over) + truth.square().sum(over);
  return 1 - (2 * both + smoothing) / (sizes + smoothing).clamp_min(kLeastSize);
}

}  // namespace

at::Tensor maskLoss(const at::Tensor& logits, const at::Tensor& truth, MaskLoss kind) {
  const at::Tensor target = truth.unsqueeze(1).expand_as(logits);
  const at::Tensor probability = logits.sigmoid();
  if (kind == MaskLoss::kDice) return diceLoss(probability, target, {2, 3}, 0);
  const at::Tensor focal = (crossEntropy(logits, target) * (probability - target).square()).sum({2, 3});
  return diceLoss(probability, target, {2, 3}) + 0.7 * focal / (truth.sum({1, 2}).unsqueeze(1) + 16);
}

at::Tensor maskIou(const at::Tensor& logits, const at::Tensor& truth) {
  const at::Tensor predicted = logits.detach().gt(0);
  const at::Tensor target = truth.unsqueeze(1).gt(0.5);
  const at::Tensor both = predicted.logical_and(target).sum({2, 3}).to(at::kFloat);
  const at::Tensor either = predicted.logical_or(target).sum({2, 3}).to(at::kFloat);
  return both / either.clamp_min(1);
}

at::Tensor promptLoss(const DecodedMasks& masks, const at::Tensor& truth, MaskLoss kind, double shareOfMean) {
  const at::Tensor losses = maskLoss(masks.logits, truth, kind);
  at::Tensor loss = std::get<0>(losses.min(1)).mean() * (1 - shareOfMean);
  if (shareOfMean > 0) loss = loss + losses.mean() * shareOfMean;
  const at::Tensor iouError = (masks.predictedIou - maskIou(masks.logits, truth)).square().mean();
  return loss + iouError;
}

at::Tensor denseLoss(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& inObject) {
  const auto channel = [](const at::Tensor& maps, int64_t index) { return maps.select(1, index); };
  const auto region = [&](int64_t index) {
    const at::Tensor logits = channel(prediction, index), truth = channel(target, index);
    return crossEntropy(logits, truth).mean() + 0.5 * diceLoss(logits.sigmoid(), truth, {0, 1, 2});
  };
  const at::Tensor weight = inObject / inObject.sum().clamp_min(1);
  // Offsets in units of the object's own size: inObject is kSizeUnit / size.
  const at::Tensor difference = prediction.slice(1, DenseChannels::kOffsetX, DenseChannels::kOffsetY + 1) -
                                target.slice(1, DenseChannels::kOffsetX, DenseChannels::kOffsetY + 1);
  const at::Tensor distance = (difference.square().sum(1) + 1e-4).sqrt() * inObject;
  const at::Tensor size =
      (channel(prediction, DenseChannels::kLogSize) - channel(target, DenseChannels::kLogSize)).square().clamp_max(4);
  return region(DenseChannels::kForeground) + region(DenseChannels::kBoundary) + 2 * (distance * weight).sum() +
         0.3 * (size * weight).sum();
}

at::Tensor distanceLoss(const at::Tensor& maps, const at::Tensor& target, const at::Tensor& inside) {
  const at::Tensor foreground = target[0];
  const auto dice = [&](int64_t channel, const at::Tensor& where) {
    return diceLoss(maps[channel] * where, target[channel] * where, {0, 1}, 0);
  };
  return dice(0, inside) + dice(1, foreground) + dice(2, foreground);
}

}  // namespace cyto::nn
