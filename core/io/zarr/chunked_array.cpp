#include "core/io/zarr/chunked_array.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/io/file_bytes.h"
#include "core/io/nd_box.h"

namespace cyto::io {

namespace {

constexpr uint64_t kAbsentChunk = ~uint64_t{0};

uint64_t littleEndian64(const std::byte* bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = (value << 8) | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

uint32_t bigEndian(const std::byte* bytes, int size) {
  uint32_t value = 0;
  for (int i = 0; i < size; ++i) value = (value << 8) | std::to_integer<uint32_t>(bytes[i]);
  return value;
}

}  // namespace

ChunkedArray::ChunkedArray(std::shared_ptr<const ChunkStore> store, std::string key, ArrayLayout layout)
    : store_(std::move(store)), key_(std::move(key)), layout_(std::move(layout)) {
  shape_ = layout_.shape;
  dtype_ = layout_.dtype;
}

std::string ChunkedArray::objectKey(const Index& position) const {
  std::string name = layout_.hasKeyPrefix ? "c" : "";
  const bool isReversed = layout_.format == ArrayLayout::Format::kN5;
  for (size_t i = 0; i < position.size(); ++i) {
    if (!name.empty()) name += layout_.separator;
    name += std::to_string(position[isReversed ? position.size() - 1 - i : i]);
  }
  if (name.empty()) name = "0";
  return joinedKey(key_, name);
}

Error ChunkedArray::failure(const std::string& key, const Error& error) const {
  return cannotRead(store_->path() / key, error.message() + "; write the array again", error.code());
}

Status ChunkedArray::read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
                          const JobContext& job) const {
  const int64_t elements = elementsOf(count);
  if (elements <= 0) return {};
  const size_t size = dtype_.bytesInFile();
  const std::vector<std::byte>& fill = layout_.fill;
  if (std::any_of(fill.begin(), fill.end(), [](std::byte b) { return b != std::byte{0}; })) {
    for (int64_t i = 0; i < elements; ++i) std::memcpy(out.data() + static_cast<size_t>(i) * size, fill.data(), size);
  } else {
    std::fill(out.begin(), out.end(), std::byte{0});
  }
  CYTO_TRY(forEachChunk(layout_.chunk, begin, count, [&](const Index& position, const Index&) -> Status {
    CYTO_TRY(job.cancel.check());
    return readObject(position, begin, count, out);
  }));
  if (dtype_.isHalf) widenHalves(out.data(), static_cast<size_t>(elements));
  if (dtype_.isBool) normaliseBools(out);
  return {};
}

Status ChunkedArray::readObject(const Index& position, std::span<const int64_t> begin, std::span<const int64_t> count,
                                std::span<std::byte> out) const {
  const std::string key = objectKey(position);
  CYTO_ASSIGN(const auto object, store_->find(key));
  if (!object) return {};
  Index origin(position.size());
  for (size_t i = 0; i < position.size(); ++i) origin[i] = position[i] * layout_.chunk[i];
  if (layout_.isSharded()) {
    if (Status read = readShard(*object, origin, begin, count, out); !read) return failure(key, read.error());
    return {};
  }
  const int64_t expected = elementsOf(layout_.chunk) * static_cast<int64_t>(dtype_.bytesInFile());
  if (object->size_bytes() > expected * 2 + 65536) {
    return failure(key, Error(ErrorCode::kFormat, "the chunk is larger than its array allows"));
  }
  std::vector<std::byte> stored(static_cast<size_t>(object->size_bytes()));
  CYTO_TRY(object->readAt(0, stored));
  Index extent = layout_.chunk;
  auto chunk = decode(std::move(stored), extent);
  if (!chunk) return failure(key, chunk.error());
  paste(*chunk, extent, origin, begin, count, out);
  return {};
}

// A shard is the concatenation of chunks with a table of (offset, length) for each, in C order, at one end.
Status ChunkedArray::readShard(const StoredObject& shard, const Index& origin, std::span<const int64_t> begin,
                               std::span<const int64_t> count, std::span<std::byte> out) const {
  const size_t rank = origin.size();
  Index grid(rank);
  Index from(rank);
  Index extent(rank);
  for (size_t i = 0; i < rank; ++i) {
    grid[i] = layout_.chunk[i] / layout_.innerChunk[i];
    from[i] = std::max<int64_t>(begin[i] - origin[i], 0);
    extent[i] = std::min(begin[i] + count[i] - origin[i], layout_.chunk[i]) - from[i];
  }
  const int64_t index_bytes = elementsOf(grid) * 16 + (layout_.hasIndexChecksum ? 4 : 0);
  if (index_bytes > shard.size_bytes()) return Error(ErrorCode::kFormat, "the shard is truncated");
  std::vector<std::byte> index(static_cast<size_t>(index_bytes));
  CYTO_TRY(shard.readAt(layout_.isIndexAtEnd ? shard.size_bytes() - index_bytes : 0, index));
  if (layout_.hasIndexChecksum) {
    CYTO_ASSIGN(index, decodeChunk(ChunkCodec::kCrc32c, index, index.size(), 1));
  }
  return forEachChunk(layout_.innerChunk, from, extent, [&](const Index& position, const Index& inShard) -> Status {
    int64_t number = 0;
    for (size_t i = 0; i < rank; ++i) number = number * grid[i] + position[i];
    const uint64_t offset = littleEndian64(index.data() + number * 16);
    const uint64_t length = littleEndian64(index.data() + number * 16 + 8);
    if (offset == kAbsentChunk && length == kAbsentChunk) return {};
    const auto size = static_cast<uint64_t>(shard.size_bytes());
    if (offset > size || length > size - offset) return Error(ErrorCode::kFormat, "the index of the shard is damaged");
    std::vector<std::byte> stored(length);
    CYTO_TRY(shard.readAt(static_cast<int64_t>(offset), stored));
    Index chunkExtent = layout_.innerChunk;
    CYTO_ASSIGN(const auto chunk, decode(std::move(stored), chunkExtent));
    Index chunkOrigin(rank);
    for (size_t i = 0; i < rank; ++i) chunkOrigin[i] = origin[i] + inShard[i];
    paste(chunk, chunkExtent, chunkOrigin, begin, count, out);
    return {};
  });
}

// N5 blocks begin with: mode (0 plain, 1 with a count of elements), number of axes, the extents (big-endian,
// fastest axis first), and are as small as the array's edge demands.
Status ChunkedArray::stripBlockHeader(std::vector<std::byte>& stored, Index& extent) const {
  const Error damaged(ErrorCode::kFormat, "the header of the block is damaged");
  if (stored.size() < 4) return damaged;
  const uint32_t mode = bigEndian(stored.data(), 2);
  const uint32_t rank = bigEndian(stored.data() + 2, 2);
  const size_t header = 4 + size_t{4} * rank + (mode == 1 ? 4 : 0);
  if (mode > 1 || rank != extent.size() || stored.size() < header) return damaged;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size = bigEndian(stored.data() + 4 + 4 * i, 4);
    int64_t& limit = extent[rank - 1 - i];
    if (size < 1 || size > limit) return damaged;
    limit = size;
  }
  stored.erase(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(header));
  return {};
}

Result<std::vector<std::byte>> ChunkedArray::decode(std::vector<std::byte> stored, Index& extent) const {
  if (layout_.format == ArrayLayout::Format::kN5) CYTO_TRY(stripBlockHeader(stored, extent));
  const size_t element_bytes = dtype_.bytesInFile();
  const size_t expected = static_cast<size_t>(elementsOf(extent)) * element_bytes;
  for (const ChunkCodec codec : layout_.encoding.codecs) {
    CYTO_ASSIGN(stored, decodeChunk(codec, stored, expected + 64, element_bytes));
  }
  if (stored.size() < expected) return Error(ErrorCode::kFormat, "the chunk is shorter than its array demands");
  stored.resize(expected);
  if (layout_.encoding.isBigEndian != (std::endian::native == std::endian::big)) swapBytes(stored, element_bytes);
  if (!layout_.encoding.storedOrder.empty()) {
    const auto& order = layout_.encoding.storedOrder;
    Index storedShape(extent.size());
    std::vector<int> inverse(extent.size());
    for (size_t i = 0; i < order.size(); ++i) {
      storedShape[i] = extent[static_cast<size_t>(order[i])];
      inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
    }
    stored = permuted(stored, storedShape, inverse, element_bytes);
  }
  return stored;
}

void ChunkedArray::paste(const std::vector<std::byte>& chunk, const Index& extent, const Index& origin,
                         std::span<const int64_t> begin, std::span<const int64_t> count,
                         std::span<std::byte> out) const {
  const size_t rank = origin.size();
  Index size(rank);
  Index inChunk(rank);
  Index inBox(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t first = std::max(begin[i], origin[i]);
    size[i] = std::min(begin[i] + count[i], origin[i] + extent[i]) - first;
    inChunk[i] = first - origin[i];
    inBox[i] = first - begin[i];
    if (size[i] <= 0) return;
  }
  copyBox({size, extent, inChunk, count, inBox}, dtype_.bytesInFile(), chunk.data(), out.data());
}

}  // namespace cyto::io
