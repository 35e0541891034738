#pragma once

#include <optional>

#include "core/array/array.h"
#include "core/synthesis/random.h"
#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// How light becomes numbers: photons are counted, electrons are read with noise, and the result is cut to the bits of
/// the camera. Drawn once per sample, so that the frames of a series belong together.
struct Camera {
  double photons = 1000;  ///< at full scale
  double readNoise = 2;   ///< in photons
  double offset = 0.02;   ///< of full scale, where no light is
  double black = 0;       ///< light that gives the offset
  double white = 1;       ///< light that gives full scale
  double gamma = 1;
  double smoothing = 0;   ///< blur after the noise, in pixels, as rescaled and filtered images have
  double background = 0;  ///< share of stripes between columns, as some sensors have
  bool isInverted = false;
  int bits = 8;     ///< 8 to 16
  int quality = 0;  ///< of block compression, 1..100; 0: none
};

/// A camera for light whose background is dark (fluorescence), or bright.
Camera randomCamera(bool isDarkField, std::optional<Dtype> pixelType, Random random);

/// Sets `black` and `white` so that the light of this frame uses the range; some cameras saturate.
void adjustExposure(Camera& camera, const std::vector<FloatRaster>& light, bool isDarkField, Random random);

/// Writes one frame into `image`, channel by channel. Values are uint8 for 8 bits, else uint16.
void expose(const Camera& camera, std::vector<FloatRaster> light, int64_t frame, Random random, Array& image);

}  // namespace cyto::synthesis
