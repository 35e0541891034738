#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/nn/promptable_model.h"
#include "core/nn/sam/sam_configuration.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// The image encoder of SAM or MobileSAM as a function.
class SamImageEncoder {
 public:
  virtual ~SamImageEncoder() = default;

  /// (N, 3, side, side), normalised, to (N, channels, side/16, side/16) in fp32.
  virtual at::Tensor operator()(const at::Tensor& frames, const BetweenSteps& betweenSteps) const = 0;
};

/// Takes the weights under "image_encoder." for a ViT or TinyViT. `type` is the arithmetic of the large products; the
/// residual stream and the norms are fp32.
std::unique_ptr<SamImageEncoder> makeVitEncoder(const SamConfiguration& configuration, WeightTable& table,
                                                at::ScalarType type);
std::unique_ptr<SamImageEncoder> makeTinyVitEncoder(const SamConfiguration& configuration, WeightTable& table,
                                                    at::ScalarType type);

/// The last layers of both encoders: 1x1 convolution, norm, 3x3 convolution, norm.
class Neck {
 public:
  Neck(WeightTable& table, int64_t width, int64_t channels, at::ScalarType type);
  /// (N, H, W, width) to (N, channels, H, W), fp32.
  at::Tensor operator()(const at::Tensor& tokens) const;

 private:
  at::ScalarType type_;
  at::Tensor reduce_, smooth_;
  LayerNorm norm1_, norm2_;
};

}  // namespace cyto::nn
