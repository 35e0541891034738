#include "core/io/zarr/chunk_codecs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#ifdef WITH_BLOSC
#include <blosc.h>
#endif
#ifdef WITH_ZSTD
#include <zstd.h>
#endif
#ifdef WITH_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef WITH_LZ4
#include <lz4.h>
#endif
#ifdef WITH_BZIP2
#include <bzlib.h>
#endif

namespace cyto::io {

namespace {

using Bytes = std::vector<std::byte>;

Error damaged(const std::string& codec) {
  return Error(ErrorCode::kFormat, "a chunk compressed with " + codec + " is damaged");
}

Error tooLarge(const std::string& codec) {
  return Error(ErrorCode::kFormat, "a chunk compressed with " + codec + " is larger than its array allows");
}

Error missing(const std::string& codec) {
  return Error(ErrorCode::kFormat, "its chunks are compressed with " + codec +
                                       ", which this build of the program lacks; install its library and build again, "
                                       "or store the array with another compression");
}

uint32_t littleEndian32(const std::byte* bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = (value << 8) | std::to_integer<uint32_t>(bytes[i]);
  return value;
}

#ifdef WITH_BLOSC
Result<Bytes> decodeBlosc(std::span<const std::byte> stored, size_t largest_bytes) {
  size_t size = 0;
  // Checks that the lengths in the header agree with what is there.
  if (stored.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(stored.data(), stored.size(), &size) < 0) {
    return damaged("blosc");
  }
  if (size > largest_bytes) return tooLarge("blosc");
  Bytes out(size);
  if (size > 0 && blosc_decompress_ctx(stored.data(), out.data(), size, 1) != static_cast<int>(size))
    return damaged("blosc");
  return out;
}
#endif

#ifdef WITH_ZSTD
Result<Bytes> decodeZstd(std::span<const std::byte> stored, size_t largest_bytes) {
  const unsigned long long stated = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (stated == ZSTD_CONTENTSIZE_ERROR) return damaged("zstd");
  if (stated != ZSTD_CONTENTSIZE_UNKNOWN && stated > largest_bytes) return tooLarge("zstd");
  Bytes out(stated == ZSTD_CONTENTSIZE_UNKNOWN ? std::min(largest_bytes, stored.size() * 45000 + 4096)
                                               : static_cast<size_t>(stated));
  const size_t size = ZSTD_decompress(out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) return damaged("zstd");
  out.resize(size);
  return out;
}
#endif

#ifdef WITH_LIBDEFLATE
Result<Bytes> decodeGzip(std::span<const std::byte> stored, size_t largest_bytes) {
  struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  // Deflate shrinks at most 1,032-fold; no need to offer more room than can be filled.
  Bytes out(std::min(largest_bytes, stored.size() * 1100 + 4096));
  size_t size = 0;
  const bool isGzip = stored.size() > 2 && stored[0] == std::byte{0x1F} && stored[1] == std::byte{0x8B};
  const libdeflate_result result =
      isGzip
          ? libdeflate_gzip_decompress(decompressor.get(), stored.data(), stored.size(), out.data(), out.size(), &size)
          : libdeflate_zlib_decompress(decompressor.get(), stored.data(), stored.size(), out.data(), out.size(), &size);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return tooLarge("gzip");
  if (result != LIBDEFLATE_SUCCESS) return damaged("gzip");
  out.resize(size);
  return out;
}
#endif

#ifdef WITH_LZ4
Result<Bytes> decodeLz4(std::span<const std::byte> stored, size_t largest_bytes) {
  if (stored.size() < 4) return damaged("lz4");
  const size_t size = littleEndian32(stored.data());
  if (size > largest_bytes) return tooLarge("lz4");
  Bytes out(size);
  const int decoded =
      LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()) + 4, reinterpret_cast<char*>(out.data()),
                          static_cast<int>(stored.size() - 4), static_cast<int>(size));
  if (decoded != static_cast<int>(size)) return damaged("lz4");
  return out;
}

// Blocks of: "LZ4Block", a byte whose upper half is the method (1 stored, 2 LZ4), compressed length, length,
// checksum; a block of length 0 ends the stream.
Result<Bytes> decodeLz4Java(std::span<const std::byte> stored, size_t largest_bytes) {
  constexpr size_t kHeader_bytes = 21;
  Bytes out;
  while (stored.size() >= kHeader_bytes && std::memcmp(stored.data(), "LZ4Block", 8) == 0) {
    const int method = std::to_integer<int>(stored[8]) & 0xF0;
    const size_t compressed = littleEndian32(stored.data() + 9);
    const size_t size = littleEndian32(stored.data() + 13);
    stored = stored.subspan(kHeader_bytes);
    if (size == 0) return out;
    if (compressed > stored.size()) return damaged("lz4");
    if (size > largest_bytes - out.size()) return tooLarge("lz4");
    const size_t begin = out.size();
    out.resize(begin + size);
    if (method == 0x10 && compressed == size) {
      std::copy_n(stored.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(begin));
    } else if (method != 0x20 ||
               LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()),
                                   reinterpret_cast<char*>(out.data() + begin), static_cast<int>(compressed),
                                   static_cast<int>(size)) != static_cast<int>(size)) {
      return damaged("lz4");
    }
    stored = stored.subspan(compressed);
  }
  if (!stored.empty() || out.empty()) return damaged("lz4");
  return out;
}
#endif

#ifdef WITH_BZIP2
Result<Bytes> decodeBzip2(std::span<const std::byte> stored, size_t largest_bytes) {
  Bytes out(std::min(largest_bytes, stored.size() * 60000 + 4096));
  auto size = static_cast<unsigned>(std::min<size_t>(out.size(), UINT32_MAX));
  const int result = BZ2_bzBuffToBuffDecompress(reinterpret_cast<char*>(out.data()), &size,
                                                const_cast<char*>(reinterpret_cast<const char*>(stored.data())),
                                                static_cast<unsigned>(stored.size()), 0, 0);
  if (result == BZ_OUTBUFF_FULL) return tooLarge("bzip2");
  if (result != BZ_OK) return damaged("bzip2");
  out.resize(size);
  return out;
}
#endif

Result<Bytes> decodeCrc32c(std::span<const std::byte> stored) {
  if (stored.size() < 4) return Error(ErrorCode::kFormat, "a chunk is shorter than its checksum");
  const auto content = stored.first(stored.size() - 4);
  if (crc32c(content) != littleEndian32(stored.data() + content.size())) {
    return Error(ErrorCode::kFormat, "the checksum of a chunk is wrong");
  }
  return Bytes(content.begin(), content.end());
}

Bytes decodeShuffle(std::span<const std::byte> stored, size_t element_bytes) {
  Bytes out(stored.begin(), stored.end());
  const size_t count = element_bytes == 0 ? 0 : stored.size() / element_bytes;
  for (size_t i = 0; i < count; ++i) {
    for (size_t b = 0; b < element_bytes; ++b) out[i * element_bytes + b] = stored[b * count + i];
  }
  return out;
}

}  // namespace

Result<ChunkCodec> chunkCodecNamed(const std::string& name) {
  if (name == "blosc") {
#ifdef WITH_BLOSC
    return ChunkCodec::kBlosc;
#else
    return missing(name);
#endif
  }
  if (name == "zstd" || name == "numcodecs.zstd") {
#ifdef WITH_ZSTD
    return ChunkCodec::kZstd;
#else
    return missing(name);
#endif
  }
  if (name == "gzip" || name == "zlib" || name == "numcodecs.zlib") {
#ifdef WITH_LIBDEFLATE
    return ChunkCodec::kGzip;
#else
    return missing(name);
#endif
  }
  if (name == "lz4" || name == "numcodecs.lz4") {
#ifdef WITH_LZ4
    return ChunkCodec::kLz4;
#else
    return missing(name);
#endif
  }
  if (name == "bz2" || name == "bzip2" || name == "numcodecs.bz2") {
#ifdef WITH_BZIP2
    return ChunkCodec::kBzip2;
#else
    return missing(name);
#endif
  }
  if (name == "crc32c") return ChunkCodec::kCrc32c;
  if (name == "shuffle") return ChunkCodec::kShuffle;
  return Error(ErrorCode::kFormat,
               "its chunks use the codec '" + name + "', which is not read; store the array with zstd, blosc or gzip");
}

Result<Bytes> decodeChunk(ChunkCodec codec, std::span<const std::byte> stored, size_t largest_bytes,
                          size_t element_bytes) {
  switch (codec) {
#ifdef WITH_BLOSC
    case ChunkCodec::kBlosc: return decodeBlosc(stored, largest_bytes);
#endif
#ifdef WITH_ZSTD
    case ChunkCodec::kZstd: return decodeZstd(stored, largest_bytes);
#endif
#ifdef WITH_LIBDEFLATE
    case ChunkCodec::kGzip: return decodeGzip(stored, largest_bytes);
#endif
#ifdef WITH_LZ4
    case ChunkCodec::kLz4: return decodeLz4(stored, largest_bytes);
    case ChunkCodec::kLz4Java: return decodeLz4Java(stored, largest_bytes);
#endif
#ifdef WITH_BZIP2
    case ChunkCodec::kBzip2: return decodeBzip2(stored, largest_bytes);
#endif
    case ChunkCodec::kCrc32c: return decodeCrc32c(stored);
    case ChunkCodec::kShuffle: return decodeShuffle(stored, element_bytes);
    default: return missing("a codec");
  }
}

uint32_t crc32c(std::span<const std::byte> data) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0x82F63B78u : value >> 1;
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFFu;
  for (const std::byte byte : data) crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<uint32_t>(byte)) & 0xFF];
  return ~crc;
}

}  // namespace cyto::io
