#include "core/embedding/zarr_node.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/atomic_file.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kLargestJson = int64_t{256} << 20;    // tiles_in_mask of a long series may be long
constexpr int64_t kLargestValues = int64_t{256} << 20;  // per chunk; SAM has one million
constexpr int64_t kLargestSlices = int64_t{1} << 40;

Error notAnEmbedding(const fs::path& folder, const std::string& what) {
  return Error(ErrorCode::kFormat, "the array '" + folder.string() + "' is damaged or no embedding: " + what +
                                       "; compute the embeddings again in a new store");
}

std::string text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Runs `parse`, which may ask JSON for members that are not there.
template <typename Parse>
auto parsed(const fs::path& folder, const Parse& parse) -> decltype(parse()) {
  try {
    return parse();
  } catch (const json::exception&) {
    return notAnEmbedding(folder, "its description lacks what every zarr array has");
  }
}

std::optional<ChunkCodec> codecFromName(const std::string& name) {
  if (name == "blosc") return ChunkCodec::kBlosc;
  if (name == "zstd") return ChunkCodec::kZstd;
  if (name == "gzip") return ChunkCodec::kGzip;
  return std::nullopt;
}

Status setCodec(ZarrArray& array, const std::string& name) {
  const std::optional<ChunkCodec> codec = codecFromName(name);
  if (!codec) return notAnEmbedding(array.folder, "the compression '" + name + "' is not known");
  if (!isBuiltIn(*codec)) {
    return Error(ErrorCode::kFormat, "the array '" + array.folder.string() + "' is compressed with " + name +
                                         ", which this program was built without");
  }
  array.codec = *codec;
  return {};
}

Status checkShape(const ZarrArray& array, const std::vector<int64_t>& chunks) {
  const std::vector<int64_t>& shape = array.shape;
  const bool isPlane = shape.size() == 4 && shape[0] == 1;
  const bool isVolume = shape.size() == 5 && shape[1] == 1 && shape[0] >= 1 && shape[0] <= kLargestSlices;
  if (!isPlane && !isVolume) return notAnEmbedding(array.folder, "its shape is " + text(json(shape)));
  int64_t values = 1;
  for (size_t i = shape.size() - 3; i < shape.size(); ++i) {
    if (shape[i] < 1 || shape[i] > kLargestValues)
      return notAnEmbedding(array.folder, "its shape is " + text(json(shape)));
    values *= shape[i];
    if (values > kLargestValues) return notAnEmbedding(array.folder, "its shape is " + text(json(shape)));
  }
  std::vector<int64_t> expected = shape;
  expected[0] = 1;
  if (chunks != expected) {
    return notAnEmbedding(array.folder, "its chunks are " + text(json(chunks)) + " and not one per image");
  }
  return {};
}

Result<ZarrArray> readArrayV2(const fs::path& folder) {
  CYTO_ASSIGN(const json document, readJson(folder / ".zarray"));
  return parsed(folder, [&]() -> Result<ZarrArray> {
    ZarrArray array{folder,
                    2,
                    document.at("shape").get<std::vector<int64_t>>(),
                    ChunkCodec::kRaw,
                    document.value("dimension_separator", "."),
                    false};
    if (document.at("dtype") != "<f4") return notAnEmbedding(folder, "its type is " + text(document.at("dtype")));
    if (document.value("order", "C") != "C") return notAnEmbedding(folder, "it is in Fortran order");
    const json filters = document.value("filters", json());
    if (!filters.is_null() && !filters.empty()) return notAnEmbedding(folder, "it has filters");
    const json& compressor = document.at("compressor");
    if (!compressor.is_null()) CYTO_TRY(setCodec(array, compressor.at("id").get<std::string>()));
    CYTO_TRY(checkShape(array, document.at("chunks").get<std::vector<int64_t>>()));
    return array;
  });
}

Status readCodecsV3(ZarrArray& array, const json& codecs) {
  for (const json& codec : codecs) {
    const std::string name = codec.is_string() ? codec.get<std::string>() : codec.at("name").get<std::string>();
    if (name == "bytes") {
      const std::string endian = codec.is_object() && codec.contains("configuration")
                                     ? codec["configuration"].value("endian", "little")
                                     : "little";
      if (endian != "little") return notAnEmbedding(array.folder, "its bytes are " + endian + "-endian");
    } else if (array.codec != ChunkCodec::kRaw) {
      return notAnEmbedding(array.folder, "it is compressed twice");
    } else {
      CYTO_TRY(setCodec(array, name));
    }
  }
  return {};
}

Result<ZarrArray> readArrayV3(const fs::path& folder) {
  CYTO_ASSIGN(const json document, readJson(folder / "zarr.json"));
  return parsed(folder, [&]() -> Result<ZarrArray> {
    ZarrArray array{folder, 3, document.at("shape").get<std::vector<int64_t>>(), ChunkCodec::kRaw, "/", true};
    if (document.at("data_type") != "float32") {
      return notAnEmbedding(folder, "its type is " + text(document.at("data_type")));
    }
    const json& grid = document.at("chunk_grid");
    if (grid.at("name") != "regular") return notAnEmbedding(folder, "its chunks are not regular");
    const json& key = document.at("chunk_key_encoding");
    array.hasChunkPrefix = key.at("name") == "default";
    array.separator = array.hasChunkPrefix ? "/" : ".";
    if (key.contains("configuration")) array.separator = key["configuration"].value("separator", array.separator);
    CYTO_TRY(readCodecsV3(array, document.at("codecs")));
    CYTO_TRY(checkShape(array, grid.at("configuration").at("chunk_shape").get<std::vector<int64_t>>()));
    return array;
  });
}

json compressorOf(ChunkCodec codec) {
  if (codec != ChunkCodec::kBlosc) return nullptr;
  return {{"id", "blosc"}, {"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}};
}

Status makeFolder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return {};
  return Error(ErrorCode::kIo, "cannot make the folder '" + folder.string() + "': " + systemErrorText(failed.value()) +
                                   "; choose a place you may write to");
}

}  // namespace

Result<std::string> readWholeFile(const fs::path& path, int64_t limit_bytes) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
  if (!file) {
    const int failed = errno;
    return Error(failed == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 "cannot open '" + path.string() + "': " + systemErrorText(failed));
  }
  std::string content;
  std::string block(size_t{1} << 16, '\0');
  while (const size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    content.append(block, 0, count);
    if (static_cast<int64_t>(content.size()) > limit_bytes) {
      return Error(ErrorCode::kFormat, "'" + path.string() + "' is larger than it can be; it is damaged");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return Error(ErrorCode::kIo, "cannot read '" + path.string() + "': " + systemErrorText(errno));
  }
  return content;
}

Result<json> readJson(const fs::path& path) {
  CYTO_ASSIGN(const std::string content, readWholeFile(path, kLargestJson));
  json document = json::parse(content, nullptr, false);
  if (!document.is_object()) {
    return Error(ErrorCode::kFormat,
                 "'" + path.string() + "' is damaged (not a JSON object); compute the embeddings again in a new store");
  }
  return document;
}

Status writeJson(const fs::path& path, const json& document) {
  return writeFileAtomically(path, document.dump(4, ' ', false, json::error_handler_t::replace) + "\n");
}

int zarrFormatOf(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "zarr.json", ignored)) return 3;
  if (fs::exists(folder / ".zgroup", ignored) || fs::exists(folder / ".zarray", ignored)) return 2;
  return 0;
}

Result<json> readAttributes(const fs::path& folder, int zarrFormat) {
  const fs::path path = folder / (zarrFormat == 3 ? "zarr.json" : ".zattrs");
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return json::object();
  CYTO_ASSIGN(json document, readJson(path));
  if (zarrFormat == 2) return document;
  json attributes = document.value("attributes", json::object());
  if (!attributes.is_object()) return notAnEmbedding(folder, "its attributes are no JSON object");
  return attributes;
}

Status makeGroup(const fs::path& folder) {
  CYTO_TRY(makeFolder(folder));
  std::error_code ignored;
  if (fs::exists(folder / ".zgroup", ignored)) return {};
  return writeJson(folder / ".zgroup", {{"zarr_format", 2}});
}

Status writeAttributes(const fs::path& folder, const json& attributes) {
  CYTO_ASSIGN(const json existing, readAttributes(folder, 2));
  if (existing == attributes) return {};
  return writeJson(folder / ".zattrs", attributes);
}

int64_t ZarrArray::valuesPerChunk() const {
  int64_t values = 1;
  for (size_t i = shape.size() - 3; i < shape.size(); ++i) values *= shape[i];
  return values;
}

fs::path ZarrArray::chunkPath(int64_t slice) const {
  std::string name = shape.size() == 5 ? std::to_string(slice) : "0";
  for (size_t i = 1; i < shape.size(); ++i) name += separator + "0";
  return hasChunkPrefix ? folder / ("c" + separator + name) : folder / name;
}

Result<ZarrArray> readArrayMetadata(const fs::path& folder, int zarrFormat) {
  return zarrFormat == 3 ? readArrayV3(folder) : readArrayV2(folder);
}

Status makeArray(const ZarrArray& array) {
  CYTO_TRY(makeFolder(array.folder));
  std::error_code ignored;
  if (fs::exists(array.folder / ".zarray", ignored)) {
    CYTO_ASSIGN(const ZarrArray existing, readArrayMetadata(array.folder, 2));
    if (existing.shape == array.shape && existing.codec == array.codec) return {};
    return notAnEmbedding(array.folder, "it has another shape or compression than the rest of the store");
  }
  std::vector<int64_t> chunks = array.shape;
  chunks[0] = 1;
  return writeJson(array.folder / ".zarray", {{"zarr_format", 2},
                                              {"shape", array.shape},
                                              {"chunks", chunks},
                                              {"dtype", "<f4"},
                                              {"compressor", compressorOf(array.codec)},
                                              {"fill_value", 0.0},
                                              {"filters", nullptr},
                                              {"order", "C"}});
}

Result<std::vector<float>> readChunk(const ZarrArray& array, int64_t slice) {
  const fs::path path = array.chunkPath(slice);
  // Compression never adds much, so a longer file is damage.
  const int64_t limit = array.valuesPerChunk() * 4 + (array.valuesPerChunk() / 8) + 4096;
  CYTO_ASSIGN(const std::string bytes, readWholeFile(path, limit));
  auto values = decodeChunk(array.codec, std::as_bytes(std::span(bytes.data(), bytes.size())), array.valuesPerChunk());
  if (values) return values;
  return Error(values.error().code(), "the embedding in '" + path.string() + "' cannot be read: " +
                                          values.error().message() + "; compute it again in a new store");
}

}  // namespace cyto
