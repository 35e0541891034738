#include "core/nn/train/prompt_sampling.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

constexpr double kStride = 4;

/// How deep a pixel lies inside, roughly: the filled share of three growing windows around it.
at::Tensor depth(const at::Tensor& inside) {
  at::Tensor sum = at::zeros_like(inside);
  for (const int64_t reach : {1, 3, 8}) {
    const int64_t window = 2 * reach + 1;
    sum.add_(at::avg_pool2d(inside.unsqueeze(1), {window, window}, {1, 1}, {reach, reach}).squeeze(1));
  }
  return sum;
}

}  // namespace

at::Tensor anyInside(const at::Tensor& regions) { return regions.flatten(1).amax(1).gt(0); }

at::Tensor samplePoints(const at::Tensor& regions, bool central, const at::Generator& random) {
  const int64_t columns = regions.size(2);
  // Small objects may fill no cell completely: the fullest cells count.
  const at::Tensor highest = regions.amax({1, 2}, true).clamp_min(1e-6);
  const at::Tensor inside = regions.ge(highest * 0.6).to(at::kFloat);
  at::Tensor score = at::rand(regions.sizes(), random, at::kFloat);
  if (central) score = depth(inside) + score * 0.15;
  const at::Tensor best = (score + 10 * inside).flatten(1).argmax(1);
  const at::Tensor x = at::remainder(best, columns).to(at::kFloat);
  const at::Tensor y = at::floor_divide(best, columns).to(at::kFloat);
  const at::Tensor within = at::rand({regions.size(0), 2}, random, at::kFloat);
  return (at::stack({x, y}, 1) + 0.25 + within * 0.5) * kStride;
}

at::Tensor jitteredBoxes(const at::Tensor& masks, double distortion, const at::Generator& random) {
  const at::Tensor filled = masks.gt(0.5);
  const int64_t rows = masks.size(1), columns = masks.size(2);
  const auto bounds = [](const at::Tensor& line, int64_t size) {
    const at::Tensor index = at::arange(size, at::kFloat);
    const at::Tensor first = at::where(line, index, at::full_like(index, static_cast<double>(size))).amin(1);
    const at::Tensor last = at::where(line, index, at::full_like(index, -1.0)).amax(1);
    return std::pair(first, last + 1);
  };
  const auto [x0, x1] = bounds(filled.any(1), columns);
  const auto [y0, y1] = bounds(filled.any(2), rows);
  const at::Tensor sides = at::stack({x1 - x0, y1 - y0, x1 - x0, y1 - y0}, 1);
  const at::Tensor outwards = at::tensor({-0.5, -0.5, 0.5, 0.5}).to(at::kFloat) * distortion;
  const at::Tensor error = at::randn(sides.sizes(), random, at::kFloat) * distortion;
  const at::Tensor boxes = at::stack({x0, y0, x1, y1}, 1) + sides * (outwards + error);
  const at::Tensor limit = at::tensor({columns, rows, columns, rows}).to(at::kFloat);
  return at::minimum(boxes.clamp_min(0), limit);
}

CorrectionPoints sampleCorrections(const at::Tensor& truth, const at::Tensor& predicted, bool central,
                                   const at::Generator& random) {
  const at::Tensor missed = truth * (1 - predicted);
  const at::Tensor wrong = predicted * (1 - truth);
  const auto otherwise = [](const at::Tensor& first, const at::Tensor& second) {
    return at::where(anyInside(first).view({-1, 1, 1}), first, second);
  };
  const at::Tensor grown = at::max_pool2d(truth.unsqueeze(1), {7, 7}, {1, 1}, {3, 3}).squeeze(1);
  const at::Tensor near = otherwise(grown * (1 - truth), 1 - truth);
  const at::Tensor negative = otherwise(wrong, near);
  const at::Tensor positivePoints = samplePoints(otherwise(missed, truth), central, random);
  const at::Tensor negativePoints = samplePoints(negative, central, random);
  const at::Tensor hasNegative = anyInside(negative).to(at::kFloat);
  return {at::stack({positivePoints, negativePoints}, 1), at::stack({at::ones_like(hasNegative), hasNegative - 1}, 1)};
}

CorrectionPoints largerErrorOnly(const CorrectionPoints& both, const at::Tensor& truth, const at::Tensor& predicted) {
  const at::Tensor missed = (truth * (1 - predicted)).sum({1, 2}), wrong = (predicted * (1 - truth)).sum({1, 2});
  const at::Tensor isPositive = missed.ge(wrong).unsqueeze(1);
  const at::Tensor kept = at::cat({isPositive, isPositive.logical_not()}, 1);
  return {both.points, at::where(kept, both.labels, at::full_like(both.labels, -1.0))};
}

}  // namespace cyto::nn
