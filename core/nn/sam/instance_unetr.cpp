#include "core/nn/sam/instance_unetr.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>

#include "core/nn/failures.h"

namespace cyto::nn {

namespace {

constexpr double kEpsilon = 1e-5;
constexpr int64_t kMaps = 3;

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, /*align_corners=*/false);
}

/// Each map by its own mean and deviation.
at::Tensor instanceNorm(const at::Tensor& x) {
  return at::instance_norm(x, {}, {}, {}, {}, /*use_input_stats=*/true, 0, kEpsilon, false);
}

/// What the middle channels of a skip are when it is cut to `channels`.
at::Tensor middleChannels(const at::Tensor& skip, int64_t channels) {
  return skip.narrow(1, (skip.size(1) - channels) / 2, channels);
}

}  // namespace

at::Tensor InstanceUnetr::Convolution::operator()(const at::Tensor& x) const {
  const int64_t padding = weight.size(2) / 2;
  return at::conv2d(x, weight, bias, {1, 1}, {padding, padding});
}

at::Tensor InstanceUnetr::Block::operator()(at::Tensor x) const {
  x = first(instanceNorm(x)).relu_();
  return second(instanceNorm(x)).relu_();
}

/// Takes weights by name and finds out how wide the network is while doing so.
class InstanceUnetr::Reader {
 public:
  explicit Reader(const NamedTensors& weights) : weights_(weights.begin(), weights.end()) {}

  bool has(const std::string& name) const { return weights_.count(name) > 0; }

  /// The extent `axis` of a weight; 0 when it is not there.
  int64_t extent(const std::string& name, int64_t axis) const {
    const auto found = weights_.find(name);
    return found == weights_.end() || found->second.dim() <= axis ? 0 : found->second.size(axis);
  }

  at::Tensor take(const std::string& name, at::IntArrayRef shape) {
    const auto found = weights_.find(name);
    const bool fits = found != weights_.end() && found->second.sizes() == shape;
    if (!fits && complaint_.empty()) {
      complaint_ = "'" + name + (found == weights_.end() ? "' is missing" : "' has another shape");
    }
    return fits ? found->second : at::zeros(shape);
  }

  Convolution convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel) {
    return {take(name + ".weight", {out, in, kernel, kernel}), take(name + ".bias", {out})};
  }

  /// `name` without what tells the generations apart.
  Convolution upsampling(const std::string& name, int64_t in, int64_t out, bool isTransposed) {
    if (!isTransposed) return convolution(name + ".conv", in, out, 1);
    return {take(name + ".block.weight", {in, out, 2, 2}), take(name + ".block.bias", {out})};
  }

  Block block(const std::string& name, int64_t in, int64_t out) {
    return {convolution(name + ".block.1", in, out, 3), convolution(name + ".block.4", out, out, 3)};
  }

  const std::string& complaint() const { return complaint_; }

 private:
  std::map<std::string, at::Tensor> weights_;
  std::string complaint_;
};

bool InstanceUnetr::matches(const NamedTensors& weights) {
  const auto has = [&](const char* name) {
    return std::any_of(weights.begin(), weights.end(), [&](const auto& weight) { return weight.first == name; });
  };
  return has("base.block.1.weight") && has("decoder_head.block.1.weight") && has("out_conv.weight");
}

Result<std::unique_ptr<InstanceUnetr>> InstanceUnetr::create(const NamedTensors& weights) {
  Reader reader(weights);
  auto unetr = std::make_unique<InstanceUnetr>();
  const bool transposed = unetr->upsamplesByTransposing_ = reader.has("decoder.samplers.0.block.weight");
  const int64_t in = reader.extent("base.block.1.weight", 1);
  std::vector<int64_t> widths;
  for (int i = 1; i <= 4; ++i) {
    const std::string name = "deconv" + std::to_string(i) + ".block";
    const int64_t from = widths.empty() ? in : widths.back(), to = reader.extent(name + ".1.block.weight", 0);
    unetr->deconvolutions_.push_back({reader.upsampling(name + ".0", from, to, transposed),
                                      reader.convolution(name + ".1.block", to, to, 3),
                                      reader.take(name + ".2.weight", {to}), reader.take(name + ".2.bias", {to})});
    widths.push_back(to);
  }
  unetr->base_ = reader.block("base", in, widths[0]);
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::string number = std::to_string(i);
    // The block reads the upsampled map beside as many channels of the skip.
    unetr->samplers_.push_back(reader.upsampling("decoder.samplers." + number, widths[i], widths[i + 1], transposed));
    unetr->blocks_.push_back(reader.block("decoder.blocks." + number, 2 * widths[i + 1], widths[i + 1]));
  }
  unetr->lastUp_ = reader.upsampling("deconv_out", widths[3], widths[3], transposed);
  unetr->head_ = reader.block("decoder_head", 2 * widths[3], widths[3]);
  unetr->out_ = reader.convolution("out_conv", widths[3], kMaps, 1);
  if (!reader.complaint().empty()) {
    return Error(ErrorCode::kModel, "the instance decoder does not fit: weight " + reader.complaint());
  }
  if (!std::is_sorted(widths.rbegin(), widths.rend())) {
    return Error(ErrorCode::kModel, "the instance decoder does not fit: it gets wider towards its end");
  }
  return unetr;
}

at::Tensor InstanceUnetr::upsample(const at::Tensor& x, const Convolution& up) const {
  if (upsamplesByTransposing_) return at::conv_transpose2d(x, up.weight, up.bias, {2, 2});
  // The 1x1 convolution and the interpolation commute, since the weights of the interpolation sum to 1. This way round
  // the convolution has a quarter of the pixels.
  return doubled(up(x));
}

at::Tensor InstanceUnetr::deconvolve(const at::Tensor& x, const Deconvolution& layer) const {
  const at::Tensor maps = layer.convolution(upsample(x, layer.up));
  return at::batch_norm(maps, layer.normWeight, layer.normBias, {}, {}, /*training=*/true, 0, kEpsilon, false).relu_();
}

at::Tensor InstanceUnetr::operator()(const at::Tensor& embedding, const CancelToken& cancel) const {
  const auto goOn = [&] {
    if (cancel.isCancelled()) throw Cancelled();
  };
  std::vector<at::Tensor> skips;
  for (const Deconvolution& layer : deconvolutions_) {
    goOn();
    skips.push_back(deconvolve(skips.empty() ? embedding : skips.back(), layer));
  }
  at::Tensor x = base_(embedding);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    goOn();
    x = upsample(x, samplers_[i]);
    x = blocks_[i](at::cat({x, middleChannels(skips[i], x.size(1))}, 1));
    skips[i].reset();  // maps of a full frame take hundreds of megabytes
  }
  goOn();
  x = upsample(x, lastUp_);
  return out_(head_(at::cat({x, skips.back()}, 1))).sigmoid();
}

namespace {

class UnetrInstanceDecoder : public InstanceDecoder {
 public:
  UnetrInstanceDecoder(std::unique_ptr<InstanceUnetr> network, c10::Device device, std::string modelName)
      : network_(std::move(network)), device_(device), modelName_(std::move(modelName)) {}

  Result<InstanceMaps> decode(const Embedding& embedding, const JobContext& job) override {
    CYTO_TRY(job.cancel.check());
    if (embedding.maps.empty() || embedding.maps[0].channels != network_->embeddingChannels()) {
      return Error(ErrorCode::kModel, "the embedding was not made by " + modelName_ + "; compute it again");
    }
    return catchFailures("decoding all objects", [&]() -> Result<InstanceMaps> {
      const c10::InferenceMode inference;
      const FeatureMap& map = embedding.maps[0];
      const at::Tensor features =
          at::from_blob(const_cast<float*>(map.values.data()), {1, map.channels, map.rows, map.columns}).to(device_);
      const Extent2 size = embedding.originalSize;
      const at::Tensor maps =
          at::upsample_bilinear2d(
              (*network_)(features, job.cancel).slice(2, 0, embedding.inputSize.y).slice(3, 0, embedding.inputSize.x),
              {size.y, size.x}, false)
              .to(at::kCPU)
              .contiguous();
      const auto values = [&](int64_t channel) {
        const float* first = maps.const_data_ptr<float>() + channel * size.y * size.x;
        return std::vector<float>(first, first + size.y * size.x);
      };
      return InstanceMaps(DistanceMaps{size, values(0), values(1), values(2)});
    });
  }

 private:
  std::unique_ptr<InstanceUnetr> network_;
  c10::Device device_;
  std::string modelName_;
};

}  // namespace

std::unique_ptr<InstanceDecoder> makeUnetrInstanceDecoder(std::unique_ptr<InstanceUnetr> network,
                                                          const std::string& device, std::string modelName) {
  return std::make_unique<UnetrInstanceDecoder>(std::move(network), c10::Device(device), std::move(modelName));
}

}  // namespace cyto::nn
