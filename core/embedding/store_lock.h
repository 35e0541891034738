#pragma once

#include <filesystem>
#include <utility>

#include "core/base/result.h"

namespace cyto {

/// Holds the one right to write a store. The operating system gives it back when the process ends, however
/// it ends. File systems without locks let everyone in.
class StoreLock {
 public:
  /// kIo when another process holds it or the file cannot be made.
  static Result<StoreLock> acquire(const std::filesystem::path& file, const std::filesystem::path& store);

  StoreLock(StoreLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  StoreLock& operator=(StoreLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~StoreLock();

 private:
  explicit StoreLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace cyto
