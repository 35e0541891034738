#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/inference/instance_decoder.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// micro-sam's instance decoder (spec/micro-sam.md §6.3): a UNETR that reads nothing but the image embedding. Both
/// generations are read: upsampling by interpolation and a 1x1 convolution, and by transposed convolution. Widths are
/// those of the weights. The batch norms use the statistics of the maps at hand, one embedding at a time, because that
/// is what micro-sam does and what its published parameters were found with. Autograd flows to the weights when they
/// require gradients.
class InstanceUnetr {
 public:
  /// Whether the names are those of such a decoder.
  static bool matches(const NamedTensors& weights);

  /// kModel names what is missing or has another shape. Further weights, such as running statistics, are ignored.
  static Result<std::unique_ptr<InstanceUnetr>> create(const NamedTensors& weights);

  /// Channels of the embeddings it reads.
  int64_t embeddingChannels() const { return deconvolutions_.front().up.weight.size(upsamplesByTransposing_ ? 0 : 1); }

  /// Embedding (1, C, g, g) to (1, 3, 16 g, 16 g) in 0..1: foreground, distance to the centre, distance to the
  /// boundary. Throws Cancelled between blocks.
  at::Tensor operator()(const at::Tensor& embedding, const CancelToken& cancel) const;

 private:
  struct Convolution {
    at::Tensor weight, bias;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  /// Twice: instance norm, 3x3 convolution, ReLU.
  struct Block {
    Convolution first, second;
    at::Tensor operator()(at::Tensor x) const;
  };
  /// Upsampling, 3x3 convolution, batch norm, ReLU.
  struct Deconvolution {
    Convolution up, convolution;
    at::Tensor normWeight, normBias;
  };
  class Reader;

  at::Tensor upsample(const at::Tensor& x, const Convolution& up) const;
  at::Tensor deconvolve(const at::Tensor& x, const Deconvolution& layer) const;

  bool upsamplesByTransposing_ = false;
  std::vector<Deconvolution> deconvolutions_;  // four
  Block base_;
  std::vector<Convolution> samplers_;  // three
  std::vector<Block> blocks_;          // three
  Convolution lastUp_;
  Block head_;
  Convolution out_;
};

/// `network` as the rest of the program uses it: maps at the resolution of the image that was embedded.
std::unique_ptr<InstanceDecoder> makeUnetrInstanceDecoder(std::unique_ptr<InstanceUnetr> network,
                                                          const std::string& device, std::string modelName);

}  // namespace cyto::nn
