#pragma once

#include <tiffio.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace cyto::io {

/// One open libtiff file with its own error text, so that errors of distinct threads do not mix. A handle
/// is used by one thread at a time.
class TiffHandle {
 public:
  /// `mode` as for TIFFOpen. Null when libtiff refuses; then `error` holds its words.
  static std::unique_ptr<TiffHandle> open(const std::filesystem::path& path, const char* mode, std::string& error);
  ~TiffHandle();
  TiffHandle(const TiffHandle&) = delete;
  TiffHandle& operator=(const TiffHandle&) = delete;

  TIFF* get() const { return tiff_; }

  /// libtiff's first complaint since the last call of `clearError`; empty when there was none.
  const std::string& error() const { return error_; }
  void clearError() { error_.clear(); }

  /// Flushes and closes; libtiff's words when that fails, else empty.
  std::string close();

  /// The directory that is current, as the caller counts; -1 when unknown.
  int64_t directory_offset = -1;

 private:
  TiffHandle() = default;
  static int keepError(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);
  static int ignoreWarning(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);

  TIFF* tiff_ = nullptr;
  std::string error_;
};

}  // namespace cyto::io
