#include "core/nn/train/training_setup.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/base/log.h"
#include "core/base/usable_resources.h"
#include "core/nn/cyto/cyto_small.h"
#include "core/nn/devices.h"
#include "core/nn/sam/instance_decoder_weights.h"
#include "core/nn/sam/instance_unetr.h"
#include "core/nn/sam/sam_model.h"

namespace cyto::nn {

namespace {

bool isForCytoSmall(const TrainingOptions& options) { return options.architecture == "cyto_small"; }

bool isFrozen(const TrainingOptions& options, const std::string& part) {
  return std::find(options.frozenParts.begin(), options.frozenParts.end(), part) != options.frozenParts.end();
}

/// Parts that no lesson reaches are frozen, so that nothing changes them and checkpoints do without their state.
LearningChoice choiceOf(const TrainingOptions& options, bool hasDecoder) {
  LearningChoice choice{options.frozenParts, options.method, options.rank, options.matrices, options.blocks};
  const auto freeze = [&](std::vector<std::string> parts) {
    choice.frozenParts.insert(choice.frozenParts.end(), parts.begin(), parts.end());
  };
  if (options.instanceDecoder == "only" && isForCytoSmall(options)) freeze({"decoder"});
  if (options.instanceDecoder == "only" && !isForCytoSmall(options)) freeze({"prompt_encoder", "mask_decoder"});
  if (options.instanceDecoder == "none" && hasDecoder) freeze({"instance_decoder"});
  return choice;
}

/// cyto-small is small: a copy for each thread that learns in place.
Result<std::unique_ptr<TrainingRun>> runOfCytoSmall(const TrainingOptions& options, const NamedTensors& start) {
  const c10::Device device(options.device);
  const int threads = options.threads > 0 ? options.threads : usableProcessors();
  std::vector<TrainedNetwork> replicas;
  for (int i = 0; i < (device.is_cpu() ? std::max(1, threads) : 1); ++i) {
    std::unique_ptr<CytoSmall> model;
    if (start.empty()) {
      model = createCytoSmall(options.seed);
    } else {
      CYTO_ASSIGN(model, cytoSmallStartingFrom(start, options.seed));
    }
    if (!device.is_cpu()) {
      CYTO_ASSIGN(model, cytoSmallFromWeights(onDevice(model->namedTensors(), device), at::kFloat));
    }
    replicas.push_back(trainedCytoSmall(std::move(model)));
  }
  LearnedWeights learned(replicas.front().prompted->namedTensors(), choiceOf(options, false), options.seed);
  return std::make_unique<TrainingRun>(std::move(replicas), std::move(learned), curriculumOf(options).lessons, options,
                                       typeFor(options));
}

/// The decoder that the network has while it learns; empty: none.
Result<NamedTensors> decoderToTrain(const TrainingOptions& options, NamedTensors given) {
  const int64_t channels = samConfiguration(options.architecture)->channels;
  if (options.instanceDecoder != "none") {
    if (given.empty()) return randomInstanceDecoder(channels, options.seed);
  } else if (!isFrozen(options, "image_encoder")) {
    if (!given.empty()) log::warning("the instance decoder is left out: it does not fit an encoder that changes");
    return NamedTensors{};
  }
  if (given.empty()) return given;
  CYTO_ASSIGN(const std::unique_ptr<InstanceUnetr> unetr, InstanceUnetr::create(given));
  if (unetr->embeddingChannels() == channels) return given;
  return Error(ErrorCode::kModel, "the instance decoder of the start weights is not one for " + options.architecture);
}

/// SAM is large, and prepares its weights when it is made: one copy, made anew for each step.
Result<std::unique_ptr<TrainingRun>> runOfSam(const TrainingOptions& options, Checkpoint start) {
  const auto make = [architecture = options.architecture, type = typeFor(options)](const NamedTensors& weights) {
    const Checkpoint parts = separated(weights);
    auto model = makeSamModel(architecture, parts.model, type, c10::GradMode::is_enabled());
    if (!model) throw std::runtime_error(model.error().message());
    return trainedSam(*std::move(model), parts.decoder);
  };
  CYTO_ASSIGN(start.decoder, decoderToTrain(options, std::move(start.decoder)));
  CYTO_ASSIGN(const std::unique_ptr<SamModel> model, makeSamModel(options.architecture, start.model, at::kFloat));
  start.model = model->namedTensors();
  const LearningChoice choice = choiceOf(options, !start.decoder.empty());
  LearnedWeights learned(onDevice(joined(std::move(start)), c10::Device(options.device)), choice, options.seed);
  return std::make_unique<TrainingRun>(make, std::move(learned), curriculumOf(options).lessons, options,
                                       typeFor(options));
}

}  // namespace

Result<Checkpoint> readStartWeights(TrainingOptions& options) {
  Checkpoint start;
  if (options.startWeights.empty()) {
    if (options.architecture.empty()) options.architecture = "cyto_small";
  } else {
    CYTO_ASSIGN(start, readCheckpoint(options.startWeights));
    const std::string detected = detectArchitecture(start.model);
    if (options.architecture.empty()) options.architecture = detected;
    if (detected.empty() || detected != options.architecture) {
      return Error(ErrorCode::kModel, "the start weights '" + options.startWeights.string() + "' are " +
                                          (detected.empty() ? "of no network we know" : "of " + detected) +
                                          ", not of " + options.architecture +
                                          "; name others or leave --architecture out");
    }
  }
  if (isForCytoSmall(options)) {
    if (options.instanceDecoder.empty()) options.instanceDecoder = "joint";
    return start;
  }
  CYTO_ASSIGN(start.decoder, instanceDecoderOf({{}, std::move(start.decoder)}, options.startWeights));
  if (options.instanceDecoder.empty()) options.instanceDecoder = start.decoder.empty() ? "none" : "joint";
  return start;
}

Status checkOptions(const TrainingOptions& options) {
  const auto wrong = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); };
  if (options.steps <= 0 && !(options.minutes > 0)) return wrong("give a positive number of minutes or steps");
  if (options.batchImages < 1 || options.objectsPerImage < 1 || options.subIterations < 1) {
    return wrong("images per batch, objects per image and prompts per object must be at least 1");
  }
  if (!(options.maskProbability >= 0 && options.maskProbability <= 1)) {
    return wrong("the mask probability must lie in 0..1");
  }
  if (!(options.boxDistortion >= 0 && options.boxDistortion < 0.5)) {
    return wrong("the box distortion must lie in 0..0.5");
  }
  if (!(options.learningRate >= 0) || !std::isfinite(options.learningRate)) {
    return wrong("the learning rate must be positive");
  }
  if (!options.maskLoss.empty() && options.maskLoss != "dice" && options.maskLoss != "dice_focal") {
    return wrong("there is no mask loss '" + options.maskLoss + "'; use dice or dice_focal");
  }
  if (options.schedule != "cosine" && options.schedule != "plateau" && options.schedule != "constant") {
    return wrong("there is no schedule '" + options.schedule + "'; use cosine, plateau or constant");
  }
  if (options.precision == Precision::kFp16) return wrong("training in fp16 is not supported; use bf16 or fp32");
  if (options.batchImages > 4096 || options.objectsPerImage > 4096 || options.subIterations > 64) {
    return wrong("at most 4096 images per batch, 4096 objects per image and 64 prompts per object make sense");
  }
  if (!isForCytoSmall(options) && options.startWeights.empty()) {
    return wrong("only cyto_small can be trained from random weights; give start weights for " + options.architecture);
  }
  if (options.instanceDecoder != "none" && options.instanceDecoder != "joint" && options.instanceDecoder != "only") {
    return wrong("the instance decoder cannot learn '" + options.instanceDecoder + "'; use none or joint");
  }
  if (isForCytoSmall(options) && options.instanceDecoder == "none") {
    return wrong("cyto_small always learns to find all objects; leave --instance-decoder out");
  }
  return {};
}

Result<std::unique_ptr<TrainingRun>> makeTrainingRun(const TrainingOptions& options, Checkpoint start) {
  try {
    return isForCytoSmall(options) ? runOfCytoSmall(options, start.model) : runOfSam(options, std::move(start));
  } catch (const std::invalid_argument& refused) {
    return Error(ErrorCode::kInvalidArgument, refused.what());
  }
}

at::ScalarType typeFor(const TrainingOptions& options) {
  if (options.precision == Precision::kFp32) return at::kFloat;
  const bool onProcessor = options.device == "cpu";
  if (onProcessor && !isForCytoSmall(options)) return at::kFloat;
  return options.precision == Precision::kBf16 || !onProcessor || processorHasBf16() ? at::kBFloat16 : at::kFloat;
}

}  // namespace cyto::nn
