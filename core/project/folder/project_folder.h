#pragma once

#include <filesystem>
#include <functional>

#include "core/base/result.h"

namespace cyto {

/// Where things lie in a project folder.
struct ProjectFolder {
  static std::filesystem::path journal(const std::filesystem::path& folder) { return folder / "journal"; }
  static std::filesystem::path checkpoint(const std::filesystem::path& folder) { return folder / "checkpoint"; }

  /// Removes what writers that did not come to an end left in a folder. Only with its lock.
  static void removeLeftovers(const std::filesystem::path& folder);

  /// Fills a hidden folder beside `folder`, syncs it, gives it its name and syncs the folder around. kInvalidArgument
  /// when `folder` exists; on any failure nothing is left. Folders around it are made when they are missing.
  static Status make(const std::filesystem::path& folder,
                     const std::function<Status(const std::filesystem::path& hidden)>& fill);
};

}  // namespace cyto
