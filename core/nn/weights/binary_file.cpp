#include "core/nn/weights/binary_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/atomic_file.h"

namespace cyto::nn {

namespace fs = std::filesystem;

BinaryFile::BinaryFile(fs::path path, int descriptor, uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

BinaryFile::BinaryFile(BinaryFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_), size_(other.size_) {
  other.descriptor_ = -1;
}

BinaryFile::~BinaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<BinaryFile> BinaryFile::open(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int failed = errno;
    return Error(failed == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 "the checkpoint '" + path.string() + "' cannot be opened: " + systemErrorText(failed));
  }
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return Error(ErrorCode::kInvalidArgument, "'" + path.string() + "' is not a file; name a checkpoint file");
  }
  return BinaryFile(path, descriptor, static_cast<uint64_t>(status.st_size));
}

Status BinaryFile::read(uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || out.size() > size_ - offset) return damaged("it ends too early");
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Error(ErrorCode::kIo, "the checkpoint '" + path_.string() + "' cannot be read: " + systemErrorText(errno));
    }
    if (count == 0) return damaged("it ends too early");
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<std::string> BinaryFile::readText(uint64_t offset, uint64_t length) const {
  if (offset > size_ || length > size_ - offset) return damaged("it ends too early");
  std::string text(static_cast<size_t>(length), '\0');
  CYTO_TRY(read(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

Result<std::shared_ptr<std::byte>> BinaryFile::map(uint64_t offset, uint64_t length) const {
  using Bytes = std::shared_ptr<std::byte>;
  if (offset > size_ || length > size_ - offset) return damaged("it ends too early");
  if (length == 0) return Bytes();
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t start = offset / page * page;
  const auto mappedBytes = static_cast<size_t>(length + offset - start);
  void* const memory =
      ::mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor_, static_cast<off_t>(start));
  if (memory == MAP_FAILED) return Bytes();
  const std::shared_ptr<void> mapping(memory, [mappedBytes](void* mapped) { ::munmap(mapped, mappedBytes); });
  return Bytes(mapping, static_cast<std::byte*>(memory) + (offset - start));
}

Error BinaryFile::damaged(const std::string& what) const {
  return Error(ErrorCode::kFormat, "the checkpoint '" + path_.string() + "' is damaged: " + what + "; fetch it again");
}

uint64_t littleEndian(const char* data, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(data[i]);
  return value;
}

}  // namespace cyto::nn
