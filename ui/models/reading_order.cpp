#include "ui/models/reading_order.h"

namespace cyto::ui {

ReadingPlace readingPlaceOf(const ObjectRecord& object) {
  const Shape& begin = object.bounds.begin;
  const int64_t middle = (begin.y + object.bounds.end.y) / 2;
  return {begin.t, begin.z, middle / ReadingPlace::kLineHeight, begin.x, begin.y, object.id};
}

std::optional<uint32_t> nextInReadingOrder(const ObjectTable& objects, ObjectState state, const ReadingPlace& from,
                                           bool isForward, const std::set<uint32_t>& without) {
  const auto isBefore = [isForward](const ReadingPlace& a, const ReadingPlace& b) { return isForward ? a < b : b < a; };
  std::optional<ReadingPlace> next;   // the nearest one beyond `from`
  std::optional<ReadingPlace> first;  // the one to begin with again
  for (const auto& [id, object] : objects) {
    if (object->state != state || without.contains(id)) continue;
    const ReadingPlace place = readingPlaceOf(*object);
    if (!first || isBefore(place, *first)) first = place;
    if (isBefore(from, place) && (!next || isBefore(place, *next))) next = place;
  }
  if (!next) next = first;
  return next ? std::optional(next->id) : std::nullopt;
}

}  // namespace cyto::ui
