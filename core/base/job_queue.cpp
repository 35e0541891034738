#include "core/base/job_queue.h"

#include <algorithm>

namespace cyto {

JobQueue::JobQueue(int threads) {
  for (int i = 0; i < std::max(1, threads); ++i) threads_.emplace_back([this] { work(); });
}

JobQueue::~JobQueue() {
  cancelAll();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JobQueue::post(JobPriority priority, Job job, std::optional<std::string> replaceKey) {
  {
    const std::lock_guard lock(mutex_);
    if (replaceKey) {
      for (auto& queue : queues_) {
        std::erase_if(queue, [&](const Queued& queued) { return queued.replaceKey == replaceKey; });
      }
      for (const Running* running : running_) {
        if (running->replaceKey == replaceKey) running->cancel.cancel();
      }
    }
    queues_[static_cast<int>(priority)].push_back({std::move(job), std::move(replaceKey)});
  }
  wake_.notify_one();
}

void JobQueue::waitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return running_.empty() && !hasQueued(); });
}

void JobQueue::cancelAll() {
  const std::lock_guard lock(mutex_);
  for (auto& queue : queues_) queue.clear();
  for (const Running* running : running_) running->cancel.cancel();
  if (running_.empty()) idle_.notify_all();
}

bool JobQueue::hasQueued() const {
  return std::any_of(std::begin(queues_), std::end(queues_), [](const auto& queue) { return !queue.empty(); });
}

JobQueue::Queued JobQueue::takeMostUrgent() {
  auto& queue = *std::find_if(std::begin(queues_), std::end(queues_), [](const auto& q) { return !q.empty(); });
  Queued queued = std::move(queue.front());
  queue.pop_front();
  return queued;
}

void JobQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || hasQueued(); });
    if (!hasQueued()) return;  // stopping, and nothing left
    Queued queued = takeMostUrgent();
    Running running{queued.replaceKey, {}};
    running_.push_back(&running);
    lock.unlock();
    queued.job(running.cancel.token());
    queued.job = nullptr;  // captured objects die outside the lock
    lock.lock();
    std::erase(running_, &running);
    if (running_.empty() && !hasQueued()) idle_.notify_all();
  }
}

}  // namespace cyto
