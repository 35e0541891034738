#include "core/nn/train/training_run.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/failures.h"
#include "core/nn/train/parallel_replicas.h"
#include "core/nn/weights/safetensors.h"

namespace cyto::nn {

namespace {

constexpr double kCytoRate = 1.2e-3;
constexpr double kCytoContinuedRate = 4e-4;  // from trained weights
constexpr double kFineTuningRate = 1e-5;     // spec/micro-sam.md §9.5
constexpr double kLastRate = 0.01;           // of the highest
constexpr double kPlateauFactor = 0.9;       // spec/micro-sam.md §9.5
constexpr int64_t kPlateauPatience = 3;
constexpr int kToleratedFailures = 20;
constexpr double kSingleCorrections = 0.5;
constexpr double kAlternatives =
    0.5;  // the program answers a click with the first mask, so a click asks for that one too
constexpr size_t kNamesInMessage = 8;

NamedTensors copyOf(const NamedTensors& weights) {
  NamedTensors copy;
  for (const auto& [name, weight] : weights) copy.emplace_back(name, weight.detach().clone());
  return copy;
}

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Random randomOf(uint64_t seed, int64_t step, uint64_t stream) {
  std::seed_seq sequence{seed, static_cast<uint64_t>(step), stream};
  return Random(sequence);
}

}  // namespace

bool ScoreHistory::add(double score) {
  if (score > best) {
    best = score;
    validationsSince = waiting = 0;
    return true;
  }
  ++validationsSince;
  if (++waiting <= kPlateauPatience) return false;
  waiting = 0;
  rateFactor *= kPlateauFactor;
  return false;
}

TrainingRun::TrainingRun(std::vector<std::unique_ptr<PromptableModel>> replicas, LearnedWeights learned,
                         TrainingOptions options, at::ScalarType type)
    : options_(std::move(options)),
      type_(type),
      learned_(std::move(learned)),
      replicas_(std::move(replicas)),
      optimiser_(copyOf(learned_.initial())),
      isDense_(dynamic_cast<const DenselySupervised*>(replicas_.at(0).get()) != nullptr),
      spent_(replicas_.size()) {
  for (const auto& replica : replicas_) {
    const NamedTensors own = replica->namedTensors();
    const std::map<std::string, at::Tensor> byName(own.begin(), own.end());
    weights_.emplace_back();
    for (const auto& [name, initial] : learned_.initial()) {
      weights_.back().emplace_back(name, byName.at(name));
      weights_.back().back().second.set_requires_grad(true);
    }
  }
}

TrainingRun::TrainingRun(NetworkMaker maker, LearnedWeights learned, TrainingOptions options, at::ScalarType type)
    : options_(std::move(options)),
      type_(type),
      learned_(std::move(learned)),
      maker_(std::move(maker)),
      replicas_(1),
      weights_({copyOf(learned_.initial())}),
      optimiser_(copyOf(learned_.initial())),
      spent_(1) {
  for (auto& [name, weight] : weights_[0]) weight.set_requires_grad(true);
  remake(false);
}

/// Without gradients a network prepares its weights for speed.
void TrainingRun::remake(bool withGradients) {
  if (!maker_) return;
  const at::AutoGradMode gradients(withGradients);
  replicas_[0] = maker_(learned_.network(weights_[0]));
}

double TrainingRun::fractionDone() const {
  const double byTime = options_.minutes > 0 ? seconds_ / (60 * options_.minutes) : 0;
  const double bySteps =
      options_.steps > 0 ? static_cast<double>(steps_) / static_cast<double>(options_.steps) : byTime;
  return std::min(1.0, bySteps);
}

double TrainingRun::learningRate() const {
  const double cyto = options_.startWeights.empty() ? kCytoRate : kCytoContinuedRate;
  const double highest = options_.learningRate > 0 ? options_.learningRate : isDense() ? cyto : kFineTuningRate;
  const double warmUp = std::min(1.0, static_cast<double>(optimiser_.steps() + 1) / std::max(1, options_.warmUpSteps));
  if (options_.schedule == "constant") return highest * warmUp;
  if (options_.schedule == "plateau") return highest * warmUp * scores.rateFactor;
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * fractionDone()));
  return highest * warmUp * (kLastRate + (1 - kLastRate) * cosine);
}

int64_t TrainingRun::drawSide(Random& random) const {
  // Only fully convolutional networks take other frames than their own.
  if (!isDense()) return replicas_[0]->frameSide();
  const double draw = std::uniform_real_distribution<double>()(random);
  return draw < 0.65 ? 256 : draw < 0.93 ? 384 : 512;
}

int TrainingRun::drawSubIterations(Random& random) const {
  const int most = std::max(1, options_.subIterations);
  if (!isDense()) return most;
  // Mostly few: the first prompt matters most and costs least.
  std::vector<double> weights;
  for (int i = 1; i <= most; ++i) weights.push_back(std::pow(i, -1.5));
  return 1 + std::discrete_distribution<int>(weights.begin(), weights.end())(random);
}

void TrainingRun::shareWeights(const NamedTensors& weights) {
  const at::AutoGradMode withoutGradients(false);
  for (const NamedTensors& replica : weights_) {
    for (size_t i = 0; i < replica.size(); ++i) replica[i].second.detach().copy_(weights[i].second);
  }
}

/// What a step will do, drawn before any thread starts.
struct TrainingRun::Plan {
  int64_t side = 0;
  EpisodeOptions episode;
  std::vector<std::vector<size_t>> drawn;  // samples of each replica

  /// The first images, for a message.
  std::string names(const AnnotatedSamples& samples) const {
    std::string text;
    size_t count = 0;
    for (const auto& indices : drawn) {
      for (const size_t index : indices) {
        if (count++ < kNamesInMessage) text += (text.empty() ? "'" : ", '") + samples.sample(index).name + "'";
      }
    }
    return count > kNamesInMessage ? text + " and " + std::to_string(count - kNamesInMessage) + " more" : text;
  }
};

TrainingRun::Plan TrainingRun::planStep(const AnnotatedSamples& samples) const {
  Random random = randomOf(options_.seed, steps_, 0);
  Plan plan;
  plan.side = drawSide(random);
  // The work of a step does not depend on the side of its frames.
  const double share = 256.0 * 256.0 / static_cast<double>(plan.side * plan.side);
  const int64_t wanted = isDense() ? std::lround(options_.batchImages * share) : options_.batchImages;
  const auto replicas = static_cast<int64_t>(replicas_.size());
  const int64_t perReplica = std::max<int64_t>(1, (wanted + replicas - 1) / replicas);
  plan.episode.objectsPerImage = options_.objectsPerImage;
  plan.episode.maskProbability = options_.maskProbability;
  plan.episode.boxDistortion = options_.boxDistortion;
  plan.episode.type = type_;
  plan.episode.encoderLearns = !learned_.encoderIsFrozen();
  plan.episode.singleCorrections = isDense() ? kSingleCorrections : 0;
  plan.episode.alternatives = isDense() ? kAlternatives : 1;
  plan.episode.subIterations = drawSubIterations(random);
  plan.drawn.resize(replicas_.size());
  for (auto& indices : plan.drawn) {
    for (int64_t i = 0; i < perReplica; ++i) indices.push_back(samples.draw(random));
  }
  return plan;
}

Result<EpisodeResult> TrainingRun::runReplica(size_t replica, const Plan& plan, const AnnotatedSamples& samples) {
  Random own = randomOf(options_.seed, steps_, 1 + replica);
  const auto begin = Clock::now();
  std::vector<TrainingCrop> crops;
  for (const size_t index : plan.drawn[replica]) {
    CYTO_ASSIGN(const std::shared_ptr<const AnnotatedImage> image, samples.get(index));
    crops.push_back(drawCrop(*image, plan.side, replicas_[replica]->frameSide(), options_.variation, own));
  }
  spent_[replica].data += secondsSince(begin);
  const auto beginOfNetwork = Clock::now();
  for (auto& [name, weight] : weights_[replica]) weight.mutable_grad().reset();
  // The gradients of all parts add up; only the memory depends on how many images are in one.
  const size_t together = options_.imagesTogether > 0 ? static_cast<size_t>(options_.imagesTogether)
                          : isDense()                 ? crops.size()
                                                      : 1;
  EpisodeResult sum;
  for (size_t first = 0; first < crops.size(); first += together) {
    const size_t last = std::min(first + together, crops.size());
    const std::vector<TrainingCrop> part(crops.begin() + static_cast<std::ptrdiff_t>(first),
                                         crops.begin() + static_cast<std::ptrdiff_t>(last));
    EpisodeOptions episode = plan.episode;
    episode.lossShare = static_cast<double>(part.size()) / static_cast<double>(crops.size());
    if (maker_) remake(true);
    const EpisodeResult result =
        runEpisode(*replicas_[replica], part, episode, steps_ + static_cast<int64_t>(first), own);
    sum.loss += result.loss;
    sum.denseLoss += result.denseLoss;
    sum.firstIou += result.firstIou * episode.lossShare;
    sum.objects += result.objects;
  }
  spent_[replica].network += secondsSince(beginOfNetwork);
  return sum;
}

std::vector<at::Tensor> TrainingRun::meanGradients() const {
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < weights_[0].size(); ++i) {
    at::Tensor sum;
    for (const NamedTensors& replica : weights_) {
      const at::Tensor gradient = replica[i].second.grad();
      if (gradient.defined()) sum = sum.defined() ? sum + gradient : gradient;
    }
    gradients.push_back(sum.defined() ? sum / static_cast<double>(replicas_.size()) : sum);
  }
  return gradients;
}

Result<StepResult> TrainingRun::step(const AnnotatedSamples& samples, const CancelToken& cancel) {
  const auto begin = Clock::now();
  shareWeights(optimiser_.trained());
  Plan plan = planStep(samples);
  plan.episode.cancel = cancel;
  const double sharing = secondsSince(begin);

  std::vector<Result<EpisodeResult>> results(replicas_.size(), EpisodeResult());
  runOnReplicas(replicas_.size(), [&](size_t replica) {
    try {
      results[replica] = runReplica(replica, plan, samples);
    } catch (const Cancelled&) {
      results[replica] = Error(ErrorCode::kCancelled, "cancelled");
    }
  });
  StepResult result;
  for (const auto& part : results) {
    CYTO_TRY(part);
    result.loss += part->loss / static_cast<double>(replicas_.size());
    result.denseLoss += part->denseLoss / static_cast<double>(replicas_.size());
    result.firstIou += part->firstIou / static_cast<double>(replicas_.size());
  }
  const auto beginOfOptimiser = Clock::now();
  const auto notFinite = [&](const std::string& what) {
    return Error(ErrorCode::kInternal, what + " in step " + std::to_string(steps_) + " of " + plan.names(samples) +
                                           "; the last checkpoint is kept: look at these images, or resume with a "
                                           "smaller learning rate");
  };
  if (!std::isfinite(result.loss)) return notFinite("the loss is not a finite number");
  result.learningRate = learningRate();
  result.gradientNorm = optimiser_.step(meanGradients(), result.learningRate);
  notFinite_ = std::isfinite(result.gradientNorm) ? 0 : notFinite_ + 1;
  if (notFinite_ > kToleratedFailures) return notFinite("the gradients have not been finite numbers for long");
  ++steps_;
  ++stepsHere_;
  optimiserSeconds_ += sharing + secondsSince(beginOfOptimiser);
  stepSeconds_ += secondsSince(begin);
  seconds_ += secondsSince(begin);
  return result;
}

TrainingProfile TrainingRun::profile() const {
  TrainingProfile profile;
  if (stepsHere_ == 0 || stepSeconds_ <= 0) return profile;
  const double threads = static_cast<double>(replicas_.size()) * stepSeconds_;
  for (const Spent& spent : spent_) {
    profile.network += spent.network / threads;
    profile.data += spent.data / threads;
  }
  profile.optimiser = optimiserSeconds_ / stepSeconds_;
  profile.waiting = std::max(0.0, 1 - profile.network - profile.data - profile.optimiser);
  profile.stepSeconds = stepSeconds_ / static_cast<double>(stepsHere_);
  return profile;
}

std::vector<PromptableModel*> TrainingRun::averagedReplicas() {
  shareWeights(optimiser_.averaged());
  remake(false);
  std::vector<PromptableModel*> models;
  for (const auto& replica : replicas_) models.push_back(replica.get());
  return models;
}

bool TrainingRun::canResume() const { return std::filesystem::exists(checkpointPath()); }

namespace {

constexpr int64_t kPackedScores = 7;

/// As whole numbers, because files keep fractions to 32 bits only and a resumed training needs all of them.
at::Tensor packed(const ScoreHistory& history) {
  const auto bits = [](double value) { return std::bit_cast<int64_t>(value); };
  return at::tensor({bits(history.before.pointIou), bits(history.before.boxIou), history.before.objects,
                     bits(history.best), history.validationsSince, history.waiting, bits(history.rateFactor)});
}

ScoreHistory unpacked(const at::Tensor& tensor) {
  const auto whole = [&](int64_t index) { return tensor[index].item<int64_t>(); };
  const auto fraction = [&](int64_t index) { return std::bit_cast<double>(whole(index)); };
  return {{fraction(0), fraction(1), whole(2)}, fraction(3), whole(4), whole(5), fraction(6)};
}

}  // namespace

Status TrainingRun::save() const {
  NamedTensors state = optimiser_.state();
  state.emplace_back("run/steps", at::full({1}, steps_, at::kLong));
  state.emplace_back("run/milliseconds", at::full({1}, static_cast<int64_t>(seconds_ * 1000), at::kLong));
  state.emplace_back("run/scores", packed(scores));
  for (auto& [name, tensor] : state) tensor = tensor.contiguous();
  return writeSafetensors(checkpointPath(), state, {{"content", "training state"}});
}

Status TrainingRun::resume() {
  CYTO_ASSIGN(const BinaryFile file, BinaryFile::open(checkpointPath()));
  CYTO_ASSIGN(const NamedTensors state, readSafetensors(file));
  int64_t steps = -1, milliseconds = -1;
  ScoreHistory history;
  for (const auto& [name, tensor] : state) {
    if (name == "run/steps") steps = tensor.item<int64_t>();
    if (name == "run/milliseconds") milliseconds = tensor.item<int64_t>();
    if (name == "run/scores" && tensor.numel() == kPackedScores) history = unpacked(tensor);
  }
  try {
    if (steps < 0 || milliseconds < 0) throw std::runtime_error("it is no training state");
    optimiser_.restore(state);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kModel, "the checkpoint '" + checkpointPath().string() + "' is not of this training: " +
                                        problem.what() + "; choose another checkpoint folder");
  }
  steps_ = steps;
  scores = history;
  seconds_ = static_cast<double>(milliseconds) / 1000;
  return {};
}

}  // namespace cyto::nn
