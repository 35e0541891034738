#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace cyto {

/// Who may write a project: the holder of an exclusive flock on the file LOCK in its folder. The operating system takes
/// the lock away when a process dies, so a crash leaves nothing to clean up. LOCK also says in JSON who holds it (pid,
/// host, time), for the sentence a second opener gets and for file systems that do not lock between machines.
class ProjectLock {
 public:
  struct Attempt {
    std::unique_ptr<ProjectLock> lock;  ///< null when somebody else has it or the folder cannot be written
    std::string refusal;                ///< why, as a sentence
    bool isTakenOver = false;           ///< the holder before did not close the project
  };

  static Attempt acquire(const std::filesystem::path& folder);

  /// Empties LOCK and releases it.
  ~ProjectLock();
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

 private:
  explicit ProjectLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace cyto
