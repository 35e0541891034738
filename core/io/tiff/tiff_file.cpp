#include "core/io/tiff/tiff_file.h"

#include <algorithm>

namespace cyto::io {

namespace {

// Handles kept for later; more exist only while more threads read at once.
constexpr size_t kMaxIdleHandles = 4;

// Header only; no memory map, because a file that becomes shorter would then kill the program.
constexpr const char* kReadMode = "rhm";

constexpr int kCompressionJpeg = 7;
constexpr int kPhotometricYcbcr = 6;
constexpr int kCompressionSgiLog = 34676;

}  // namespace

Result<std::shared_ptr<TiffFile>> TiffFile::open(const std::filesystem::path& path) {
  CYTO_ASSIGN(FileBytes bytes, FileBytes::open(path));
  CYTO_ASSIGN(TiffStructure structure, TiffStructure::open(std::move(bytes)));
  return std::shared_ptr<TiffFile>(new TiffFile(std::move(structure)));
}

TiffFile::Lease::~Lease() {
  if (!handle_) return;
  const std::lock_guard lock(file_->mutex_);
  if (file_->idle_.size() < kMaxIdleHandles) file_->idle_.push_back(std::move(handle_));
}

Result<TiffFile::Lease> TiffFile::at(const TiffDirectory& directory) {
  std::unique_ptr<TiffHandle> handle;
  {
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(idle_.begin(), idle_.end(),
                              [&](const auto& idle) { return idle->directory_offset == directory.offset; });
    if (found == idle_.end() && !idle_.empty()) found = idle_.end() - 1;
    if (found != idle_.end()) {
      handle = std::move(*found);
      idle_.erase(found);
    }
  }
  const auto refusal = [&](const std::string& words) {
    return cannotRead(bytes().path(), "the TIFF file is damaged" + (words.empty() ? "" : " (" + words + ")") +
                                          "; copy or export it again");
  };
  if (!handle) {
    std::string error;
    handle = TiffHandle::open(bytes().path(), kReadMode, error);
    if (!handle) return refusal(error);
  }
  handle->clearError();
  if (handle->directory_offset != directory.offset) {
    handle->directory_offset = -1;
    if (TIFFSetSubDirectory(handle->get(), static_cast<uint64_t>(directory.offset)) != 1) {
      return refusal(handle->error());
    }
    if (directory.compression == kCompressionJpeg && directory.photometric == kPhotometricYcbcr &&
        !directory.isPlanar) {
      TIFFSetField(handle->get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    if (directory.compression == kCompressionSgiLog) {
      TIFFSetField(handle->get(), TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_16BIT);
    }
    handle->directory_offset = directory.offset;
  }
  return Lease(this, std::move(handle));
}

}  // namespace cyto::io
