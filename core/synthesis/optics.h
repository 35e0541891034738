#pragma once

#include <array>

#include "core/synthesis/population.h"

namespace cyto::synthesis {

/// Brightness of the lamp over the frame, around 1: a slope, a darker border, and slow waves. `strength` 0..1.
FloatRaster illumination(const Stage& stage, double strength, Random random);

/// Small things that nobody labels, drawn into light or thickness.
struct Debris {
  double perMegapixel = 500;
  double smallest = 0.8, largest = 3;  ///< radii in pixels
  double strength = 0.3;               ///< added where they are; each has its own
  double negative = 0.3;               ///< share that is subtracted
  double fibres = 0;                   ///< share that is long and thin
  double waviness = 0.25;              ///< of the outlines of the others
};
void scatter(const Stage& stage, const Debris& debris, Random random, FloatRaster& raster);

/// How transmitted light shows thin, clear things.
struct TransmittedLight {
  enum class Method { kPhaseContrast, kRelief, kBrightField } method = Method::kPhaseContrast;
  double strength = 1;      ///< phase per thickness, in radians
  double halo = 8;          ///< phase contrast: deviation of the halo in pixels
  bool isNegative = false;  ///< phase contrast: thick is bright
  double direction = 0;     ///< relief: where the light comes from
  double defocus = 1;       ///< bright field: strength of the rims, negative on the other side of the focus
  double absorption = 0;    ///< bright field: share of light lost per thickness
  double blur = 1;          ///< deviation of the point spread function
};

/// Light around 0.5 of things of this thickness (about 1 for a whole cell). Phase contrast is 0.5 minus a sine of what
/// thickness exceeds its surroundings by: dark with a bright halo, and bright where it is very thick. Relief is the
/// slope, bright field the curvature of the wave front plus absorption.
FloatRaster transmitted(const FloatRaster& thickness, const TransmittedLight& optics);

using Colour = std::array<float, 3>;

/// A stained picture: white light through `amount` of stains with these optical densities for red, green and blue
/// (Lambert and Beer).
std::vector<FloatRaster> throughStains(const std::vector<const FloatRaster*>& amounts,
                                       const std::vector<Colour>& densities, const Colour& lamp);

/// One channel in a colour, as microscopes show a fluorophore.
std::vector<FloatRaster> tinted(const FloatRaster& light, const Colour& colour);
Colour randomFluorophoreColour(Random& random);

}  // namespace cyto::synthesis
