#include <ATen/ATen.h>

#include <algorithm>

#include "core/nn/failures.h"
#include "core/nn/sam/image_encoder.h"

namespace cyto::nn {

namespace {

constexpr double kVitEpsilon = 1e-6;

/// Multi-head attention with decomposed relative positions, over the whole grid or in windows.
class Attention {
 public:
  Attention(WeightTable& table, const std::string& name, int64_t width, int64_t heads, int64_t span,
            at::ScalarType type)
      : heads_(heads),
        qkv_(table, name + ".qkv", width, 3 * width, type),
        project_(table, name + ".proj", width, width, type) {
    const int64_t headSize = width / heads;
    const at::Tensor rows = table.take(name + ".rel_pos_h", {2 * span - 1, headSize});
    const at::Tensor columns = table.take(name + ".rel_pos_w", {2 * span - 1, headSize});
    rows_ = relativePositions(rows, span, span);
    columns_ = relativePositions(columns, span, span);
  }

  at::Tensor qkv(const at::Tensor& x) const { return qkv_(x); }
  const at::Tensor& qkvBias() const { return qkv_.bias; }
  at::Tensor project(const at::Tensor& x) const { return project_(x); }

  /// (N, side, side, 3 * width) to (N, side, side, width), where side is the span of the positions.
  at::Tensor attend(const at::Tensor& qkv) const {
    const int64_t batch = qkv.size(0);
    const int64_t side = qkv.size(1);
    const int64_t width = qkv.size(3) / 3;
    const at::Tensor parts = qkv.view({batch, side * side, 3, heads_, width / heads_}).permute({2, 0, 3, 1, 4});
    // A global block has few batches of huge score matrices, a windowed one many small ones: work on as many
    // heads at a time as keep the position bias within the cache's reach.
    const int64_t scores = batch * side * side * side * side;
    const int64_t headsAtOnce = std::clamp<int64_t>(kScoresAtOnce / std::max<int64_t>(1, scores), 1, heads_);
    std::vector<at::Tensor> out;
    for (int64_t head = 0; head < heads_; head += headsAtOnce) {
      const int64_t count = std::min(headsAtOnce, heads_ - head);
      const at::Tensor q = parts[0].narrow(1, head, count);
      const at::Tensor k = parts[1].narrow(1, head, count);
      const at::Tensor v = parts[2].narrow(1, head, count);
      out.push_back(at::scaled_dot_product_attention(q, k, v, positionBias(q, side)));
    }
    const at::Tensor joined = out.size() == 1 ? out[0] : at::cat(out, 1);
    return joined.transpose(1, 2).reshape({batch, side, side, width});
  }

 private:
  static constexpr int64_t kScoresAtOnce = int64_t{1} << 24;

  /// bias[(h, w), (i, j)] = q(h, w) . R_h[h, i] + q(h, w) . R_w[w, j], from the unscaled q: (N, heads, side^2, side^2).
  at::Tensor positionBias(const at::Tensor& q, int64_t side) const {
    const int64_t batch = q.size(0);
    const int64_t count = q.size(1);
    const int64_t headSize = q.size(3);
    const at::Tensor grid = q.reshape({batch * count, side, side, headSize}).to(rows_.scalar_type());
    const at::Tensor perRow = at::matmul(grid, rows_.transpose(1, 2));  // rows_ (h, i, c): batch over h
    const at::Tensor perColumn = at::matmul(grid.transpose(1, 2), columns_.transpose(1, 2)).transpose(1, 2);
    const at::Tensor bias = perRow.unsqueeze(4) + perColumn.unsqueeze(3);
    return bias.view({batch, count, side * side, side * side}).to(q.scalar_type());
  }

  int64_t heads_;
  Linear qkv_, project_;
  at::Tensor rows_, columns_;  // (span, span, head size), fp32
};

class Block {
 public:
  Block(WeightTable& table, const std::string& name, const SamConfiguration& configuration, bool isGlobal,
        at::ScalarType type)
      : type_(type),
        window_(isGlobal ? 0 : configuration.window),
        norm1_(table, name + ".norm1", configuration.width, kVitEpsilon),
        attention_(table, name + ".attn", configuration.width, configuration.heads,
                   isGlobal ? configuration.grid() : configuration.window, type),
        norm2_(table, name + ".norm2", configuration.width, kVitEpsilon),
        expand_(table, name + ".mlp.lin1", configuration.width, 4 * configuration.width, type),
        contract_(table, name + ".mlp.lin2", 4 * configuration.width, configuration.width, type) {}

  /// (N, H, W, C), fp32.
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor qkv = attention_.qkv(norm1_(x).to(type_));
    const at::Tensor attended = window_ == 0 ? attention_.attend(qkv) : inWindows(qkv);
    const at::Tensor afterAttention = x + attention_.project(attended);
    const at::Tensor hidden = at::gelu(expand_(norm2_(afterAttention).to(type_)));
    return afterAttention + contract_(hidden);
  }

 private:
  /// Cuts into windows, attends, and joins again. The reference pads the normed tokens with zeros, so a padded token's
  /// query, key and value are the bias of the projection: they are put in here instead of being computed.
  at::Tensor inWindows(const at::Tensor& qkv) const {
    const int64_t batch = qkv.size(0);
    const int64_t side = qkv.size(1);
    const int64_t channels = qkv.size(3);
    const int64_t perSide = (side + window_ - 1) / window_;
    const int64_t padded = perSide * window_;
    at::Tensor canvas = qkv;
    if (padded != side) {
      canvas = attention_.qkvBias().expand({batch, padded, padded, channels}).clone();
      canvas.narrow(1, 0, side).narrow(2, 0, side).copy_(qkv);
    }
    const at::Tensor windows = canvas.view({batch, perSide, window_, perSide, window_, channels})
                                   .transpose(2, 3)
                                   .reshape({batch * perSide * perSide, window_, window_, channels});
    const at::Tensor attended = attention_.attend(windows);
    return attended.view({batch, perSide, perSide, window_, window_, channels / 3})
        .transpose(2, 3)
        .reshape({batch, padded, padded, channels / 3})
        .narrow(1, 0, side)
        .narrow(2, 0, side);
  }

  at::ScalarType type_;
  int64_t window_;  // 0: global
  LayerNorm norm1_;
  Attention attention_;
  LayerNorm norm2_;
  Linear expand_, contract_;
};

class VitEncoder : public SamImageEncoder {
 public:
  VitEncoder(const SamConfiguration& configuration, WeightTable& table, at::ScalarType type)
      : patch_(configuration.patch),
        type_(type),
        positions_(table.take("image_encoder.pos_embed",
                              {1, configuration.grid(), configuration.grid(), configuration.width})),
        patchWeight_(table
                         .take("image_encoder.patch_embed.proj.weight",
                               {configuration.width, 3, configuration.patch, configuration.patch})
                         .to(type)),
        patchBias_(table.take("image_encoder.patch_embed.proj.bias", {configuration.width}).to(type)),
        neck_(table, configuration.width, configuration.channels, type) {
    for (int64_t i = 0; i < configuration.depth; ++i) {
      const auto& global = configuration.globalBlocks;
      const bool isGlobal = std::find(global.begin(), global.end(), i) != global.end();
      blocks_.emplace_back(table, "image_encoder.blocks." + std::to_string(i), configuration, isGlobal, type);
    }
  }

  at::Tensor operator()(const at::Tensor& frames, const CancelToken& cancel) const override {
    at::Tensor x = at::conv2d(frames.to(type_), patchWeight_, patchBias_, patch_).permute({0, 2, 3, 1}) + positions_;
    for (const Block& block : blocks_) {
      if (cancel.isCancelled()) throw Cancelled();
      x = block(x);
    }
    return neck_(x);
  }

 private:
  int64_t patch_;
  at::ScalarType type_;
  at::Tensor positions_, patchWeight_, patchBias_;
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
