#include "core/nn/promptable_model.h"

#include <ATen/ATen.h>

#include "core/nn/device_batches.h"

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

c10::Device PromptTensors::device() const {
  return points.defined() ? points.device() : boxes ? boxes->device() : masks.value().device();
}

PromptTensors PromptTensors::on(c10::Device device) const {
  PromptTensors result = *this;
  if (points.defined()) {
    result.points = points.to(device);
    result.pointLabels = pointLabels.to(device);
  }
  if (boxes) result.boxes = boxes->to(device);
  if (masks) result.masks = masks->to(device);
  return result;
}

bool PromptTensors::canJoin(const PromptTensors& other) const {
  if (points.defined() != other.points.defined() || boxes.has_value() != other.boxes.has_value() ||
      masks.has_value() != other.masks.has_value()) {
    return false;
  }
  return !points.defined() || points.size(1) == other.points.size(1);
}

PromptTensors together(std::span<const PromptTensors> parts) {
  if (parts.size() == 1) return parts[0];
  const auto joined = [&](const auto& memberOf) {
    std::vector<at::Tensor> all;
    for (const PromptTensors& part : parts) all.push_back(memberOf(part));
    return at::cat(all);
  };
  PromptTensors result;
  if (parts[0].points.defined()) {
    result.points = joined([](const PromptTensors& part) { return part.points; });
    result.pointLabels = joined([](const PromptTensors& part) { return part.pointLabels; });
  }
  if (parts[0].boxes) result.boxes = joined([](const PromptTensors& part) { return *part.boxes; });
  if (parts[0].masks) result.masks = joined([](const PromptTensors& part) { return *part.masks; });
  return result;
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

namespace {

// More prompts at once do not make a GPU faster. One takes about so much while it is decoded.
constexpr int64_t kPromptsAtOnce = 64;
constexpr int64_t kPrompt_bytes = int64_t{100} << 20;

/// What is kept of the answer to prompt `index` of a batch, on the processor.
DecodedMasks keptOf(const DecodedMasks& decoded, const at::Tensor& ious, int64_t index, float minPredictedIou) {
  const at::Tensor masks = decoded.logits.narrow(0, index, 1), own = ious.narrow(0, index, 1);
  if (minPredictedIou <= 0) return {masks.to(at::kCPU), own};
  const at::Tensor kept = own[0].gt(minPredictedIou).nonzero().flatten();
  return {masks.index_select(1, kept.to(masks.device())).to(at::kCPU), own.index_select(1, kept)};
}

}  // namespace

void PromptableModel::decodeEach(const PreparedFeatures& prepared, int64_t count, float minPredictedIou,
                                 const std::function<PromptTensors(int64_t)>& prompts,
                                 const std::function<void(int64_t, const DecodedMasks&)>& deliver) {
  std::vector<PromptTensors> next;
  std::optional<BatchSize> batch;
  const auto decode = [&](int64_t last) {
    const int64_t start = last - static_cast<int64_t>(next.size());
    batch->run(static_cast<int64_t>(next.size()), [&](int64_t first, int64_t size) {
      const auto begin = next.begin() + first;
      const DecodedMasks decoded =
          decodePrepared(prepared, together({begin, begin + size}), MaskSelection::kAllAlternatives);
      const at::Tensor ious = decoded.predictedIou.to(at::kCPU);
      for (int64_t i = 0; i < size; ++i) deliver(start + first + i, keptOf(decoded, ious, i, minPredictedIou));
    });
    next.clear();
  };
  for (int64_t i = 0; i < count; ++i) {
    PromptTensors own = prompts(i);
    if (!batch) batch.emplace(own.device(), kPromptsAtOnce, kPrompt_bytes);
    if (!next.empty() && !next.back().canJoin(own)) decode(i);
    next.push_back(std::move(own));
    if (static_cast<int64_t>(next.size()) >= batch->now()) decode(i + 1);
  }
  if (!next.empty()) decode(count);
}

}  // namespace cyto::nn
