#include "core/embedding/chunk_codec.h"

#include <bit>
#include <cstring>
#include <utility>

#ifdef WITH_BLOSC
#include <blosc.h>
#endif
#ifdef WITH_ZSTD
#include <zstd.h>
#endif
#ifdef WITH_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace cyto {

static_assert(std::endian::native == std::endian::little, "chunks are little-endian and are not swapped");

namespace {

Error damaged(const std::string& what) { return Error(ErrorCode::kFormat, what); }

Error wrongSize(size_t found, size_t expected) {
  return damaged("it holds " + std::to_string(found) + " bytes instead of " + std::to_string(expected) +
                 " and is truncated or damaged");
}

// Decoders fill `out` exactly or fail.
using Bytes = std::span<const std::byte>;

Status decodeRaw(Bytes bytes, std::span<std::byte> out) {
  if (bytes.size() != out.size()) return wrongSize(bytes.size(), out.size());
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return {};
}

#ifdef WITH_BLOSC
Status decodeBlosc(Bytes bytes, std::span<std::byte> out) {
  size_t size = 0;
  if (bytes.size() < BLOSC_MIN_HEADER_LENGTH || ::blosc_cbuffer_validate(bytes.data(), bytes.size(), &size) != 0) {
    return damaged("it is truncated or damaged");
  }
  if (size != out.size()) return wrongSize(size, out.size());
  const int written = ::blosc_decompress_ctx(bytes.data(), out.data(), out.size(), 1);
  if (written < 0 || static_cast<size_t>(written) != out.size()) return damaged("it is damaged");
  return {};
}
#endif

#ifdef WITH_ZSTD
Status decodeZstd(Bytes bytes, std::span<std::byte> out) {
  const size_t written = ::ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (::ZSTD_isError(written) != 0) return damaged("it is truncated or damaged");
  if (written != out.size()) return wrongSize(written, out.size());
  return {};
}
#endif

#ifdef WITH_LIBDEFLATE
Status decodeGzip(Bytes bytes, std::span<std::byte> out) {
  libdeflate_decompressor* const decompressor = ::libdeflate_alloc_decompressor();
  if (decompressor == nullptr) return Error(ErrorCode::kOutOfMemory, "there is not enough memory");
  const libdeflate_result result =
      ::libdeflate_gzip_decompress(decompressor, bytes.data(), bytes.size(), out.data(), out.size(), nullptr);
  ::libdeflate_free_decompressor(decompressor);
  if (result != LIBDEFLATE_SUCCESS) return damaged("it is truncated or damaged");
  return {};
}
#endif

Status decode(ChunkCodec codec, Bytes bytes, std::span<std::byte> out) {
  switch (codec) {
    case ChunkCodec::kRaw: return decodeRaw(bytes, out);
#ifdef WITH_BLOSC
    case ChunkCodec::kBlosc: return decodeBlosc(bytes, out);
#endif
#ifdef WITH_ZSTD
    case ChunkCodec::kZstd: return decodeZstd(bytes, out);
#endif
#ifdef WITH_LIBDEFLATE
    case ChunkCodec::kGzip: return decodeGzip(bytes, out);
#endif
    default: break;
  }
  return Error(ErrorCode::kFormat, "its compression was not built into this program");
}

}  // namespace

bool isBuiltIn(ChunkCodec codec) {
  switch (codec) {
    case ChunkCodec::kRaw: return true;
#ifdef WITH_BLOSC
    case ChunkCodec::kBlosc: return true;
#endif
#ifdef WITH_ZSTD
    case ChunkCodec::kZstd: return true;
#endif
#ifdef WITH_LIBDEFLATE
    case ChunkCodec::kGzip: return true;
#endif
    default: return false;
  }
}

ChunkCodec defaultChunkCodec() { return isBuiltIn(ChunkCodec::kBlosc) ? ChunkCodec::kBlosc : ChunkCodec::kRaw; }

Result<std::string> encodeChunk(ChunkCodec codec, std::span<const float> values) {
  const Bytes bytes = std::as_bytes(values);
  if (codec == ChunkCodec::kRaw) return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
#ifdef WITH_BLOSC
  if (codec == ChunkCodec::kBlosc) {
    // The settings of zarr-python 2; one thread, so that the bytes do not depend on the machine.
    std::string out(bytes.size() + BLOSC_MAX_OVERHEAD, '\0');
    const int size = ::blosc_compress_ctx(5, BLOSC_SHUFFLE, sizeof(float), bytes.size(), bytes.data(), out.data(),
                                          out.size(), "lz4", 0, 1);
    if (size <= 0) return Error(ErrorCode::kInternal, "an embedding cannot be compressed");
    out.resize(static_cast<size_t>(size));
    return out;
  }
#endif
  return Error(ErrorCode::kInvalidArgument, "chunks are written raw or with Blosc only");
}

Result<std::vector<float>> decodeChunk(ChunkCodec codec, Bytes bytes, int64_t expectedValues) {
  std::vector<float> values(static_cast<size_t>(expectedValues));
  CYTO_TRY(decode(codec, bytes, std::as_writable_bytes(std::span(values))));
  return values;
}

}  // namespace cyto
