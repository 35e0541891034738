#include "core/nn/sam/mask_decoder_layers.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

constexpr double kTransformerEpsilon = 1e-5;
constexpr double kUpscaleEpsilon = 1e-6;

/// A transposed 2x2 convolution of stride 2 gives every pixel four children that depend on it alone: a linear layer
/// from `in` to (2, 2, out), whose output needs no rearrangement until the very end.
Linear childrenOf(WeightTable& table, const std::string& name, int64_t in, int64_t out) {
  Linear layer;
  layer.weight = table.take(name + ".weight", {in, out, 2, 2}).permute({2, 3, 1, 0}).reshape({4 * out, in});
  layer.bias = table.take(name + ".bias", {out}).repeat({4});
  return layer;
}

}  // namespace

DecoderAttention::DecoderAttention(WeightTable& table, const std::string& name, int64_t size, int64_t inner,
                                   int64_t heads)
    : heads(heads),
      query(table, name + ".q_proj", size, inner),
      key(table, name + ".k_proj", size, inner),
      value(table, name + ".v_proj", size, inner),
      out(table, name + ".out_proj", inner, size) {}

at::Tensor DecoderAttention::operator()(const at::Tensor& queries, const at::Tensor& keys,
                                        const at::Tensor& values) const {
  const int64_t batch = std::max(queries.size(0), keys.size(0));
  const auto projected = [&](const Linear& projection, const at::Tensor& of) {
    const at::Tensor x = projection(of);
    return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2).expand({batch, -1, -1, -1});
  };
  const at::Tensor attended =
      at::scaled_dot_product_attention(projected(query, queries), projected(key, keys), projected(value, values))
          .transpose(1, 2);
  return out(attended.reshape({batch, attended.size(1), -1}));
}

Perceptron::Perceptron(WeightTable& table, const std::string& name, std::vector<int64_t> sizes) {
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    layers.emplace_back(table, name + ".layers." + std::to_string(i), sizes[i], sizes[i + 1]);
  }
}

at::Tensor Perceptron::operator()(at::Tensor x) const {
  for (size_t i = 0; i < layers.size(); ++i) {
    x = layers[i](x);
    if (i + 1 < layers.size()) x = at::relu(x);
  }
  return x;
}

TwoWayLayer::TwoWayLayer(const SamConfiguration& configuration, WeightTable& table, const std::string& name)
    : self(table, name + ".self_attn", configuration.channels, configuration.channels, configuration.decoderHeads),
      toImage(table, name + ".cross_attn_token_to_image", configuration.channels, configuration.channels / 2,
              configuration.decoderHeads),
      toTokens(table, name + ".cross_attn_image_to_token", configuration.channels, configuration.channels / 2,
               configuration.decoderHeads),
      norm1(table, name + ".norm1", configuration.channels, kTransformerEpsilon),
      norm2(table, name + ".norm2", configuration.channels, kTransformerEpsilon),
      norm3(table, name + ".norm3", configuration.channels, kTransformerEpsilon),
      norm4(table, name + ".norm4", configuration.channels, kTransformerEpsilon),
      expand(table, name + ".mlp.lin1", configuration.channels, configuration.decoderMlp),
      contract(table, name + ".mlp.lin2", configuration.decoderMlp, configuration.channels) {}

DecoderLayers::DecoderLayers(const SamConfiguration& configuration, WeightTable& table)
    : finalToImage(table, "mask_decoder.transformer.final_attn_token_to_image", configuration.channels,
                   configuration.channels / 2, configuration.decoderHeads),
      finalNorm(table, "mask_decoder.transformer.norm_final_attn", configuration.channels, kTransformerEpsilon),
      upscale1(
          childrenOf(table, "mask_decoder.output_upscaling.0", configuration.channels, configuration.channels / 4)),
      upscale2(
          childrenOf(table, "mask_decoder.output_upscaling.3", configuration.channels / 4, configuration.channels / 8)),
      upscaleNorm(table, "mask_decoder.output_upscaling.1", configuration.channels / 4, kUpscaleEpsilon),
      iouHead(table, "mask_decoder.iou_prediction_head",
              {configuration.channels, configuration.iouHidden, configuration.iouHidden, configuration.maskTokens}) {
  const int64_t channels = configuration.channels;
  outputTokens = at::cat({table.take("mask_decoder.iou_token.weight", {1, channels}),
                          table.take("mask_decoder.mask_tokens.weight", {configuration.maskTokens, channels})});
  for (int i = 0; i < 2; ++i) {
    twoWay.emplace_back(configuration, table, "mask_decoder.transformer.layers." + std::to_string(i));
  }
  for (int64_t i = 0; i < configuration.maskTokens; ++i) {
    hypernetworks.emplace_back(table, "mask_decoder.output_hypernetworks_mlps." + std::to_string(i),
                               std::vector<int64_t>{channels, channels, channels, channels / 8});
  }
}

}  // namespace cyto::nn
