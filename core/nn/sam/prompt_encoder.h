#pragma once

#include <ATen/core/Tensor.h>

#include "core/nn/promptable_model.h"
#include "core/nn/sam/sam_configuration.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// SAM's prompt encoder (spec/micro-sam.md §1.8). Channels C and grid g as in the configuration.
class PromptEncoder {
 public:
  PromptEncoder(const SamConfiguration& configuration, WeightTable& table);

  /// Tokens of points and box corners: (B, N, C). Without a box one padding point is appended. Masks alone give
  /// (B, 0, C), an empty prompt (1, 0, C).
  at::Tensor sparse(const PromptTensors& prompts) const;

  /// Mask logits to (B, C, g, g).
  at::Tensor dense(const at::Tensor& masks) const;

  /// What stands for "no mask": (C).
  at::Tensor noMask() const { return noMask_.view({-1}); }

  /// Positions of the grid cells: (1, C, g, g).
  at::Tensor densePositions() const;

 private:
  at::Tensor encodePositions(const at::Tensor& unitCoordinates) const;
  at::Tensor encodePoints(const at::Tensor& points, const at::Tensor& labels) const;

  double side_;
  int64_t grid_;
  at::Tensor gaussian_, notAPoint_, noMask_;
  at::Tensor pointEmbeddings_[4];  // negative, positive, first corner, second corner
  at::Tensor maskWeight1_, maskBias1_, maskWeight2_, maskBias2_, maskWeight3_, maskBias3_;
  LayerNorm maskNorm1_, maskNorm2_;
};

}  // namespace cyto::nn
