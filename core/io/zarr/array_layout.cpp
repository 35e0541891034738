#include "core/io/zarr/array_layout.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/io/file_bytes.h"
#include "core/io/nd_box.h"
#include "core/io/numpy_dtype.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kMaxChunk_bytes = int64_t{4} << 30;
constexpr size_t kMaxRank = 16;

Error damaged(const fs::path& path, const std::string& what) {
  return cannotOpen(path, "the metadata of the array is damaged: " + what + "; write the array again");
}

Result<std::vector<int64_t>> extents(const fs::path& path, const json& parent, const char* key) {
  const auto found = parent.find(key);
  std::vector<int64_t> values;
  if (found == parent.end() || !found->is_array() || found->size() > kMaxRank) {
    return damaged(path, std::string("'") + key + "' is missing or wrong");
  }
  for (const json& value : *found) {
    if (!value.is_number_integer() || value.get<int64_t>() < 0)
      return damaged(path, std::string("'") + key + "' is wrong");
    values.push_back(value.get<int64_t>());
  }
  return values;
}

std::string textAt(const json& parent, const char* key, const std::string& otherwise = "") {
  const auto found = parent.is_object() ? parent.find(key) : parent.end();
  return found != parent.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

const json& objectAt(const json& parent, const char* key) {
  static const json kNothing = json::object();
  const auto found = parent.is_object() ? parent.find(key) : parent.end();
  return found != parent.end() ? *found : kNothing;
}

Status checkChunks(const fs::path& path, const ArrayLayout& layout, const std::vector<int64_t>& chunk) {
  if (chunk.size() != layout.shape.size()) return damaged(path, "shape and chunks have distinct numbers of axes");
  for (const int64_t extent : chunk) {
    if (extent < 1) return damaged(path, "a chunk has no extent");
  }
  const int64_t elements = elementsOf(chunk);
  if (elements < 0 || elements > kMaxChunk_bytes / static_cast<int64_t>(layout.dtype.bytesInFile())) {
    return cannotOpen(path, "one chunk of the array is larger than 4 GiB; store it with smaller chunks");
  }
  return {};
}

template <typename T>
T numberOf(const json& value) {
  if (value.is_boolean()) return static_cast<T>(value.get<bool>() ? 1 : 0);
  if (value.is_number_unsigned()) return static_cast<T>(value.get<uint64_t>());
  if (value.is_number_integer()) return static_cast<T>(value.get<int64_t>());
  if constexpr (std::is_floating_point_v<T>) {
    if (value.is_number()) return value.get<T>();
    if (value == "NaN") return std::numeric_limits<T>::quiet_NaN();
    if (value == "Infinity") return std::numeric_limits<T>::infinity();
    if (value == "-Infinity") return -std::numeric_limits<T>::infinity();
  } else if (value.is_number()) {
    const double number = value.get<double>();
    if (number > -9e18 && number < 9e18) return static_cast<T>(static_cast<int64_t>(number));
  }
  return T{};
}

// The half precision number nearest to what a fill value can be: zero, NaN, infinite, or exactly a half.
uint16_t halfEqualTo(float value) {
  if (std::isnan(value)) return 0x7E00;
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    if (halfToFloat(static_cast<uint16_t>(bits)) == value) return static_cast<uint16_t>(bits);
  }
  return 0;
}

std::vector<std::byte> fillOf(const json& metadata, const FileDtype& dtype) {
  std::vector<std::byte> fill(dtype.bytesInFile());
  const auto found = metadata.find("fill_value");
  if (found == metadata.end()) return fill;
  if (dtype.isHalf) {
    const uint16_t half = halfEqualTo(numberOf<float>(*found));
    std::memcpy(fill.data(), &half, sizeof(half));
    return fill;
  }
  visitDtype(dtype.dtype, [&](auto zero) {
    const auto value = numberOf<decltype(zero)>(*found);
    std::memcpy(fill.data(), &value, sizeof(value));
  });
  return fill;
}

Result<ChunkCodec> codecNamed(const fs::path& path, const std::string& name) {
  auto codec = chunkCodecNamed(name);
  if (!codec) return cannotOpen(path, codec.error().message());
  return codec;
}

std::vector<int> reversedOrder(size_t rank) {
  std::vector<int> order;
  for (size_t i = rank; i-- > 0;) order.push_back(static_cast<int>(i));
  return order;
}

// The chain of v3: transposes, then "bytes", then what works on bytes. Decoding goes backwards.
Result<ChunkEncoding> encodingOf(const fs::path& path, const json& codecs, size_t rank) {
  ChunkEncoding encoding;
  bool hasBytes = false;
  if (!codecs.is_array()) return damaged(path, "'codecs' is missing or wrong");
  for (const json& codec : codecs) {
    const std::string name = codec.is_string() ? codec.get<std::string>() : textAt(codec, "name");
    const json& configuration = objectAt(codec, "configuration");
    if (name == "bytes") {
      encoding.isBigEndian = textAt(configuration, "endian", "little") == "big";
      hasBytes = true;
    } else if (name == "transpose") {
      if (!encoding.storedOrder.empty())
        return cannotOpen(path, "its chunks are transposed twice, which is not read; store it plainly");
      const json& order = objectAt(configuration, "order");
      if (order == "F") {
        encoding.storedOrder = reversedOrder(rank);
      } else if (order == "C") {
        continue;
      } else {
        CYTO_ASSIGN(const std::vector<int64_t> axes, extents(path, configuration, "order"));
        std::vector<bool> seen(rank, false);
        for (const int64_t axis : axes) {
          if (axis >= static_cast<int64_t>(rank) || seen[static_cast<size_t>(axis)])
            return damaged(path, "its transposition is wrong");
          seen[static_cast<size_t>(axis)] = true;
          encoding.storedOrder.push_back(static_cast<int>(axis));
        }
        if (axes.size() != rank) return damaged(path, "its transposition is wrong");
      }
    } else {
      CYTO_ASSIGN(const ChunkCodec kind, codecNamed(path, name));
      encoding.codecs.insert(encoding.codecs.begin(), kind);
    }
  }
  if (!hasBytes) return cannotOpen(path, "its chunks are not stored with the codec 'bytes'; only numbers are read");
  return encoding;
}

}  // namespace

Result<ArrayLayout> parseZarr2Array(const fs::path& path, const json& metadata) {
  ArrayLayout layout;
  const auto dtypeField = metadata.find("dtype");
  if (dtypeField == metadata.end() || !dtypeField->is_string()) {
    return cannotOpen(path, "its elements are records with several fields; store one of them as an array of its own");
  }
  const auto dtype = parseNumpyDtype(dtypeField->get<std::string>());
  if (!dtype) {
    return cannotOpen(path, "its elements are of type '" + dtypeField->get<std::string>() +
                                "', which is not read; store integers or floats");
  }
  layout.dtype = dtype->dtype;
  layout.encoding.isBigEndian = dtype->isBigEndian;
  CYTO_ASSIGN(layout.shape, extents(path, metadata, "shape"));
  CYTO_ASSIGN(layout.chunk, extents(path, metadata, "chunks"));
  CYTO_TRY(checkChunks(path, layout, layout.chunk));
  layout.fill = fillOf(metadata, layout.dtype);
  layout.separator = textAt(metadata, "dimension_separator", ".");
  if (textAt(metadata, "order", "C") == "F") layout.encoding.storedOrder = reversedOrder(layout.shape.size());
  if (const auto compressor = metadata.find("compressor"); compressor != metadata.end() && !compressor->is_null()) {
    CYTO_ASSIGN(const ChunkCodec codec, codecNamed(path, textAt(*compressor, "id")));
    layout.encoding.codecs.push_back(codec);
  }
  if (const auto filters = metadata.find("filters"); filters != metadata.end() && filters->is_array()) {
    for (auto filter = filters->rbegin(); filter != filters->rend(); ++filter) {
      CYTO_ASSIGN(const ChunkCodec codec, codecNamed(path, textAt(*filter, "id")));
      layout.encoding.codecs.push_back(codec);
    }
  }
  return layout;
}

Result<ArrayLayout> parseZarr3Array(const fs::path& path, const json& metadata) {
  ArrayLayout layout;
  layout.format = ArrayLayout::Format::kZarr3;
  const std::string name = textAt(metadata, "data_type");
  const auto dtype = parsePlainDtype(name);
  if (!dtype) {
    return cannotOpen(path, "its elements are of type '" + name + "', which is not read; store integers or floats");
  }
  layout.dtype = *dtype;
  CYTO_ASSIGN(layout.shape, extents(path, metadata, "shape"));
  const json& grid = objectAt(metadata, "chunk_grid");
  if (textAt(grid, "name") != "regular")
    return cannotOpen(path, "its chunks form no regular grid, which is not read; store it with equal chunks");
  CYTO_ASSIGN(layout.chunk, extents(path, objectAt(grid, "configuration"), "chunk_shape"));
  CYTO_TRY(checkChunks(path, layout, layout.chunk));
  const json& keys = objectAt(metadata, "chunk_key_encoding");
  layout.hasKeyPrefix = textAt(keys, "name", "default") == "default";
  layout.separator = textAt(objectAt(keys, "configuration"), "separator", layout.hasKeyPrefix ? "/" : ".");
  layout.fill = fillOf(metadata, layout.dtype);
  if (const auto transformers = metadata.find("storage_transformers");
      transformers != metadata.end() && !transformers->empty()) {
    return cannotOpen(path, "it uses storage transformers, which are not read; store it without them");
  }
  const json& codecs = objectAt(metadata, "codecs");
  const bool isSharded = codecs.is_array() && !codecs.empty() && textAt(codecs.front(), "name") == "sharding_indexed";
  if (isSharded) {
    const json& configuration = objectAt(codecs.front(), "configuration");
    if (codecs.size() > 1)
      return cannotOpen(path, "its shards are compressed as a whole, which is not read; compress the chunks inside");
    CYTO_ASSIGN(layout.innerChunk, extents(path, configuration, "chunk_shape"));
    CYTO_TRY(checkChunks(path, layout, layout.innerChunk));
    for (size_t i = 0; i < layout.chunk.size(); ++i) {
      if (layout.chunk[i] % layout.innerChunk[i] != 0)
        return damaged(path, "its shards do not consist of whole chunks");
    }
    layout.isIndexAtEnd = textAt(configuration, "index_location", "end") == "end";
    CYTO_ASSIGN(const ChunkEncoding index, encodingOf(path, objectAt(configuration, "index_codecs"), 1));
    const bool hasOnlyChecksum =
        index.codecs.empty() || (index.codecs.size() == 1 && index.codecs[0] == ChunkCodec::kCrc32c);
    if (!hasOnlyChecksum || index.isBigEndian)
      return cannotOpen(path, "the index of its shards is compressed, which is not read");
    layout.hasIndexChecksum = !index.codecs.empty();
    CYTO_ASSIGN(layout.encoding, encodingOf(path, objectAt(configuration, "codecs"), layout.shape.size()));
  } else {
    CYTO_ASSIGN(layout.encoding, encodingOf(path, codecs, layout.shape.size()));
  }
  if (const auto names = metadata.find("dimension_names"); names != metadata.end() && names->is_array()) {
    for (const json& axis : *names) layout.axisNames.push_back(axis.is_string() ? axis.get<std::string>() : "");
    if (layout.axisNames.size() != layout.shape.size()) layout.axisNames.clear();
  }
  return layout;
}

Result<ArrayLayout> parseN5Array(const fs::path& path, const json& attributes) {
  ArrayLayout layout;
  layout.format = ArrayLayout::Format::kN5;
  const std::string name = textAt(attributes, "dataType");
  const auto dtype = parsePlainDtype(name);
  if (!dtype)
    return cannotOpen(path, "its elements are of type '" + name + "', which is not read; store integers or floats");
  layout.dtype = *dtype;
  CYTO_ASSIGN(const std::vector<int64_t> dimensions, extents(path, attributes, "dimensions"));
  CYTO_ASSIGN(const std::vector<int64_t> block, extents(path, attributes, "blockSize"));
  layout.shape.assign(dimensions.rbegin(), dimensions.rend());
  layout.chunk.assign(block.rbegin(), block.rend());
  CYTO_TRY(checkChunks(path, layout, layout.chunk));
  layout.fill.resize(layout.dtype.bytesInFile());
  layout.separator = "/";
  layout.encoding.isBigEndian = true;
  const json& compression = objectAt(attributes, "compression");
  const std::string type = textAt(compression, "type", textAt(attributes, "compressionType", "raw"));
  if (type == "lz4") {
    CYTO_TRY(codecNamed(path, type));
    layout.encoding.codecs.push_back(ChunkCodec::kLz4Java);
  } else if (type != "raw") {
    CYTO_ASSIGN(const ChunkCodec codec, codecNamed(path, type));
    layout.encoding.codecs.push_back(codec);
  }
  return layout;
}

}  // namespace cyto::io
