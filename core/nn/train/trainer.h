#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/training.h"

namespace cyto::nn {

/// Trains a network or continues what `options.checkpointFolder` holds, validates it on images it keeps
/// back, and exports the running mean of the weights. Reports progress in seconds (or steps). When it is
/// cancelled it leaves a checkpoint and returns kCancelled. The folder gets "latest.safetensors" (all that
/// is needed to continue) and "log.csv".
/// Errors: kInvalidArgument (options, labels, too few images), kModel (start weights or checkpoint do not
/// fit), kIo, kInternal (the loss is not finite any more).
Result<TrainingReport> trainModel(const std::vector<TrainingImage>& images, const TrainingOptions& options,
                                  const JobContext& job);

}  // namespace cyto::nn
