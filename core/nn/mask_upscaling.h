#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/array/shape.h"
#include "core/array/tiling.h"

namespace cyto::nn {

/// Where low-resolution logits lie in an image.
struct MaskGeometry {
  int64_t lowSide = 256;     ///< side of the square of logits
  int64_t frameSide = 1024;  ///< side of the network's frame, a multiple of lowSide
  Extent2 inputSize;         ///< part of the frame that the image covers
  Extent2 originalSize;      ///< the image
};

/// A thresholded mask inside its tight bounding box.
struct UpscaledMask {
  PlaneBox box;               ///< empty when no pixel is inside
  std::vector<uint8_t> mask;  ///< box.height() * box.width(), 1 where the logit is above 0
  int64_t sure = 0;           ///< pixels of the image whose logit is above the margin
  int64_t possible = 0;       ///< pixels whose logit is above minus the margin
};

/// Logits (lowSide * lowSide) to a mask of the image: bilinear to the frame, cut to the input size, bilinear to the
/// original size, above 0 (spec/micro-sam.md §1.10). Both steps are linear and separable, so they are applied as one;
/// only the surroundings of positive logits are computed, which is exact because the weights are convex. With a margin
/// also the pixels around it are counted.
UpscaledMask upscaleMask(std::span<const float> logits, const MaskGeometry& geometry, float margin = 0);

}  // namespace cyto::nn
