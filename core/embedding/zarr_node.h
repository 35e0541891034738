#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/embedding/chunk_codec.h"

namespace cyto {

/// The part of zarr that embedding stores use: float32 arrays in C order, with one chunk per image. Versions 2
/// and 3 are read, version 2 is written. Only core/embedding uses this.

/// A file of at most `limit_bytes`. Errors: kNotFound, kIo, kFormat (too large).
Result<std::string> readWholeFile(const std::filesystem::path& path, int64_t limit_bytes);

/// The JSON document in a file; damaged JSON is a kFormat error that names the file.
Result<nlohmann::json> readJson(const std::filesystem::path& path);
Status writeJson(const std::filesystem::path& path, const nlohmann::json& document);

/// 2, 3, or 0 when the folder is no zarr group or array.
int zarrFormatOf(const std::filesystem::path& folder);

/// Attributes of a group or array; an empty object when there are none.
Result<nlohmann::json> readAttributes(const std::filesystem::path& folder, int zarrFormat);

/// Makes a v2 group in a folder that may exist. An existing group is left as it is.
Status makeGroup(const std::filesystem::path& folder);
/// Replaces the attributes of a v2 group or array; a file that has them already is not touched.
Status writeAttributes(const std::filesystem::path& folder, const nlohmann::json& attributes);

/// An array whose chunks are (1, …, 1, channels, rows, columns).
struct ZarrArray {
  std::filesystem::path folder;
  int zarrFormat = 2;
  std::vector<int64_t> shape;  ///< (1, C, H, W) or (slices, 1, C, H, W)
  ChunkCodec codec = ChunkCodec::kRaw;
  std::string separator = ".";  ///< between the numbers of a chunk's name
  bool hasChunkPrefix = false;  ///< v3 keeps chunks below "c/"

  int64_t valuesPerChunk() const;
  /// `slice` is ignored in arrays of four axes.
  std::filesystem::path chunkPath(int64_t slice) const;
};

/// Errors: kFormat for damage and for arrays that are no embeddings.
Result<ZarrArray> readArrayMetadata(const std::filesystem::path& folder, int zarrFormat);

/// Makes the folder and `.zarray`; an existing array must be equal.
Status makeArray(const ZarrArray& array);

/// Errors: kNotFound, kFormat, kIo.
Result<std::vector<float>> readChunk(const ZarrArray& array, int64_t slice);

}  // namespace cyto
