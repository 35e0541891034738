#include "core/nn/sam/prompt_encoder.h"

#include <ATen/ATen.h>

#include <numbers>

namespace cyto::nn {

namespace {
constexpr double kPromptEpsilon = 1e-6;
constexpr int64_t kMaskChannels = 16;
}  // namespace

PromptEncoder::PromptEncoder(const SamConfiguration& configuration, WeightTable& table)
    : side_(static_cast<double>(configuration.frameSide)), grid_(configuration.grid()) {
  const std::string prefix = "prompt_encoder.";
  const int64_t channels = configuration.channels;
  gaussian_ = table.take(prefix + "pe_layer.positional_encoding_gaussian_matrix", {2, channels / 2});
  for (int i = 0; i < 4; ++i) {
    pointEmbeddings_[i] = table.take(prefix + "point_embeddings." + std::to_string(i) + ".weight", {1, channels});
  }
  notAPoint_ = table.take(prefix + "not_a_point_embed.weight", {1, channels});
  noMask_ = table.take(prefix + "no_mask_embed.weight", {1, channels});
  const std::string mask = prefix + "mask_downscaling.";
  maskWeight1_ = table.take(mask + "0.weight", {kMaskChannels / 4, 1, 2, 2});
  maskBias1_ = table.take(mask + "0.bias", {kMaskChannels / 4});
  maskNorm1_ = LayerNorm(table, mask + "1", kMaskChannels / 4, kPromptEpsilon);
  maskWeight2_ = table.take(mask + "3.weight", {kMaskChannels, kMaskChannels / 4, 2, 2});
  maskBias2_ = table.take(mask + "3.bias", {kMaskChannels});
  maskNorm2_ = LayerNorm(table, mask + "4", kMaskChannels, kPromptEpsilon);
  maskWeight3_ = table.take(mask + "6.weight", {channels, kMaskChannels, 1, 1});
  maskBias3_ = table.take(mask + "6.bias", {channels});
}

at::Tensor PromptEncoder::encodePositions(const at::Tensor& unitCoordinates) const {
  const at::Tensor phase = at::matmul(2.0 * unitCoordinates - 1.0, gaussian_) * (2.0 * std::numbers::pi);
  return at::cat({at::sin(phase), at::cos(phase)}, -1);
}

at::Tensor PromptEncoder::encodePoints(const at::Tensor& points, const at::Tensor& labels) const {
  const at::Tensor positions = encodePositions((points + 0.5) / side_);
  const at::Tensor label = labels.to(at::kFloat).unsqueeze(-1);
  const at::Tensor isPadding = label == -1;
  at::Tensor encoded = at::where(isPadding, notAPoint_, positions);
  encoded = encoded + at::where(label == 0, pointEmbeddings_[0], at::zeros_like(pointEmbeddings_[0]));
  return encoded + at::where(label == 1, pointEmbeddings_[1], at::zeros_like(pointEmbeddings_[1]));
}

at::Tensor PromptEncoder::sparse(const PromptTensors& prompts) const {
  std::vector<at::Tensor> parts;
  if (prompts.points.defined()) {
    at::Tensor points = prompts.points;
    at::Tensor labels = prompts.pointLabels.to(points.scalar_type());
    if (!prompts.boxes) {
      points = at::cat({points, at::zeros({points.size(0), 1, 2}, points.options())}, 1);
      labels = at::cat({labels, at::full({labels.size(0), 1}, -1, labels.options())}, 1);
    }
    parts.push_back(encodePoints(points, labels));
  }
  if (prompts.boxes) {
    const at::Tensor corners = encodePositions((prompts.boxes->view({-1, 2, 2}) + 0.5) / side_);
    parts.push_back(corners + at::cat({pointEmbeddings_[2], pointEmbeddings_[3]}, 0));
  }
  if (parts.empty())
    return at::zeros({prompts.masks ? prompts.masks->size(0) : 1, 0, noMask_.size(1)}, noMask_.options());
  return parts.size() == 1 ? parts[0] : at::cat(parts, 1);
}

at::Tensor PromptEncoder::dense(const at::Tensor& masks) const {
  at::Tensor x = at::gelu(channelNorm(at::conv2d(masks, maskWeight1_, maskBias1_, 2), maskNorm1_));
  x = at::gelu(channelNorm(at::conv2d(x, maskWeight2_, maskBias2_, 2), maskNorm2_));
  return at::conv2d(x, maskWeight3_, maskBias3_);
}

at::Tensor PromptEncoder::densePositions() const {
  const at::Tensor axis = (at::arange(grid_, gaussian_.options()) + 0.5) / static_cast<double>(grid_);
  const at::Tensor x = axis.unsqueeze(0).expand({grid_, grid_});
  const at::Tensor y = axis.unsqueeze(1).expand({grid_, grid_});
  return encodePositions(at::stack({x, y}, -1)).permute({2, 0, 1}).unsqueeze(0).contiguous();
}

}  // namespace cyto::nn
