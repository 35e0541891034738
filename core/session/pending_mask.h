#pragma once

#include <chrono>
#include <future>

#include "core/session/inference_worker.h"

namespace cyto {

/// An answer of the worker that somebody waits for.
using PendingMask = std::future<Result<ObjectMask>>;

/// Asks for the mask of prompts, see InferenceWorker::segment.
PendingMask ask(InferenceWorker& worker, ObjectPrompts prompts, int alternative);

/// Waits for an answer. While the job is cancelled, `giveUp` is called again and again.
template <typename T, typename GiveUp>
Result<T> await(std::future<Result<T>>& answer, const JobContext& job, GiveUp giveUp) {
  constexpr auto kCancelPoll = std::chrono::milliseconds(50);
  while (answer.wait_for(kCancelPoll) != std::future_status::ready) {
    if (job.cancel.isCancelled()) giveUp();
  }
  return answer.get();
}

/// Waits for a mask. A cancelled job cancels all segmentations of the worker.
inline Result<ObjectMask> await(InferenceWorker& worker, PendingMask& answer, const JobContext& job) {
  return await(answer, job, [&] { worker.cancelSegmentations(); });
}

}  // namespace cyto
