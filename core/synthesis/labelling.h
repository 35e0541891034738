#pragma once

#include <functional>
#include <vector>

#include "core/synthesis/population.h"
#include "core/synthesis/synthesis.h"

namespace cyto::synthesis {

/// Which body lies at each pixel, and how deep in it.
struct Coverage {
  Raster<int32_t> owner;  ///< index of the body, -1: none
  FloatRaster depth;      ///< in pixels, 0 where there is none
};

/// Where bodies overlap, the border runs in the middle: they touch and do not cover each other.
Coverage coverageOf(const std::vector<Body>& bodies, const Extent3& extent, double sliceStep);

/// Calls `visit(index, local, depth)` for the pixels that body number `number` owns.
template <typename Visit>
void visitOwnedPixels(const Body& body, int32_t number, const Coverage& coverage, double sliceStep, Visit&& visit) {
  const Extent3& extent = coverage.owner.extent();
  const PixelBox box = boundsOf(body, extent, sliceStep, 0);
  for (int64_t z = box.z0; z < box.z1; ++z) {
    for (int64_t y = box.y0; y < box.y1; ++y) {
      size_t index = coverage.owner.index(z, y, box.x0);
      for (int64_t x = box.x0; x < box.x1; ++x, ++index) {
        if (coverage.owner[index] != number) continue;
        const Point point{static_cast<double>(z) * sliceStep, static_cast<double>(y), static_cast<double>(x)};
        visit(index, body.toLocal(point), static_cast<double>(coverage.depth[index]));
      }
    }
  }
}

/// Leaves of every label its largest piece (pixels hang together by their sides, also across slices) when that has at
/// least `least` pixels, and nothing otherwise.
void keepLargestPieces(LabelRaster& labels, int64_t least);

/// Turns labels that are agents + 1, one raster per frame, into ids from 1 on without gaps, and says which object
/// lives when. An agent that is seen again after a gap has a new id. A parent is named where the mother is seen in the
/// frame before and both daughters are seen in the first of theirs; else a new track has none.
std::vector<Track> trackObjects(const Population& population, std::vector<LabelRaster>& frames);

}  // namespace cyto::synthesis
