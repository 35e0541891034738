#include "core/session/pending_mask.h"

#include <memory>
#include <utility>

namespace cyto {

PendingMask ask(InferenceWorker& worker, ObjectPrompts prompts, int alternative) {
  const auto promise = std::make_shared<std::promise<Result<ObjectMask>>>();
  worker.segment(std::move(prompts), alternative,
                 [promise](Result<ObjectMask> answer) { promise->set_value(std::move(answer)); });
  return promise->get_future();
}

}  // namespace cyto
