#pragma once

#include "core/synthesis/random.h"
#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// How noise is summed: `octaves` layers, each with features half as large and `persistence` times as strong.
struct Octaves {
  int count = 3;
  double persistence = 0.5;
};

/// Smooth noise with features of about `feature` pixels (and as many pixels in z, where slices are `sliceStep` apart):
/// mean 0, deviation 1.
FloatRaster noiseField(const Extent3& extent, double feature, const Octaves& octaves, Random random,
                       double sliceStep = 1);

/// The same kind of noise for looks that move with an object: asked for at any point, repeated after some dozen
/// features.
class Texture {
 public:
  /// A texture of planes ignores z and is much cheaper than one of volumes.
  Texture(bool isVolume, const Octaves& octaves, Random random);

  /// Coordinates in features.
  float at(double z, double y, double x) const;

 private:
  int64_t period_;  ///< in features
  int64_t side_;    ///< in texels
  bool isVolume_;
  FloatRaster tile_;
};

}  // namespace cyto::synthesis
