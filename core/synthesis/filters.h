#pragma once

#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// Filters on one frame. They use one thread and give the same numbers on every call; borders are mirrored.

/// Gaussian blur in place, deviations in pixels and slices; 0 leaves an axis as it is. Beyond a deviation of 8 it works
/// on a shrunken copy, so that its time does not grow with the deviation.
void blur(FloatRaster& raster, double deviation, double deviationInZ = 0);
FloatRaster blurred(FloatRaster raster, double deviation, double deviationInZ = 0);

/// Change per pixel in the direction (y, x) within each slice.
FloatRaster slope(const FloatRaster& raster, double directionY, double directionX);

/// Sum of second derivatives within each slice.
FloatRaster laplacian(const FloatRaster& raster);

/// The value below which the share `fraction` of the pixels lies; looks at 20,000 pixels at most.
float quantile(const FloatRaster& raster, double fraction);

/// raster += factor * other.
void add(FloatRaster& raster, const FloatRaster& other, float factor = 1);
void multiply(FloatRaster& raster, const FloatRaster& other);

}  // namespace cyto::synthesis
