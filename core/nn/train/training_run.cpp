#include "core/nn/train/training_run.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/train/parallel_replicas.h"
#include "core/nn/weights/safetensors.h"

namespace cyto::nn {

namespace {

constexpr double kCytoRate = 1.2e-3;
constexpr double kFineTuningRate = 1e-5;  // spec/micro-sam.md §9.5
constexpr double kWarmUpSteps = 100;
constexpr double kLastRate = 0.01;  // of the highest
constexpr int kToleratedFailures = 20;

NamedTensors copyOf(const NamedTensors& weights) {
  NamedTensors copy;
  for (const auto& [name, weight] : weights) copy.emplace_back(name, weight.detach().clone());
  return copy;
}

Random randomOf(uint64_t seed, int64_t step, uint64_t stream) {
  std::seed_seq sequence{seed, static_cast<uint64_t>(step), stream};
  return Random(sequence);
}

}  // namespace

TrainingRun::TrainingRun(std::vector<std::unique_ptr<PromptableModel>> replicas, TrainingOptions options,
                         at::ScalarType type)
    : options_(std::move(options)),
      type_(type),
      replicas_(std::move(replicas)),
      optimiser_(copyOf(replicas_.at(0)->namedTensors())) {
  for (const auto& replica : replicas_) {
    weights_.push_back(replica->namedTensors());
    for (auto& [name, weight] : weights_.back()) {
      if (weight.is_floating_point()) weight.set_requires_grad(true);
    }
  }
}

double TrainingRun::fractionDone() const {
  const double byTime = options_.minutes > 0 ? seconds_ / (60 * options_.minutes) : 0;
  const double bySteps =
      options_.steps > 0 ? static_cast<double>(steps_) / static_cast<double>(options_.steps) : byTime;
  return std::min(1.0, bySteps);
}

double TrainingRun::learningRate() const {
  const bool isSmall = dynamic_cast<const CytoSmall*>(replicas_[0].get()) != nullptr;
  const double highest = options_.learningRate > 0 ? options_.learningRate : isSmall ? kCytoRate : kFineTuningRate;
  const double warmUp = std::min(1.0, static_cast<double>(optimiser_.steps() + 1) / kWarmUpSteps);
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * fractionDone()));
  return highest * warmUp * (kLastRate + (1 - kLastRate) * cosine);
}

int64_t TrainingRun::drawSide(Random& random) const {
  // Only fully convolutional networks take other frames than their own.
  if (!dynamic_cast<const DenselySupervised*>(replicas_[0].get())) return replicas_[0]->frameSide();
  const double draw = std::uniform_real_distribution<double>()(random);
  return draw < 0.65 ? 256 : draw < 0.93 ? 384 : 512;
}

void TrainingRun::shareWeights(const NamedTensors& weights) {
  const at::AutoGradMode withoutGradients(false);
  for (const NamedTensors& replica : weights_) {
    for (size_t i = 0; i < replica.size(); ++i) replica[i].second.detach().copy_(weights[i].second);
  }
}

StepResult TrainingRun::step(const std::vector<AnnotatedImage>& images) {
  const auto begin = std::chrono::steady_clock::now();
  shareWeights(optimiser_.trained());
  Random random = randomOf(options_.seed, steps_, 0);
  std::vector<double> weights;
  for (const AnnotatedImage& image : images) weights.push_back(image.weight);
  std::discrete_distribution<size_t> drawImage(weights.begin(), weights.end());
  const int64_t side = drawSide(random);
  // The work of a step does not depend on the side of its frames.
  const double share = 256.0 * 256.0 / static_cast<double>(side * side);
  const bool isDense = dynamic_cast<const DenselySupervised*>(replicas_[0].get()) != nullptr;
  const int64_t wanted = isDense ? std::lround(options_.batchImages * share) : options_.batchImages;
  const auto replicas = static_cast<int64_t>(replicas_.size());
  const int64_t perReplica = std::max<int64_t>(1, (wanted + replicas - 1) / replicas);
  EpisodeOptions episode;
  episode.objectsPerImage = options_.objectsPerImage;
  episode.maskProbability = options_.maskProbability;
  episode.boxDistortion = options_.boxDistortion;
  episode.type = type_;
  // One to all prompts: the first one matters most and costs least.
  episode.subIterations = std::uniform_int_distribution<int>(1, std::max(1, options_.subIterations))(random);
  std::vector<std::vector<size_t>> drawn(replicas_.size());
  for (auto& indices : drawn) {
    for (int64_t i = 0; i < perReplica; ++i) indices.push_back(drawImage(random));
  }

  std::vector<EpisodeResult> results(replicas_.size());
  runOnReplicas(replicas_.size(), [&](size_t replica) {
    Random own = randomOf(options_.seed, steps_, 1 + replica);
    std::vector<TrainingCrop> crops;
    for (const size_t index : drawn[replica]) {
      crops.push_back(drawCrop(images[index], side, replicas_[replica]->frameSide(), own));
    }
    for (auto& [name, weight] : weights_[replica]) weight.mutable_grad().reset();
    results[replica] = runEpisode(*replicas_[replica], crops, episode, steps_, own);
  });

  StepResult result;
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < weights_[0].size(); ++i) {
    at::Tensor sum;
    for (const NamedTensors& replica : weights_) {
      const at::Tensor gradient = replica[i].second.grad();
      if (gradient.defined()) sum = sum.defined() ? sum + gradient : gradient;
    }
    gradients.push_back(sum.defined() ? sum / static_cast<double>(replicas) : sum);
  }
  result.learningRate = learningRate();
  result.gradientNorm = optimiser_.step(gradients, result.learningRate);
  notFinite_ = std::isfinite(result.gradientNorm) ? 0 : notFinite_ + 1;
  if (notFinite_ > kToleratedFailures) {
    throw std::runtime_error("the loss is not a finite number any more; resume with a smaller learning rate");
  }
  for (const EpisodeResult& part : results) {
    result.loss += part.loss / static_cast<double>(replicas);
    result.denseLoss += part.denseLoss / static_cast<double>(replicas);
    result.firstIou += part.firstIou / static_cast<double>(replicas);
  }
  ++steps_;
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::vector<PromptableModel*> TrainingRun::averagedReplicas() {
  shareWeights(optimiser_.averaged());
  std::vector<PromptableModel*> models;
  for (const auto& replica : replicas_) models.push_back(replica.get());
  return models;
}

bool TrainingRun::canResume() const { return std::filesystem::exists(checkpointPath()); }

Status TrainingRun::save() const {
  NamedTensors state = optimiser_.state();
  state.emplace_back("run/steps", at::full({1}, steps_, at::kLong));
  state.emplace_back("run/milliseconds", at::full({1}, static_cast<int64_t>(seconds_ * 1000), at::kLong));
  for (auto& [name, tensor] : state) tensor = tensor.contiguous();
  return writeSafetensors(checkpointPath(), state, {{"content", "training state"}});
}

Status TrainingRun::resume() {
  CYTO_ASSIGN(const BinaryFile file, BinaryFile::open(checkpointPath()));
  CYTO_ASSIGN(const NamedTensors state, readSafetensors(file));
  int64_t steps = -1, milliseconds = -1;
  for (const auto& [name, tensor] : state) {
    if (name == "run/steps") steps = tensor.item<int64_t>();
    if (name == "run/milliseconds") milliseconds = tensor.item<int64_t>();
  }
  try {
    if (steps < 0 || milliseconds < 0) throw std::runtime_error("it is no training state");
    optimiser_.restore(state);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kModel, "the checkpoint '" + checkpointPath().string() + "' is not of this training: " +
                                        problem.what() + "; choose another checkpoint folder");
  }
  steps_ = steps;
  seconds_ = static_cast<double>(milliseconds) / 1000;
  return {};
}

}  // namespace cyto::nn
