#include "core/io/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/atomic_file.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

Error systemFailure(const fs::path& path, int errorNumber) {
  switch (errorNumber) {
    case ENOENT: return cannotOpen(path, "there is no such file; check the path", ErrorCode::kNotFound);
    case EACCES: return cannotOpen(path, "permission denied; ask its owner for the right to read it", ErrorCode::kIo);
    default: return cannotOpen(path, systemErrorText(errorNumber), ErrorCode::kIo);
  }
}

// Damaged files put anything into their names of types and keys; a message stays one line of bearable length.
std::string printable(std::string text) {
  constexpr size_t kLongest = 900;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return text;
}

}  // namespace

Error cannotOpen(const fs::path& path, const std::string& what, ErrorCode code) {
  return Error(code, printable("cannot open '" + path.string() + "': " + what));
}

Error cannotRead(const fs::path& path, const std::string& what, ErrorCode code) {
  return Error(code, printable("cannot read '" + path.string() + "': " + what));
}

Result<FileBytes> FileBytes::open(const fs::path& path) {
  FileBytes file;
  file.path_ = path;
  // O_NONBLOCK: a named pipe must not make the program wait for a writer.
  file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor_ < 0) return systemFailure(path, errno);
  struct stat status{};
  if (::fstat(file.descriptor_, &status) != 0) return systemFailure(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return cannotOpen(path, "it is not a regular file; give a file or a folder of images", ErrorCode::kIo);
  }
  if (status.st_size == 0) return cannotOpen(path, "the file is empty; copy or export it again");
  file.size_bytes_ = status.st_size;
  return file;
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

FileBytes::~FileBytes() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status FileBytes::readAt(int64_t offset, std::span<std::byte> out) const {
  if (offset < 0 || offset > size_bytes_ || static_cast<int64_t>(out.size()) > size_bytes_ - offset) {
    return cannotRead(path_, "the file is truncated or damaged: it ends before the data it announces; copy it again");
  }
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannotRead(path_, systemErrorText(errno), ErrorCode::kIo);
    if (count == 0) return cannotRead(path_, "the file became shorter while it was read; open it again");
    out = out.subspan(static_cast<size_t>(count));
    offset += count;
  }
  return {};
}

Result<std::string> readSmallFile(const fs::path& path, int64_t limit_bytes) {
  CYTO_ASSIGN(const FileBytes file, FileBytes::open(path));
  if (file.size_bytes() > limit_bytes) {
    return cannotOpen(path, "the file is larger than anything of its kind (" + std::to_string(limit_bytes >> 20) +
                                " MiB); it is damaged");
  }
  std::string content(static_cast<size_t>(file.size_bytes()), '\0');
  CYTO_TRY(file.readAt(0, std::as_writable_bytes(std::span(content))));
  return content;
}

}  // namespace cyto::io
