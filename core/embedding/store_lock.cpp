#include "core/embedding/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/atomic_file.h"

namespace cyto {

Result<StoreLock> StoreLock::acquire(const std::filesystem::path& file, const std::filesystem::path& store) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return Error(ErrorCode::kIo, "cannot write to the embedding store '" + store.string() +
                                     "': " + systemErrorText(errno) + "; choose a place you may write to");
  }
  StoreLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return lock;
  return Error(ErrorCode::kIo, "the embedding store '" + store.string() +
                                   "' is being written by another process; wait for it or choose another store");
}

StoreLock::~StoreLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cyto
