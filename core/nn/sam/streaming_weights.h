#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/sam/mask_decoder_layers.h"
#include "core/nn/sam/packed_linear.h"

namespace cyto::nn {

/// A linear layer in the order that the kernels read. Outputs are padded with zeros to a multiple of 16.
class TokenLinear {
 public:
  TokenLinear() = default;
  /// weight (out, in); `bias` (out) or undefined.
  TokenLinear(const at::Tensor& weight, const at::Tensor& bias);
  explicit TokenLinear(const Linear& layer) : TokenLinear(layer.weight, layer.bias) {}

  RowsLinear view() const;
  int64_t out() const { return bias_.size(0); }

 private:
  at::Tensor weight_, bias_;
};

/// Attention of tokens to the image with keys and values folded into the tokens, head by head.
struct FoldedToImage {
  explicit FoldedToImage(const DecoderAttention& attention);

  TokenLinear query, out;
  std::vector<TokenLinear> keys;    ///< head size to channels
  std::vector<TokenLinear> values;  ///< channels to head size
};

/// Attention of the image to tokens with queries and output folded into the tokens.
struct FoldedToTokens {
  explicit FoldedToTokens(const DecoderAttention& attention);

  TokenLinear key, value;
  std::vector<TokenLinear> queries;  ///< head size to channels
  at::Tensor queryBias;              ///< (inner)
  std::vector<TokenLinear> out;      ///< head size to channels
  at::Tensor outBias;                ///< (channels)
};

/// A layer of the two-way transformer.
struct StreamingLayer {
  explicit StreamingLayer(const TwoWayLayer& layer);

  TokenLinear selfQuery, selfKey, selfValue, selfOut, expand, contract;
  FoldedToImage toImage;
  FoldedToTokens toTokens;
  LayerNorm norm1, norm2, norm3, norm4;
};

/// The projection of image cells to (cells, head size, kLaneHeads): heads side by side, missing ones zero.
PackedLinear cellProjection(const Linear& projection, int64_t heads);

}  // namespace cyto::nn
