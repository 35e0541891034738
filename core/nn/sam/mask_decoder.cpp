#include "core/nn/sam/mask_decoder.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

constexpr double kTransformerEpsilon = 1e-5;
constexpr double kUpscaleEpsilon = 1e-6;

/// A transposed 2x2 convolution of stride 2 gives every pixel four children that depend on it alone: a linear layer
/// from C to (2, 2, out), whose output needs no rearrangement until the very end.
Linear childrenOf(WeightTable& table, const std::string& name, int64_t in, int64_t out) {
  Linear layer;
  const at::Tensor weight = table.take(name + ".weight", {in, out, 2, 2});
  layer.weight = weight.permute({2, 3, 1, 0}).reshape({4 * out, in});
  layer.bias = table.take(name + ".bias", {out}).repeat({4});
  return layer;
}

}  // namespace

DecoderAttention::DecoderAttention(WeightTable& table, const std::string& name, int64_t size, int64_t inner,
                                   int64_t heads)
    : heads_(heads),
      query_(table, name + ".q_proj", size, inner),
      key_(table, name + ".k_proj", size, inner),
      value_(table, name + ".v_proj", size, inner),
      out_(table, name + ".out_proj", inner, size) {}

at::Tensor DecoderAttention::split(const at::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, x.size(2) / heads_}).transpose(1, 2);
}

at::Tensor DecoderAttention::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const {
  const int64_t batch = std::max(q.size(0), k.size(0));
  const auto expanded = [&](const at::Tensor& x) { return x.expand({batch, -1, -1, -1}); };
  const at::Tensor attended = at::scaled_dot_product_attention(expanded(q), expanded(k), expanded(v)).transpose(1, 2);
  return out_(attended.reshape({batch, attended.size(1), -1}));
}

Perceptron::Perceptron(WeightTable& table, const std::string& name, std::vector<int64_t> sizes) {
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    layers_.emplace_back(table, name + ".layers." + std::to_string(i), sizes[i], sizes[i + 1]);
  }
}

at::Tensor Perceptron::operator()(at::Tensor x) const {
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x);
    if (i + 1 < layers_.size()) x = at::relu(x);
  }
  return x;
}

MaskDecoder::Layer::Layer(const SamConfiguration& configuration, WeightTable& table, const std::string& name)
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

MaskDecoder::MaskDecoder(const SamConfiguration& configuration, WeightTable& table)
    : grid_(configuration.grid()),
      finalToImage_(table, "mask_decoder.transformer.final_attn_token_to_image", configuration.channels,
                    configuration.channels / 2, configuration.decoderHeads),
      finalNorm_(table, "mask_decoder.transformer.norm_final_attn", configuration.channels, kTransformerEpsilon),
      upscale1_(
          childrenOf(table, "mask_decoder.output_upscaling.0", configuration.channels, configuration.channels / 4)),
      upscale2_(
          childrenOf(table, "mask_decoder.output_upscaling.3", configuration.channels / 4, configuration.channels / 8)),
      upscaleNorm_(table, "mask_decoder.output_upscaling.1", configuration.channels / 4, kUpscaleEpsilon),
      iouHead_(table, "mask_decoder.iou_prediction_head",
               {configuration.channels, configuration.iouHidden, configuration.iouHidden, configuration.maskTokens}) {
  const int64_t channels = configuration.channels;
  outputTokens_ = at::cat({table.take("mask_decoder.iou_token.weight", {1, channels}),
                           table.take("mask_decoder.mask_tokens.weight", {configuration.maskTokens, channels})});
  for (int i = 0; i < 2; ++i) {
    layers_.emplace_back(configuration, table, "mask_decoder.transformer.layers." + std::to_string(i));
  }
  for (int64_t i = 0; i < configuration.maskTokens; ++i) {
    hypernetworks_.emplace_back(table, "mask_decoder.output_hypernetworks_mlps." + std::to_string(i),
                                std::vector<int64_t>{channels, channels, channels, channels / 8});
  }
}

ImageSide MaskDecoder::prepare(const at::Tensor& embedding, const at::Tensor& positions) const {
  ImageSide image;
  image.keys = embedding.flatten(2).transpose(1, 2).contiguous();
  image.positions = positions.flatten(2).transpose(1, 2).contiguous();
  const at::Tensor located = image.keys + image.positions;
  image.firstKey = layers_[0].toImage.key(located);
  image.firstValue = layers_[0].toImage.value(image.keys);
  image.firstQuery = layers_[0].toTokens.query(located);
  return image;
}

std::pair<at::Tensor, at::Tensor> MaskDecoder::transform(const ImageSide& image, const at::Tensor& tokens) const {
  at::Tensor queries = tokens;
  at::Tensor keys = image.keys;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const bool isFirst = i == 0;
    // The first layer replaces the tokens and adds no positions.
    const at::Tensor own = isFirst ? queries : queries + tokens;
    const at::Tensor attended =
        layer.self.attend(layer.self.query(own), layer.self.key(own), layer.self.value(queries));
    queries = layer.norm1(isFirst ? attended : queries + attended);

    const at::Tensor located = isFirst ? at::Tensor() : keys + image.positions;
    const at::Tensor key = isFirst ? image.firstKey : layer.toImage.key(located);
    const at::Tensor value = isFirst ? image.firstValue : layer.toImage.value(keys);
    queries = layer.norm2(queries + layer.toImage.attend(layer.toImage.query(queries + tokens), key, value));
    queries = layer.norm3(queries + layer.contract(at::relu(layer.expand(queries))));

    const at::Tensor imageQuery = isFirst ? image.firstQuery : layer.toTokens.query(located);
    const at::Tensor update =
        layer.toTokens.attend(imageQuery, layer.toTokens.key(queries + tokens), layer.toTokens.value(queries));
    keys = layer.norm4(keys + update);
  }
  const at::Tensor final = finalToImage_.attend(finalToImage_.query(queries + tokens),
                                                finalToImage_.key(keys + image.positions), finalToImage_.value(keys));
  return {finalNorm_(queries + final), keys};
}

at::Tensor MaskDecoder::masksOf(const at::Tensor& keys, const at::Tensor& maskTokens,
                                const std::vector<int64_t>& which) const {
  const int64_t batch = keys.size(0);
  const int64_t cells = keys.size(1);
  std::vector<at::Tensor> vectors;
  for (const int64_t i : which) vectors.push_back(hypernetworks_[static_cast<size_t>(i)](maskTokens.select(1, i)));
  const at::Tensor hyper = at::stack(vectors, 2);  // (B, C/8, M)
  const at::Tensor children = upscale1_(keys).view({batch, cells * 4, -1});
  const at::Tensor grandchildren = at::gelu(upscale2_(at::gelu(upscaleNorm_(children)))).view({batch, cells * 16, -1});
  const int64_t masks = hyper.size(2);
  // (row, column of the cell), (row, column of the child), (row, column of the grandchild) to pixels
  return at::matmul(grandchildren, hyper)
      .view({batch, grid_, grid_, 2, 2, 2, 2, masks})
      .permute({0, 7, 1, 3, 5, 2, 4, 6})
      .reshape({batch, masks, 4 * grid_, 4 * grid_});
}

DecodedMasks MaskDecoder::operator()(const ImageSide& image, const at::Tensor& sparse, MaskSelection selection) const {
  const int64_t batch = sparse.size(0);
  const at::Tensor tokens = at::cat({outputTokens_.unsqueeze(0).expand({batch, -1, -1}), sparse}, 1);
  const auto [queries, keys] = transform(image, tokens);
  const int64_t count = outputTokens_.size(0) - 1;
  const at::Tensor iou = iouHead_(queries.select(1, 0));  // (B, mask tokens)
  const at::Tensor maskTokens = queries.narrow(1, 1, count);
  if (selection == MaskSelection::kSingle) return {masksOf(keys, maskTokens, {0}), iou.narrow(1, 0, 1)};
  if (selection == MaskSelection::kBestAlternative && batch == 1) {
    // Predicted IoU needs the tokens only, so the mask is chosen before anything is upscaled.
    const int64_t best = 1 + iou.narrow(1, 1, count - 1).argmax().item<int64_t>();
    return {masksOf(keys, maskTokens, {best}), iou.narrow(1, best, 1)};
  }
  std::vector<int64_t> alternatives;
  for (int64_t i = 1; i < count; ++i) alternatives.push_back(i);
  return {masksOf(keys, maskTokens, alternatives), iou.narrow(1, 1, count - 1)};
}

}  // namespace cyto::nn
