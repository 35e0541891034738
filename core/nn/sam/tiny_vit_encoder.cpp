#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <optional>

#include "core/nn/failures.h"
#include "core/nn/sam/image_encoder.h"
#include "core/nn/sam/packed_linear.h"

namespace cyto::nn {

namespace {

constexpr double kTinyEpsilon = 1e-5;

// Of the four times wider maps between two layers: what is made in bands of rows stays in the cache, and its memory is
// used again. All at once, a quarter of an encode would be the system's work of handing out memory.
constexpr int64_t kBandBytes = int64_t{8} << 20;

/// Rows of a map at once, when a row of what is in between has so many values.
int64_t rowsOfBand(int64_t rows, int64_t valuesPerRow, int64_t valueBytes) {
  if (c10::GradMode::is_enabled()) return rows;
  return std::clamp(kBandBytes / (valuesPerRow * valueBytes), int64_t{1}, rows);
}

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
    if (ofPixels_) return (*ofPixels_)(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
    if (foldedWeight_.defined()) return at::conv2d(x, foldedWeight_, foldedBias_, stride_, padding_, 1, groups_);
    const at::Tensor convolved = at::conv2d(x, weight_, {}, stride_, padding_, 1, groups_);
    return at::batch_norm(convolved, gain_, shift_, mean_, variance_, false, 0.0, kTinyEpsilon, false);
  }

  at::Tensor withGelu(const at::Tensor& x) const {
    return ofPixels_ ? ofPixels_->withGelu(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2}) : at::gelu((*this)(x));
  }

 private:
  /// Exact in real arithmetic: the norm is an affine map per channel.
  void fold() {
    const at::Tensor factor = gain_ / at::sqrt(variance_ + kTinyEpsilon);
    const at::Tensor weight = weight_ * factor.view({-1, 1, 1, 1}), bias = shift_ - mean_ * factor;
    if (padding_ == 0 && stride_ == 1 && groups_ == 1) {
      ofPixels_.emplace(weight.flatten(1), bias, type_);
      return;
    }
    foldedWeight_ = weight.to(type_).contiguous(at::MemoryFormat::ChannelsLast);
    foldedBias_ = bias.to(type_);
  }

  int64_t stride_, padding_, groups_;
  at::ScalarType type_;
  at::Tensor weight_, gain_, shift_, mean_, variance_;
  at::Tensor foldedWeight_, foldedBias_;
  std::optional<PackedLinear> ofPixels_;  // when no pixel sees its neighbours
};

/// Inverted bottleneck with a shortcut; the activation comes after the sum.
class MobileBlock {
 public:
  MobileBlock(WeightTable& table, const std::string& name, int64_t width, at::ScalarType type)
      : expand_(table, name + ".conv1", width, 4 * width, 1, 1, 1, type),
        mix_(table, name + ".conv2", 4 * width, 4 * width, 3, 1, 4 * width, type),
        contract_(table, name + ".conv3", 4 * width, width, 1, 1, 1, type) {}

  at::Tensor operator()(const at::Tensor& x, const BetweenSteps& betweenSteps) const {
    const int64_t rows = x.size(2), atOnce = rowsOfBand(rows, 4 * x.size(1) * x.size(3), x.element_size());
    if (atOnce == rows) {
      pause(betweenSteps);
      return at::gelu(x + inner(x));
    }
    at::Tensor out = at::empty_like(x);
    for (int64_t first = 0; first < rows; first += atOnce) {
      pause(betweenSteps);
      const int64_t last = std::min(rows, first + atOnce);
      // With the rows that the 3 x 3 window sees; at the border it sees zeros, as it should.
      const int64_t from = std::max<int64_t>(0, first - 1), to = std::min(rows, last + 1);
      const at::Tensor seen = inner(x.slice(2, from, to)).slice(2, first - from, last - from);
      at::Tensor band = out.slice(2, first, last);
      at::gelu_out(band, x.slice(2, first, last) + seen);
    }
    return out;
  }

 private:
  at::Tensor inner(const at::Tensor& x) const { return contract_(at::gelu(mix_(expand_.withGelu(x)))); }

  ConvolutionNorm expand_, mix_, contract_;
};

class Merging {
 public:
  Merging(WeightTable& table, const std::string& name, int64_t in, int64_t out, int64_t stride, at::ScalarType type)
      : first_(table, name + ".conv1", in, out, 1, 1, 1, type),
        second_(table, name + ".conv2", out, out, 3, stride, out, type),
        third_(table, name + ".conv3", out, out, 1, 1, 1, type) {}

  at::Tensor operator()(const at::Tensor& x) const { return third_(at::gelu(second_(first_.withGelu(x)))); }

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
  PackedLinear qkv_, project_;
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
    const int64_t rows = local.size(1);
    const int64_t atOnce = rowsOfBand(rows, 4 * local.size(2) * local.size(3), at::elementSize(type_));
    if (atOnce == rows) return local + widened(local);
    at::Tensor out = at::empty_like(local);
    for (int64_t first = 0; first < rows; first += atOnce) {
      const at::Tensor band = local.slice(1, first, first + atOnce);
      at::Tensor ofBand = out.slice(1, first, first + atOnce);
      at::add_out(ofBand, band, widened(band));
    }
    return out;
  }

 private:
  at::Tensor widened(const at::Tensor& x) const { return contract_(expand_.withGelu(norm_(x).to(type_))); }

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
  PackedLinear expand_, contract_;
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
    for (const MobileBlock& block : mobileBlocks_) x = block(x, betweenSteps);
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
