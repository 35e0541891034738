#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/nn/failures.h"
#include "core/nn/sam/image_encoder.h"

namespace cyto::nn {

namespace {

constexpr double kTinyEpsilon = 1e-5;

/// Convolution without bias followed by batch norm with its running statistics.
class ConvolutionNorm {
 public:
  ConvolutionNorm(WeightTable& table, const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                  int64_t groups, at::ScalarType type)
      : stride_(stride), padding_(kernel / 2), groups_(groups), type_(type) {
    weight_ = table.take(name + ".c.weight", {out, in / groups, kernel, kernel});
    gain_ = table.take(name + ".bn.weight", {out});
    shift_ = table.take(name + ".bn.bias", {out});
    mean_ = table.take(name + ".bn.running_mean", {out});
    variance_ = table.take(name + ".bn.running_var", {out});
    table.ignore(name + ".bn.num_batches_tracked");
    if (!c10::GradMode::is_enabled()) fold();
  }

  at::Tensor operator()(const at::Tensor& x) const {
    if (foldedWeight_.defined()) return at::conv2d(x, foldedWeight_, foldedBias_, stride_, padding_, 1, groups_);
    const at::Tensor convolved = at::conv2d(x, weight_, {}, stride_, padding_, 1, groups_);
    return at::batch_norm(convolved, gain_, shift_, mean_, variance_, false, 0.0, kTinyEpsilon, false);
  }

 private:
  /// Exact in real arithmetic: the norm is an affine map per channel.
  void fold() {
    const at::Tensor factor = gain_ / at::sqrt(variance_ + kTinyEpsilon);
    foldedWeight_ = (weight_ * factor.view({-1, 1, 1, 1})).to(type_).contiguous(at::MemoryFormat::ChannelsLast);
    foldedBias_ = (shift_ - mean_ * factor).to(type_);
  }

  int64_t stride_, padding_, groups_;
  at::ScalarType type_;
  at::Tensor weight_, gain_, shift_, mean_, variance_;
  at::Tensor foldedWeight_, foldedBias_;
};

/// Inverted bottleneck with a shortcut; the activation comes after the sum.
class MobileBlock {
 public:
  MobileBlock(WeightTable& table, const std::string& name, int64_t width, at::ScalarType type)
      : expand_(table, name + ".conv1", width, 4 * width, 1, 1, 1, type),
        mix_(table, name + ".conv2", 4 * width, 4 * width, 3, 1, 4 * width, type),
        contract_(table, name + ".conv3", 4 * width, width, 1, 1, 1, type) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return at::gelu(x + contract_(at::gelu(mix_(at::gelu(expand_(x))))));
  }

 private:
  ConvolutionNorm expand_, mix_, contract_;
};

class Merging {
 public:
  Merging(WeightTable& table, const std::string& name, int64_t in, int64_t out, int64_t stride, at::ScalarType type)
      : first_(table, name + ".conv1", in, out, 1, 1, 1, type),
        second_(table, name + ".conv2", out, out, 3, stride, out, type),
        third_(table, name + ".conv3", out, out, 1, 1, 1, type) {}

  at::Tensor operator()(const at::Tensor& x) const { return third_(at::gelu(second_(at::gelu(first_(x))))); }

 private:
  ConvolutionNorm first_, second_, third_;
};

/// Attention with one learned bias per head and absolute offset; the norm is inside, so that padded tokens enter as
/// the norm's bias.
class WindowAttention {
 public:
  WindowAttention(WeightTable& table, const std::string& name, int64_t width, int64_t heads, int64_t window,
                  at::ScalarType type)
      : heads_(heads),
        type_(type),
        norm_(table, name + ".norm", width, kTinyEpsilon),
        qkv_(table, name + ".qkv", width, 3 * width, type),
        project_(table, name + ".proj", width, width, type) {
    const at::Tensor biases = table.take(name + ".attention_biases", {heads, window * window});
    table.ignore(name + ".attention_bias_idxs");
    const at::Tensor axis = at::arange(window);
    const at::Tensor y = axis.repeat_interleave(window);
    const at::Tensor x = axis.repeat({window});
    const at::Tensor offset =
        (y.unsqueeze(1) - y.unsqueeze(0)).abs() * window + (x.unsqueeze(1) - x.unsqueeze(0)).abs();
    bias_ = biases.index({at::indexing::Slice(), offset}).unsqueeze(0).to(type);
  }

  /// (windows, tokens, width), fp32 in and out.
  at::Tensor operator()(const at::Tensor& tokens) const {
    const int64_t windows = tokens.size(0);
    const int64_t count = tokens.size(1);
    const int64_t width = tokens.size(2);
    // Unlike in SAM's ViT, query, key and value lie side by side within each head.
    const at::Tensor qkv =
        qkv_(norm_(tokens).to(type_)).view({windows, count, heads_, 3, width / heads_}).permute({3, 0, 2, 1, 4});
    const at::Tensor attended = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], bias_);
    return project_(attended.transpose(1, 2).reshape({windows, count, width}));
  }

 private:
  int64_t heads_;
  at::ScalarType type_;
  LayerNorm norm_;
  Linear qkv_, project_;
  at::Tensor bias_;  // (1, heads, window^2, window^2)
};

class TinyBlock {
 public:
  TinyBlock(WeightTable& table, const std::string& name, int64_t width, int64_t heads, int64_t window,
            at::ScalarType type)
      : window_(window),
        type_(type),
        attention_(table, name + ".attn", width, heads, window, type),
        local_(table, name + ".local_conv", width, width, 3, 1, width, type),
        norm_(table, name + ".mlp.norm", width, kTinyEpsilon),
        expand_(table, name + ".mlp.fc1", width, 4 * width, type),
        contract_(table, name + ".mlp.fc2", 4 * width, width, type) {}

  /// (N, H, W, C), fp32.
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor attended = x + inWindows(x);
    const at::Tensor local = local_(attended.permute({0, 3, 1, 2}).to(type_)).permute({0, 2, 3, 1}).to(at::kFloat);
    return local + contract_(at::gelu(expand_(norm_(local).to(type_))));
  }

 private:
  at::Tensor inWindows(const at::Tensor& x) const {
    const int64_t batch = x.size(0), height = x.size(1), width = x.size(2), channels = x.size(3);
    if (height == window_ && width == window_) {
      return attention_(x.reshape({batch, height * width, channels})).view({batch, height, width, channels});
    }
    const int64_t rows = (height + window_ - 1) / window_;
    const int64_t columns = (width + window_ - 1) / window_;
    const at::Tensor padded = at::constant_pad_nd(x, {0, 0, 0, columns * window_ - width, 0, rows * window_ - height});
    const at::Tensor windows = padded.view({batch, rows, window_, columns, window_, channels})
                                   .transpose(2, 3)
                                   .reshape({batch * rows * columns, window_ * window_, channels});
    return attention_(windows)
        .view({batch, rows, columns, window_, window_, channels})
        .transpose(2, 3)
        .reshape({batch, rows * window_, columns * window_, channels})
        .narrow(1, 0, height)
        .narrow(2, 0, width);
  }

  int64_t window_;
  at::ScalarType type_;
  WindowAttention attention_;
  ConvolutionNorm local_;
  LayerNorm norm_;
  Linear expand_, contract_;
};

class TinyVitEncoder : public SamImageEncoder {
 public:
  TinyVitEncoder(const SamConfiguration& configuration, WeightTable& table, at::ScalarType type)
      : type_(type),
        patch1_(table, "image_encoder.patch_embed.seq.0", 3, configuration.stageWidths[0] / 2, 3, 2, 1, type),
        patch2_(table, "image_encoder.patch_embed.seq.2", configuration.stageWidths[0] / 2,
                configuration.stageWidths[0], 3, 2, 1, type),
        neck_(table, configuration.stageWidths.back(), configuration.channels, type) {
    const auto layer = [](size_t i) { return "image_encoder.layers." + std::to_string(i); };
    const auto& widths = configuration.stageWidths;
    for (int64_t i = 0; i < configuration.stageDepths[0]; ++i) {
      mobileBlocks_.emplace_back(table, layer(0) + ".blocks." + std::to_string(i), widths[0], type);
    }
    for (size_t stage = 0; stage + 1 < widths.size(); ++stage) {
      mergings_.emplace_back(table, layer(stage) + ".downsample", widths[stage], widths[stage + 1],
                             configuration.mergeStrides[stage], type);
      stages_.emplace_back();
      for (int64_t i = 0; i < configuration.stageDepths[stage + 1]; ++i) {
        stages_.back().emplace_back(table, layer(stage + 1) + ".blocks." + std::to_string(i), widths[stage + 1],
                                    configuration.stageHeads[stage + 1], configuration.stageWindows[stage + 1], type);
      }
    }
    table.ignore("image_encoder.norm_head.");
    table.ignore("image_encoder.head.");
  }

  at::Tensor operator()(const at::Tensor& frames, const BetweenSteps& betweenSteps) const override {
    at::Tensor x = frames.to(type_).contiguous(at::MemoryFormat::ChannelsLast);
    x = patch2_(at::gelu(patch1_(x)));
    for (const MobileBlock& block : mobileBlocks_) {
      pause(betweenSteps);
      x = block(x);
    }
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      at::Tensor tokens = mergings_[stage](x).permute({0, 2, 3, 1}).to(at::kFloat);
      for (const TinyBlock& block : stages_[stage]) {
        pause(betweenSteps);
        tokens = block(tokens);
      }
      x = tokens.permute({0, 3, 1, 2}).to(type_);
    }
    return neck_(x.permute({0, 2, 3, 1}));
  }

 private:
  at::ScalarType type_;
  ConvolutionNorm patch1_, patch2_;
  std::vector<MobileBlock> mobileBlocks_;
  std::vector<Merging> mergings_;
  std::vector<std::vector<TinyBlock>> stages_;
  Neck neck_;
};

}  // namespace

std::unique_ptr<SamImageEncoder> makeTinyVitEncoder(const SamConfiguration& configuration, WeightTable& table,
                                                    at::ScalarType type) {
  return std::make_unique<TinyVitEncoder>(configuration, table, type);
}

}  // namespace cyto::nn
