#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/inference/model.h"
#include "core/segmentation/object_prompts.h"

namespace cyto {

/// The colour of a label: the same for the same id everywhere, neighbouring ids far apart.
std::array<uint8_t, 3> labelColour(uint32_t id);

/// A picture for looking at a result: the plane with tinted objects, their contours, and the prompts
/// (positive points green, negative red, boxes yellow). `labels` has the pixels of `plane`; `prompts` are
/// those of this plane. Small planes are enlarged by a whole number so that contours stay thin. The
/// picture has 3 channels of uint8.
Result<Array> renderOverlay(const RgbImage& plane, std::span<const uint32_t> labels,
                            const std::vector<ObjectPrompts>& prompts);

}  // namespace cyto
