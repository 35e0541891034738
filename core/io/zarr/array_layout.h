#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/io/pixels.h"
#include "core/io/zarr/chunk_codecs.h"

namespace cyto::io {

/// How the elements of one array lie in chunks: what .zarray (v2), zarr.json (v3) or attributes.json (N5) say.
struct ChunkEncoding {
  bool isBigEndian = false;
  std::vector<int> storedOrder;    ///< axis order within a chunk; empty: as the array (C order)
  std::vector<ChunkCodec> codecs;  ///< in the order of decoding
};

struct ArrayLayout {
  enum class Format { kZarr2, kZarr3, kN5 };
  Format format = Format::kZarr2;
  FileDtype dtype;
  std::vector<int64_t> shape;  ///< C order; N5's is already reversed
  std::vector<int64_t> chunk;  ///< of the grid of stored objects: chunks, or shards
  ChunkEncoding encoding;
  std::vector<std::byte> fill;  ///< one element as in the file, but in native byte order
  std::string separator = ".";
  bool hasKeyPrefix = false;  ///< zarr v3 default keys: "c/0/1"
  /// Sharding: the chunks inside one stored object, with the table of their places.
  std::vector<int64_t> innerChunk;
  bool isIndexAtEnd = true;
  bool hasIndexChecksum = true;
  std::vector<std::string> axisNames;  ///< dimension_names of v3; empty when absent

  bool isSharded() const { return !innerChunk.empty(); }
  const std::vector<int64_t>& decodedChunk() const { return isSharded() ? innerChunk : chunk; }
};

/// Errors: kFormat, one sentence, for metadata that is damaged or uses what is not read (strings, dates,
/// complex numbers, unknown codecs). The file named in the sentence is `path`.
Result<ArrayLayout> parseZarr2Array(const std::filesystem::path& path, const nlohmann::json& metadata);
Result<ArrayLayout> parseZarr3Array(const std::filesystem::path& path, const nlohmann::json& metadata);
Result<ArrayLayout> parseN5Array(const std::filesystem::path& path, const nlohmann::json& attributes);

}  // namespace cyto::io
