#include "core/nn/cyto/cyto_small.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/nn/cyto/decoding_window.h"

namespace cyto::nn {

namespace {

struct PreparedImage : PreparedFeatures {
  int64_t size_bytes() const override { return bytesOf({image.at16, image.at8, image.at4, image.at2}); }
  ImageProjections image;
};

}  // namespace

CytoSmall::CytoSmall(WeightSource& source, at::ScalarType preparedType)
    : encoder_(source), decoder_(source), weights_(source.finish()), preparedType_(preparedType) {}

std::vector<std::string> CytoSmall::extraFeatureNames() const {
  if (encoder_.hasHighRes2()) return {"high_res_8", "high_res_4", "high_res_2", "dense"};
  return {"high_res_8", "high_res_4", "dense"};
}

PreparedPtr CytoSmall::prepare(Features ofOneImage) {
  auto prepared = std::make_unique<PreparedImage>();
  ImageProjections& image = prepared->image = decoder_.project(ofOneImage);
  // The dense prediction stays in fp32: offsets in pixels need more digits than bf16 has.
  for (at::Tensor* map : {&image.at16, &image.at8, &image.at4, &image.at2}) {
    if (map->defined()) *map = map->to(preparedType_);
  }
  return prepared;
}

DecodedMasks CytoSmall::decode(const Features& ofOneImage, const PromptTensors& prompts, bool multimask) {
  return decode(decoder_.project(ofOneImage), prompts, multimask);
}

DecodedMasks CytoSmall::decode(const ImageProjections& image, const PromptTensors& prompts, bool multimask) const {
  DecodedMasks masks = decoder_(image, prompts);
  if (multimask) return masks;
  return {masks.logits.slice(1, 0, 1), masks.predictedIou.slice(1, 0, 1)};
}

DecodedMasks CytoSmall::decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                                       MaskSelection selection) {
  const ImageProjections& image = static_cast<const PreparedImage&>(prepared).image;
  const bool isMultimask = selection == MaskSelection::kAllAlternatives;
  std::vector<at::Tensor> logits, predictedIous;
  for (int64_t i = 0; i < prompts.count(); ++i) {
    DecodedMasks masks = decodeInWindow(image, prompts.only(i), isMultimask);
    logits.push_back(std::move(masks.logits));
    predictedIous.push_back(std::move(masks.predictedIou));
  }
  return {at::cat(logits), at::cat(predictedIous)};
}

DecodedMasks CytoSmall::decodeInWindow(const ImageProjections& image, const PromptTensors& prompts,
                                       bool multimask) const {
  DecodingWindow window = DecodingWindow::around(prompts, image.dense);
  for (;; window = window.widened()) {
    const auto cut = [&](const at::Tensor& map) { return window.cut(map); };
    DecodedMasks masks = decode(image.mapped(cut), window.moved(prompts), multimask);
    if (!window.isWhole() && window.cutsThrough(masks.logits)) continue;
    masks.logits = window.placed(masks.logits);
    return masks;
  }
}

bool isCytoSmall(const NamedTensors& weights) {
  return std::any_of(weights.begin(), weights.end(),
                     [](const auto& weight) { return weight.first == "cyto.encoder.stem.0.weight"; });
}

std::unique_ptr<CytoSmall> createCytoSmall(uint64_t seed) {
  WeightSource source(seed);
  auto model = std::make_unique<CytoSmall>(source);
  for (const auto& [name, weight] : model->namedTensors()) {
    // Most pixels belong to no object: start there.
    if (name == "cyto.decoder.head.bias") at::Tensor(weight).fill_(-3);
  }
  return model;
}

namespace {

Result<std::unique_ptr<CytoSmall>> makeFrom(WeightSource source, at::ScalarType preparedType) {
  try {
    return std::make_unique<CytoSmall>(source, preparedType);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kModel, std::string("the weights are not those of cyto-small: ") + problem.what());
  }
}

}  // namespace

Result<std::unique_ptr<CytoSmall>> cytoSmallFromWeights(const NamedTensors& weights, at::ScalarType preparedType) {
  return makeFrom(WeightSource(weights), preparedType);
}

Result<std::unique_ptr<CytoSmall>> cytoSmallStartingFrom(const NamedTensors& weights, uint64_t seed) {
  return makeFrom(WeightSource(weights, seed), at::kFloat);
}

}  // namespace cyto::nn
