#pragma once

#include <span>

#include "core/array/plane_mask.h"
#include "core/array/tiling.h"
#include "core/labels/label_volume.h"

namespace cyto {

/// A position of the pointer in a plane; pixel centres are integers.
struct StrokePoint {
  double y = 0;
  double x = 0;
  bool operator==(const StrokePoint&) const = default;
};

/// The pixels whose centre is at most `radius` away from the line through the points, inside a plane. A radius of at
/// most 0.5 is exact to the pixel: one pixel wide, without gaps. Points that are not finite are left out.
PlaneMask brushStroke(std::span<const StrokePoint> path, double radius, Extent2 plane);

/// The 4-connected pixels of one plane that have the same id as (y, x); (y, x) must be inside.
PlaneMask connectedRegion(const LabelVolume& labels, int64_t t, int64_t z, int64_t y, int64_t x);

}  // namespace cyto
