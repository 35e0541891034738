#pragma once

#include <cstdint>
#include <vector>

#include "core/array/tiling.h"

namespace cyto {

/// The objects of one image or tile: 0 is background, ids are 1..count.
struct InstanceLabels {
  Extent2 size;
  std::vector<uint32_t> ids;  ///< size.y * size.x, row-major
  uint32_t count = 0;
};

/// Keeps of each id the pixels that hang together by sides and are the most (of equals those that come first), and
/// gives what they enclose, if it is all background, to them. Background that reaches the border is not enclosed.
void makeObjectsWhole(InstanceLabels& labels);

/// Drops the objects for which `isKept[id]` is 0 and renumbers the others, in the same order. `isKept` has count + 1
/// elements.
void keepObjects(InstanceLabels& labels, const std::vector<uint8_t>& isKept);

/// Pixels of each id; element 0 is the background.
std::vector<int64_t> areasOf(const InstanceLabels& labels);

/// Numbers the connected components of the pixels that are not 0, from 1 in the order of their first pixel.
InstanceLabels connectedComponents(const std::vector<uint8_t>& mask, Extent2 size, bool withDiagonals);

}  // namespace cyto
