#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>

#include "core/project/document.h"

namespace cyto::ui {

/// Where an object stands when a stack is read like a text.
struct ReadingPlace {
  int64_t t = 0;
  int64_t z = 0;
  int64_t line = 0;
  int64_t x = 0;
  int64_t y = 0;
  uint32_t id = 0;
  auto operator<=>(const ReadingPlace&) const = default;
};

/// The order of objects from frame to frame, from slice to slice, in lines from the top and from left to right in a
/// line. A line is about as high as the objects are: the next power of two, so that it stays while objects come and go.
class ReadingOrder {
 public:
  /// The table must outlive it. One look at every object.
  explicit ReadingOrder(const ObjectTable& objects);

  ReadingPlace placeOf(const ObjectRecord& object) const;

  /// The next object in a state after `from` (before it when not `isForward`), leaving out some; beyond the last one it
  /// goes on with the first. Nothing when there is none. One look at every object.
  std::optional<uint32_t> next(ObjectState state, const ReadingPlace& from, bool isForward,
                               const std::set<uint32_t>& without) const;

 private:
  const ObjectTable& objects_;
  int64_t lineHeight_ = 1;
};

}  // namespace cyto::ui
