#include "core/nn/parallel_tasks.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

namespace cyto::nn {

int64_t workersFor(int64_t count) { return std::min<int64_t>(count, at::get_num_threads()); }

void runTasks(int64_t count, const std::function<void(int64_t, int64_t)>& task) {
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const bool isInference = c10::InferenceMode::is_enabled();
  at::parallel_for(0, workersFor(count), 1, [&](int64_t first, int64_t last) {
    const c10::InferenceMode inference(isInference);
    const c10::AutoGradMode withoutGradients(false);
    for (int64_t worker = first; worker < last; ++worker) {
      try {
        for (int64_t i = next++; i < count; i = next++) task(i, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = count;
      }
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cyto::nn
