#pragma once

#include <cstdint>
#include <vector>

#include "core/array/shape.h"

namespace cyto {

/// Rows and columns, for tile shapes and halos.
struct Extent2 {
  int64_t y = 0;
  int64_t x = 0;
  bool operator==(const Extent2&) const = default;
};

/// Partition of a plane into blocks that start at (0, 0) and are numbered row by row; the last block of
/// a row or column may be smaller. A tile is its block plus the halo on every side, clipped to the plane
/// (spec/micro-sam.md §2.2).
class Tiling {
 public:
  /// All extents of `tileShape` must be at least 1; `halo` at least 0.
  Tiling(Extent2 planeShape, Extent2 tileShape, Extent2 halo);

  Extent2 planeShape() const { return planeShape_; }
  Extent2 tileShape() const { return tileShape_; }
  Extent2 halo() const { return halo_; }
  Extent2 grid() const { return grid_; }
  int64_t count() const { return grid_.y * grid_.x; }

  /// Without halo. `id` in [0, count()).
  PlaneBox block(int64_t id) const;
  /// With halo: what the image encoder sees.
  PlaneBox tile(int64_t id) const;
  /// The id of the block that holds a pixel; the pixel is first moved into the plane.
  int64_t blockAt(int64_t y, int64_t x) const;

 private:
  Extent2 planeShape_;
  Extent2 tileShape_;
  Extent2 halo_;
  Extent2 grid_;
};

}  // namespace cyto
