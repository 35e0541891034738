#include "core/synthesis/optics.h"

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

FloatRaster illumination(const Stage& stage, double strength, Random random) {
  const Extent3& extent = stage.extent;
  const Extent3 plane{1, extent.y, extent.x};
  const FloatRaster waves = noiseField(plane, 0.5 * stage.shorterSide(), {2, 0.5}, random.stream("waves"));
  const double angle = random.angle(), slope = strength * random.uniform(0, 0.7),
               border = strength * random.uniform(0, 0.6), wave = strength * random.uniform(0, 0.2);
  const double middleY = static_cast<double>(extent.y) * random.uniform(0.3, 0.7),
               middleX = static_cast<double>(extent.x) * random.uniform(0.3, 0.7);
  const double scale = 2 / static_cast<double>(std::max(extent.y, extent.x));
  FloatRaster out(extent);
  for (int64_t y = 0; y < extent.y; ++y) {
    const float* waveRow = waves.row(0, y);
    for (int64_t x = 0; x < extent.x; ++x) {
      const double v = (static_cast<double>(y) - middleY) * scale, u = (static_cast<double>(x) - middleX) * scale;
      const double value =
          1 + slope * (u * std::cos(angle) + v * std::sin(angle)) - border * (u * u + v * v) + wave * waveRow[x];
      for (int64_t z = 0; z < extent.z; ++z) out.row(z, y)[x] = static_cast<float>(std::max(value, 0.15));
    }
  }
  return out;
}

void scatter(const Stage& stage, const Debris& debris, Random random, FloatRaster& raster) {
  const Extent3& extent = stage.extent;
  const double megapixels = static_cast<double>(extent.y * extent.x) / 1e6 * static_cast<double>(extent.z);
  const auto count = static_cast<int64_t>(random.poisson(debris.perMegapixel * megapixels));
  for (int64_t i = 0; i < count; ++i) {
    const double radius = random.logUniform(debris.smallest, debris.largest);
    SolidPointer solid;
    if (random.chance(debris.fibres)) {
      const double length = radius * random.logUniform(6, 30);
      solid =
          std::make_shared<Rod>(Rod::Outline{length, std::max(0.6, radius * 0.4), random.normal() * length * 0.15, 0});
    } else {
      solid = randomBlob(radius * random.uniform(1, 1.8), radius, radius, {debris.waviness, 1}, random);
    }
    const Point centre{extent.isVolume() ? random.uniform(0, stage.height()) : 0,
                       random.uniform() * static_cast<double>(extent.y),
                       random.uniform() * static_cast<double>(extent.x)};
    const Body body(solid, centre, random.angle());
    const double amount = debris.strength * random.logUniform(0.3, 1.5) * (random.chance(debris.negative) ? -1 : 1);
    visitPixels(body, extent, stage.sliceStep, 0.5, [&](size_t index, const Point&, double depth) {
      raster[index] += static_cast<float>(amount * std::clamp(depth + 0.5, 0.0, 1.0));
    });
  }
}

namespace {

FloatRaster phaseContrast(const FloatRaster& thickness, const TransmittedLight& optics) {
  FloatRaster light = blurred(thickness, optics.blur);
  const FloatRaster around = blurred(thickness, optics.halo + optics.blur);
  const double sign = optics.isNegative ? 1 : -1;
  for (size_t i = 0; i < light.size(); ++i) {
    const double phase = optics.strength * (light[i] - around[i]);
    // Beyond a quarter of a wave it gets brighter again.
    light[i] = static_cast<float>(0.5 + sign * 0.3 * std::sin(std::min(phase, 4.0)));
  }
  return light;
}

FloatRaster relief(const FloatRaster& thickness, const TransmittedLight& optics) {
  FloatRaster light = slope(blurred(thickness, optics.blur), std::sin(optics.direction), std::cos(optics.direction));
  for (float& value : light) value = static_cast<float>(0.5 + 0.45 * std::tanh(optics.strength * 2.5 * value));
  return light;
}

FloatRaster brightField(const FloatRaster& thickness, const TransmittedLight& optics) {
  FloatRaster light = laplacian(blurred(thickness, optics.blur));
  const FloatRaster amount = blurred(thickness, std::max(0.5, 0.5 * optics.blur));
  const double rim = optics.defocus * optics.strength * optics.blur * optics.blur;
  for (size_t i = 0; i < light.size(); ++i) {
    const double focused = 0.35 * std::tanh(rim * light[i]);
    light[i] = static_cast<float>((0.55 + focused) * std::exp(-optics.absorption * amount[i]));
  }
  return light;
}

}  // namespace

FloatRaster transmitted(const FloatRaster& thickness, const TransmittedLight& optics) {
  switch (optics.method) {
    case TransmittedLight::Method::kPhaseContrast: return phaseContrast(thickness, optics);
    case TransmittedLight::Method::kRelief: return relief(thickness, optics);
    case TransmittedLight::Method::kBrightField: break;
  }
  return brightField(thickness, optics);
}

std::vector<FloatRaster> throughStains(const std::vector<const FloatRaster*>& amounts,
                                       const std::vector<Colour>& densities, const Colour& lamp) {
  std::vector<FloatRaster> light;
  for (size_t channel = 0; channel < 3; ++channel) {
    FloatRaster one(amounts[0]->extent());
    for (size_t i = 0; i < one.size(); ++i) {
      float density = 0;
      for (size_t stain = 0; stain < amounts.size(); ++stain)
        density += densities[stain][channel] * (*amounts[stain])[i];
      one[i] = lamp[channel] * std::exp(-density);
    }
    light.push_back(std::move(one));
  }
  return light;
}

std::vector<FloatRaster> tinted(const FloatRaster& light, const Colour& colour) {
  std::vector<FloatRaster> channels(3, light);
  for (size_t c = 0; c < 3; ++c) {
    for (float& value : channels[c]) value *= colour[c];
  }
  return channels;
}

Colour randomFluorophoreColour(Random& random) {
  constexpr std::array<Colour, 7> kColours = {{{0.1f, 0.2f, 1},
                                               {0.05f, 1, 0.1f},
                                               {1, 0.1f, 0.05f},
                                               {1, 0.1f, 0.9f},
                                               {0, 0.9f, 0.9f},
                                               {1, 0.9f, 0.1f},
                                               {1, 1, 1}}};
  return kColours[static_cast<size_t>(random.integer(0, kColours.size() - 1))];
}

}  // namespace cyto::synthesis
