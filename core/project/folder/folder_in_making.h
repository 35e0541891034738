#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace cyto {

/// A folder that is filled under a hidden name beside its place and appears there whole or not at all.
class FolderInMaking {
 public:
  /// kInvalidArgument when something is at `target` already.
  static Result<FolderInMaking> beside(const std::filesystem::path& target);

  /// Where to make it. Nothing is there yet.
  const std::filesystem::path& hidden() const { return hidden_; }

  /// Syncs it, moves it to its place and syncs that. What has it open must be closed before.
  Status giveName();

  /// Removes what did not get its name, or not safely.
  ~FolderInMaking();
  FolderInMaking(FolderInMaking&& other) noexcept;
  FolderInMaking& operator=(FolderInMaking&&) = delete;

 private:
  FolderInMaking(std::filesystem::path target, std::filesystem::path hidden);

  std::filesystem::path target_;
  std::filesystem::path hidden_;  ///< empty when it has its name or was moved from
};

}  // namespace cyto
