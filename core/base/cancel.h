#pragma once

#include <atomic>
#include <memory>

#include "core/base/result.h"

namespace cyto {

/// The error every cancelled function returns.
inline Error cancelled() { return Error(ErrorCode::kCancelled, "cancelled"); }

/// Read side of a cancel request. Cheap to copy, safe from any thread. A default-made token is never
/// cancelled. Long work asks at least every 100 ms.
class CancelToken {
 public:
  CancelToken() = default;

  bool isCancelled() const { return flag_ && flag_->load(std::memory_order_relaxed); }

  /// Success, or `cancelled()`.
  Status check() const {
    if (isCancelled()) return cancelled();
    return {};
  }

 private:
  friend class CancelSource;
  explicit CancelToken(std::shared_ptr<std::atomic<bool>> flag) : flag_(std::move(flag)) {}
  std::shared_ptr<std::atomic<bool>> flag_;
};

/// Write side of a cancel request. `cancel()` is async-signal-safe once the source exists.
class CancelSource {
 public:
  CancelSource() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const { flag_->store(true, std::memory_order_relaxed); }
  CancelToken token() const { return CancelToken(flag_); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace cyto
