#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "core/io/file_bytes.h"
#include "core/io/pixels.h"

namespace cyto::io {

/// Base of formats that can only be decoded as a whole (PNG, JPEG). The first `read` decodes; the pixels
/// are kept for the following ones.
class WholeSource : public ImageSource {
 public:
  const ImageInfo& info() const override { return info_; }

  Result<Array> read(const Box& box, int level, const JobContext& job) const override {
    CYTO_TRY(checkRegion(info_, box, level));
    CYTO_TRY(job.cancel.check());
    const std::lock_guard lock(mutex_);
    if (!decoded_) {
      CYTO_ASSIGN(Array pixels, decode());
      decoded_ = std::move(pixels);
    }
    return cropped(*decoded_, box);  // a copy even of the whole: callers may change what they get
  }

 protected:
  WholeSource(FileBytes file, ImageInfo info) : file_(std::move(file)), info_(std::move(info)) {}
  virtual Result<Array> decode() const = 0;

  FileBytes file_;
  ImageInfo info_;

 private:
  mutable std::mutex mutex_;
  mutable std::optional<Array> decoded_;
};

}  // namespace cyto::io
