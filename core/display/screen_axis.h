#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/display/screen_tile.h"

namespace cyto {

/// Device pixels along an axis of the enlarged plane: those whose centre shows a pixel, at least one so that a thin
/// plane never vanishes. 0 when the plane is empty.
inline int64_t deviceExtent(int64_t pixels, double zoom) {
  if (pixels <= 0) return 0;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(static_cast<double>(pixels) * zoom - 0.5)));
}

/// The pixel under the centre of a device pixel of the enlarged plane.
inline int64_t pixelUnder(int64_t device, int64_t pixels, double zoom) {
  const auto pixel = static_cast<int64_t>(std::floor((static_cast<double>(device) + 0.5) / zoom));
  return std::clamp<int64_t>(pixel, 0, pixels - 1);
}

/// The device pixels of a screen tile that lie inside the plane, along one axis: always the first ones.
inline int insideTile(int64_t tile, int64_t pixels, double zoom) {
  const int64_t left = deviceExtent(pixels, zoom) - tile * kScreenTileSide;
  return tile < 0 ? 0 : static_cast<int>(std::clamp<int64_t>(left, 0, kScreenTileSide));
}

}  // namespace cyto
