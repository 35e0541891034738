#pragma once

#include <cstdint>
#include <vector>

#include "core/array/plane_mask.h"
#include "core/array/tiling.h"

namespace cyto {

/// One label plane made of the answers for many objects. Where they overlap the smaller object lies on top, as when
/// larger ones are painted first (spec/micro-sam.md §10.2), whatever the order in which they come; of equal ones the
/// later.
class AnswerPlane {
 public:
  explicit AnswerPlane(Extent2 plane);

  /// `id` is not 0; what lies outside of the plane is cut off.
  void add(uint64_t id, const PlaneMask& answer);

  /// rows * columns, row-major, 0 where there is none.
  const std::vector<uint64_t>& ids() const { return ids_; }

 private:
  Extent2 plane_;
  std::vector<uint64_t> ids_;
  std::vector<int64_t> areas_;  // of the object on top
};

}  // namespace cyto
