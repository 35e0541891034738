#include "core/nn/train/episode.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "core/nn/failures.h"
#include "core/nn/train/prompt_sampling.h"

namespace cyto::nn {

namespace {

struct ChosenObjects {
  at::Tensor masks;  // (B, S, S), 0 or 1
  at::Tensor truth;  // (B, S/4, S/4): covered share of each cell

  /// The covered share of each of `cells` x `cells` cells.
  at::Tensor truthOf(int64_t cells) const {
    const int64_t step = masks.size(1) / cells;
    return cells == truth.size(1) ? truth : at::avg_pool2d(masks.unsqueeze(1), {step, step}).squeeze(1);
  }
};

ChosenObjects chooseObjects(const TrainingCrop& crop, int count, Random& random) {
  const at::Tensor ids = crop.labels.to(at::kLong).flatten();
  const at::Tensor areas = at::bincount(ids);
  std::vector<int64_t> visible;
  for (int64_t id = 1; id < areas.size(0); ++id) {
    if (areas[id].item<int64_t>() >= 24) visible.push_back(id);
  }
  std::shuffle(visible.begin(), visible.end(), random);
  visible.resize(std::min<size_t>(visible.size(), static_cast<size_t>(count)));
  if (visible.empty()) return {};
  const at::Tensor chosen = at::tensor(visible).to(at::kFloat).view({-1, 1, 1});
  const at::Tensor masks = crop.labels.unsqueeze(0).eq(chosen).to(at::kFloat);
  return {masks, at::avg_pool2d(masks.unsqueeze(1), {4, 4}).squeeze(1)};
}

/// Removes the choice among alternatives: of each object the mask with the highest predicted IoU.
at::Tensor bestLogits(const DecodedMasks& masks) {
  const at::Tensor best = masks.predictedIou.detach().argmax(1);
  const at::Tensor index = best.view({-1, 1, 1, 1}).expand({-1, 1, masks.logits.size(2), masks.logits.size(3)});
  return masks.logits.detach().gather(1, index);
}

struct PromptedLoss {
  at::Tensor loss;
  double firstIou = 0;
};

PromptedLoss promptObjects(PromptableModel& model, const Features& features, const ChosenObjects& objects,
                           const EpisodeOptions& options, bool startsWithBox, Random& random) {
  const at::Generator generator = at::detail::createCPUGenerator(random());
  const auto chance = [&](double probability) {
    return std::uniform_real_distribution<double>()(random) < probability;
  };
  const at::Tensor inside = objects.truth.gt(0.5).to(at::kFloat);
  PromptTensors prompts;
  if (startsWithBox) {
    prompts.boxes = jitteredBoxes(objects.masks, options.boxDistortion * (chance(0.3) ? 2 : 1), generator);
  } else {
    prompts.points = samplePoints(objects.truth, chance(0.6), generator).unsqueeze(1);
    prompts.pointLabels = at::ones({objects.truth.size(0), 1}, at::kFloat);
  }
  const c10::Device device = features.at(0).device();  // prompts are drawn on the processor
  PromptedLoss result;
  const bool oneByOne = chance(options.singleCorrections);
  const bool asksForAlternatives = !startsWithBox && chance(options.alternatives);
  for (int i = 0; i < options.subIterations; ++i) {
    const bool multimask = i == 0 && asksForAlternatives;
    const DecodedMasks masks = model.decode(features, prompts.on(device), multimask);
    const at::Tensor truth = objects.truthOf(masks.logits.size(2)).to(device);
    const at::Tensor loss = promptLoss(masks, truth, options.maskLoss, multimask ? options.shareOfMean : 0);
    result.loss = result.loss.defined() ? result.loss + loss : loss;
    const at::Tensor best = bestLogits(masks);
    if (i == 0) result.firstIou = maskIou(best, truth).mean().item<double>();
    const at::Tensor logits = asMaskPrompt(best, objects.masks.size(1));
    if (i + 1 == options.subIterations) break;
    const at::Tensor predicted = logits.squeeze(1).gt(0).to(at::kCPU, at::kFloat);
    CorrectionPoints corrections = sampleCorrections(inside, predicted, chance(0.6), generator);
    if (oneByOne) corrections = largerErrorOnly(corrections, inside, predicted);
    prompts.points = prompts.points.defined() ? at::cat({prompts.points, corrections.points}, 1) : corrections.points;
    prompts.pointLabels =
        prompts.pointLabels.defined() ? at::cat({prompts.pointLabels, corrections.labels}, 1) : corrections.labels;
    prompts.masks = chance(options.maskProbability) ? std::optional(logits) : std::nullopt;
  }
  result.loss = result.loss / options.subIterations;
  return result;
}

Features ofImage(const Features& features, int64_t index) {
  Features one;
  for (const at::Tensor& map : features) one.push_back(map.slice(0, index, index + 1));
  return one;
}

}  // namespace

Features encodeCrops(PromptableModel& model, const std::vector<TrainingCrop>& crops, const EpisodeOptions& options) {
  std::vector<at::Tensor> frames;
  for (const TrainingCrop& crop : crops) frames.push_back(crop.frame);
  const at::AutoGradMode gradients(options.encoderLearns);
  return model.encodeInSteps(at::stack(frames).to(model.device(), options.type), stoppedBy(options.cancel));
}

EpisodeResult runEpisode(const TrainedNetwork& network, const Features& features,
                         const std::vector<TrainingCrop>& crops, const EpisodeOptions& options, int64_t iteration,
                         Random& random) {
  EpisodeResult result;
  at::Tensor loss;
  if (options.lesson.instances) {
    loss = network.instances->loss(features, crops, options.cancel);
    result.instanceLoss = loss.item<double>();
  }
  for (size_t i = 0; i < crops.size() && options.lesson.prompts; ++i) {
    const ChosenObjects objects = chooseObjects(crops[i], options.objectsPerImage, random);
    if (!objects.masks.defined()) continue;
    const bool startsWithBox = (iteration + static_cast<int64_t>(i)) % 2 == 1;
    const PromptedLoss prompted = promptObjects(*network.prompted, ofImage(features, static_cast<int64_t>(i)), objects,
                                                options, startsWithBox, random);
    const at::Tensor share = prompted.loss / static_cast<double>(crops.size());
    loss = loss.defined() ? loss + share : share;
    result.firstIou += prompted.firstIou * static_cast<double>(objects.masks.size(0));
    result.objects += static_cast<int>(objects.masks.size(0));
  }
  if (result.objects > 0) result.firstIou /= result.objects;
  if (!loss.defined()) return result;
  loss = loss * options.lossShare;
  result.instanceLoss *= options.lossShare;
  result.loss = loss.item<double>();
  if (loss.requires_grad()) loss.backward();
  return result;
}

}  // namespace cyto::nn
