#include "core/nn/sam/instance_decoder_weights.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "core/nn/sam/instance_unetr.h"

namespace cyto::nn {

namespace {

namespace fs = std::filesystem;

fs::path decoderFileOf(const fs::path& checkpoint) {
  return checkpoint.parent_path() / (checkpoint.stem().string() + "_decoder" + checkpoint.extension().string());
}

/// Draws the layers one after the other and keeps their weights.
class DecoderDrawing {
 public:
  explicit DecoderDrawing(uint64_t seed) : random_(at::detail::createCPUGenerator(seed)) {}

  void convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel) {
    const double bound = 1 / std::sqrt(static_cast<double>(in * kernel * kernel));
    const auto drawn = [&](at::IntArrayRef shape) {
      return at::rand(shape, random_, at::kFloat).mul_(2 * bound).sub_(bound);
    };
    weights_.emplace_back(name + ".weight", drawn({out, in, kernel, kernel}));
    weights_.emplace_back(name + ".bias", drawn({out}));
  }

  void block(const std::string& name, int64_t in, int64_t out) {
    convolution(name + ".block.1", in, out, 3);
    convolution(name + ".block.4", out, out, 3);
  }

  void deconvolution(const std::string& name, int64_t in, int64_t out) {
    convolution(name + ".block.0.conv", in, out, 1);
    convolution(name + ".block.1.block", out, out, 3);
    weights_.emplace_back(name + ".block.2.weight", at::ones({out}));
    weights_.emplace_back(name + ".block.2.bias", at::zeros({out}));
    // Nothing reads the running statistics, but the reference refuses a decoder without them.
    weights_.emplace_back(name + ".block.2.running_mean", at::zeros({out}));
    weights_.emplace_back(name + ".block.2.running_var", at::ones({out}));
    weights_.emplace_back(name + ".block.2.num_batches_tracked", at::zeros({}, at::kLong));
  }

  NamedTensors weights() && { return std::move(weights_); }

 private:
  at::Generator random_;
  NamedTensors weights_;
};

}  // namespace

Result<NamedTensors> instanceDecoderOf(Checkpoint checkpoint, const fs::path& file) {
  if (!checkpoint.decoder.empty()) return std::move(checkpoint.decoder);
  std::error_code ignored;
  const fs::path beside = decoderFileOf(file);
  if (!fs::is_regular_file(beside, ignored)) return NamedTensors{};
  CYTO_ASSIGN(Checkpoint decoder, readCheckpoint(beside));
  NamedTensors weights = decoder.decoder.empty() ? std::move(decoder.model) : std::move(decoder.decoder);
  if (InstanceUnetr::matches(weights)) return weights;
  return Error(ErrorCode::kModel, "'" + beside.string() + "' is no instance decoder of micro-sam; rename or remove it");
}

NamedTensors randomInstanceDecoder(int64_t channels, uint64_t seed) {
  DecoderDrawing drawing(seed);
  const int64_t widths[] = {2 * channels, channels, channels / 2, channels / 4};
  drawing.block("base", channels, widths[0]);
  for (size_t i = 0; i < 3; ++i) {
    drawing.block("decoder.blocks." + std::to_string(i), 2 * widths[i + 1], widths[i + 1]);
  }
  for (size_t i = 0; i < 3; ++i) {
    drawing.convolution("decoder.samplers." + std::to_string(i) + ".conv", widths[i], widths[i + 1], 1);
  }
  for (size_t i = 0; i < 4; ++i) {
    drawing.deconvolution("deconv" + std::to_string(i + 1), i == 0 ? channels : widths[i - 1], widths[i]);
  }
  drawing.convolution("deconv_out.conv", widths[3], widths[3], 1);
  drawing.block("decoder_head", 2 * widths[3], widths[3]);
  drawing.convolution("out_conv", widths[3], 3, 1);
  return std::move(drawing).weights();
}

}  // namespace cyto::nn
