#include "core/nn/promptable_model.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

/// Keeps the row with the highest predicted IoU of each prompt.
DecodedMasks bestOf(const DecodedMasks& decoded) {
  const at::Tensor best = decoded.predictedIou.argmax(1, /*keepdim=*/true);
  const int64_t rows = decoded.logits.size(2);
  const int64_t columns = decoded.logits.size(3);
  const at::Tensor index = best.view({-1, 1, 1, 1}).expand({-1, 1, rows, columns});
  return {decoded.logits.gather(1, index), decoded.predictedIou.gather(1, best)};
}

}  // namespace

int64_t PromptTensors::count() const {
  return points.defined() ? points.size(0) : boxes ? boxes->size(0) : masks.value().size(0);
}

PromptTensors PromptTensors::only(int64_t index) const {
  const auto one = [&](const at::Tensor& all) { return all.slice(0, index, index + 1); };
  PromptTensors result;
  if (points.defined()) {
    result.points = one(points);
    result.pointLabels = one(pointLabels);
  }
  if (boxes) result.boxes = one(*boxes);
  if (masks) result.masks = one(*masks);
  return result;
}

at::Tensor asMaskPrompt(const at::Tensor& logits, int64_t frameSide) {
  const int64_t step = 4 * logits.size(2) / frameSide;
  return step == 1 ? logits : at::avg_pool2d(logits, {step, step});
}

int64_t bytesOf(const Features& maps) {
  int64_t sum = 0;
  for (const at::Tensor& map : maps) sum += map.defined() ? static_cast<int64_t>(map.nbytes()) : 0;
  return sum;
}

Features PromptableModel::encodeInSteps(const at::Tensor& frames, const BetweenSteps& betweenSteps) {
  pause(betweenSteps);
  return encode(frames);
}

PreparedPtr PromptableModel::prepare(Features ofOneImage) {
  auto prepared = std::make_unique<PreparedFeatures>();
  prepared->features = std::move(ofOneImage);
  return prepared;
}

DecodedMasks PromptableModel::decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                                             MaskSelection selection) {
  const DecodedMasks decoded = decode(prepared.features, prompts, selection != MaskSelection::kSingle);
  return selection == MaskSelection::kBestAlternative ? bestOf(decoded) : decoded;
}

void PromptableModel::decodeEach(const PreparedFeatures& prepared, int64_t count, float minPredictedIou,
                                 const std::function<PromptTensors(int64_t)>& prompts,
                                 const std::function<void(int64_t, const DecodedMasks&)>& deliver) {
  for (int64_t i = 0; i < count; ++i) {
    DecodedMasks decoded = decodePrepared(prepared, prompts(i), MaskSelection::kAllAlternatives);
    if (minPredictedIou > 0) {
      const at::Tensor kept = decoded.predictedIou[0].gt(minPredictedIou).nonzero().flatten();
      decoded = {decoded.logits.index_select(1, kept), decoded.predictedIou.index_select(1, kept)};
    }
    deliver(i, decoded);
  }
}

}  // namespace cyto::nn
