#pragma once

#include <future>

#include "core/session/inference_worker.h"

namespace cyto {

/// An answer of the worker that somebody waits for.
using PendingMask = std::future<Result<ObjectMask>>;

/// Asks for the mask of prompts, see InferenceWorker::segment.
PendingMask ask(InferenceWorker& worker, ObjectPrompts prompts, int alternative);

/// Waits for it. A cancelled job cancels all segmentations of the worker.
Result<ObjectMask> await(InferenceWorker& worker, PendingMask& answer, const JobContext& job);

}  // namespace cyto
