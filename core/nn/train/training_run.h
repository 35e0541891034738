#pragma once

#include <functional>
#include <limits>
#include <memory>

#include "core/base/cancel.h"
#include "core/inference/training.h"
#include "core/nn/train/curriculum.h"
#include "core/nn/train/learned_weights.h"
#include "core/nn/train/optimiser.h"
#include "core/nn/train/step_batch.h"
#include "core/nn/train/trained_network.h"

namespace cyto::nn {

/// What one step did: sums over its lessons.
struct StepResult {
  double loss = 0, instanceLoss = 0, firstIou = 0;
  double gradientNorm = 0;  ///< the largest
  double learningRate = 0;
};

/// What validations have shown; part of the state, so that a resumed training stops where it would have stopped.
struct ScoreHistory {
  TrainingScore before;                                    ///< of the start weights
  double best = -std::numeric_limits<double>::infinity();  ///< TrainingScore::total
  int64_t validationsSince = 0;                            ///< validations after the best one
  int64_t waiting = 0;                                     ///< of them since the learning rate was lowered
  double rateFactor = 1;                                   ///< of the schedule "plateau"

  /// Takes a score in; returns whether it is the best.
  bool add(double score);
};

/// Makes a network anew from all its weights; gradients flow to them when they are enabled.
using NetworkMaker = std::function<TrainedNetwork(const NamedTensors& weights)>;

/// The state of a training: copies of a network that learn side by side, the optimiser, and how much has
/// been computed. Each step depends on the seed and its number only, so a resumed run takes the same steps. A step has
/// one or several lessons, each of which changes the weights; a run that was stopped between two goes on with the
/// second.
class TrainingRun {
 public:
  /// One network per thread, all with the same weights, which learn in place.
  TrainingRun(std::vector<TrainedNetwork> replicas, LearnedWeights learned, std::vector<Lesson> lessons,
              TrainingOptions options, at::ScalarType type);

  /// One network that keeps results of its weights, or whose weights are folded: it is made anew for each step.
  TrainingRun(NetworkMaker maker, LearnedWeights learned, std::vector<Lesson> lessons, TrainingOptions options,
              at::ScalarType type);

  /// Errors: those of reading an image; kInternal, with the images of the step, when the loss is not a finite number
  /// or the gradients are not finite many times in a row; kCancelled. A lesson that fails changes nothing.
  Result<StepResult> step(const AnnotatedSamples& samples, const CancelToken& cancel = {});

  /// The networks with the running mean of the weights, until the next step.
  std::vector<const TrainedNetwork*> averagedReplicas();

  /// Writes or reads DIR/latest.safetensors.
  Status save() const;
  Status resume();
  bool canResume() const;
  std::filesystem::path checkpointPath() const { return options_.checkpointFolder / "latest.safetensors"; }

  /// Share of the training that is done, 0..1, by steps or by time.
  double fractionDone() const;
  int64_t steps() const { return steps_; }
  double seconds() const { return seconds_; }
  /// All weights of the network, with the running mean of those that learn.
  NamedTensors averaged() const { return learned_.network(optimiser_.averaged()); }
  TrainingProfile profile() const;  ///< of the steps of this process
  ScoreHistory scores;

 private:
  StepPlan planStep(int64_t step, const AnnotatedSamples& samples) const;
  Result<StepBatch> batchOf(const StepPlan& plan, size_t replica, const AnnotatedSamples& samples);
  EpisodeResult runReplica(size_t replica, const EpisodeOptions& options, StepBatch& batch);
  Status takeLesson(const StepPlan& plan, const AnnotatedSamples& samples, std::vector<StepBatch>& batches,
                    StepResult& result);
  std::vector<at::Tensor> meanGradients() const;
  int64_t drawSide(Random& random) const;
  int drawSubIterations(Random& random) const;
  double learningRate() const;
  void shareWeights(const NamedTensors& weights);
  void remake(bool withGradients);
  bool isConvolutional() const { return replicas_[0].takesAnySide; }
  c10::Device device() const { return weights_[0][0].second.device(); }

  /// Seconds of computing, summed over threads.
  struct Spent {
    double network = 0, data = 0;
  };

  TrainingOptions options_;
  at::ScalarType type_;
  LearnedWeights learned_;
  NetworkMaker maker_;  // empty: the replicas learn in place
  std::vector<TrainedNetwork> replicas_;
  std::vector<Lesson> lessons_;        // of each step
  std::vector<NamedTensors> weights_;  // of each replica: those that learn
  Optimiser optimiser_;                // holds the weights that learn
  std::vector<Spent> spent_;           // by each replica
  double optimiserSeconds_ = 0, stepSeconds_ = 0;
  int64_t stepsHere_ = 0;
  int64_t steps_ = 0;
  size_t lesson_ = 0;  // of the step that is being taken, the next one
  int notFinite_ = 0;
  double seconds_ = 0;
  BatchAhead ahead_;
};

}  // namespace cyto::nn
