#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/nn/sam/sam_configuration.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// Multi-head attention of the mask decoder; the inner size may be smaller than the outer one.
struct DecoderAttention {
  DecoderAttention(WeightTable& table, const std::string& name, int64_t size, int64_t inner, int64_t heads);

  /// Attention of (B, L, size) tensors that are not projected yet, to (B, L of the queries, size).
  at::Tensor operator()(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) const;

  int64_t heads;
  Linear query, key, value, out;
};

/// Rows of linear layers with ReLU between them.
struct Perceptron {
  Perceptron(WeightTable& table, const std::string& name, std::vector<int64_t> sizes);
  at::Tensor operator()(at::Tensor x) const;

  std::vector<Linear> layers;
};

/// One layer of the two-way transformer.
struct TwoWayLayer {
  TwoWayLayer(const SamConfiguration& configuration, WeightTable& table, const std::string& name);

  DecoderAttention self, toImage, toTokens;
  LayerNorm norm1, norm2, norm3, norm4;
  Linear expand, contract;
};

/// All weights of SAM's mask decoder (spec/micro-sam.md §1.9).
struct DecoderLayers {
  DecoderLayers(const SamConfiguration& configuration, WeightTable& table);

  at::Tensor outputTokens;  ///< (1 + mask tokens, C)
  std::vector<TwoWayLayer> twoWay;
  DecoderAttention finalToImage;
  LayerNorm finalNorm;
  Linear upscale1, upscale2;
  LayerNorm upscaleNorm;
  std::vector<Perceptron> hypernetworks;
  Perceptron iouHead;

  int64_t maskTokens() const { return outputTokens.size(0) - 1; }
};

/// The image side of the transformer's input, which depends on no point or box: computed once per embedding.
struct ImageSide {
  at::Tensor keys;       ///< (1, g*g, C): embedding plus dense prompt
  at::Tensor positions;  ///< (1, g*g, C)

  // Projections for the first layer, (g*g, inner, 8); only with kernels.
  at::Tensor firstKeys, firstValues, firstQueries;
};

}  // namespace cyto::nn
