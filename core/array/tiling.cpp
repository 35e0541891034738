#include "core/array/tiling.h"

#include <algorithm>
#include <cassert>

namespace cyto {

Tiling::Tiling(Extent2 planeShape, Extent2 tileShape, Extent2 halo)
    : planeShape_(planeShape),
      tileShape_(tileShape),
      halo_(halo),
      grid_{(planeShape.y + tileShape.y - 1) / tileShape.y, (planeShape.x + tileShape.x - 1) / tileShape.x} {
  assert(tileShape.y >= 1 && tileShape.x >= 1 && halo.y >= 0 && halo.x >= 0);
}

PlaneBox Tiling::block(int64_t id) const {
  assert(id >= 0 && id < count());
  const int64_t y0 = id / grid_.x * tileShape_.y;
  const int64_t x0 = id % grid_.x * tileShape_.x;
  return PlaneBox{y0, x0, y0 + tileShape_.y, x0 + tileShape_.x}.clippedTo({0, 0, planeShape_.y, planeShape_.x});
}

PlaneBox Tiling::tile(int64_t id) const {
  const PlaneBox inner = block(id);
  return PlaneBox{inner.y0 - halo_.y, inner.x0 - halo_.x, inner.y1 + halo_.y, inner.x1 + halo_.x}.clippedTo(
      {0, 0, planeShape_.y, planeShape_.x});
}

int64_t Tiling::blockAt(int64_t y, int64_t x) const {
  const int64_t row = std::clamp<int64_t>(y, 0, planeShape_.y - 1) / tileShape_.y;
  const int64_t column = std::clamp<int64_t>(x, 0, planeShape_.x - 1) / tileShape_.x;
  return row * grid_.x + column;
}

}  // namespace cyto
