#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>

#include "core/project/document.h"

namespace cyto::ui {

/// Where an object stands when a stack is read like a text: frame by frame, slice by slice, in lines of kLineHeight
/// rows from the top, from left to right in a line. Lines are fixed, so the order of the others stays when objects go.
struct ReadingPlace {
  static constexpr int64_t kLineHeight = 128;

  int64_t t = 0;
  int64_t z = 0;
  int64_t line = 0;
  int64_t x = 0;
  int64_t y = 0;
  uint32_t id = 0;
  auto operator<=>(const ReadingPlace&) const = default;
};

ReadingPlace readingPlaceOf(const ObjectRecord& object);

/// The next object in a state after `from` (before it when not `isForward`), leaving out some; beyond the last one it
/// goes on with the first. Nothing when there is none. One look at every object.
std::optional<uint32_t> nextInReadingOrder(const ObjectTable& objects, ObjectState state, const ReadingPlace& from,
                                           bool isForward, const std::set<uint32_t>& without);

}  // namespace cyto::ui
