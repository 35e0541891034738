#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error ioError(const fs::path& path, const std::string& action, int errorNumber) {
  const std::string hint = errorNumber == ENOSPC   ? "; free some space and try again"
                           : errorNumber == EACCES ? "; choose a folder you may write to"
                           : errorNumber == EROFS  ? "; choose a folder that is not read-only"
                                                   : "";
  return Error(ErrorCode::kIo, "cannot " + action + " '" + path.string() + "': " + systemErrorText(errorNumber) + hint);
}

fs::path temporaryBeside(const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  const std::string name =
      "." + target.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
  return target.parent_path() / name;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// 0, or the errno of what failed.
int writeAll(const fs::path& path, std::string_view content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return errno;
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

std::string systemErrorText(int errorNumber) {
  std::string text = std::generic_category().message(errorNumber);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(text[0]));
  return text;
}

Status syncToDisk(const fs::path& path) {
  const FileDescriptor file(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return ioError(path, "open", errno);
  if (::fsync(file.get()) == 0) return {};
  const int failed = errno;
  std::error_code ignored;
  const bool isUnknown = failed == EINVAL || failed == EBADF || failed == ENOTSUP || failed == EROFS;
  return isUnknown && fs::is_directory(path, ignored) ? Status() : ioError(path, "sync", failed);
}

Status writeFileAtomically(const fs::path& target, const std::function<Status(const fs::path&)>& write) {
  const fs::path temporary = temporaryBeside(target);
  const auto giveUp = [&](Error error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    return error;
  };
  if (Status written = write(temporary); !written) return giveUp(std::move(written).error());
  if (Status synced = syncToDisk(temporary); !synced) return giveUp(std::move(synced).error());
  if (::rename(temporary.c_str(), target.c_str()) != 0) return giveUp(ioError(target, "replace", errno));
  return syncToDisk(target.parent_path());
}

Status writeFileAtomically(const fs::path& target, std::string_view content) {
  return writeFileAtomically(target, [&](const fs::path& temporary) -> Status {
    // The user knows the final name, not the temporary one.
    if (const int failed = writeAll(temporary, content)) return ioError(target, "write", failed);
    return {};
  });
}

}  // namespace cyto
