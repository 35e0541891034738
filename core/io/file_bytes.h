#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/result.h"

namespace cyto::io {

/// "cannot open 'path': what", the form of every refusal of a reader. `what` says what is wrong and what to do.
Error cannotOpen(const std::filesystem::path& path, const std::string& what, ErrorCode code = ErrorCode::kFormat);

/// "cannot read 'path': what": the file opened, but these pixels could not be had.
Error cannotRead(const std::filesystem::path& path, const std::string& what, ErrorCode code = ErrorCode::kFormat);

/// A regular file that is read at given offsets. Reads may come from several threads.
class FileBytes {
 public:
  /// Errors: kNotFound, kIo (no permission, a folder), kFormat (empty).
  static Result<FileBytes> open(const std::filesystem::path& path);

  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes();

  const std::filesystem::path& path() const { return path_; }
  int64_t size_bytes() const { return size_bytes_; }

  /// Fills `out` from `offset`. Fails with a sentence about truncation when the file ends before.
  Status readAt(int64_t offset, std::span<std::byte> out) const;

 private:
  FileBytes() = default;

  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_bytes_ = 0;
};

/// The content of a small file. Fails when it is larger than `limit_bytes`.
Result<std::string> readSmallFile(const std::filesystem::path& path, int64_t limit_bytes);

}  // namespace cyto::io
