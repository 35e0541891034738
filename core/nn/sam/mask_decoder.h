#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/nn/promptable_model.h"
#include "core/nn/sam/packed_linear.h"
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

  /// The attention of T tokens to L >> T image cells with the image's projections folded into the tokens: the few
  /// tokens are taken into the image's space instead of every cell into the heads' (spec/performance.md §3). Equal to
  /// `attend` in real arithmetic. tokens (T, size); located and image (L, size) are keys and values; to (T, size).
  at::Tensor tokensToImage(const at::Tensor& tokens, const at::Tensor& located, const at::Tensor& image) const;

  /// The same from the cells to the tokens, added to the image: located and image (L, size), keys and values of tokens
  /// (T, size), to (L, size).
  at::Tensor addTokensToImage(const at::Tensor& image, const at::Tensor& located, const at::Tensor& tokenKeys,
                              const at::Tensor& tokenValues) const;

 private:
  at::Tensor headsOf(const at::Tensor& x) const;
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

/// The image side of the transformer's input, which depends on no point or box: computed once per embedding.
struct ImageSide {
  at::Tensor keys;       ///< (1, g*g, C): embedding plus dense prompt
  at::Tensor positions;  ///< (1, g*g, C)
  at::Tensor located;    ///< their sum
};

/// SAM's two-way transformer, upscaling and heads (spec/micro-sam.md §1.9).
class MaskDecoder {
 public:
  MaskDecoder(const SamConfiguration& configuration, WeightTable& table);

  /// `embedding` (1, C, g, g) already with the dense prompt added; `positions` (1, C, g, g).
  ImageSide prepare(const at::Tensor& embedding, const at::Tensor& positions) const;

  /// `image` with batch 1 or B; `sparse` (B, N, C).
  DecodedMasks operator()(const ImageSide& image, const at::Tensor& sparse, MaskSelection selection) const;

  /// The transformer alone: tokens (B, T, C) to (tokens, keys).
  std::pair<at::Tensor, at::Tensor> transform(const ImageSide& image, const at::Tensor& tokens) const;
  /// The same for one prompt without gradients, faster.
  std::pair<at::Tensor, at::Tensor> transformFolded(const ImageSide& image, const at::Tensor& tokens) const;

 private:
  struct Layer {
    Layer(const SamConfiguration& configuration, WeightTable& table, const std::string& name);
    at::Tensor attendToThemselves(const at::Tensor& queries, const at::Tensor& tokens, bool isFirst) const;
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
  PackedLinear upscale1_, upscale2_;
  LayerNorm upscaleNorm_;
  std::vector<Perceptron> hypernetworks_;
  Perceptron iouHead_;
};

}  // namespace cyto::nn
