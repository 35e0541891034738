#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/array/array.h"
#include "core/array/shape.h"
#include "core/base/persistent_map.h"
#include "core/base/result.h"
#include "core/labels/chunk_reader.h"
#include "core/labels/label_chunk.h"
#include "core/labels/packed_chunk.h"

namespace cyto {

enum class Direction;
struct ChunkDelta;
struct DeltaOfVolume;

/// Object ids (uint32, 0 is background) of an image in (t, z, y, x), kept in chunks of 256 x 256 pixels of one plane.
/// A chunk without labels costs nothing. The chunks that were written last are kept as plain pixels, within a budget of
/// bytes, the others packed. Copying costs the same for any size and gives a snapshot: chunks are shared until one side
/// writes. Distinct objects may be used from distinct threads, snapshots of each other included. Pixels are written
/// through a Transaction only.
class LabelVolume {
 public:
  static constexpr int64_t kChunkSide = kLabelChunkSide;
  using Chunk = LabelChunk;

  /// What the chunks of one volume that are not packed may take. The one that was written last always stays, and so do
  /// chunks that packing would not make smaller.
  static constexpr int64_t kDenseBudget_bytes = int64_t{64} << 20;

  /// Without pixels.
  LabelVolume() = default;
  explicit LabelVolume(const Shape& shape, int64_t denseBudget_bytes = kDenseBudget_bytes)
      : shape_(shape), denseBudget_bytes_(denseBudget_bytes) {}

  /// From chunks as `packed` gives them, in any order, none null; none is unpacked. kFormat for a chunk that is there
  /// twice, lies outside, or has labels outside the plane.
  static Result<LabelVolume> fromPacked(
      const Shape& shape, const std::vector<std::pair<ChunkKey, std::shared_ptr<const PackedChunk>>>& chunks,
      int64_t denseBudget_bytes = kDenseBudget_bytes);

  const Shape& shape() const { return shape_; }

  /// The id of a pixel inside the volume.
  uint32_t at(int64_t t, int64_t z, int64_t y, int64_t x) const;

  /// Copies `window` of one plane, row-major; it must lie inside the plane and `out` must fit it exactly.
  void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const;

  /// The chunks that may hold labels, ascending.
  std::vector<ChunkKey> chunks() const { return chunks(Box::whole(shape_)); }

  /// Those that have pixels inside a box. Takes time for what is there, not for the size of the box.
  std::vector<ChunkKey> chunks(const Box& box) const;

  /// The ids that pixels have, ascending, background left out. Looks at all chunks.
  std::vector<uint32_t> ids() const;

  /// The pixels of a chunk as they are now; all background when nothing was written there.
  ChunkReader chunk(const ChunkKey& key) const;

  /// The chunk packed; null when it is blank.
  std::shared_ptr<const PackedChunk> packed(const ChunkKey& key) const;

  /// Whether the chunk of `key` has not been written to since one was copied from the other, so that nothing differs
  /// there. Cheap.
  bool sharesChunk(const LabelVolume& other, const ChunkKey& key) const;

  /// Whether a chunk has pixels of the volume.
  bool isInside(const ChunkKey& key) const;

  /// The chunk's pixels inside the plane, in pixels of the plane.
  PlaneBox boxOf(const ChunkKey& key) const;

  /// All pixels as one block of uint32. kOutOfMemory when it is too large.
  Result<Array> toArray() const;

  /// From uint32 with one channel.
  static LabelVolume fromArray(const Array& labels);

  /// What its chunks take, whether they are shared or not.
  int64_t size_bytes() const { return denseChunks_ * static_cast<int64_t>(sizeof(Chunk)) + packed_bytes_; }

  /// Equal shape and equal pixels.
  bool operator==(const LabelVolume& other) const;

 private:
  friend class Transaction;
  friend Status apply(const std::vector<DeltaOfVolume>& deltas, Direction direction);

  /// One of the two, or neither when nothing was written.
  struct StoredChunk {
    std::shared_ptr<const Chunk> dense;
    std::shared_ptr<const PackedChunk> packed;
    uint64_t version = 0;  ///< equal in two volumes only when the pixels are; packing keeps it

    ChunkReader reader() const { return ChunkReader(dense, packed); }
  };

  StoredChunk stored(const ChunkKey& key) const;

  /// Writes the changes of one chunk, which must fit it.
  void write(const ChunkDelta& delta, Direction direction);

  /// The chunk for writing: made when missing, unpacked when packed, copied first when somebody else holds it. Valid
  /// until the next call. Whoever is going to write to most of the chunk says so.
  Chunk& writable(const ChunkKey& key, bool isMostlyWritten = false);

  /// Leaves the chunks there are to the budget of the volume this one was copied from.
  void beginOwnBudget() { denseByVersion_ = {}; }

  void packBeyondBudget();

  /// Replaces the pixels of a chunk by its packed form where that is smaller.
  void pack(const ChunkKey& key);

  /// Gives the memory of a chunk that was just written back when it holds no label.
  void dropIfBlank(const ChunkKey& key);

  Shape shape_{1, 1, 0, 0};
  int64_t denseBudget_bytes_ = kDenseBudget_bytes;
  // Not rows of chunks: a volume of a thousand slices has thousands of rows, and every snapshot would copy them all.
  PersistentMap<ChunkKey, StoredChunk> chunks_;
  /// The chunks within the budget. Versions grow, so the first was written longest ago.
  PersistentMap<uint64_t, ChunkKey> denseByVersion_;
  int64_t denseChunks_ = 0;
  int64_t packed_bytes_ = 0;
};

}  // namespace cyto
