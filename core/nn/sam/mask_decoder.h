#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/nn/promptable_model.h"
#include "core/nn/sam/sam_configuration.h"
#include "core/nn/sam/weight_table.h"

namespace cyto::nn {

/// Multi-head attention of the mask decoder; the inner size may be smaller than the outer one.
class DecoderAttention {
 public:
  DecoderAttention(WeightTable& table, const std::string& name, int64_t size, int64_t inner, int64_t heads);

  /// Projections, (B, L, size) to (B, heads, L, inner / heads).
  at::Tensor query(const at::Tensor& x) const { return split(query_(x)); }
  at::Tensor key(const at::Tensor& x) const { return split(key_(x)); }
  at::Tensor value(const at::Tensor& x) const { return split(value_(x)); }
  /// Attention of projected tensors, back to (B, L, size).
  at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const;

 private:
  at::Tensor split(const at::Tensor& x) const;
  int64_t heads_;
  Linear query_, key_, value_, out_;
};

/// Rows of linear layers with ReLU between them.
class Perceptron {
 public:
  Perceptron(WeightTable& table, const std::string& name, std::vector<int64_t> sizes);
  at::Tensor operator()(at::Tensor x) const;

 private:
  std::vector<Linear> layers_;
};

/// The image side of the first layer, which depends on no prompt: computed once per embedding.
struct ImageSide {
  at::Tensor keys;       ///< (1, g*g, C): embedding plus "no mask"
  at::Tensor positions;  ///< (1, g*g, C)
  at::Tensor firstKey;   ///< projected for tokens to image
  at::Tensor firstValue;
  at::Tensor firstQuery;  ///< projected for image to tokens
};

/// SAM's two-way transformer, upscaling and heads (spec/micro-sam.md §1.9).
class MaskDecoder {
 public:
  MaskDecoder(const SamConfiguration& configuration, WeightTable& table);

  /// `embedding` (1, C, g, g) already with the dense prompt added; `positions` (1, C, g, g).
  ImageSide prepare(const at::Tensor& embedding, const at::Tensor& positions) const;

  /// `image` with batch 1 or B; `sparse` (B, N, C).
  DecodedMasks operator()(const ImageSide& image, const at::Tensor& sparse, MaskSelection selection) const;

  /// The transformer alone, for tests: tokens (B, T, C) to (tokens, keys).
  std::pair<at::Tensor, at::Tensor> transform(const ImageSide& image, const at::Tensor& tokens) const;

 private:
  struct Layer {
    Layer(const SamConfiguration& configuration, WeightTable& table, const std::string& name);
    DecoderAttention self, toImage, toTokens;
    LayerNorm norm1, norm2, norm3, norm4;
    Linear expand, contract;
  };

  at::Tensor masksOf(const at::Tensor& keys, const at::Tensor& maskTokens, const std::vector<int64_t>& which) const;

  int64_t grid_;
  at::Tensor outputTokens_;  // (1 + mask tokens, C)
  std::vector<Layer> layers_;
  DecoderAttention finalToImage_;
  LayerNorm finalNorm_;
  Linear upscale1_, upscale2_;
  LayerNorm upscaleNorm_;
  std::vector<Perceptron> hypernetworks_;
  Perceptron iouHead_;
};

}  // namespace cyto::nn
