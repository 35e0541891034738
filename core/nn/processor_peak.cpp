#include "core/nn/processor_peak.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

double measurePeak_gflops(Precision precision) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kRounds = 400'000;
  constexpr int kRepeats = 5;
  constexpr int64_t kMostThreads = 1024;
  const KernelSet* const set = kernels();
  const auto work = !set ? nullptr : precision == Precision::kBf16 ? set->peakWorkBf16 : set->peakWork;
  if (!work || precision == Precision::kFp16) return 0;
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const int64_t workers = workersFor(kMostThreads);
    std::vector<double> operations(static_cast<size_t>(workers), 0);
    const auto start = Clock::now();
    runTasks(workers, [&](int64_t task, int64_t) {
      float values[3 * 16] = {};
      operations[static_cast<size_t>(task)] = work(kRounds, values);
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    double sum = 0;
    for (const double of : operations) sum += of;
    best = std::max(best, sum / seconds * 1e-9);
  }
  return best;
}

}  // namespace cyto::nn
