#pragma once

#include <cstdint>
#include <span>

#include "core/array/shape.h"

namespace cyto {

/// Gives every connected piece of equal ids an id of its own, counted from 1 in the order in which the pieces are met;
/// 0 stays background. `ids` is one frame in (z, y, x) with the extents of `frame` (its t is not looked at). Pixels
/// hang together across sides, edges and corners, and different ids never do: the way micro-sam relabels a truth
/// before it measures (spec/micro-sam.md §10.1).
void relabelComponents(std::span<uint64_t> ids, const Shape& frame);

}  // namespace cyto
