#include "ui/models/reading_order.h"

#include <algorithm>
#include <bit>

namespace cyto::ui {

ReadingOrder::ReadingOrder(const ObjectTable& objects) : objects_(objects) {
  if (objects.empty()) return;
  int64_t heights = 0;
  for (const auto& [id, object] : objects) heights += object->bounds.end.y - object->bounds.begin.y;
  const auto mean = static_cast<uint64_t>(std::max<int64_t>(heights, 0)) / objects.size();
  lineHeight_ = static_cast<int64_t>(std::bit_ceil(std::max<uint64_t>(mean, 1)));
}

ReadingPlace ReadingOrder::placeOf(const ObjectRecord& object) const {
  const Shape& begin = object.bounds.begin;
  const int64_t middle = (begin.y + object.bounds.end.y) / 2;
  return {begin.t, begin.z, middle / lineHeight_, begin.x, begin.y, object.id};
}

std::optional<uint32_t> ReadingOrder::next(ObjectState state, const ReadingPlace& from, bool isForward,
                                           const std::set<uint32_t>& without) const {
  const auto isBefore = [isForward](const ReadingPlace& a, const ReadingPlace& b) { return isForward ? a < b : b < a; };
  std::optional<ReadingPlace> nearest;  // beyond `from`
  std::optional<ReadingPlace> first;    // to begin with again
  for (const auto& [id, object] : objects_) {
    if (object->state != state || without.contains(id)) continue;
    const ReadingPlace place = placeOf(*object);
    if (!first || isBefore(place, *first)) first = place;
    if (isBefore(from, place) && (!nearest || isBefore(place, *nearest))) nearest = place;
  }
  if (!nearest) nearest = first;
  return nearest ? std::optional(nearest->id) : std::nullopt;
}

}  // namespace cyto::ui
