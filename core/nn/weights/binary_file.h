#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"

namespace cyto::nn {

/// A file that is read at offsets; every read is checked against its size. Not thread-safe.
class BinaryFile {
 public:
  static Result<BinaryFile> open(const std::filesystem::path& path);
  ~BinaryFile();
  BinaryFile(BinaryFile&& other) noexcept;
  BinaryFile& operator=(BinaryFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }

  /// Fills `out` from `offset`; kFormat when the file ends before, kIo when it cannot be read.
  Status read(uint64_t offset, std::span<std::byte> out) const;
  Result<std::string> readText(uint64_t offset, uint64_t length) const;

  /// The bytes [offset, offset + length) without a copy, as long as the pointer or a copy of it lives: the system reads
  /// them when they are touched and may forget them again. Writing changes them for this process only. Null when the
  /// file system cannot do it; kFormat when the file ends before.
  Result<std::shared_ptr<std::byte>> map(uint64_t offset, uint64_t length) const;

  /// "the checkpoint 'PATH' is damaged: WHAT; fetch it again".
  Error damaged(const std::string& what) const;

 private:
  BinaryFile(std::filesystem::path path, int descriptor, uint64_t size);
  std::filesystem::path path_;
  int descriptor_;
  uint64_t size_;
};

/// Unsigned integer of `bytes` bytes at `data`, little endian.
uint64_t littleEndian(const char* data, int bytes);

}  // namespace cyto::nn
