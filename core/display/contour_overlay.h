#pragma once

#include <array>
#include <vector>

#include "core/array/array.h"
#include "core/array/plane_mask.h"
#include "core/inference/model.h"

namespace cyto {

/// The outlines of some objects in one colour (red, green, blue).
struct ContourLayer {
  std::vector<PlaneMask> objects;
  std::array<uint8_t, 3> colour{};
  int64_t width = 1;  ///< of the line, in pixels of the picture, from the border inwards
};

/// A picture for comparing outlines: the plane with a line around each object, along the edges of its pixels. Later
/// layers lie on top. Small planes are enlarged by a whole number so that lines stay thin; what lies outside of the
/// plane is not drawn. The picture has 3 channels of uint8.
Result<Array> renderContours(const RgbImage& plane, const std::vector<ContourLayer>& layers);

/// How many picture pixels `renderContours` and `renderOverlay` make of a pixel of the plane, along each side.
int64_t enlargementOf(int64_t rows, int64_t columns);

}  // namespace cyto
