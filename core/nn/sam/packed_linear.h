#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// A linear layer for many rows. Made without gradients on a processor, it keeps its weight in the order that oneDNN
/// multiplies fastest, and applies GELU to the product while it is in the cache. Otherwise it is at::linear.
class PackedLinear {
 public:
  PackedLinear() = default;
  PackedLinear(WeightTable& table, const std::string& name, int64_t in, int64_t out, at::ScalarType type);
  /// weight (out, in), bias (out).
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type);

  /// x (…, in) in the layer's type.
  at::Tensor operator()(const at::Tensor& x) const;
  /// gelu(x W^T + b).
  at::Tensor withGelu(const at::Tensor& x) const;

  const at::Tensor& bias() const { return bias_; }

 private:
  at::Tensor weight_, bias_;
  at::Tensor packed_;  // opaque to everything but oneDNN; undefined when weight_ is used
};

}  // namespace cyto::nn
