#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/array/shape.h"
#include "core/base/result.h"

namespace cyto {

enum class Direction;
struct LabelDelta;

/// Which chunk of a label volume: frame, slice, and row and column counted in chunks.
struct ChunkKey {
  int64_t t = 0;
  int64_t z = 0;
  int64_t row = 0;
  int64_t column = 0;
  auto operator<=>(const ChunkKey&) const = default;
};

/// Object ids (uint32, 0 is background) of an image in (t, z, y, x), kept in chunks of 256 x 256 pixels of one plane.
/// A chunk without labels costs nothing. Copying is cheap and gives a snapshot: chunks are shared until one side
/// writes. Distinct objects may be used from distinct threads. Pixels are written through a Transaction only.
class LabelVolume {
 public:
  static constexpr int64_t kChunkSide = 256;
  /// Row-major. Pixels of a chunk that lie outside the plane are 0.
  using Chunk = std::array<uint32_t, static_cast<size_t>(kChunkSide* kChunkSide)>;

  /// Without pixels.
  LabelVolume() = default;
  explicit LabelVolume(const Shape& shape) : shape_(shape) {}

  const Shape& shape() const { return shape_; }

  /// The id of a pixel inside the volume.
  uint32_t at(int64_t t, int64_t z, int64_t y, int64_t x) const;

  /// Copies `window` of one plane, row-major; it must lie inside the plane and `out` must fit it exactly.
  void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const;

  /// The chunks that may hold labels, ascending.
  std::vector<ChunkKey> chunks() const;

  /// Those of them that have pixels in `box`. Costs what the box or the volume has of chunks, whichever is less.
  std::vector<ChunkKey> chunks(const Box& box) const;

  /// The ids that pixels have, ascending, background left out. Looks at all chunks.
  std::vector<uint32_t> ids() const;

  /// Null when nothing was written there. Valid until this object changes.
  const Chunk* find(const ChunkKey& key) const;

  /// Whether the chunks of `key` are one and the same memory in both, so nothing differs there. Cheap.
  bool sharesChunk(const LabelVolume& other, const ChunkKey& key) const;

  /// The chunk's pixels inside the plane, in pixels of the plane.
  PlaneBox boxOf(const ChunkKey& key) const;

  /// All pixels as one block of uint32. kOutOfMemory when it is too large.
  Result<Array> toArray() const;

  /// From uint32 with one channel.
  static LabelVolume fromArray(const Array& labels);

  int64_t size_bytes() const { return static_cast<int64_t>(chunks_.size() * sizeof(Chunk)); }

  /// Equal shape and equal pixels.
  bool operator==(const LabelVolume& other) const;

 private:
  friend class Transaction;
  friend Status apply(const LabelDelta& delta, Direction direction, LabelVolume& labels);

  /// The shared memory of a chunk; null when nothing was written there.
  std::shared_ptr<const Chunk> shared(const ChunkKey& key) const;

  /// The chunk for writing: made when missing, copied first when somebody else holds it.
  Chunk& writable(const ChunkKey& key);

  /// Gives the memory of a chunk back when it holds no label.
  void dropIfBlank(const ChunkKey& key);

  Shape shape_{1, 1, 0, 0};
  std::map<ChunkKey, std::shared_ptr<const Chunk>> chunks_;
};

}  // namespace cyto
