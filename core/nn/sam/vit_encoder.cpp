#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "core/nn/sam/image_encoder.h"
#include "core/nn/sam/packed_linear.h"
#include "core/nn/sam/positional_attention.h"
#include "core/nn/sam/residual_norm.h"

namespace cyto::nn {

namespace {

constexpr double kVitEpsilon = 1e-6;
// Of a step between pauses: 30 ms at the peak of two cores, where bf16 has twice that of fp32. A click waits for the
// end of a step, so steps are as short as they can be without making products slow.
constexpr int64_t kOperationsAtOnce = 7'000'000'000;

/// layer(x) for x (N, H, W, C), a few of its rows at a time when there is something to do in between.
template <typename Layer>
at::Tensor byRows(const at::Tensor& x, int64_t operationsPerToken, const BetweenSteps& betweenSteps,
                  const Layer& layer) {
  if (!betweenSteps) return layer(x);
  const at::Tensor rows = x.flatten(0, 1);  // (N H, W, C)
  const int64_t operations = kOperationsAtOnce * (x.scalar_type() == at::kFloat ? 1 : 2);
  const int64_t atOnce = std::max<int64_t>(1, operations / (operationsPerToken * rows.size(1)));
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < rows.size(0); first += atOnce) {
    betweenSteps();
    parts.push_back(layer(rows.narrow(0, first, std::min(atOnce, rows.size(0) - first))));
  }
  const at::Tensor whole = parts.size() == 1 ? parts[0] : at::cat(parts);
  return whole.view({x.size(0), x.size(1), x.size(2), whole.size(-1)});
}

/// What AdaptFormer puts beside an MLP (spec/micro-sam.md §9.7): up(relu(down(x))) + x. Networks without it have none.
class Bottleneck {
 public:
  Bottleneck(WeightTable& table, const std::string& mlp, int64_t width, at::ScalarType type) {
    const int64_t narrow = table.rowsOf(mlp + ".down_proj.weight");
    if (narrow == 0) return;
    down_.emplace(table, mlp + ".down_proj", width, narrow, type);
    up_.emplace(table, mlp + ".up_proj", narrow, width, type);
  }

  /// What the MLP gives for x, with what is beside it.
  at::Tensor addedTo(const at::Tensor& ofMlp, const at::Tensor& x) const {
    return down_ ? ofMlp + (*up_)(at::relu((*down_)(x))) + x : ofMlp;
  }

 private:
  std::optional<PackedLinear> down_, up_;
};

class Block {
 public:
  Block(WeightTable& table, const std::string& name, const SamConfiguration& configuration, bool isGlobal,
        at::ScalarType type)
      : norm1_(table, name + ".norm1", configuration.width, kVitEpsilon, type),
        qkv_(table, name + ".attn.qkv", configuration.width, 3 * configuration.width, type),
        project_(table, name + ".attn.proj", configuration.width, configuration.width, type),
        norm2_(table, name + ".norm2", configuration.width, kVitEpsilon, type),
        expand_(table, name + ".mlp.lin1", configuration.width, 4 * configuration.width, type),
        contract_(table, name + ".mlp.lin2", 4 * configuration.width, configuration.width, type),
        bottleneck_(table, name + ".mlp", configuration.width, type) {
    const int64_t span = isGlobal ? configuration.grid() : configuration.window;
    const int64_t headSize = configuration.width / configuration.heads;
    const auto positions = [&](const char* axis) {
      return table.take(name + ".attn.rel_pos_" + axis, {2 * span - 1, headSize});
    };
    const at::Tensor rows = positions("h"), columns = positions("w");
    attention_ =
        PositionalAttention(configuration.heads, span, isGlobal ? 0 : configuration.window, rows, columns, qkv_.bias());
  }

  /// x (N, H, W, C), fp32, plus `pending` where it is defined is the input, in `x` afterwards with what attention adds.
  /// Returns what is still to be added: the next norm reads x anyway and does it on the way.
  at::Tensor operator()(at::Tensor& x, const at::Tensor& pending, const BetweenSteps& betweenSteps) const {
    const int64_t width = x.size(-1);
    const at::Tensor qkv =
        byRows(norm1_(x, pending), 6 * width * width, betweenSteps, [&](const at::Tensor& rows) { return qkv_(rows); });
    const at::Tensor attended = byRows(attention_(qkv, betweenSteps), 2 * width * width, betweenSteps,
                                       [&](const at::Tensor& rows) { return project_(rows); });
    return byRows(norm2_(x, attended), 16 * width * width, betweenSteps,
                  [&](const at::Tensor& rows) { return bottleneck_.addedTo(contract_(expand_.withGelu(rows)), rows); });
  }

 private:
  ResidualNorm norm1_;
  PackedLinear qkv_, project_;
  PositionalAttention attention_;
  ResidualNorm norm2_;
  PackedLinear expand_, contract_;
  Bottleneck bottleneck_;
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

  at::Tensor operator()(const at::Tensor& frames, const BetweenSteps& betweenSteps) const override {
    at::Tensor x = embed_(patches(frames.to(type_))) + positions_;
    at::Tensor pending;
    for (const Block& block : blocks_) pending = block(x, pending, betweenSteps);
    pause(betweenSteps);
    return neck_(pending.defined() ? x + pending : x);
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

std::unique_ptr<SamImageEncoder> makeVitEncoder(const SamConfiguration& configuration, WeightTable& table,
                                                at::ScalarType type) {
  return std::make_unique<VitEncoder>(configuration, table, type);
}

}  // namespace cyto::nn
