#include "core/nn/train/training_crop.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {

namespace {

constexpr double kUsualScale = 0.65;  // share of crops at about the scale of use
constexpr double kMeans[] = {123.675, 116.28, 103.53};
constexpr double kDeviations[] = {58.395, 57.12, 57.375};

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
double normal(Random& random, double deviation) { return std::normal_distribution<double>(0, deviation)(random); }
bool chance(Random& random, double probability) { return uniform(random, 0, 1) < probability; }
double logUniform(Random& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}

/// image = matrix * frame + shift, both continuous.
struct Placement {
  double xx, xy, yx, yy, x, y;
  double scale;  // frame pixels per image pixel
};

Placement place(const AnnotatedImage& image, int64_t side, int64_t frameSide, Random& random) {
  const AnnotatedObject& object =
      image.objects[std::uniform_int_distribution<size_t>(0, image.objects.size() - 1)(random)];
  const double usual = static_cast<double>(frameSide) / static_cast<double>(std::max(image.rows(), image.columns()));
  double scale = usual * logUniform(random, 0.6, 1.5);
  if (!chance(random, kUsualScale)) {
    const double wanted = logUniform(random, 12, std::min<double>(250, 0.8 * static_cast<double>(side)));
    scale = std::clamp(wanted / object.side, 0.3 * usual, 3 * usual);
  }
  const double stretch = std::exp(normal(random, 0.08));
  double angle = std::numbers::pi / 2 * static_cast<double>(std::uniform_int_distribution<int>(0, 3)(random));
  if (chance(random, 0.3)) angle += uniform(random, -0.6, 0.6);
  const double mirror = chance(random, 0.5) ? -1 : 1;
  Placement result{};
  result.scale = scale;
  result.xx = std::cos(angle) / scale * stretch * mirror;
  result.xy = -std::sin(angle) / scale / stretch;
  result.yx = std::sin(angle) / scale * stretch * mirror;
  result.yy = std::cos(angle) / scale / stretch;
  // The object lies somewhere in the middle of the crop.
  const double half = 0.5 * static_cast<double>(side);
  const double u = half + uniform(random, -0.6, 0.6) * half, v = half + uniform(random, -0.6, 0.6) * half;
  result.x = object.x - result.xx * u - result.xy * v;
  result.y = object.y - result.yx * u - result.yy * v;
  return result;
}

/// Sampling positions of the crop for grid_sampler: (1, S, S, 2) in -1..1 of the image.
at::Tensor samplingGrid(const Placement& at, const AnnotatedImage& image, int64_t side) {
  const at::Tensor centre = at::arange(side, at::kFloat) + 0.5;
  const at::Tensor u = centre.unsqueeze(0), v = centre.unsqueeze(1);
  const at::Tensor x = (at.xx * u + at.xy * v + at.x) * (2.0 / static_cast<double>(image.columns())) - 1;
  const at::Tensor y = (at.yx * u + at.yy * v + at.y) * (2.0 / static_cast<double>(image.rows())) - 1;
  return at::stack({x, y}, -1).unsqueeze(0);
}

/// Values 0..1; changes of contrast, stain and sharpness.
at::Tensor varyColours(at::Tensor pixels, Random& random) {
  const bool isColour = (pixels[0] - pixels[1]).abs().mean().item<double>() > 0.01;
  if (isColour) {
    if (chance(random, 0.25)) {
      pixels = pixels.mean(0, true).expand({3, -1, -1});
    } else {
      if (chance(random, 0.15))
        pixels = pixels.index_select(0, at::randperm(3, at::detail::createCPUGenerator(random()), at::kLong));
      const at::Tensor gain = at::tensor({normal(random, 0.12), normal(random, 0.12), normal(random, 0.12)});
      pixels = pixels * gain.to(at::kFloat).exp().view({3, 1, 1});
    }
  }
  if (chance(random, 0.2)) pixels = 1 - pixels;
  if (chance(random, 0.7)) pixels = pixels.clamp(1e-4, 1).pow(std::exp(uniform(random, -0.6, 0.6)));
  if (chance(random, 0.6)) {
    // Saturated or faint: the stretch from minimum to maximum hangs on single pixels.
    pixels = pixels * logUniform(random, 0.5, 2.5) + normal(random, 0.05);
  }
  if (chance(random, 0.2)) {
    const int64_t reach = chance(random, 0.5) ? 1 : 2;
    pixels = at::avg_pool2d(pixels, {2 * reach + 1, 2 * reach + 1}, {1, 1}, {reach, reach}, false, false);
  }
  if (chance(random, 0.4)) {
    const at::Generator generator = at::detail::createCPUGenerator(random());
    pixels = pixels + at::randn(pixels.sizes(), generator, at::kFloat) * uniform(random, 0, 0.08);
  }
  return pixels.clamp(0, 1);
}

at::Tensor normalise(const at::Tensor& pixels, const at::Tensor& inside) {
  const at::Tensor mean = at::tensor(at::ArrayRef<double>(kMeans)).to(at::kFloat).view({3, 1, 1});
  const at::Tensor deviation = at::tensor(at::ArrayRef<double>(kDeviations)).to(at::kFloat).view({3, 1, 1});
  return (pixels * 255 - mean) / deviation * inside;
}

/// Whether a pixel's right or lower neighbour has another label, seen from both.
at::Tensor borders(const at::Tensor& labels) {
  at::Tensor result = at::zeros_like(labels);
  for (const int64_t axis : {0, 1}) {
    const int64_t size = labels.size(axis);
    const at::Tensor differs = labels.slice(axis, 1, size).ne(labels.slice(axis, 0, size - 1)).to(at::kFloat);
    at::Tensor first = result.slice(axis, 0, size - 1), second = result.slice(axis, 1, size);
    first.copy_(at::maximum(first, differs));
    second.copy_(at::maximum(second, differs));
  }
  return result;
}

void fillTargets(TrainingCrop& crop, const AnnotatedImage& image, const Placement& at) {
  const at::Tensor labels = crop.labels;
  const int64_t side = labels.size(0), cells = side / 4;
  const at::Tensor covered = at::avg_pool2d(labels.gt(0).to(at::kFloat).unsqueeze(0), {4, 4})[0];
  const at::Tensor border = at::max_pool2d(borders(labels).unsqueeze(0), {4, 4})[0];

  // Per object, in frame pixels; entry 0 is the background.
  const double determinant = at.xx * at.yy - at.xy * at.yx;
  at::Tensor table = at::zeros({static_cast<int64_t>(image.objects.size()) + 1, 4}, at::kFloat);
  float* row = table.mutable_data_ptr<float>();
  for (const AnnotatedObject& object : image.objects) {
    row += 4;
    const double dx = object.x - at.x, dy = object.y - at.y;
    row[0] = static_cast<float>((at.yy * dx - at.xy * dy) / determinant);
    row[1] = static_cast<float>((at.xx * dy - at.yx * dx) / determinant);
    const double size = std::sqrt(object.area) * at.scale;
    row[2] = static_cast<float>(std::log2(size / kSizeUnit));
    row[3] = static_cast<float>(kSizeUnit / std::max(size, 8.0));
  }
  const at::Tensor ids = labels.slice(0, 2, side, 4).slice(1, 2, side, 4).to(at::kLong);
  const at::Tensor ofCell = table.index_select(0, ids.flatten()).view({cells, cells, 4});
  const at::Tensor centre = (at::arange(cells, at::kFloat) + 0.5) * 4;
  const at::Tensor known = ids.gt(0).to(at::kFloat);
  const at::Tensor offsetX = (ofCell.select(2, 0) - centre.unsqueeze(0)) / kOffsetUnit * known;
  const at::Tensor offsetY = (ofCell.select(2, 1) - centre.unsqueeze(1)) / kOffsetUnit * known;
  crop.dense = at::stack({covered, border, offsetX, offsetY, ofCell.select(2, 2)});
  crop.inObject = ofCell.select(2, 3);  // 1 / size: small objects count for more per pixel
}

}  // namespace

TrainingCrop drawCrop(const AnnotatedImage& image, int64_t side, int64_t frameSide, Random& random) {
  const Placement placement = place(image, side, frameSide, random);
  const at::Tensor grid = samplingGrid(placement, image, side);
  constexpr int64_t kBilinear = 0, kNearest = 1, kZeros = 0, kBorder = 1;
  TrainingCrop crop;
  const at::Tensor source = image.pixels.to(at::kFloat).div(255).unsqueeze(0);
  const at::Tensor pixels = at::grid_sampler(source, grid, kBilinear, kBorder, false)[0];
  crop.labels = at::grid_sampler(image.labels.unsqueeze(0), grid, kNearest, kZeros, false)[0][0];
  const at::Tensor inside = grid[0].abs().amax(-1).le(1).to(at::kFloat);
  crop.frame = normalise(varyColours(pixels, random), inside);
  fillTargets(crop, image, placement);
  return crop;
}

}  // namespace cyto::nn
