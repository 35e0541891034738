#pragma once

#include <chrono>
#include <future>

#include "core/session/inference_worker.h"

namespace cyto {

/// An answer of the worker that somebody waits for.
using PendingMask = std::future<Result<ObjectMask>>;

/// Asks for the mask of prompts, see InferenceWorker::segment.
PendingMask ask(InferenceWorker& worker, ObjectPrompts prompts, int alternative);

/// Waits for an answer. A cancelled job cancels all segmentations of the worker.
template <typename T>
Result<T> await(InferenceWorker& worker, std::future<Result<T>>& answer, const JobContext& job) {
  constexpr auto kCancelPoll = std::chrono::milliseconds(50);
  while (answer.wait_for(kCancelPoll) != std::future_status::ready) {
    if (job.cancel.isCancelled()) worker.cancelSegmentations();
  }
  return answer.get();
}

}  // namespace cyto
