#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto {

/// Compressions of zarr chunks that hold float32 values. Which of them exist depends on the libraries the
/// program was built with; raw always does.
enum class ChunkCodec { kRaw, kBlosc, kZstd, kGzip };

/// Whether this build can read and write a codec.
bool isBuiltIn(ChunkCodec codec);

/// What new stores are written with: Blosc with LZ4, as micro-sam writes, or raw.
ChunkCodec defaultChunkCodec();

/// Little-endian bytes of the values, compressed. Only raw and Blosc are written.
/// Errors: kInternal, kInvalidArgument (codec not built in).
Result<std::string> encodeChunk(ChunkCodec codec, std::span<const float> values);

/// The values of a chunk. Sizes are checked before anything is decompressed, so damaged and hostile bytes
/// are refused and never read or written out of bounds.
/// Errors: kFormat; the text says what is wrong and lacks the file.
Result<std::vector<float>> decodeChunk(ChunkCodec codec, std::span<const std::byte> bytes, int64_t expectedValues);

}  // namespace cyto
