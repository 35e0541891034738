#pragma once

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// AdamW with gradient clipping and a running mean of the weights. Not thread-safe.
class Optimiser {
 public:
  /// `weights` are trained in place; their order and names decide the names of the state.
  explicit Optimiser(NamedTensors weights);

  /// One step along `gradients` (same order; undefined ones count as zero). Returns the norm of the
  /// gradients before clipping. Nothing changes when that norm is not finite.
  double step(const std::vector<at::Tensor>& gradients, double learningRate);

  /// The weights after the last step.
  NamedTensors trained() const { return weights_; }

  /// The running means, under the names of the weights: what is exported.
  NamedTensors averaged() const;

  /// Everything that is needed to continue, and the way back; throws when names or shapes do not fit.
  NamedTensors state() const;
  void restore(const NamedTensors& state);

  int64_t steps() const { return steps_; }

 private:
  NamedTensors weights_;
  std::vector<at::Tensor> parameters_, average_, first_, second_;
  int64_t steps_ = 0;
};

}  // namespace cyto::nn
