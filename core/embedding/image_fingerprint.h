#pragma once

#include <string>

#include "core/inference/model.h"
#include "core/io/image_source.h"

namespace cyto {

/// Names an image by its pixels, wherever its file lies.
struct ImageFingerprint {
  /// Hex SHA-1 of the pixels as NumPy holds them: all planes, C order, native byte order, the type of the
  /// file, channels last (spec/micro-sam.md §2.4). Equal to micro-sam's data_signature of the same array.
  std::string dataSignature;
  /// "xxh128:<32 hex>" of type, extents and the same bytes.
  std::string contentHash;
};

/// Reads the image once, band by band, so it need not fit into memory.
Result<ImageFingerprint> fingerprintOf(const io::ImageSource& image, const JobContext& job);

/// The key under which the embedding of `tile` is the same wherever it is kept: the content of the image, the
/// weights, the preprocessing, the precision, the slice and the box. Device and threads are not in it.
std::string embeddingKey(const std::string& contentHash, const ModelIdentity& model, int64_t slice,
                         const PlaneBox& tile);

}  // namespace cyto
