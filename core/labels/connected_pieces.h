#pragma once

#include <cstdint>
#include <vector>

#include "core/labels/label_volume.h"

namespace cyto {

/// Neighbouring pixels of one row, `x1` excluded.
struct PixelRun {
  int64_t t = 0;
  int64_t z = 0;
  int64_t y = 0;
  int64_t x0 = 0;
  int64_t x1 = 0;
  bool operator==(const PixelRun&) const = default;
};

/// Pixels of an object that hang together.
struct ObjectPiece {
  int64_t area = 0;
  Box bounds;                  ///< tight
  std::vector<PixelRun> runs;  ///< ascending in (t, z, y, x)
};

/// The connected pieces of an object whose pixels lie in `bounds`, the largest first, of equal ones the one that comes
/// first in (t, z, y, x). Pixels hang together where they share a side: in a row, a column, a slice or from one frame
/// to the next, as a fill sees them; a cut one pixel wide divides, also a slanted one.
std::vector<ObjectPiece> connectedPieces(const LabelVolume& labels, uint32_t id, const Box& bounds);

}  // namespace cyto
