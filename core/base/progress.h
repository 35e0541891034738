#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/cancel.h"

namespace cyto {

/// How far a job is, in items of its phase (images, slices, tiles, steps). `done` never falls.
struct Progress {
  int64_t done = 0;
  int64_t total = 0;
  std::string phase;
};

/// Receives progress on the thread that works; it must return quickly.
using ProgressSink = std::function<void(const Progress&)>;

/// What every long core function takes: when to stop and whom to tell.
struct JobContext {
  CancelToken cancel;
  ProgressSink progress;
};

/// Counts one phase of a job and reports it at most twenty times a second; the last item is always
/// reported. The destructor does not report, so a failed job never looks finished.
class ProgressReporter {
 public:
  ProgressReporter(const JobContext& job, std::string phase, int64_t total);
  void advance(int64_t items = 1);

 private:
  const ProgressSink& sink_;
  Progress progress_;
  std::chrono::steady_clock::time_point lastReport_;
};

}  // namespace cyto
