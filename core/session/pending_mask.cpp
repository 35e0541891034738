#include "core/session/pending_mask.h"

#include <chrono>
#include <memory>
#include <utility>

namespace cyto {

PendingMask ask(InferenceWorker& worker, ObjectPrompts prompts, int alternative) {
  const auto promise = std::make_shared<std::promise<Result<ObjectMask>>>();
  worker.segment(std::move(prompts), alternative,
                 [promise](Result<ObjectMask> answer) { promise->set_value(std::move(answer)); });
  return promise->get_future();
}

Result<ObjectMask> await(InferenceWorker& worker, PendingMask& answer, const JobContext& job) {
  constexpr auto kCancelPoll = std::chrono::milliseconds(50);
  while (answer.wait_for(kCancelPoll) != std::future_status::ready) {
    if (job.cancel.isCancelled()) worker.cancelSegmentations();
  }
  return answer.get();
}

}  // namespace cyto
