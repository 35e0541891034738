#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto::io {

/// What turns the stored bytes of a chunk back into elements. Names are those of zarr v3, N5's forms apart.
enum class ChunkCodec {
  kBlosc,
  kZstd,
  kGzip,     ///< also zlib: the first bytes tell
  kLz4,      ///< numcodecs: 4 bytes of length, then one block
  kLz4Java,  ///< N5: the stream of the Java library lz4-java
  kBzip2,
  kCrc32c,   ///< 4 bytes of checksum behind the content
  kShuffle,  ///< numcodecs: byte i of all elements together; needs the element size
};

/// Nothing when the codec of that name exists in no version; errors are the sentence for the user.
/// Codecs whose library this build lacks are refused too.
Result<ChunkCodec> chunkCodecNamed(const std::string& name);

/// Undoes one codec. `largest_bytes` bounds the result, so that a small hostile chunk cannot fill the memory.
/// `element_bytes` matters to kShuffle only. Errors: kFormat, a clause such as "a zstd chunk is damaged".
Result<std::vector<std::byte>> decodeChunk(ChunkCodec codec, std::span<const std::byte> stored, size_t largest_bytes,
                                           size_t element_bytes);

/// CRC-32C (Castagnoli) of a buffer.
uint32_t crc32c(std::span<const std::byte> data);

}  // namespace cyto::io
