#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/training.h"

namespace cyto::nn {

/// Trains a network or continues what `options.checkpointFolder` holds, judges it on the samples that are kept back,
/// and exports the running mean of the weights. Reports progress in seconds (or steps). When it is cancelled it leaves
/// a checkpoint and returns kCancelled. The folder gets "latest.safetensors" (all that is needed to continue),
/// "best.safetensors" (the weights with the best score) and "log.csv". A checkpoint that cannot be written is tried
/// again later; only at the end it is an error. Errors: kInvalidArgument (options), kModel (start weights or checkpoint
/// do not fit), kIo, those of reading an image, kInternal (the loss is not finite any more).
Result<TrainingReport> trainModel(const TrainingDataset& dataset, const TrainingOptions& options,
                                  const TrainingObserver& observer, const JobContext& job);

/// Takes steps that are not kept, to see where their time goes.
Result<TrainingProfile> measureTraining(const TrainingDataset& dataset, const TrainingOptions& options, int64_t steps,
                                        const JobContext& job);

}  // namespace cyto::nn
