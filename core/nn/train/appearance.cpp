#include "core/nn/train/appearance.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <array>
#include <cmath>
#include <numbers>

#include "core/nn/train/crop_geometry.h"

namespace cyto::nn {

namespace {

// Optical density in red, green and blue of haematoxylin, eosin and DAB (Ruifrok and Johnston 2001).
constexpr std::array<double, 9> kStains = {0.65, 0.70, 0.29, 0.07, 0.99, 0.11, 0.27, 0.57, 0.78};
constexpr double kDarkest = 1.0 / 255;

at::Generator generatorFrom(Random& random) { return at::detail::createCPUGenerator(random()); }

/// (3, S, S) with each channel convolved by `kernel` (k, k), k odd.
at::Tensor filtered(const at::Tensor& pixels, const at::Tensor& kernel) {
  const int64_t size = kernel.size(0), reach = size / 2;
  const at::Tensor padded = at::replication_pad2d(pixels.unsqueeze(0), {reach, reach, reach, reach});
  const at::Tensor weights = kernel.view({1, 1, size, size}).expand({3, 1, size, size}).contiguous();
  return at::conv2d(padded, weights, {}, {1, 1}, at::IntArrayRef({0, 0}), {1, 1}, 3)[0];
}

/// Distance of each cell of a (2 reach + 1) square to its middle.
at::Tensor distanceToMiddle(int64_t reach) {
  const at::Tensor axis = at::arange(-reach, reach + 1, at::kFloat);
  return (axis.square().unsqueeze(0) + axis.square().unsqueeze(1)).sqrt();
}

at::Tensor varyColour(const at::Tensor& pixels, Random& random) {
  if (chance(random, 0.6)) return pixels.mean(0, true).expand({3, -1, -1});
  return pixels.index_select(0, at::randperm(3, generatorFrom(random), at::kLong));
}

at::Tensor varyStain(const at::Tensor& pixels, Random& random) {
  if (chance(random, 0.5)) {
    const at::Tensor gain = at::tensor({normal(random, 0.12), normal(random, 0.12), normal(random, 0.12)});
    return pixels * gain.to(at::kFloat).exp().view({3, 1, 1});
  }
  std::array<double, 3> gains{};
  for (double& gain : gains) gain = std::exp(normal(random, 0.25));
  return withStainAmounts(pixels, gains);
}

/// A slope to one side and darker corners; as a lamp (a factor) or as scattered light (an addition).
at::Tensor varyIllumination(const at::Tensor& pixels, Random& random) {
  const int64_t side = pixels.size(1);
  const at::Tensor axis = at::linspace(-1, 1, side, at::kFloat);
  const double angle = uniform(random, 0, 2 * std::numbers::pi), slope = uniform(random, 0, 0.4);
  const double corners = chance(random, 0.5) ? uniform(random, 0, 0.25) : 0;
  const at::Tensor x = axis.unsqueeze(0), y = axis.unsqueeze(1);
  const at::Tensor field = slope * (std::cos(angle) * x + std::sin(angle) * y) - corners * (x.square() + y.square());
  return chance(random, 0.6) ? pixels * (1 + field) : pixels + 0.5 * field;
}

at::Tensor addNoise(const at::Tensor& pixels, Random& random) {
  const at::Tensor noise = at::randn(pixels.sizes(), generatorFrom(random), at::kFloat);
  const double deviation = uniform(random, 0, 0.08);
  // Photon noise grows with the square root of the light.
  if (chance(random, 0.3)) return pixels + noise * pixels.clamp(0, 1).sqrt() * (1.5 * deviation);
  return pixels + noise * deviation;
}

}  // namespace

at::Tensor withStainAmounts(const at::Tensor& pixels, const std::array<double, 3>& gains) {
  const at::Tensor stains = at::tensor(at::ArrayRef<double>(kStains)).view({3, 3});
  const at::Tensor unit = stains / stains.norm(2, {1}, true);
  const at::Tensor change =
      at::matmul(at::matmul(at::linalg_inv(unit), at::diag(at::tensor(at::ArrayRef<double>(gains)))), unit);
  const at::Tensor density = pixels.clamp(kDarkest, 1).log().neg().flatten(1);  // (3, S * S)
  return at::matmul(change.to(at::kFloat).t(), density).neg().exp().view(pixels.sizes()).clamp(0, 1);
}

at::Tensor defocused(const at::Tensor& pixels, double radius) {
  const auto reach = static_cast<int64_t>(std::ceil(radius));
  const at::Tensor disc = (radius + 0.5 - distanceToMiddle(reach)).clamp(0, 1);
  return filtered(pixels, disc / disc.sum());
}

at::Tensor varyAppearance(at::Tensor pixels, const TrainingVariation& variation, Random& random) {
  const bool isColour = (pixels[0] - pixels[1]).abs().mean().item<double>() > 0.01;
  if (isColour && chance(random, variation.stain)) pixels = varyStain(pixels, random);
  if (isColour && chance(random, variation.colour)) pixels = varyColour(pixels, random);
  if (chance(random, variation.inversion)) pixels = 1 - pixels;
  if (chance(random, variation.gamma)) pixels = pixels.clamp(1e-4, 1).pow(std::exp(uniform(random, -0.6, 0.6)));
  if (chance(random, variation.contrast)) {
    // Saturated or faint: the stretch from minimum to maximum hangs on single pixels.
    pixels = pixels * logUniform(random, 0.5, 2.5) + normal(random, 0.05);
  }
  if (chance(random, variation.illumination)) pixels = varyIllumination(pixels, random);
  if (chance(random, variation.blur)) {
    const at::Tensor distance = distanceToMiddle(3);
    const at::Tensor bell = distance.square().mul(-0.5 / std::pow(uniform(random, 0.5, 1.6), 2)).exp();
    pixels = filtered(pixels, bell / bell.sum());
  }
  if (chance(random, variation.defocus)) pixels = defocused(pixels, logUniform(random, 1.5, 5));
  if (chance(random, variation.noise)) pixels = addNoise(pixels, random);
  return pixels.clamp(0, 1);
}

}  // namespace cyto::nn
