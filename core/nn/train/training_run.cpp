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
constexpr double kShareOfMean = 0.5;  // all alternatives learn a little, so that none is left behind

NamedTensors copyOf(const NamedTensors& weights) {
  NamedTensors copy;
  for (const auto& [name, weight] : weights) copy.emplace_back(name, weight.detach().clone());
  return copy;
}

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

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

TrainingRun::TrainingRun(std::vector<TrainedNetwork> replicas, LearnedWeights learned, std::vector<Lesson> lessons,
                         TrainingOptions options, at::ScalarType type)
    : options_(std::move(options)),
      type_(type),
      learned_(std::move(learned)),
      replicas_(std::move(replicas)),
      lessons_(std::move(lessons)),
      optimiser_(copyOf(learned_.initial())),
      spent_(replicas_.size()) {
  for (const TrainedNetwork& replica : replicas_) {
    const NamedTensors own = replica.prompted->namedTensors();
    const std::map<std::string, at::Tensor> byName(own.begin(), own.end());
    weights_.emplace_back();
    for (const auto& [name, initial] : learned_.initial()) {
      weights_.back().emplace_back(name, byName.at(name));
      weights_.back().back().second.set_requires_grad(true);
    }
  }
}

TrainingRun::TrainingRun(NetworkMaker maker, LearnedWeights learned, std::vector<Lesson> lessons,
                         TrainingOptions options, at::ScalarType type)
    : options_(std::move(options)),
      type_(type),
      learned_(std::move(learned)),
      maker_(std::move(maker)),
      replicas_(1),
      lessons_(std::move(lessons)),
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
  const double highest = options_.learningRate > 0 ? options_.learningRate : isConvolutional() ? cyto : kFineTuningRate;
  const double warmUp = std::min(1.0, static_cast<double>(steps_ + 1) / std::max(1, options_.warmUpSteps));
  if (options_.schedule == "constant") return highest * warmUp;
  if (options_.schedule == "plateau") return highest * warmUp * scores.rateFactor;
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * fractionDone()));
  return highest * warmUp * (kLastRate + (1 - kLastRate) * cosine);
}

int64_t TrainingRun::drawSide(Random& random) const {
  // Only fully convolutional networks take other frames than their own.
  if (!isConvolutional()) return replicas_[0].prompted->frameSide();
  const double draw = std::uniform_real_distribution<double>()(random);
  return draw < 0.65 ? 256 : draw < 0.93 ? 384 : 512;
}

int TrainingRun::drawSubIterations(Random& random) const {
  const int most = std::max(1, options_.subIterations);
  if (!isConvolutional()) return most;
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

StepPlan TrainingRun::planStep(int64_t step, const AnnotatedSamples& samples) const {
  Random random = randomOf(options_.seed, step, 0);
  StepPlan plan;
  plan.step = step;
  plan.side = drawSide(random);
  plan.frameSide = replicas_[0].prompted->frameSide();
  // The gradients of all parts add up; only the memory depends on how many images are in one.
  plan.together = options_.imagesTogether > 0 ? static_cast<size_t>(options_.imagesTogether)
                  : isConvolutional()         ? 0
                                              : 1;
  // The work of a step does not depend on the side of its frames.
  const double share = 256.0 * 256.0 / static_cast<double>(plan.side * plan.side);
  const int64_t wanted = isConvolutional() ? std::lround(options_.batchImages * share) : options_.batchImages;
  const auto replicas = static_cast<int64_t>(replicas_.size());
  const int64_t perReplica = std::max<int64_t>(1, (wanted + replicas - 1) / replicas);
  plan.episode.objectsPerImage = options_.objectsPerImage;
  const std::string usualLoss = isConvolutional() ? "dice_focal" : "dice";
  const std::string& loss = options_.maskLoss.empty() ? usualLoss : options_.maskLoss;
  plan.episode.maskLoss = loss == "dice" ? MaskLoss::kDice : MaskLoss::kDiceAndFocal;
  plan.episode.maskProbability = options_.maskProbability;
  plan.episode.boxDistortion = options_.boxDistortion;
  plan.episode.type = type_;
  plan.episode.encoderLearns = !learned_.encoderIsFrozen();
  plan.episode.singleCorrections = isConvolutional() ? kSingleCorrections : 0;
  plan.episode.alternatives = isConvolutional() ? kAlternatives : 1;
  plan.episode.shareOfMean = isConvolutional() ? kShareOfMean : 0;
  plan.episode.subIterations = drawSubIterations(random);
  plan.drawn.resize(replicas_.size());
  for (auto& indices : plan.drawn) {
    for (int64_t i = 0; i < perReplica; ++i) indices.push_back(samples.draw(random));
  }
  return plan;
}

/// On the processor every replica draws for itself; on a GPU the next batch is drawn while this one is learned.
Result<StepBatch> TrainingRun::batchOf(const StepPlan& plan, size_t replica, const AnnotatedSamples& samples) {
  const auto begin = Clock::now();
  auto batch = ahead_.has(plan.step) ? ahead_.take() : drawBatch(plan, replica, samples, options_);
  if (batch && !device().is_cpu()) ahead_.begin(planStep(plan.step + 1, samples), samples, options_);
  spent_[replica].data += secondsSince(begin);
  return batch;
}

EpisodeResult TrainingRun::runReplica(size_t replica, const EpisodeOptions& options, StepBatch& batch) {
  const auto begin = Clock::now();
  for (auto& [name, weight] : weights_[replica]) weight.mutable_grad().reset();
  EpisodeResult sum;
  size_t first = 0;
  for (size_t i = 0; i < batch.parts.size(); ++i) {
    const std::vector<TrainingCrop>& part = batch.parts[i];
    EpisodeOptions episode = options;
    episode.lossShare = static_cast<double>(part.size()) / static_cast<double>(batch.crops);
    if (maker_) remake(true);
    const TrainedNetwork& network = replicas_[replica];
    const bool isEncoded = i < batch.features.size();
    const Features features = isEncoded ? batch.features[i] : encodeCrops(*network.prompted, part, episode);
    if (!isEncoded && !options.encoderLearns) batch.features.push_back(features);
    const EpisodeResult result =
        runEpisode(network, features, part, episode, steps_ + static_cast<int64_t>(first), batch.random);
    sum.loss += result.loss;
    sum.instanceLoss += result.instanceLoss;
    sum.firstIou += result.firstIou * episode.lossShare;
    sum.objects += result.objects;
    first += part.size();
  }
  spent_[replica].network += secondsSince(begin);
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

/// Runs a lesson on all replicas and changes the weights by what they found.
Status TrainingRun::takeLesson(const StepPlan& plan, const AnnotatedSamples& samples, std::vector<StepBatch>& batches,
                               StepResult& result) {
  const auto begin = Clock::now();
  shareWeights(optimiser_.trained());
  const double sharing = secondsSince(begin);
  EpisodeOptions episode = plan.episode;
  episode.lesson = lessons_[lesson_];
  std::vector<Result<EpisodeResult>> results(replicas_.size(), EpisodeResult());
  runOnReplicas(replicas_.size(), [&](size_t replica) {
    results[replica] = [&]() -> Result<EpisodeResult> {
      try {
        if (batches[replica].parts.empty()) {
          CYTO_ASSIGN(batches[replica], batchOf(plan, replica, samples));
        }
        return runReplica(replica, episode, batches[replica]);
      } catch (const Cancelled&) {
        return cancelled();
      }
    }();
  });
  const auto share = 1 / static_cast<double>(replicas_.size());
  for (const auto& part : results) {
    CYTO_TRY(part);
    result.loss += part->loss * share;
    result.instanceLoss += part->instanceLoss * share;
    result.firstIou += part->firstIou * share;
  }
  const auto beginOfOptimiser = Clock::now();
  const auto notFinite = [&](const std::string& what) {
    return Error(ErrorCode::kInternal, what + " in step " + std::to_string(steps_) + " of " + plan.names(samples) +
                                           "; the last checkpoint is kept: look at these images, or resume with a "
                                           "smaller learning rate");
  };
  if (!std::isfinite(result.loss)) return notFinite("the loss is not a finite number");
  result.learningRate = learningRate();
  const double norm = optimiser_.step(meanGradients(), result.learningRate);
  result.gradientNorm = std::isfinite(norm) ? std::max(result.gradientNorm, norm) : norm;
  notFinite_ = std::isfinite(norm) ? 0 : notFinite_ + 1;
  if (notFinite_ > kToleratedFailures) return notFinite("the gradients have not been finite numbers for long");
  optimiserSeconds_ += sharing + secondsSince(beginOfOptimiser);
  return {};
}

Result<StepResult> TrainingRun::step(const AnnotatedSamples& samples, const CancelToken& cancel) {
  const auto begin = Clock::now();
  StepPlan plan = planStep(steps_, samples);
  plan.episode.cancel = cancel;
  std::vector<StepBatch> batches(replicas_.size());
  StepResult result;
  for (; lesson_ < lessons_.size(); ++lesson_) CYTO_TRY(takeLesson(plan, samples, batches, result));
  lesson_ = 0;
  ++steps_;
  ++stepsHere_;
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

std::vector<const TrainedNetwork*> TrainingRun::averagedReplicas() {
  shareWeights(optimiser_.averaged());
  remake(false);
  std::vector<const TrainedNetwork*> networks;
  for (const TrainedNetwork& replica : replicas_) networks.push_back(&replica);
  return networks;
}

bool TrainingRun::canResume() const { return std::filesystem::exists(checkpointPath()); }

namespace {

constexpr int64_t kPackedScores = 9;
constexpr int64_t kPackedBeforeInstances = 7;  // checkpoints from before finding all objects was judged

/// As whole numbers, because files keep fractions to 32 bits only and a resumed training needs all of them.
at::Tensor packed(const ScoreHistory& history) {
  const auto bits = [](double value) { return std::bit_cast<int64_t>(value); };
  return at::tensor({bits(history.before.pointIou), bits(history.before.boxIou), history.before.objects,
                     bits(history.best), history.validationsSince, history.waiting, bits(history.rateFactor),
                     bits(history.before.instanceLoss), history.before.crops});
}

ScoreHistory unpacked(const at::Tensor& tensor) {
  const auto whole = [&](int64_t index) { return tensor[index].item<int64_t>(); };
  const auto fraction = [&](int64_t index) { return std::bit_cast<double>(whole(index)); };
  ScoreHistory history{{fraction(0), fraction(1), whole(2)}, fraction(3), whole(4), whole(5), fraction(6)};
  if (tensor.numel() < kPackedScores) return history;
  history.before.instanceLoss = fraction(7);
  history.before.crops = whole(8);
  return history;
}

at::Tensor packed(const std::vector<Lesson>& lessons) {
  std::vector<int64_t> codes;
  for (const Lesson& lesson : lessons) codes.push_back((lesson.prompts ? 1 : 0) + (lesson.instances ? 2 : 0));
  return at::tensor(codes);
}

}  // namespace

Status TrainingRun::save() const {
  NamedTensors state = optimiser_.state();
  state.emplace_back("run/steps", at::full({1}, steps_, at::kLong));
  state.emplace_back("run/lessons", packed(lessons_));
  state.emplace_back("run/lesson", at::full({1}, static_cast<int64_t>(lesson_), at::kLong));
  state.emplace_back("run/milliseconds", at::full({1}, static_cast<int64_t>(seconds_ * 1000), at::kLong));
  state.emplace_back("run/scores", packed(scores));
  for (auto& [name, tensor] : state) tensor = tensor.to(at::kCPU).contiguous();
  return writeSafetensors(checkpointPath(), state, {{"content", "training state"}});
}

Status TrainingRun::resume() {
  CYTO_ASSIGN(const BinaryFile file, BinaryFile::open(checkpointPath()));
  CYTO_ASSIGN(const NamedTensors state, readSafetensors(file));
  int64_t steps = -1, milliseconds = -1, lesson = 0;
  ScoreHistory history;
  // Checkpoints without this are from before anything but prompts could be learned.
  bool learnsTheSame = lessons_.size() == 1 && lessons_[0].prompts;
  for (const auto& [name, tensor] : state) {
    if (name == "run/steps") steps = tensor.item<int64_t>();
    if (name == "run/lessons") learnsTheSame = tensor.equal(packed(lessons_));
    if (name == "run/lesson") lesson = tensor.item<int64_t>();
    if (name == "run/milliseconds") milliseconds = tensor.item<int64_t>();
    const bool isComplete = tensor.numel() == kPackedScores || tensor.numel() == kPackedBeforeInstances;
    if (name == "run/scores" && isComplete) history = unpacked(tensor);
  }
  try {
    if (steps < 0 || milliseconds < 0) throw std::runtime_error("it is no training state");
    if (!learnsTheSame || lesson < 0 || lesson >= static_cast<int64_t>(lessons_.size())) {
      throw std::runtime_error("what it learned is something else");
    }
    optimiser_.restore(state);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kModel, "the checkpoint '" + checkpointPath().string() + "' is not of this training: " +
                                        problem.what() + "; choose another checkpoint folder");
  }
  steps_ = steps;
  lesson_ = static_cast<size_t>(lesson);
  scores = history;
  seconds_ = static_cast<double>(milliseconds) / 1000;
  return {};
}

}  // namespace cyto::nn
