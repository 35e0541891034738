#include "core/nn/sam/streaming_weights.h"

#include <ATen/ATen.h>

namespace cyto::nn {

TokenLinear::TokenLinear(const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t out = weight.size(0), in = weight.size(1);
  const int64_t panels = panelsFor(out);
  weight_ = at::constant_pad_nd(weight.to(at::kFloat), {0, 0, 0, panels * kPanelColumns - out})
                .view({panels, kPanelColumns, in})
                .transpose(1, 2)
                .contiguous();
  bias_ = at::zeros({(out + 15) / 16 * 16}, at::kFloat);
  if (bias.defined()) bias_.narrow(0, 0, out).copy_(bias);
}

RowsLinear TokenLinear::view() const {
  return {weight_.const_data_ptr<float>(), bias_.const_data_ptr<float>(), weight_.size(1), out()};
}

FoldedToImage::FoldedToImage(const DecoderAttention& attention) : query(attention.query), out(attention.out) {
  const int64_t size = attention.key.weight.size(0) / attention.heads;
  for (int64_t head = 0; head < attention.heads; ++head) {
    const auto of = [&](const at::Tensor& rows) { return rows.narrow(0, head * size, size); };
    // The bias of the keys shifts all scores of a token alike, so the softmax over the cells cancels it.
    keys.emplace_back(of(attention.key.weight).t(), at::Tensor());
    values.emplace_back(of(attention.value.weight), of(attention.value.bias));
  }
}

FoldedToTokens::FoldedToTokens(const DecoderAttention& attention)
    : key(attention.key),
      value(attention.value),
      queryBias(attention.query.bias.contiguous()),
      outBias(attention.out.bias.contiguous()) {
  const int64_t size = attention.key.weight.size(0) / attention.heads;
  for (int64_t head = 0; head < attention.heads; ++head) {
    queries.emplace_back(attention.query.weight.narrow(0, head * size, size).t(), at::Tensor());
    out.emplace_back(attention.out.weight.narrow(1, head * size, size), at::Tensor());
  }
}

StreamingLayer::StreamingLayer(const TwoWayLayer& layer)
    : selfQuery(layer.self.query),
      selfKey(layer.self.key),
      selfValue(layer.self.value),
      selfOut(layer.self.out),
      expand(layer.expand),
      contract(layer.contract),
      toImage(layer.toImage),
      toTokens(layer.toTokens),
      norm1(layer.norm1),
      norm2(layer.norm2),
      norm3(layer.norm3),
      norm4(layer.norm4) {}

PackedLinear cellProjection(const Linear& projection, int64_t heads) {
  const int64_t inner = projection.weight.size(0), size = inner / heads;
  const auto arranged = [&](const at::Tensor& rows) {
    const at::Tensor byHead = rows.reshape({heads, size, -1}).transpose(0, 1);  // (size, heads, …)
    return at::constant_pad_nd(byHead, {0, 0, 0, kLaneHeads - heads}).reshape({size * kLaneHeads, -1});
  };
  return {arranged(projection.weight), arranged(projection.bias).flatten(), at::kFloat};
}

}  // namespace cyto::nn
