#include "core/nn/sam/mask_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace cyto::nn {

namespace {

constexpr double kTransformerEpsilon = 1e-5;
constexpr double kUpscaleEpsilon = 1e-6;

/// A transposed 2x2 convolution of stride 2 gives every pixel four children that depend on it alone: a linear layer
/// from C to (2, 2, out), whose output needs no rearrangement until the very end.
PackedLinear childrenOf(WeightTable& table, const std::string& name, int64_t in, int64_t out) {
  const at::Tensor weight = table.take(name + ".weight", {in, out, 2, 2});
  return {weight.permute({2, 3, 1, 0}).reshape({4 * out, in}), table.take(name + ".bias", {out}).repeat({4}),
          at::kFloat};
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

at::Tensor DecoderAttention::headsOf(const at::Tensor& x) const {
  return x.view({x.size(0), heads_, x.size(1) / heads_}).transpose(0, 1);
}

at::Tensor DecoderAttention::tokensToImage(const at::Tensor& tokens, const at::Tensor& located,
                                           const at::Tensor& image) const {
  const int64_t count = tokens.size(0), size = image.size(1), inner = query_.weight.size(0) / heads_;
  const at::Tensor q = headsOf(query_(tokens)) * (1.0 / std::sqrt(static_cast<double>(inner)));
  // The bias of the keys shifts all scores of a token alike, so the softmax over the cells cancels it.
  const at::Tensor folded = at::bmm(q, key_.weight.view({heads_, inner, size})).view({heads_ * count, size});
  const at::Tensor shares = at::softmax(at::mm(folded, located.t()), -1);
  const at::Tensor sums = at::mm(shares, image).view({heads_, count, size});
  const at::Tensor values = at::bmm(sums, value_.weight.view({heads_, inner, size}).transpose(1, 2));
  return out_(values.transpose(0, 1).reshape({count, heads_ * inner}) + value_.bias);
}

at::Tensor DecoderAttention::addTokensToImage(const at::Tensor& image, const at::Tensor& located,
                                              const at::Tensor& tokenKeys, const at::Tensor& tokenValues) const {
  const int64_t count = tokenKeys.size(0), size = image.size(1), inner = query_.weight.size(0) / heads_;
  const at::Tensor k = headsOf(key_(tokenKeys)) * (1.0 / std::sqrt(static_cast<double>(inner)));
  const at::Tensor folded = at::bmm(k, query_.weight.view({heads_, inner, size})).view({heads_ * count, size});
  // Here the softmax is over the tokens, for which the query's bias makes a difference.
  const at::Tensor constant = at::bmm(k, query_.bias.view({heads_, inner, 1})).view({heads_ * count, 1});
  const at::Tensor scores = at::addmm(constant, folded, located.t()).view({heads_, count, -1});
  const at::Tensor shares = at::softmax(scores, 1).view({heads_ * count, -1});
  // The shares of a cell sum to one in each head, so this adds the output's bias once.
  const at::Tensor bias = out_.bias * (1.0 / static_cast<double>(heads_));
  const at::Tensor outWeight = out_.weight.view({size, heads_, inner}).permute({1, 2, 0});
  const at::Tensor updates = at::bmm(headsOf(value_(tokenValues)), outWeight).view({heads_ * count, size}) + bias;
  return at::addmm(image, shares.t(), updates);
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

at::Tensor MaskDecoder::Layer::attendToThemselves(const at::Tensor& queries, const at::Tensor& tokens,
                                                  bool isFirst) const {
  // The first layer replaces the tokens and adds no positions.
  const at::Tensor own = isFirst ? queries : queries + tokens;
  const at::Tensor attended = self.attend(self.query(own), self.key(own), self.value(queries));
  return norm1(isFirst ? attended : queries + attended);
}

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
  image.located = image.keys + image.positions;
  return image;
}

std::pair<at::Tensor, at::Tensor> MaskDecoder::transform(const ImageSide& image, const at::Tensor& tokens) const {
  at::Tensor queries = tokens;
  at::Tensor keys = image.keys;
  at::Tensor located = image.located;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    queries = layer.attendToThemselves(queries, tokens, i == 0);
    const at::Tensor query = layer.toImage.query(queries + tokens);
    queries = layer.norm2(queries + layer.toImage.attend(query, layer.toImage.key(located), layer.toImage.value(keys)));
    queries = layer.norm3(queries + layer.contract(at::relu(layer.expand(queries))));
    const at::Tensor key = layer.toTokens.key(queries + tokens);
    keys = layer.norm4(keys + layer.toTokens.attend(layer.toTokens.query(located), key, layer.toTokens.value(queries)));
    located = keys + image.positions;
  }
  const at::Tensor final = finalToImage_.attend(finalToImage_.query(queries + tokens), finalToImage_.key(located),
                                                finalToImage_.value(keys));
  return {finalNorm_(queries + final), keys};
}

std::pair<at::Tensor, at::Tensor> MaskDecoder::transformFolded(const ImageSide& image, const at::Tensor& tokens) const {
  const at::Tensor prompt = tokens[0];
  const at::Tensor positions = image.positions[0];
  at::Tensor queries = prompt;
  at::Tensor keys = image.keys[0];
  at::Tensor located = image.located[0];
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    queries = layer.attendToThemselves(queries.unsqueeze(0), tokens, i == 0)[0];
    queries = layer.norm2(queries + layer.toImage.tokensToImage(queries + prompt, located, keys));
    queries = layer.norm3(queries + layer.contract(at::relu(layer.expand(queries))));
    keys = layer.norm4(layer.toTokens.addTokensToImage(keys, located, queries + prompt, queries));
    located = keys + positions;
  }
  queries = finalNorm_(queries + finalToImage_.tokensToImage(queries + prompt, located, keys));
  return {queries.unsqueeze(0), keys.unsqueeze(0)};
}

at::Tensor MaskDecoder::masksOf(const at::Tensor& keys, const at::Tensor& maskTokens,
                                const std::vector<int64_t>& which) const {
  const int64_t batch = keys.size(0);
  const int64_t cells = keys.size(1);
  std::vector<at::Tensor> vectors;
  for (const int64_t i : which) vectors.push_back(hypernetworks_[static_cast<size_t>(i)](maskTokens.select(1, i)));
  const at::Tensor hyper = at::stack(vectors, 2);  // (B, C/8, M)
  const at::Tensor children = upscale1_(keys).view({batch, cells * 4, -1});
  const at::Tensor grandchildren = upscale2_.withGelu(at::gelu(upscaleNorm_(children))).view({batch, cells * 16, -1});
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
  const bool canFold = batch == 1 && !c10::GradMode::is_enabled();
  const auto [queries, keys] = canFold ? transformFolded(image, tokens) : transform(image, tokens);
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
