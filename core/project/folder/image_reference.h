#pragma once

#include <filesystem>
#include <string>

#include "core/array/dtype.h"
#include "core/array/shape.h"
#include "core/base/result.h"
#include "core/io/image_source.h"

namespace cyto {

/// How a project names its image, which it never copies: where it was, and what it is when it has moved.
struct ImageReference {
  std::filesystem::path path;  ///< absolute; empty for a project without image
  std::string key;             ///< dataset inside a container
  Shape shape;
  int64_t channels = 1;
  Dtype dtype = Dtype::kUint8;
  PixelScale scale;
  std::string contentHash;  ///< see contentHashOf; empty when it could not be read

  bool operator==(const ImageReference&) const = default;
};

ImageReference referenceTo(const std::filesystem::path& path, const io::ImageInfo& info);

/// "xxh128:<32 hex>" of the size of a file, its first and last MiB and 62 pieces of 64 KiB evenly between them, so that
/// a file of many gigabytes is recognised at once; a smaller file is hashed whole. Of a folder: of the names, sizes and
/// contents, by the same rule, of the files directly in it that are no larger than 1 MiB.
Result<std::string> contentHashOf(const std::filesystem::path& path);

}  // namespace cyto
