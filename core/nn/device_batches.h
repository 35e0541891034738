#pragma once

#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace cyto::nn {

/// Memory of a GPU that nobody has taken yet; nothing for the processor and for devices that do not tell.
std::optional<int64_t> freeMemory_bytes(c10::Device device);

/// How much work of one kind is done at once on a device: 1 on the processor, whose threads share one piece; on a GPU
/// as much as pays and as its memory holds. It starts with what should fit and becomes half whenever it does not.
class BatchSize {
 public:
  /// `most`: more at once is no faster. `each_bytes`: about what one piece takes while it is computed.
  BatchSize(c10::Device device, int64_t most, int64_t each_bytes);

  int64_t now() const { return now_; }

  /// Calls `work(first, count)` for consecutive parts of `total` pieces. A part for which memory is lacking is
  /// repeated with half as many pieces; for a single one the c10::OutOfMemoryError is thrown on.
  template <typename Work>
  void run(int64_t total, Work&& work) {
    for (int64_t first = 0; first < total;) {
      const int64_t count = std::min(now_, total - first);
      if (tries([&] { work(first, count); }, count)) first += count;
    }
  }

 private:
  template <typename Work>
  bool tries(Work&& work, int64_t count) {
    try {
      work();
      return true;
    } catch (const c10::OutOfMemoryError&) {
      if (count == 1) throw;
    }
    // Here, where everything that the failed pass held is gone.
    halve(count);
    return false;
  }

  void halve(int64_t count);

  c10::Device device_;
  int64_t now_;
};

}  // namespace cyto::nn
