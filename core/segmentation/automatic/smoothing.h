#pragma once

#include <vector>

#include "core/array/tiling.h"

namespace cyto {

/// Gaussian filter of a plane: reach ceil(3 sigma), kernel normalised to 1, the plane mirrored at its border without
/// repeating the outermost pixels (spec/micro-sam.md §6.4). Unchanged for sigma 0.
std::vector<float> smoothed(const std::vector<float>& plane, Extent2 size, double sigma);

}  // namespace cyto
