#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace cyto::test {

/// A call of this program to the operating system that changes what is on disk, just before it is carried out.
struct DiskCall {
  enum class Kind { kCreate, kWrite, kTruncate, kSync, kRename, kRemove, kMakeFolder };

  Kind kind = Kind::kWrite;
  std::string path;        ///< of the file or folder, absolute
  std::string target;      ///< kRename: the new path
  uint64_t offset = 0;     ///< kWrite
  std::string_view bytes;  ///< kWrite
  uint64_t size = 0;       ///< kTruncate
};

/// What becomes of a call.
struct DiskAnswer {
  int error = 0;                ///< not 0: it is not carried out and fails
  size_t mostBytes = SIZE_MAX;  ///< a write takes no more
  bool isSkipped = false;       ///< a sync answers with success without being carried out, to save time
};

/// While it lives, `ask` is asked before every call that concerns `folder` or something in it, by whatever thread makes
/// it, one at a time. Works for everything that is linked into this program, the C++ library included. One at a time.
class DiskWatch {
 public:
  DiskWatch(const std::filesystem::path& folder, std::function<DiskAnswer(const DiskCall&)> ask);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;
};

}  // namespace cyto::test
