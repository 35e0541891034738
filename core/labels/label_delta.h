#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/base/result.h"
#include "core/labels/label_volume.h"

namespace cyto {

enum class Direction { kForward, kBackward };
constexpr Direction opposite(Direction direction) {
  return direction == Direction::kForward ? Direction::kBackward : Direction::kForward;
}

/// Neighbouring pixels of one row-major chunk that changed from one id to another.
struct LabelRun {
  uint32_t start = 0;  ///< index of the first pixel in the chunk
  uint32_t length = 0;
  uint32_t before = 0;
  uint32_t after = 0;

  uint32_t from(Direction direction) const { return direction == Direction::kForward ? before : after; }
  uint32_t to(Direction direction) const { return direction == Direction::kForward ? after : before; }
  bool operator==(const LabelRun&) const = default;
};

/// The changes of one chunk: runs ascending, without overlap, none of length 0.
struct ChunkDelta {
  ChunkKey chunk;
  std::vector<LabelRun> runs;
  bool operator==(const ChunkDelta&) const = default;
};

/// Where two contents of a chunk differ.
std::vector<LabelRun> runsBetween(ChunkReader before, ChunkReader after);
/// The smallest box around both; an empty one adds nothing.
Box united(const Box& a, const Box& b);

/// What a change did to the pixels of one id.
struct IdChange {
  int64_t pixels = 0;  ///< gained (positive) or lost, in all
  Box gained;          ///< around the pixels that got the id; empty when none did
  bool operator==(const IdChange&) const = default;
};

/// What a change did to a label volume, in both directions. Chunks ascending.
struct LabelDelta {
  std::vector<ChunkDelta> chunks;

  bool isEmpty() const { return chunks.empty(); }
  bool operator==(const LabelDelta&) const = default;

  /// What happened to each id that gained or lost a pixel; background left out. One pass over the runs.
  std::map<uint32_t, IdChange> byId() const;

  /// A box around the changed pixels (whole rows of chunks are not rounded up); empty when nothing changed.
  Box bounds() const;
};

/// The chunks where two volumes may differ, ascending.
std::vector<ChunkKey> unsharedChunks(const LabelVolume& a, const LabelVolume& b);

/// What turns one volume into another of the same shape. Takes time for the chunks that are not shared.
LabelDelta differenceBetween(const LabelVolume& before, const LabelVolume& after);

/// Applies a change, or takes it back. All or nothing: kFormat, and an untouched volume, when the delta does not fit
/// it (chunks or runs outside, or pixels that are not what the delta says was there).
Status apply(const LabelDelta& delta, Direction direction, LabelVolume& labels);

/// A change and what it is a change of.
struct DeltaOfVolume {
  const LabelDelta& delta;
  LabelVolume& labels;
};

/// The same for several volumes at once, each named once: all or nothing for all of them.
Status apply(const std::vector<DeltaOfVolume>& deltas, Direction direction);

}  // namespace cyto
