#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// Adds to the residual stream and norms it in one pass over memory, where the processor has kernels and it was made
/// without gradients; otherwise by operations of LibTorch.
class ResidualNorm {
 public:
  /// `type`: of what is added and of the result.
  ResidualNorm(WeightTable& table, const std::string& name, int64_t size, double epsilon, at::ScalarType type);

  /// x += delta, unless it is undefined, and the layer norm of x over its last axis. x is fp32 and contiguous; with
  /// gradients it becomes another tensor.
  at::Tensor operator()(at::Tensor& x, const at::Tensor& delta) const;

 private:
  LayerNorm norm_;
  at::ScalarType type_;
  decltype(KernelSet::addNorm) kernel_ = nullptr;
};

}  // namespace cyto::nn
