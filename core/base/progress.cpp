#include "core/base/progress.h"

#include <algorithm>

namespace cyto {

namespace {
constexpr auto kShortestInterval = std::chrono::milliseconds(50);
}

ProgressReporter::ProgressReporter(const JobContext& job, std::string phase, int64_t total)
    : sink_(job.progress), progress_{0, total, std::move(phase)}, lastReport_(std::chrono::steady_clock::now()) {
  if (sink_) sink_(progress_);
}

void ProgressReporter::advance(int64_t items) {
  progress_.done = std::min(progress_.total, progress_.done + items);
  if (!sink_) return;
  const auto now = std::chrono::steady_clock::now();
  if (progress_.done < progress_.total && now - lastReport_ < kShortestInterval) return;
  lastReport_ = now;
  sink_(progress_);
}

}  // namespace cyto
