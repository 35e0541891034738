#pragma once

#include <cstdint>
#include <vector>

#include "core/segmentation/automatic/instance_labels.h"

namespace cyto {

/// Floods `heights` from the seeds, low pixels first, of equals those that were reached first, over the four
/// neighbours and only where `mask` is not 0. Grows `seeds` in place; pixels of the mask that no flood reaches stay 0.
/// All have the size of `seeds`. The result depends on nothing but the input.
void growSeeds(InstanceLabels& seeds, const std::vector<float>& heights, const std::vector<uint8_t>& mask);

}  // namespace cyto
