#include "core/nn/train/parallel_replicas.h"

#include <ATen/Parallel.h>

#include <exception>
#include <thread>
#include <vector>

namespace cyto::nn {

void runOnReplicas(size_t count, const std::function<void(size_t)>& work) {
  if (count == 1) return work(0);  // one large network: the threads are inside its operations
  std::vector<std::exception_ptr> failures(count);
  std::vector<std::thread> threads;
  const int before = at::get_num_threads();
  at::set_num_threads(1);  // new threads take the number over
  for (size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        at::set_num_threads(1);
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  at::set_num_threads(before);
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace cyto::nn
