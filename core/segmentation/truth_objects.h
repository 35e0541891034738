#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/array/plane_mask.h"

namespace cyto {

/// One object of a ground truth.
struct TruthObject {
  uint64_t id = 0;
  PlaneMask mask;
};

/// The objects of a label plane (0 is background) with at least `leastArea` pixels, by ascending id. Every
/// id is one object, also when it has several pieces.
std::vector<TruthObject> objectsOf(std::span<const uint64_t> labels, int64_t rows, int64_t columns, int64_t leastArea);
std::vector<TruthObject> objectsOf(std::span<const uint32_t> labels, int64_t rows, int64_t columns, int64_t leastArea);

/// At most `count` of them, chosen by `seed` alone, in their old order; all when `count` is 0.
std::vector<TruthObject> sampled(std::vector<TruthObject> objects, int64_t count, uint64_t seed);

}  // namespace cyto
