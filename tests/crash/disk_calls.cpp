#include "tests/crash/disk_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <stdexcept>

namespace cyto::test {

namespace {

using Kind = DiskCall::Kind;

std::mutex mutex;
std::atomic<bool> isWatching{false};
std::string watched;
std::function<DiskAnswer(const DiskCall&)> ask;

bool isIn(const std::string& path) {
  return path.starts_with(watched) && (path.size() == watched.size() || path[watched.size()] == '/');
}

DiskAnswer answerTo(const DiskCall& call) {
  const std::lock_guard lock(mutex);
  if (!isWatching || !(isIn(call.path) || isIn(call.target))) return {};
  return ask(call);
}

std::string pathOf(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length < 0 ? std::string() : std::string(path, static_cast<size_t>(length));
}

std::string pathAt(int folder, const char* path) {
  if (path[0] == '/') return path;
  if (folder == AT_FDCWD) return std::filesystem::absolute(path).string();
  return pathOf(folder) + "/" + path;
}

/// True when the call may be carried out; errno is set when not.
bool mayGoOn(const DiskCall& call) {
  const DiskAnswer answer = answerTo(call);
  if (answer.error != 0) errno = answer.error;
  return answer.error == 0;
}

bool mayOpen(int folder, const char* path, int flags) {
  if (!isWatching || (flags & (O_CREAT | O_TRUNC)) == 0) return true;
  const std::string whole = pathAt(folder, path);
  struct stat status;
  const bool exists = ::stat(whole.c_str(), &status) == 0;
  if (!exists && (flags & O_CREAT) != 0) return mayGoOn({Kind::kCreate, whole, {}, 0, {}, 0});
  return !exists || (flags & O_TRUNC) == 0 || mayGoOn({Kind::kTruncate, whole, {}, 0, {}, 0});
}

ssize_t writeWatched(int descriptor, const char* bytes, size_t count, off64_t offset, bool isAtPlace) {
  if (isWatching) {
    const off64_t begin = isAtPlace ? offset : ::lseek64(descriptor, 0, SEEK_CUR);
    const DiskAnswer answer = answerTo(
        {Kind::kWrite, pathOf(descriptor), {}, static_cast<uint64_t>(std::max<off64_t>(begin, 0)), {bytes, count}, 0});
    if (answer.error != 0) {
      errno = answer.error;
      return -1;
    }
    count = std::min(count, answer.mostBytes);
  }
  return isAtPlace ? ::syscall(SYS_pwrite64, descriptor, bytes, count, offset)
                   : ::syscall(SYS_write, descriptor, bytes, count);
}

int syncWatched(int descriptor, long number) {
  if (!isWatching) return static_cast<int>(::syscall(number, descriptor));
  const DiskAnswer answer = answerTo({Kind::kSync, pathOf(descriptor), {}, 0, {}, 0});
  errno = answer.error;
  if (answer.error != 0) return -1;
  return answer.isSkipped ? 0 : static_cast<int>(::syscall(number, descriptor));
}

int removeWatched(int folder, const char* path, int flags) {
  if (isWatching && !mayGoOn({Kind::kRemove, pathAt(folder, path), {}, 0, {}, 0})) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}

FILE* openStream(const char* path, const char* mode) {
  using Open = FILE* (*)(const char*, const char*);
  static const Open next = reinterpret_cast<Open>(::dlsym(RTLD_NEXT, "fopen64"));
  const bool isNew = std::string_view(mode).find('w') != std::string_view::npos;
  if (isNew && !mayOpen(AT_FDCWD, path, O_CREAT | O_TRUNC)) return nullptr;
  return next(path, mode);
}

}  // namespace

DiskWatch::DiskWatch(const std::filesystem::path& folder, std::function<DiskAnswer(const DiskCall&)> asked) {
  const std::lock_guard lock(mutex);
  if (isWatching) throw std::logic_error("there is a watch already");
  watched = folder.string();
  ask = std::move(asked);
  isWatching = true;
}

DiskWatch::~DiskWatch() {
  const std::lock_guard lock(mutex);
  isWatching = false;
  ask = nullptr;
}

}  // namespace cyto::test

// These take the place of the C library's.
using namespace cyto::test;

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  return writeWatched(descriptor, static_cast<const char*>(bytes), count, 0, false);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (!isWatching) return ::syscall(SYS_writev, descriptor, parts, count);
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return writeWatched(descriptor, bytes.data(), bytes.size(), 0, false);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
  return writeWatched(descriptor, static_cast<const char*>(bytes), count, offset, true);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  if (isWatching && !mayGoOn({Kind::kTruncate, pathOf(descriptor), {}, 0, {}, static_cast<uint64_t>(size)})) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

int ftruncate(int descriptor, off_t size) noexcept { return ftruncate64(descriptor, size); }

int fsync(int descriptor) { return syncWatched(descriptor, SYS_fsync); }

int fdatasync(int descriptor) { return syncWatched(descriptor, SYS_fdatasync); }

int rename(const char* from, const char* to) noexcept {
  if (isWatching && !mayGoOn({Kind::kRename, pathAt(AT_FDCWD, from), pathAt(AT_FDCWD, to), 0, {}, 0})) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char* path) noexcept { return removeWatched(AT_FDCWD, path, 0); }

int unlinkat(int folder, const char* path, int flags) noexcept { return removeWatched(folder, path, flags); }

int rmdir(const char* path) noexcept { return removeWatched(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char* path) noexcept {
  struct stat status;
  const bool isFolder = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return removeWatched(AT_FDCWD, path, isFolder ? AT_REMOVEDIR : 0);
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (isWatching && !mayGoOn({Kind::kMakeFolder, pathAt(AT_FDCWD, path), {}, 0, {}, 0})) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (!mayOpen(AT_FDCWD, path, flags)) return -1;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}

FILE* fopen64(const char* path, const char* mode) { return openStream(path, mode); }

FILE* fopen(const char* path, const char* mode) { return openStream(path, mode); }

}  // extern "C"
