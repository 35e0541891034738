#include "core/array/shape.h"

#include <algorithm>

namespace cyto {

std::optional<int64_t> Shape::elements() const {
  int64_t product = 1;
  for (const int64_t extent : {t, z, y, x}) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product)) return std::nullopt;
  }
  return product;
}

std::string Shape::text() const {
  return "(" + std::to_string(t) + ", " + std::to_string(z) + ", " + std::to_string(y) + ", " + std::to_string(x) + ")";
}

bool Box::isInside(const Shape& outer) const {
  const auto inside = [](int64_t begin, int64_t end, int64_t extent) {
    return 0 <= begin && begin <= end && end <= extent;
  };
  return inside(begin.t, end.t, outer.t) && inside(begin.z, end.z, outer.z) && inside(begin.y, end.y, outer.y) &&
         inside(begin.x, end.x, outer.x);
}

Box Box::clippedTo(const Box& outer) const {
  Box clipped;
  clipped.begin = {std::max(begin.t, outer.begin.t), std::max(begin.z, outer.begin.z), std::max(begin.y, outer.begin.y),
                   std::max(begin.x, outer.begin.x)};
  clipped.end = {std::min(end.t, outer.end.t), std::min(end.z, outer.end.z), std::min(end.y, outer.end.y),
                 std::min(end.x, outer.end.x)};
  return clipped;
}

PlaneBox PlaneBox::clippedTo(const PlaneBox& outer) const {
  return {std::max(y0, outer.y0), std::max(x0, outer.x0), std::min(y1, outer.y1), std::min(x1, outer.x1)};
}

}  // namespace cyto
