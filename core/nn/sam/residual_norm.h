#pragma once

#include <ATen/core/Tensor.h>

#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// x += delta, unless it is undefined, and the layer norm of x over its last axis in `type`. x is fp32 and contiguous,
/// delta has `type`. One pass over memory where the processor has kernels; with gradients x becomes another tensor.
at::Tensor addAndNorm(at::Tensor& x, const at::Tensor& delta, const LayerNorm& norm, at::ScalarType type);

}  // namespace cyto::nn
