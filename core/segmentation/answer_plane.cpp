#include "core/segmentation/answer_plane.h"

#include <limits>

namespace cyto {

AnswerPlane::AnswerPlane(Extent2 plane)
    : plane_(plane),
      ids_(static_cast<size_t>(plane.y * plane.x)),
      areas_(ids_.size(), std::numeric_limits<int64_t>::max()) {}

void AnswerPlane::add(uint64_t id, const PlaneMask& answer) {
  const int64_t area = answer.area();
  const PlaneBox inside = answer.box.clippedTo({0, 0, plane_.y, plane_.x});
  for (int64_t y = inside.y0; y < inside.y1; ++y) {
    for (int64_t x = inside.x0; x < inside.x1; ++x) {
      const auto at = static_cast<size_t>(y * plane_.x + x);
      if (!answer.at(y, x) || area > areas_[at]) continue;
      ids_[at] = id;
      areas_[at] = area;
    }
  }
}

}  // namespace cyto
