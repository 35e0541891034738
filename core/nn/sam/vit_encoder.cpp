#include <ATen/ATen.h>

#include <algorithm>

#include "core/nn/failures.h"
#include "core/nn/sam/image_encoder.h"
#include "core/nn/sam/packed_linear.h"
#include "core/nn/sam/positional_attention.h"

namespace cyto::nn {

namespace {

constexpr double kVitEpsilon = 1e-6;

class Block {
 public:
  Block(WeightTable& table, const std::string& name, const SamConfiguration& configuration, bool isGlobal,
        at::ScalarType type)
      : type_(type),
        norm1_(table, name + ".norm1", configuration.width, kVitEpsilon),
        qkv_(table, name + ".attn.qkv", configuration.width, 3 * configuration.width, type),
        project_(table, name + ".attn.proj", configuration.width, configuration.width, type),
        norm2_(table, name + ".norm2", configuration.width, kVitEpsilon),
        expand_(table, name + ".mlp.lin1", configuration.width, 4 * configuration.width, type),
        contract_(table, name + ".mlp.lin2", 4 * configuration.width, configuration.width, type) {
    const int64_t span = isGlobal ? configuration.grid() : configuration.window;
    const int64_t headSize = configuration.width / configuration.heads;
    attention_.heads = configuration.heads;
    attention_.window = isGlobal ? 0 : configuration.window;
    attention_.rows = relativePositions(table.take(name + ".attn.rel_pos_h", {2 * span - 1, headSize}), span, span);
    attention_.columns = relativePositions(table.take(name + ".attn.rel_pos_w", {2 * span - 1, headSize}), span, span);
    attention_.padding = qkv_.bias();
  }

  /// (N, H, W, C), fp32.
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor afterAttention = x + project_(attention_(qkv_(norm1_(x).to(type_))));
    return afterAttention + contract_(expand_.withGelu(norm2_(afterAttention).to(type_)));
  }

 private:
  at::ScalarType type_;
  LayerNorm norm1_;
  PackedLinear qkv_, project_;
  PositionalAttention attention_;
  LayerNorm norm2_;
  PackedLinear expand_, contract_;
};

class VitEncoder : public SamImageEncoder {
 public:
  VitEncoder(const SamConfiguration& configuration, WeightTable& table, at::ScalarType type)
      : patch_(configuration.patch),
        type_(type),
        positions_(table.take("image_encoder.pos_embed",
                              {1, configuration.grid(), configuration.grid(), configuration.width})),
        embed_(table
                   .take("image_encoder.patch_embed.proj.weight",
                         {configuration.width, 3, configuration.patch, configuration.patch})
                   .flatten(1),
               table.take("image_encoder.patch_embed.proj.bias", {configuration.width}), type),
        neck_(table, configuration.width, configuration.channels, type) {
    for (int64_t i = 0; i < configuration.depth; ++i) {
      const auto& global = configuration.globalBlocks;
      const bool isGlobal = std::find(global.begin(), global.end(), i) != global.end();
      blocks_.emplace_back(table, "image_encoder.blocks." + std::to_string(i), configuration, isGlobal, type);
    }
  }

  at::Tensor operator()(const at::Tensor& frames, const CancelToken& cancel) const override {
    at::Tensor x = embed_(patches(frames.to(type_))) + positions_;
    for (const Block& block : blocks_) {
      if (cancel.isCancelled()) throw Cancelled();
      x = block(x);
    }
    return neck_(x);
  }

 private:
  /// (N, 3, S, S) to (N, S/p, S/p, 3 p p): the convolution of the patches has stride p and so is a linear layer.
  at::Tensor patches(const at::Tensor& frames) const {
    const int64_t n = frames.size(0), grid = frames.size(2) / patch_;
    return frames.reshape({n, 3, grid, patch_, grid, patch_})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({n, grid, grid, 3 * patch_ * patch_});
  }

  int64_t patch_;
  at::ScalarType type_;
  at::Tensor positions_;
  PackedLinear embed_;
  std::vector<Block> blocks_;
  Neck neck_;
};

}  // namespace

Neck::Neck(WeightTable& table, int64_t width, int64_t channels, at::ScalarType type)
    : type_(type),
      reduce_(table.take("image_encoder.neck.0.weight", {channels, width, 1, 1}).to(type)),
      smooth_(table.take("image_encoder.neck.2.weight", {channels, channels, 3, 3}).to(type)),
      norm1_(table, "image_encoder.neck.1", channels, kVitEpsilon),
      norm2_(table, "image_encoder.neck.3", channels, kVitEpsilon) {}

at::Tensor Neck::operator()(const at::Tensor& tokens) const {
  const at::Tensor reduced = at::conv2d(tokens.permute({0, 3, 1, 2}).to(type_), reduce_);
  const at::Tensor normed = channelNorm(reduced.to(at::kFloat), norm1_);
  const at::Tensor smoothed = at::conv2d(normed.to(type_), smooth_, {}, 1, 1);
  return channelNorm(smoothed.to(at::kFloat), norm2_).contiguous();
}

at::Tensor relativePositions(const at::Tensor& table, int64_t queries, int64_t keys) {
  const int64_t length = 2 * std::max(queries, keys) - 1;
  at::Tensor resampled = table;
  if (table.size(0) != length) {
    resampled = at::upsample_linear1d(table.t().unsqueeze(0), {length}, false).squeeze(0).t();
  }
  const double queryStep = std::max(static_cast<double>(keys) / static_cast<double>(queries), 1.0);
  const double keyStep = std::max(static_cast<double>(queries) / static_cast<double>(keys), 1.0);
  const at::Tensor query = at::arange(queries, at::kDouble).unsqueeze(1) * queryStep;
  const at::Tensor key = at::arange(keys, at::kDouble).unsqueeze(0) * keyStep;
  const at::Tensor index = (query - key + static_cast<double>(keys - 1) * keyStep).to(at::kLong);
  return resampled.index({index}).contiguous();
}

std::unique_ptr<SamImageEncoder> makeVitEncoder(const SamConfiguration& configuration, WeightTable& table,
                                                at::ScalarType type) {
  return std::make_unique<VitEncoder>(configuration, table, type);
}

}  // namespace cyto::nn
