#pragma once

#include <c10/core/Device.h>

#include <future>
#include <string>
#include <vector>

#include "core/nn/train/annotated_samples.h"
#include "core/nn/train/episode.h"

namespace cyto::nn {

/// The random numbers of a step: each stream depends on the seed and the step only.
Random randomOf(uint64_t seed, int64_t step, uint64_t stream);

/// What one network learns in a step, drawn before any thread starts.
struct StepPlan {
  int64_t step = 0;
  int64_t side = 0, frameSide = 0;  ///< of the crops, and of the frame that sizes refer to
  EpisodeOptions episode;
  std::vector<std::vector<size_t>> drawn;  ///< samples of each replica
  size_t together = 0;                     ///< crops in memory at once; 0: all

  /// The first images, for a message.
  std::string names(const AnnotatedSamples& samples) const;
};

/// The crops of a step for one replica.
struct StepBatch {
  Random random;                                 ///< for the prompts
  std::vector<std::vector<TrainingCrop>> parts;  ///< those that are in memory at once
  std::vector<Features> features;  ///< of each part, kept for further lessons when the encoder does not learn
  size_t crops = 0;
};

/// Reads and varies the images of one replica. Each crop has its own random numbers, so that the number of threads does
/// not matter. Errors: those of reading an image.
Result<StepBatch> drawBatch(const StepPlan& plan, size_t replica, const AnnotatedSamples& samples,
                            const TrainingOptions& options);

/// Draws the batch of the next step on the processor while a GPU computes this one.
class BatchAhead {
 public:
  /// Begins; `plan` has one replica. `samples` must outlive the batch.
  void begin(StepPlan plan, const AnnotatedSamples& samples, const TrainingOptions& options);

  /// Whether the batch of this step has been begun.
  bool has(int64_t step) const { return batch_.valid() && step_ == step; }
  Result<StepBatch> take() { return batch_.get(); }

 private:
  int64_t step_ = -1;
  std::future<Result<StepBatch>> batch_;
};

}  // namespace cyto::nn
