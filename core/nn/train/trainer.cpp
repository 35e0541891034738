#include "core/nn/train/trainer.h"

#include <ATen/ATen.h>
#include <malloc.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/log.h"
#include "core/nn/failures.h"
#include "core/nn/train/training_log.h"
#include "core/nn/train/training_run.h"
#include "core/nn/train/training_setup.h"
#include "core/nn/train/validation.h"
#include "core/nn/weights/adapters.h"
#include "core/nn/weights/safetensors.h"
#include "core/nn/weights/torch_writer.h"

namespace cyto::nn {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kValidatedObjects = 6;  // of each image
constexpr double kSaveSeconds = 60;
constexpr size_t kPreviewedImages = 4;

Status makeCheckpointFolder(const TrainingOptions& options) {
  if (options.checkpointFolder.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a checkpoint folder is needed; give --checkpoint-dir");
  }
  std::error_code problem;
  fs::create_directories(options.checkpointFolder, problem);
  if (!problem) return {};
  return Error(ErrorCode::kIo, "cannot make the checkpoint folder '" + options.checkpointFolder.string() +
                                   "': " + problem.message() + "; choose another");
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

/// Everything the loop below works with.
struct Training {
  const TrainingOptions& options;
  const TrainingObserver& observer;
  const JobContext& job;
  TrainingRun& run;
  const AnnotatedSamples& samples;
  const AnnotatedSamples& validation;
  TrainingLog& log;
  Curriculum curriculum;
  NamedTensors unused;  // weights of the start that the network has no use for, but the reference asks for
  at::ScalarType type;
  std::string trouble;  // what could not be written and will be tried again
};

bool holds(const NamedTensors& weights, const std::string& name) {
  return std::any_of(weights.begin(), weights.end(), [&](const auto& weight) { return weight.first == name; });
}

/// Such as the classifier at the end of MobileSAM's encoder.
NamedTensors unusedOf(const Checkpoint& start, const TrainingRun& run) {
  const NamedTensors used = run.averaged();
  NamedTensors unused;
  for (const auto& weight : start.model) {
    if (!holds(used, weight.first)) unused.push_back(weight);
  }
  return unused;
}

Status writeWeights(const fs::path& path, NamedTensors weights, const Training& training) {
  const TrainingOptions& options = training.options;
  for (const auto& weight : training.unused) {
    if (!holds(weights, weight.first)) weights.push_back(weight);
  }
  for (auto& [name, weight] : weights) {
    // Half precision keeps the default model small; it computes in bf16, which is coarser.
    const bool halve = options.architecture == "cyto_small" && weight.dim() > 1;
    if (weight.is_floating_point()) weight = weight.detach().to(halve ? at::kHalf : at::kFloat);
    weight = weight.to(at::kCPU).contiguous();
  }
  if (path.extension() == ".pt" || path.extension() == ".pth") {
    const Checkpoint parts = separated(std::move(weights));
    return writeTorchFile(path, asReferenceNamesThem(parts.model), parts.decoder);
  }
  return writeSafetensors(
      path, weights,
      {{"format", "pt"}, {"architecture", options.architecture}, {"steps", std::to_string(training.run.steps())}});
}

std::filesystem::path bestPath(const TrainingOptions& options) { return options.checkpointFolder / "best.safetensors"; }

/// Shows answers to clicks, so there is nothing to show unless they are learned.
void showPreview(const Training& training, PromptableModel& model) {
  if (!training.observer.preview || !training.curriculum.judgesPrompts) return;
  const AnnotatedSamples& shown = training.validation.size() > 0 ? training.validation : training.samples;
  std::vector<TrainingPreview> previews;
  const size_t count = std::min(kPreviewedImages, shown.size());
  for (size_t i = 0; i < count && !training.job.cancel.isCancelled(); ++i) {
    const auto image = shown.get(i * shown.size() / count);
    if (image) previews.push_back(previewOf(model, **image, kValidatedObjects, training.type));
  }
  if (const Status shownStatus = training.observer.preview(previews); !shownStatus) {
    log::warning(shownStatus.error().message());
  }
}

/// The score of the running mean of the weights. Logs it, shows a picture, keeps the best weights.
Result<TrainingScore> judge(Training& training) {
  TrainingRun& run = training.run;
  const std::vector<const TrainedNetwork*> networks = run.averagedReplicas();
  ValidationOptions options;
  options.objectsPerImage = kValidatedObjects;
  options.judgesPrompts = training.curriculum.judgesPrompts;
  options.judgesInstances = training.curriculum.judgesInstances;
  options.type = training.type;
  options.cancel = training.job.cancel;
  CYTO_ASSIGN(const auto scores, validate(networks, training.validation, options));
  const TrainingScore& all = scores.at("");
  training.log.writeValidation(run, scores);
  if (run.scores.add(all.total())) {
    if (const Status kept = writeWeights(bestPath(training.options), run.averaged(), training); !kept) {
      log::warning(kept.error().message());
    }
  }
  showPreview(training, *networks.front()->prompted);
  return all;
}

bool hasStoppedImproving(const Training& training) {
  return training.options.patience > 0 && training.run.scores.validationsSince >= training.options.patience;
}

/// Says when the next validation is due.
class ValidationClock {
 public:
  explicit ValidationClock(const Training& training) : training_(training), seconds_(training.run.seconds()) {}
  bool isDue() {
    if (training_.validation.size() == 0) return false;
    const int64_t every = training_.options.validationSteps;
    const double now = training_.run.seconds();
    if (every > 0 ? training_.run.steps() % every != 0 : now - seconds_ < 60 * training_.options.validationMinutes) {
      return false;
    }
    seconds_ = now;
    return true;
  }

 private:
  const Training& training_;
  double seconds_;
};

void reportProgress(const Training& training, double firstSecond) {
  if (!training.job.progress) return;
  const TrainingOptions& options = training.options;
  Progress progress;
  if (options.pieceMinutes > 0) {
    progress.phase = "training this piece, seconds";
    progress.done = static_cast<int64_t>(training.run.seconds() - firstSecond);
    progress.total = static_cast<int64_t>(60 * options.pieceMinutes);
  } else if (options.steps > 0) {
    progress.phase = "training, steps";
    progress.done = training.run.steps();
    progress.total = options.steps;
  } else {
    progress.phase = "training, seconds";
    progress.done = static_cast<int64_t>(training.run.seconds());
    progress.total = static_cast<int64_t>(60 * options.minutes);
  }
  for (const std::string& note : {training.log.note(), training.trouble}) {
    if (!note.empty()) progress.phase += "; " + note;
  }
  training.job.progress(progress);
}

/// Leaves a checkpoint when the user has asked to stop; hands the error on.
Error stopped(Training& training, const Error& error) {
  training.log.writeSteps(training.run);
  if (error.code() != ErrorCode::kCancelled) return error;
  const Status saved = training.run.save();
  return saved ? error : saved.error();
}

/// Trains until the end, the end of the piece, or a cancel; saves regularly. Returns whether all is done.
Result<bool> trainLoop(Training& training) {
  TrainingRun& run = training.run;
  const TrainingOptions& options = training.options;
  const double begin = run.seconds();
  double saved = begin;
  ValidationClock clock(training);
  while (run.fractionDone() < 1 && !hasStoppedImproving(training)) {
    if (options.pieceMinutes > 0 && run.seconds() - begin >= 60 * options.pieceMinutes) break;
    if (const Status status = training.job.cancel.check(); !status) return stopped(training, status.error());
    const auto step = run.step(training.samples, training.job.cancel);
    if (!step) return stopped(training, step.error());
    training.log.addStep(*step);
    reportProgress(training, begin);
    if (clock.isDue()) {
      training.log.writeSteps(run);
      if (const auto score = judge(training); !score) return stopped(training, score.error());
    }
    if (run.seconds() - saved < kSaveSeconds) continue;
    saved = run.seconds();
    training.log.writeSteps(run);
    const Status status = run.save();
    training.trouble = status ? "" : status.error().message();
    if (!status) log::warning(status.error().message());
  }
  training.log.writeSteps(run);
  CYTO_TRY(run.save());
  return run.fractionDone() >= 1 || hasStoppedImproving(training);
}

/// The final weights: the running mean, or the best one when the training stopped because nothing better came.
Status exportWeights(const Training& training, bool best) {
  const TrainingOptions& options = training.options;
  if (!best || !fs::exists(bestPath(options)))
    return writeWeights(options.exportPath, training.run.averaged(), training);
  CYTO_ASSIGN(Checkpoint kept, readCheckpoint(bestPath(options)));
  return writeWeights(options.exportPath, joined(std::move(kept)), training);
}

Result<TrainingReport> train(Training& training) {
  TrainingRun& run = training.run;
  const TrainingOptions& options = training.options;
  const bool canJudge = training.validation.size() > 0;
  if (canJudge && run.steps() == 0 && !options.startWeights.empty()) {
    CYTO_ASSIGN(run.scores.before, judge(training));
  }
  TrainingReport report;
  CYTO_ASSIGN(report.finished, trainLoop(training));
  report.stoppedEarly = hasStoppedImproving(training) && run.fractionDone() < 1;
  report.steps = run.steps();
  report.seconds = run.seconds();
  report.profile = run.profile();
  report.checkpoint = run.checkpointPath();
  if (canJudge && report.finished) {
    report.before = run.scores.before;
    CYTO_ASSIGN(report.after, judge(training));
  }
  if (!options.exportPath.empty()) {
    CYTO_TRY(exportWeights(training, report.stoppedEarly));
    report.exported = options.exportPath;
  }
  return report;
}

Result<TrainingReport> trainFromOptions(const TrainingDataset& dataset, TrainingOptions options,
                                        const TrainingObserver& observer, const JobContext& job) {
  CYTO_ASSIGN(const Checkpoint start, readStartWeights(options));
  CYTO_TRY(checkOptions(options));
  CYTO_TRY(makeCheckpointFolder(options));
  keepFreedMemory();
  const AnnotatedSamples samples(dataset, false, options.imageMemory_bytes * 3 / 4);
  const AnnotatedSamples validation(dataset, true, options.imageMemory_bytes / 4);
  if (samples.size() == 0) return Error(ErrorCode::kInvalidArgument, "there is no image to learn from");
  CYTO_ASSIGN(const std::unique_ptr<TrainingRun> run, makeTrainingRun(options, start));
  if (run->canResume()) CYTO_TRY(run->resume());
  NamedTensors unused = unusedOf(start, *run);
  TrainingLog log(options.checkpointFolder / "log.csv", run->steps());
  Training training{options,           observer,         job, *run, samples, validation, log, curriculumOf(options),
                    std::move(unused), typeFor(options), ""};
  return train(training);
}

Result<TrainingProfile> measure(const TrainingDataset& dataset, TrainingOptions options, int64_t steps,
                                const JobContext& job) {
  CYTO_ASSIGN(Checkpoint start, readStartWeights(options));
  CYTO_TRY(checkOptions(options));
  keepFreedMemory();
  const AnnotatedSamples samples(dataset, false, options.imageMemory_bytes);
  if (samples.size() == 0) return Error(ErrorCode::kInvalidArgument, "there is no image to learn from");
  CYTO_ASSIGN(const std::unique_ptr<TrainingRun> run, makeTrainingRun(options, std::move(start)));
  ProgressReporter reporter(job, "measuring steps", steps);
  for (int64_t i = 0; i < steps; ++i) {
    CYTO_TRY(run->step(samples, job.cancel));
    reporter.advance();
  }
  return run->profile();
}

}  // namespace

Result<TrainingReport> trainModel(const TrainingDataset& dataset, const TrainingOptions& options,
                                  const TrainingObserver& observer, const JobContext& job) {
  return catchFailures("training", [&] { return trainFromOptions(dataset, options, observer, job); });
}

Result<TrainingProfile> measureTraining(const TrainingDataset& dataset, const TrainingOptions& options, int64_t steps,
                                        const JobContext& job) {
  return catchFailures("measuring the training", [&] { return measure(dataset, options, steps, job); });
}

}  // namespace cyto::nn
