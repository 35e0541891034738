#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/cancel.h"

namespace cyto {

/// Smaller runs first.
enum class JobPriority { kClick = 0, kVisible = 1, kPrefetch = 2, kBatch = 3 };

/// Runs jobs on its own threads, most urgent first, first come first served within a priority. A job
/// posted with a `replaceKey` removes a *queued* job of the same key (a newer click replaces an older
/// one); a running job of that key is asked to cancel. Thread-safe. The destructor cancels everything
/// and joins.
class JobQueue {
 public:
  using Job = std::function<void(const CancelToken&)>;

  explicit JobQueue(int threads);
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  void post(JobPriority priority, Job job, std::optional<std::string> replaceKey = std::nullopt);

  /// Blocks until nothing is queued or running. Never call it from a job.
  void waitUntilIdle();

  /// Drops queued jobs and asks running ones to stop; does not wait.
  void cancelAll();

 private:
  struct Queued {
    Job job;
    std::optional<std::string> replaceKey;
  };
  struct Running {
    std::optional<std::string> replaceKey;
    CancelSource cancel;
  };

  void work();
  bool hasQueued() const;
  Queued takeMostUrgent();

  static constexpr int kPriorities = 4;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Queued> queues_[kPriorities];
  std::vector<Running*> running_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cyto
