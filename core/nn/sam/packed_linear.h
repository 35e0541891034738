#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <string>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// A linear layer for many rows. Made without gradients on a processor, it keeps its weight in the order in which it is
/// multiplied fastest, by our kernels (fp32 with AVX2) or by oneDNN, and applies GELU to the product while it is in the
/// cache. Otherwise it is at::linear.
///
/// The weight is brought into that order when the layer is first used: a model is ready sooner, and who only clicks
/// into embeddings that are there never pays for its image encoder. Any threads may use a layer at once.
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
  struct Packing {
    std::once_flag once;
    at::Tensor given;   // until it is packed
    at::Tensor packed;  // of our kernels, or opaque to everything but oneDNN
  };
  const at::Tensor& packed() const;
  at::Tensor applied(const at::Tensor& x, bool withGelu) const;

  at::Tensor weight_, bias_;
  int64_t in_ = 0, out_ = 0;
  const ManyRowsKernels* kernels_ = nullptr;  // null when oneDNN multiplies
  std::unique_ptr<Packing> packing_;          // null when weight_ is used
};

}  // namespace cyto::nn
