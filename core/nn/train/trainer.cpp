#include "core/nn/train/trainer.h"

#include <ATen/ATen.h>
#include <malloc.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/devices.h"
#include "core/nn/failures.h"
#include "core/nn/sam/sam_model.h"
#include "core/nn/train/training_run.h"
#include "core/nn/train/validation.h"
#include "core/nn/weights/safetensors.h"

namespace cyto::nn {

namespace {

namespace fs = std::filesystem;

constexpr double kValidationShare = 0.08;
constexpr int64_t kValidatedObjects = 6;  // of each image
constexpr double kSaveSeconds = 60;
constexpr double kValidationSeconds = 480;
constexpr uint64_t kSplitSeed = 20;  // the split must not change with the seed of a run

Status check(const TrainingOptions& options) {
  const auto wrong = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); };
  if (options.checkpointFolder.empty()) return wrong("a checkpoint folder is needed; give --checkpoint-dir");
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
  if (options.precision == Precision::kFp16) return wrong("training in fp16 is not supported; use bf16 or fp32");
  if (options.architecture != "cyto_small" && options.startWeights.empty()) {
    return wrong("only cyto_small can be trained from random weights; give start weights for " + options.architecture);
  }
  std::error_code problem;
  fs::create_directories(options.checkpointFolder, problem);
  if (problem) {
    return Error(ErrorCode::kIo, "cannot make the checkpoint folder '" + options.checkpointFolder.string() +
                                     "': " + problem.message() + "; choose another");
  }
  return {};
}

/// Freed memory is kept for the next step: giving it back costs page faults that slow a step down severalfold.
void keepFreedMemory() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 2000 << 20);
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
}

Result<std::unique_ptr<PromptableModel>> makeModel(const TrainingOptions& options) {
  if (options.startWeights.empty()) return std::unique_ptr<PromptableModel>(createCytoSmall(options.seed));
  CYTO_ASSIGN(const Checkpoint checkpoint, readCheckpoint(options.startWeights));
  if (options.architecture == "cyto_small") {
    CYTO_ASSIGN(std::unique_ptr<PromptableModel> model, cytoSmallStartingFrom(checkpoint.model, options.seed));
    return model;
  }
  CYTO_ASSIGN(std::unique_ptr<PromptableModel> model, makeSamModel(options.architecture, checkpoint.model, at::kFloat));
  return model;
}

at::ScalarType typeFor(const TrainingOptions& options) {
  if (options.architecture != "cyto_small" || options.precision == Precision::kFp32) return at::kFloat;
  return options.precision == Precision::kBf16 || processorHasBf16() ? at::kBFloat16 : at::kFloat;
}

Status exportWeights(const TrainingRun& run, const TrainingOptions& options) {
  NamedTensors weights = run.averaged();
  for (auto& [name, weight] : weights) {
    // Half precision keeps the default model small; it computes in bf16, which is coarser.
    const bool halve = options.architecture == "cyto_small" && weight.dim() > 1;
    weight = weight.to(halve ? at::kHalf : at::kFloat).contiguous();
  }
  return writeSafetensors(
      options.exportPath, weights,
      {{"format", "pt"}, {"architecture", options.architecture}, {"steps", std::to_string(run.steps())}});
}

/// One line per minute or so: what a user looks at to see whether it learns.
class TrainingLog {
 public:
  explicit TrainingLog(const fs::path& path) : stream_(path, std::ios::app) {
    stream_.seekp(0, std::ios::end);
    if (stream_.tellp() == 0) {
      stream_ << "seconds,steps,learning_rate,loss,dense_loss,first_iou,gradient_norm,kind,point_iou,"
                 "box_iou\n";
    }
  }
  void addStep(const StepResult& step) {
    ++count_;
    sum_.loss += step.loss;
    sum_.denseLoss += step.denseLoss;
    sum_.firstIou += step.firstIou;
    sum_.gradientNorm += step.gradientNorm;
    sum_.learningRate = step.learningRate;
  }
  void writeSteps(const TrainingRun& run) {
    if (count_ == 0) return;
    stream_ << run.seconds() << ',' << run.steps() << ',' << sum_.learningRate << ',' << sum_.loss / count_ << ','
            << sum_.denseLoss / count_ << ',' << sum_.firstIou / count_ << ',' << sum_.gradientNorm / count_ << ",,,"
            << std::endl;
    sum_ = {};
    count_ = 0;
  }
  void writeValidation(const TrainingRun& run, const std::map<std::string, ValidationScore>& scores) {
    for (const auto& [kind, score] : scores) {
      stream_ << run.seconds() << ',' << run.steps() << ",,,,,," << (kind.empty() ? "all" : kind) << ',' << score.point
              << ',' << score.box << std::endl;
    }
  }

 private:
  std::ofstream stream_;
  StepResult sum_;
  int count_ = 0;
};

/// Trains until the end or a cancel; saves regularly.
Status trainLoop(TrainingRun& run, const std::vector<AnnotatedImage>& images,
                 const std::vector<AnnotatedImage>& validation, TrainingLog& log, at::ScalarType type,
                 const TrainingOptions& options, const JobContext& job) {
  double saved = run.seconds(), validated = run.seconds();
  while (run.fractionDone() < 1) {
    if (job.cancel.isCancelled()) {
      log.writeSteps(run);
      CYTO_TRY(run.save());
      return job.cancel.check();
    }
    log.addStep(run.step(images));
    if (job.progress) {
      const bool bySteps = options.steps > 0;
      job.progress({bySteps ? run.steps() : static_cast<int64_t>(run.seconds()),
                    bySteps ? options.steps : static_cast<int64_t>(60 * options.minutes),
                    bySteps ? "training, steps" : "training, seconds"});
    }
    if (run.seconds() - saved > kSaveSeconds) {
      saved = run.seconds();
      log.writeSteps(run);
      CYTO_TRY(run.save());
    }
    if (run.seconds() - validated > kValidationSeconds && !validation.empty()) {
      validated = run.seconds();
      log.writeValidation(run, validate(run.averagedReplicas(), validation, kValidatedObjects, type, job.cancel));
      if (!options.exportPath.empty()) CYTO_TRY(exportWeights(run, options));
    }
  }
  log.writeSteps(run);
  return run.save();
}

Result<TrainingReport> train(const std::vector<TrainingImage>& given, const TrainingOptions& options,
                             const JobContext& job) {
  CYTO_TRY(check(options));
  keepFreedMemory();
  CYTO_ASSIGN(std::vector<AnnotatedImage> images, annotate(given));
  const std::vector<AnnotatedImage> validation = splitValidation(images, kValidationShare, kSplitSeed);
  // SAM is large: one copy. cyto-small is small: one for each thread.
  const int threads = options.threads > 0 ? options.threads : static_cast<int>(std::thread::hardware_concurrency());
  const int copies = options.architecture == "cyto_small" ? std::max(1, threads) : 1;
  std::vector<std::unique_ptr<PromptableModel>> replicas;
  for (int i = 0; i < copies; ++i) {
    CYTO_ASSIGN(std::unique_ptr<PromptableModel> model, makeModel(options));
    replicas.push_back(std::move(model));
  }
  const at::ScalarType type = typeFor(options);
  TrainingRun run(std::move(replicas), options, type);
  if (run.canResume()) CYTO_TRY(run.resume());
  TrainingLog log(options.checkpointFolder / "log.csv");
  CYTO_TRY(trainLoop(run, images, validation, log, type, options, job));

  TrainingReport report;
  report.steps = run.steps();
  report.seconds = run.seconds();
  report.checkpoint = run.checkpointPath();
  if (!options.exportPath.empty()) {
    CYTO_TRY(exportWeights(run, options));
    report.exported = options.exportPath;
  }
  if (!validation.empty()) {
    const auto scores = validate(run.averagedReplicas(), validation, kValidatedObjects, type, job.cancel);
    log.writeValidation(run, scores);
    report.validationPointIou = scores.at("").point;
    report.validationBoxIou = scores.at("").box;
  }
  return report;
}

}  // namespace

Result<TrainingReport> trainModel(const std::vector<TrainingImage>& images, const TrainingOptions& options,
                                  const JobContext& job) {
  return catchFailures("training", [&] { return train(images, options, job); });
}

}  // namespace cyto::nn
