#pragma once

#include <QPainterPath>

#include "core/array/plane_mask.h"

namespace cyto::ui {

/// The border of a mask along the edges of its pixels: closed polygons in (x, y) of the plane where pixel (0, 0) spans
/// 0 to 1. Straight runs are one segment. Filled with the odd-even rule it is the mask.
QPainterPath maskOutline(const PlaneMask& mask);

}  // namespace cyto::ui
