#pragma once

#include <memory>

#include "core/inference/training.h"
#include "core/nn/train/training_run.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// The start weights with the instance decoder that belongs to them; empty for a start from random weights. Fills in
/// what `options` leave open: the architecture, and whether the instance decoder learns.
/// Errors: those of reading; kModel when the weights are of another network than was asked for.
Result<Checkpoint> readStartWeights(TrainingOptions& options);

/// Options for which `readStartWeights` was called, or kInvalidArgument.
Status checkOptions(const TrainingOptions& options);

/// A training at its first step, with the networks that such options ask for. An instance decoder that learns and that
/// `start` lacks begins with random weights. One that does not learn stays as long as the image encoder, which it was
/// made for, stays too.
Result<std::unique_ptr<TrainingRun>> makeTrainingRun(const TrainingOptions& options, Checkpoint start);

/// What the frames of such a training are computed in: bf16 on a GPU and on processors that have it for cyto-small,
/// else fp32. Weights, gradients and the optimiser are fp32 always.
at::ScalarType typeFor(const TrainingOptions& options);

}  // namespace cyto::nn
