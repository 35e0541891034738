#include "core/io/tiff/tiff_handle.h"

#include <cstdarg>
#include <cstdio>

namespace cyto::io {

namespace {

// No single thing libtiff needs is larger: a tile, a compressed strip, the table of strips.
constexpr tmsize_t kMaxAllocation_bytes = tmsize_t{1} << 30;

}  // namespace

std::unique_ptr<TiffHandle> TiffHandle::open(const std::filesystem::path& path, const char* mode, std::string& error) {
  std::unique_ptr<TiffHandle> handle(new TiffHandle());
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, kMaxAllocation_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options, keepError, handle.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options, ignoreWarning, handle.get());
  handle->tiff_ = TIFFOpenExt(path.c_str(), mode, options);
  TIFFOpenOptionsFree(options);
  if (handle->tiff_ == nullptr) {
    error = handle->error_;
    return nullptr;
  }
  return handle;
}

TiffHandle::~TiffHandle() { close(); }

std::string TiffHandle::close() {
  if (tiff_ == nullptr) return "";
  clearError();
  TIFFClose(tiff_);
  tiff_ = nullptr;
  return error_;
}

int TiffHandle::keepError(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  auto* handle = static_cast<TiffHandle*>(self);
  if (handle->error_.empty()) {  // the first complaint is the cause, the rest follow from it
    char text[400];
    std::vsnprintf(text, sizeof(text), format, arguments);
    handle->error_ = text;
    while (!handle->error_.empty() && (handle->error_.back() == '.' || handle->error_.back() == '\n')) {
      handle->error_.pop_back();
    }
  }
  return 1;
}

int TiffHandle::ignoreWarning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

}  // namespace cyto::io
