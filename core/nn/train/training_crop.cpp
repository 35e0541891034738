#include "core/nn/train/training_crop.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/nn/cyto/encoder.h"
#include "core/nn/train/appearance.h"
#include "core/nn/train/crop_geometry.h"

namespace cyto::nn {

namespace {

constexpr double kMeans[] = {123.675, 116.28, 103.53};
constexpr double kDeviations[] = {58.395, 57.12, 57.375};

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

void fillTargets(TrainingCrop& crop, const AnnotatedImage& image, const CropGeometry& geometry) {
  const at::Tensor labels = crop.labels;
  const int64_t side = labels.size(0), cells = side / 4;
  const at::Tensor covered = at::avg_pool2d(labels.gt(0).to(at::kFloat).unsqueeze(0), {4, 4})[0];
  const at::Tensor border = at::max_pool2d(borders(labels).unsqueeze(0), {4, 4})[0];

  // Per object, in frame pixels; entry 0 is the background.
  at::Tensor table = at::zeros({static_cast<int64_t>(image.objects.size()) + 1, 4}, at::kFloat);
  float* row = table.mutable_data_ptr<float>();
  for (const AnnotatedObject& object : image.objects) {
    row += 4;
    const Position centroid = geometry.toFrame({object.x, object.y});
    row[0] = static_cast<float>(centroid.x);
    row[1] = static_cast<float>(centroid.y);
    const double size = std::sqrt(object.area) * geometry.scale();
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

TrainingCrop drawCrop(const AnnotatedImage& image, int64_t side, int64_t frameSide, const TrainingVariation& variation,
                      Random& random) {
  const CropGeometry geometry = CropGeometry::draw(image, side, frameSide, variation, random);
  const SampledCrop sampled = sampleCrop(image, geometry);
  TrainingCrop crop;
  crop.labels = sampled.labels;
  crop.inside = sampled.inside;
  crop.frame = normalise(varyAppearance(sampled.pixels, variation, random), sampled.inside);
  fillTargets(crop, image, geometry);
  return crop;
}

}  // namespace cyto::nn
