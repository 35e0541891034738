#pragma once

#include <cstdint>
#include <vector>

#include "core/labels/label_volume.h"

namespace cyto {

/// How many pixels an id of one volume shares with an id of another.
struct Overlap {
  uint32_t first = 0;
  uint32_t second = 0;
  int64_t pixels = 0;
  bool operator==(const Overlap&) const = default;
};

/// All pairs of ids that share pixels inside `box`, background left out; ascending by `first`, then `second`. The
/// volumes have the same shape. One pass over the chunks that both have.
std::vector<Overlap> overlapsOf(const LabelVolume& first, const LabelVolume& second, const Box& box);

}  // namespace cyto
