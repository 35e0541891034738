#include "core/segmentation/label_painting.h"

#include <algorithm>

namespace cyto {

Result<Array> createLabels(const Shape& image) { return Array::create(Dtype::kUint32, image); }

int64_t paint(Array& labels, const ObjectMask& object, OverlapRule rule) {
  const Shape& shape = labels.shape();
  const PlaneMask mask = cropped(object.mask, {0, 0, shape.y, shape.x});
  const auto plane = labels.plane<uint32_t>(0, object.t, object.z);
  int64_t painted = 0;
  size_t i = 0;
  for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
    for (int64_t x = mask.box.x0; x < mask.box.x1; ++x) {
      if (!mask.pixels[i++]) continue;
      uint32_t& label = plane[static_cast<size_t>(y * shape.x + x)];
      if (label != 0 && rule == OverlapRule::kEarlierWins) continue;
      label = object.id;
      ++painted;
    }
  }
  return painted;
}

PaintedObject paintedPart(const Array& labels, const ObjectMask& object) {
  const Shape& shape = labels.shape();
  const auto plane = labels.plane<uint32_t>(0, object.t, object.z);
  const PlaneMask left = maskWhere(object.mask.box.clippedTo({0, 0, shape.y, shape.x}), [&](int64_t y, int64_t x) {
    return plane[static_cast<size_t>(y * shape.x + x)] == object.id;
  });
  return {left.area(), left.box};
}

}  // namespace cyto
