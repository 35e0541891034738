#include "core/synthesis/camera.h"

#include <algorithm>
#include <cmath>

#include "core/synthesis/block_compression.h"
#include "core/synthesis/filters.h"

namespace cyto::synthesis {

namespace {

constexpr double kLeastRange = 0.05;

/// Normally distributed numbers for millions of pixels: 16 random bits choose one of the 65,536 numbers that divide the
/// distribution evenly.
class PixelNoise {
 public:
  explicit PixelNoise(const Random& random) : random_(random) {}

  double normal() {
    if (left_ == 0) bits_ = random_.bits(), left_ = 4;
    const size_t index = bits_ & (kCount - 1);
    bits_ >>= 16, --left_;
    return table()[index];
  }
  double poisson(double mean) { return random_.poisson(mean); }

 private:
  static constexpr size_t kCount = 65536;

  static const std::vector<float>& table() {
    static const std::vector<float> values = [] {
      std::vector<float> all(kCount);
      double value = 0;  // the middle of the distribution; each next one by Newton's method from the last
      for (size_t i = kCount / 2; i < kCount; ++i) {
        const double wanted = (static_cast<double>(i) + 0.5) / kCount;
        for (int step = 0; step < 4; ++step) {
          const double share = 0.5 * std::erfc(-value / std::sqrt(2.0));
          value += (wanted - share) * std::sqrt(2 * M_PI) * std::exp(value * value / 2);
        }
        all[i] = static_cast<float>(value);
        all[kCount - 1 - i] = static_cast<float>(-value);
      }
      return all;
    }();
    return values;
  }

  Random random_;
  uint64_t bits_ = 0;
  int left_ = 0;
};

/// Photons of a pixel with the noise of reading. Many photons are as good as normally distributed; one number then
/// stands for both kinds of noise.
double countedPhotons(double expected, double readNoise, PixelNoise& noise) {
  constexpr double kMany = 16;
  if (expected < kMany) return noise.poisson(expected) + readNoise * noise.normal();
  return expected + std::sqrt(expected + readNoise * readNoise) * noise.normal();
}

/// Photons, noise of reading, and back to 0..1.
void detect(const Camera& camera, const Random& random, size_t channel, FloatRaster& light) {
  PixelNoise noise(random.stream(channel));
  const double scale = 1 / (camera.white - camera.black);
  const Extent3& extent = light.extent();
  std::vector<float> stripes(static_cast<size_t>(extent.x));
  Random columns = random.stream("columns");
  for (float& stripe : stripes) stripe = static_cast<float>(columns.normal() * camera.background);
  size_t i = 0;
  for (int64_t line = 0; line < extent.z * extent.y; ++line) {
    for (int64_t x = 0; x < extent.x; ++x, ++i) {
      double value = std::max(0.0, (light[i] - camera.black) * scale);
      if (camera.gamma != 1) value = std::pow(value, camera.gamma);
      const double expected = value * camera.photons;
      const double counted = countedPhotons(expected, camera.readNoise, noise);
      light[i] = static_cast<float>(camera.offset + stripes[static_cast<size_t>(x)] +
                                    (1 - camera.offset) * counted / camera.photons);
    }
  }
}

template <typename T>
void store(const FloatRaster& values, double full, int64_t channel, int64_t frame, Array& image) {
  const Extent3& extent = values.extent();
  size_t i = 0;
  for (int64_t z = 0; z < extent.z; ++z) {
    for (T& pixel : image.plane<T>(channel, frame, z)) {
      pixel = static_cast<T>(std::clamp<double>(values[i++], 0, 1) * full + 0.5);
    }
  }
}

}  // namespace

Camera randomCamera(bool isDarkField, std::optional<Dtype> pixelType, Random random) {
  Camera camera;
  camera.photons = isDarkField ? random.logUniform(40, 8000) : random.logUniform(600, 30000);
  camera.readNoise = std::sqrt(camera.photons) * random.logUniform(0.01, 0.4);
  camera.offset = isDarkField ? random.uniform(0.0, 0.12) : random.uniform(0.0, 0.05);
  camera.gamma = random.chance(0.3) ? random.uniform(0.6, 1.5) : 1;
  camera.smoothing = random.chance(0.35) ? random.uniform(0.4, 0.9) : 0;
  camera.background = random.chance(0.06) ? random.uniform(0.001, 0.005) : 0;
  camera.isInverted = random.chance(0.06);
  const bool isWide = pixelType ? *pixelType == Dtype::kUint16 : random.chance(0.25);
  camera.bits = isWide ? static_cast<int>(random.integer(10, 16)) : 8;
  if (!isWide && random.chance(0.25)) camera.quality = static_cast<int>(random.integer(45, 95));
  return camera;
}

void adjustExposure(Camera& camera, const std::vector<FloatRaster>& light, bool isDarkField, Random random) {
  float low = 1e9f, high = -1e9f;
  const bool saturates = random.chance(0.25);
  for (const FloatRaster& channel : light) {
    low = std::min(low, quantile(channel, 0.002));
    high = std::max(high, quantile(channel, saturates ? 0.985 : 0.999));
  }
  const double range = std::max<double>(high - low, kLeastRange);
  const double margin = saturates ? random.uniform(0.95, 1.05) : random.uniform(1.05, 1.8);
  camera.black = isDarkField ? std::min<double>(low, 0) : std::max(0.0, low - range * random.uniform(0.05, 1.2));
  camera.white = camera.black + (high - camera.black) * margin;
  if (camera.white - camera.black < kLeastRange) camera.white = camera.black + kLeastRange;
}

void expose(const Camera& camera, std::vector<FloatRaster> light, int64_t frame, Random random, Array& image) {
  for (size_t channel = 0; channel < light.size(); ++channel) {
    detect(camera, random, channel, light[channel]);
    blur(light[channel], camera.smoothing);
    if (camera.isInverted) {
      for (float& value : light[channel]) value = 1 - value;
    }
  }
  if (camera.quality > 0 && light[0].extent().z == 1) compressBlocks(light, camera.quality);
  const double full = std::pow(2.0, camera.bits) - 1;
  for (size_t channel = 0; channel < light.size(); ++channel) {
    const auto c = static_cast<int64_t>(channel);
    if (image.dtype() == Dtype::kUint8) {
      store<uint8_t>(light[channel], full, c, frame, image);
    } else {
      store<uint16_t>(light[channel], full, c, frame, image);
    }
  }
}

}  // namespace cyto::synthesis
