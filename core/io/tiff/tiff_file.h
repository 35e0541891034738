#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/io/tiff/tiff_directory.h"
#include "core/io/tiff/tiff_handle.h"

namespace cyto::io {

/// One TIFF file that several threads read: our own view of its structure, and as many libtiff handles as
/// threads decode at the same time.
class TiffFile {
 public:
  static Result<std::shared_ptr<TiffFile>> open(const std::filesystem::path& path);

  const TiffStructure& structure() const { return structure_; }
  const FileBytes& bytes() const { return structure_.file(); }

  /// A libtiff handle that stands at a directory; it goes back to the file when the lease ends.
  class Lease {
   public:
    Lease(TiffFile* file, std::unique_ptr<TiffHandle> handle) : file_(file), handle_(std::move(handle)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    TIFF* tiff() const { return handle_->get(); }
    TiffHandle& handle() const { return *handle_; }

   private:
    TiffFile* file_;
    std::unique_ptr<TiffHandle> handle_;
  };

  /// Fails when libtiff cannot make sense of the directory.
  Result<Lease> at(const TiffDirectory& directory);

 private:
  explicit TiffFile(TiffStructure structure) : structure_(std::move(structure)) {}

  TiffStructure structure_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TiffHandle>> idle_;
};

}  // namespace cyto::io
