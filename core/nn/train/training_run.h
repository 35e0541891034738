#pragma once

#include <memory>

#include "core/inference/training.h"
#include "core/nn/promptable_model.h"
#include "core/nn/train/episode.h"
#include "core/nn/train/optimiser.h"

namespace cyto::nn {

/// What one step did.
struct StepResult {
  double loss = 0, denseLoss = 0, firstIou = 0;
  double gradientNorm = 0;
  double learningRate = 0;
};

/// The state of a training: copies of a network that learn side by side, the optimiser, and how much has
/// been computed. Each step depends on the seed and its number only, so a resumed run takes the same steps.
class TrainingRun {
 public:
  /// One network per thread, all with the same weights.
  TrainingRun(std::vector<std::unique_ptr<PromptableModel>> replicas, TrainingOptions options, at::ScalarType type);

  /// Throws std::runtime_error when the gradients are not finite many times in a row.
  StepResult step(const std::vector<AnnotatedImage>& images);

  /// The networks with the running mean of the weights, until the next step.
  std::vector<PromptableModel*> averagedReplicas();

  /// Writes or reads DIR/latest.safetensors.
  Status save() const;
  Status resume();
  bool canResume() const;
  std::filesystem::path checkpointPath() const { return options_.checkpointFolder / "latest.safetensors"; }

  /// Share of the training that is done, 0..1, by steps or by time.
  double fractionDone() const;
  int64_t steps() const { return steps_; }
  double seconds() const { return seconds_; }
  NamedTensors averaged() const { return optimiser_.averaged(); }

 private:
  int64_t drawSide(Random& random) const;
  double learningRate() const;
  void shareWeights(const NamedTensors& weights);

  TrainingOptions options_;
  at::ScalarType type_;
  std::vector<std::unique_ptr<PromptableModel>> replicas_;
  std::vector<NamedTensors> weights_;  // of each replica
  Optimiser optimiser_;                // holds the weights that learn
  int64_t steps_ = 0;
  int notFinite_ = 0;
  double seconds_ = 0;
};

}  // namespace cyto::nn
