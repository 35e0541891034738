#include "core/base/job_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

namespace cyto {
namespace {

/// Occupies the only worker until it is released, so that a test decides what is queued meanwhile.
class Blocker {
 public:
  explicit Blocker(JobQueue& queue) {
    const auto started = std::make_shared<std::promise<void>>();
    // The job owns what it touches: it may still be waking up when the blocker is gone.
    queue.post(JobPriority::kClick, [started, released = release_.get_future().share()](const CancelToken&) {
      started->set_value();
      released.wait();
    });
    started->get_future().wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

TEST(JobQueue, RunsTheMostUrgentFirstAndInOrderWithinAPriority) {
  JobQueue queue(1);
  Blocker blocker(queue);
  std::string order;
  const auto append = [&](char letter) { return [&order, letter](const CancelToken&) { order += letter; }; };
  queue.post(JobPriority::kBatch, append('d'));
  queue.post(JobPriority::kVisible, append('b'));
  queue.post(JobPriority::kVisible, append('c'));
  queue.post(JobPriority::kClick, append('a'));
  blocker.release();
  queue.waitUntilIdle();
  EXPECT_EQ(order, "abcd");
}

TEST(JobQueue, ANewerJobReplacesTheQueuedOneOfItsKey) {
  JobQueue queue(1);
  Blocker blocker(queue);
  std::atomic<int> ran = 0;
  for (int i = 1; i <= 100; ++i)
    queue.post(JobPriority::kClick, [&ran, i](const CancelToken&) { ran = ran + i; }, "preview");
  blocker.release();
  queue.waitUntilIdle();
  EXPECT_EQ(ran, 100);
}

TEST(JobQueue, ANewerJobCancelsTheRunningOneOfItsKey) {
  JobQueue queue(1);
  std::promise<void> started;
  std::atomic<bool> wasCancelled = false;
  queue.post(
      JobPriority::kClick,
      [&](const CancelToken& cancel) {
        started.set_value();
        while (!cancel.isCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        wasCancelled = true;
      },
      "preview");
  started.get_future().wait();
  queue.post(JobPriority::kClick, [](const CancelToken&) {}, "preview");
  queue.waitUntilIdle();
  EXPECT_TRUE(wasCancelled);
}

TEST(JobQueue, EndsWithQueuedJobsWithoutRunningThem) {
  std::atomic<int> ran = 0;
  {
    JobQueue queue(1);
    Blocker blocker(queue);
    for (int i = 0; i < 10; ++i) queue.post(JobPriority::kBatch, [&ran](const CancelToken&) { ++ran; });
    queue.cancelAll();
    blocker.release();
  }
  EXPECT_EQ(ran, 0);
}

}  // namespace
}  // namespace cyto
