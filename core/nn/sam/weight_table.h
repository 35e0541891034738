#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Hands out the weights of a checkpoint by name and keeps account, so that a file that does not fit is refused with
/// every missing and unexpected key, as strict loading does in the reference.
class WeightTable {
 public:
  explicit WeightTable(const NamedTensors& tensors);

  /// The tensor of this name and shape. What is missing or has another shape is noted, and zeros are returned.
  at::Tensor take(const std::string& name, at::IntArrayRef shape);

  /// Rows of a weight that may be missing; 0 when it is.
  int64_t rowsOf(const std::string& name) const;

  /// Marks names with this prefix as known though unused.
  void ignore(const std::string& prefix);

  /// Empty when every weight was there, fitted and was used; else one sentence part that names what is wrong.
  std::string complaint() const;

  /// Everything taken so far, in order.
  const NamedTensors& taken() const { return taken_; }

 private:
  std::unordered_map<std::string, at::Tensor> tensors_;
  std::vector<std::string> order_;
  std::set<std::string> used_;
  std::vector<std::string> missing_;
  std::vector<std::string> misshapen_;
  NamedTensors taken_;
};

/// y = x W^T + b, computed in the type the layer was made with.
struct Linear {
  Linear() = default;
  Linear(WeightTable& table, const std::string& name, int64_t in, int64_t out, at::ScalarType type = at::kFloat);
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

/// Layer norm over the last axis, in fp32.
struct LayerNorm {
  LayerNorm() = default;
  LayerNorm(WeightTable& table, const std::string& name, int64_t size, double epsilon);
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight, bias;
  double epsilon = 1e-5;
};

/// Layer norm over the channels of (N, C, H, W).
at::Tensor channelNorm(const at::Tensor& x, const LayerNorm& norm);

}  // namespace cyto::nn
