#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/array/shape.h"

namespace cyto {

/// The pixels of one object in one plane, kept within their tight bounds. An empty mask has an empty box
/// and no pixels. Coordinates are those of the plane unless a name says otherwise.
struct PlaneMask {
  PlaneBox box;
  std::vector<uint8_t> pixels;  ///< box.height() * box.width(), row-major, 1 inside

  bool operator==(const PlaneMask&) const = default;
  bool isEmpty() const { return box.isEmpty(); }
  int64_t area() const;

  /// Whether a pixel of the plane belongs to the object; false outside the box.
  bool at(int64_t y, int64_t x) const {
    return box.contains(y, x) && pixels[static_cast<size_t>((y - box.y0) * box.width() + (x - box.x0))] != 0;
  }
};

/// The mask of all pixels of `window` for which `isInside(y, x)` holds.
template <typename Predicate>
PlaneMask maskWhere(const PlaneBox& window, Predicate isInside);

/// Cuts away empty rows and columns at the border of the box.
PlaneMask tightened(PlaneMask mask);

/// The same pixels moved by (y, x).
PlaneMask translated(PlaneMask mask, int64_t y, int64_t x);

/// What lies inside `window`.
PlaneMask cropped(const PlaneMask& mask, const PlaneBox& window);

/// Pixels of `a` or `b`.
PlaneMask united(const PlaneMask& a, const PlaneMask& b);

/// Pixels of `a` that `b` does not have.
PlaneMask subtracted(const PlaneMask& a, const PlaneMask& b);

/// Intersection over union; 0 when both are empty.
double intersectionOverUnion(const PlaneMask& a, const PlaneMask& b);

/// The ellipse inscribed in `box`: pixels whose centre lies on or in it.
PlaneMask inscribedEllipse(const PlaneBox& box);

template <typename Predicate>
PlaneMask maskWhere(const PlaneBox& window, Predicate isInside) {
  if (window.isEmpty()) return {};
  PlaneMask mask{window, std::vector<uint8_t>(static_cast<size_t>(window.height() * window.width()))};
  size_t i = 0;
  for (int64_t y = window.y0; y < window.y1; ++y) {
    for (int64_t x = window.x0; x < window.x1; ++x) mask.pixels[i++] = isInside(y, x) ? 1 : 0;
  }
  return tightened(std::move(mask));
}

}  // namespace cyto
