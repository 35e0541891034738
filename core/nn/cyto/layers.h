#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Where the layers get their weights: drawn at random, taken by name from a checkpoint, or drawn where the checkpoint
/// is of an earlier network that lacked them. It keeps the weights in the order of the network and on the device of the
/// given ones, as fp32 leaves that may require gradients.
class WeightSource {
 public:
  explicit WeightSource(uint64_t seed);
  explicit WeightSource(const NamedTensors& given, std::optional<uint64_t> seedOfMissing = std::nullopt);

  /// Whether a weight of this name can be had: layers that were added to the network later are left out without.
  bool provides(const std::string& name) const { return random_ || given_.contains(name); }

  /// Normal with variance gain / fan-in; fan-in is the product of all dimensions but the first.
  at::Tensor normal(const std::string& name, at::IntArrayRef shape, double gain);
  at::Tensor constant(const std::string& name, at::IntArrayRef shape, double value);

  /// Every weight asked for so far. Throws std::runtime_error when the checkpoint holds others too.
  NamedTensors finish() const;

 private:
  bool isDrawn(const std::string& name) const { return random_ && !given_.contains(name); }
  at::Tensor keep(const std::string& name, at::Tensor weight);
  at::Tensor taken(const std::string& name, at::IntArrayRef shape) const;

  std::optional<at::Generator> random_;
  std::map<std::string, at::Tensor> given_;
  NamedTensors kept_;
};

/// A convolution whose arithmetic runs in the type of its input; the weights stay as they are.
/// All maps are (N, C, H, W) with channels-last strides.
struct Convolution {
  Convolution() = default;
  /// Odd kernels are padded to keep the size; even kernels equal to the stride are not padded.
  Convolution(WeightSource& source, const std::string& name, int64_t in, int64_t out, int64_t kernel,
              int64_t stride = 1, double gain = 2.0, double biasVariance = 0.0);
  at::Tensor operator()(const at::Tensor& x) const;
  /// The same for a kernel of 1 x 1; x may also have its channels as planes, as embeddings do, and is not copied then.
  at::Tensor pointwise(const at::Tensor& x) const;

  at::Tensor weight, bias;
  int64_t stride = 1;
  int64_t padding = 0;
};

/// Layer norm over the channels of each pixel: no batch or image statistics, so that crops in training
/// and whole frames in use see the same function. Without gradients it takes the kernels of the processor.
struct ChannelNorm {
  ChannelNorm() = default;
  ChannelNorm(WeightSource& source, const std::string& name, int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight, bias;
  const KernelSet* kernelSet = nullptr;
};

/// x + convolution(relu(convolution(norm(x)))), both 3x3. Dense and not depthwise: on processors with
/// matrix units a dense 3x3 layer is faster than a depthwise 7x7, above all backwards.
struct ResidualBlock {
  ResidualBlock() = default;
  ResidualBlock(WeightSource& source, const std::string& name, int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

  ChannelNorm norm;
  Convolution first, second;
};

/// Linear layer to 2 x 2 pixels each: doubles the size.
struct Upsampling {
  Upsampling() = default;
  Upsampling(WeightSource& source, const std::string& name, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& x) const;

  Convolution expand;
};

/// `count` residual blocks named `name`.0, `name`.1, …
std::vector<ResidualBlock> residualBlocks(WeightSource& source, const std::string& name, int64_t channels, int count);
at::Tensor applyBlocks(const std::vector<ResidualBlock>& blocks, at::Tensor x);

}  // namespace cyto::nn
