#include "core/nn/cyto/prompt_maps.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {

namespace {

constexpr double kStride = 4;
constexpr double kNarrowClick = 4;   // frame pixels
constexpr double kWideClick = 16;    // frame pixels
constexpr double kNarrowCue = 0.12;  // of the size of the object
constexpr double kWideCue = 0.35;
constexpr double kRelativeReach = 3;  // relative coordinates end here

/// Pixel centres of the map in frame pixels: (2, H, W), x first.
at::Tensor pixelCentres(const at::Tensor& dense) {
  const auto axis = [&](int64_t count) { return at::arange(count, dense.options()).add(0.5).mul(kStride); };
  const std::vector<at::Tensor> grid = at::meshgrid({axis(dense.size(2)), axis(dense.size(3))}, "ij");
  return at::stack({grid[1], grid[0]});
}

at::Tensor gaussian(const at::Tensor& squaredDistance, double sigma) {
  return squaredDistance.mul(-0.5 / (sigma * sigma)).exp();
}

/// Largest value over the points with `label`, 0 where there is none. (B, N, H, W) -> (B, H, W).
at::Tensor overPoints(const at::Tensor& values, const at::Tensor& labels, double label) {
  return values.mul(labels.eq(label).to(at::kFloat).unsqueeze(-1).unsqueeze(-1)).amax(1);
}

/// (x - target)^2 summed over the two coordinates: (2, H, W) and (B, N, 2) -> (B, N, H, W).
at::Tensor squaredDistance(const at::Tensor& position, const at::Tensor& targets) {
  const at::Tensor x = targets.select(-1, 0).unsqueeze(-1).unsqueeze(-1);
  const at::Tensor y = targets.select(-1, 1).unsqueeze(-1).unsqueeze(-1);
  return (position[0] - x).square().add_((position[1] - y).square());
}

/// What the dense prediction says about one frame.
struct Scene {
  at::Tensor pixels;     // (2, H, W)
  at::Tensor centroids;  // (2, H, W): of the object each pixel belongs to
  at::Tensor dense;      // (kCount, H, W)
  at::Tensor code;       // (kCodeChannels, H, W)
};

struct PointMaps {
  std::vector<at::Tensor> maps;  // (B, H, W) each
  at::Tensor anchor;             // (B, 2): predicted centroid at the first positive point
  at::Tensor size;               // (B): and the size of its object; 0 without a positive point
};

constexpr int kPointMaps = 9;

PointMaps drawPoints(const Scene& scene, const at::Tensor& points, const at::Tensor& labels) {
  const int64_t rows = scene.pixels.size(1), columns = scene.pixels.size(2);
  const at::Tensor column = points.select(-1, 0).div(kStride).floor().clamp(0, columns - 1).to(at::kLong);
  const at::Tensor row = points.select(-1, 1).div(kStride).floor().clamp(0, rows - 1).to(at::kLong);
  const at::Tensor cell = row * columns + column;  // (B, N)
  const auto atPoints = [&](const at::Tensor& map) {
    return map.flatten(1).index_select(1, cell.flatten()).view({map.size(0), cell.size(0), cell.size(1)});
  };
  const at::Tensor centroid = atPoints(scene.centroids).permute({1, 2, 0});
  const at::Tensor size =
      atPoints(scene.dense.slice(0, DenseChannels::kLogSize, DenseChannels::kLogSize + 1))[0].clamp(-3, 4).exp2().mul(
          kSizeUnit);  // (B, N)
  const at::Tensor centroidDistance =
      squaredDistance(scene.centroids, centroid).div(size.square().unsqueeze(-1).unsqueeze(-1));
  const at::Tensor wide = gaussian(centroidDistance, kWideCue);

  const at::Tensor code = scene.code.flatten(1);                            // (E, HW)
  const at::Tensor codeAtPoints = atPoints(scene.code).permute({1, 2, 0});  // (B, N, E)
  const at::Tensor codeDistance =
      codeAtPoints.square().sum(-1, true) + code.square().sum(0) - 2 * at::matmul(codeAtPoints, code);
  const at::Tensor similar = codeDistance.clamp_min(0).neg().exp().view({cell.size(0), cell.size(1), rows, columns});

  const at::Tensor clickDistance = squaredDistance(scene.pixels, points);
  const at::Tensor narrowClick = gaussian(clickDistance, kNarrowClick);
  const at::Tensor wideClick = gaussian(clickDistance, kWideClick);

  PointMaps result;
  result.maps = {overPoints(gaussian(centroidDistance, kNarrowCue), labels, 1),
                 overPoints(wide, labels, 1),
                 overPoints(wide, labels, 0),
                 overPoints(similar, labels, 1),
                 overPoints(similar, labels, 0),
                 overPoints(narrowClick, labels, 1),
                 overPoints(wideClick, labels, 1),
                 overPoints(narrowClick, labels, 0),
                 overPoints(wideClick, labels, 0)};
  const at::Tensor positive = labels.eq(1);
  const at::Tensor first = positive.to(at::kFloat).argmax(1, true);  // (B, 1)
  result.anchor = centroid.gather(1, first.unsqueeze(-1).expand({-1, -1, 2})).squeeze(1);
  result.size = (size.gather(1, first).squeeze(1)).mul(positive.any(1).to(at::kFloat));
  return result;
}

/// Interior, and two cues for pixels whose predicted centroid lies near the middle of the box.
std::vector<at::Tensor> drawBoxes(const Scene& scene, const at::Tensor& middle, const at::Tensor& extent,
                                  const at::Tensor& boxes) {
  const auto side = [&](int64_t i) { return boxes.select(1, i).unsqueeze(-1).unsqueeze(-1); };
  const at::Tensor inside = at::minimum(at::minimum(scene.pixels[0] - side(0), side(2) - scene.pixels[0]),
                                        at::minimum(scene.pixels[1] - side(1), side(3) - scene.pixels[1]));
  const at::Tensor scale = extent.unsqueeze(-1).unsqueeze(-1);  // (B, 2, 1, 1)
  const at::Tensor distance = (scene.centroids - middle.unsqueeze(-1).unsqueeze(-1)).div(scale).square().sum(1);
  return {inside.div(2).sigmoid(), gaussian(distance, kNarrowCue), gaussian(distance, kWideCue)};
}

}  // namespace

at::Tensor drawPromptMaps(const at::Tensor& dense, const at::Tensor& code, const PromptTensors& prompts) {
  Scene scene;
  scene.dense = dense.detach()[0].to(at::kFloat);
  scene.code = code[0].to(at::kFloat);
  scene.pixels = pixelCentres(dense);
  scene.centroids =
      scene.pixels + scene.dense.slice(0, DenseChannels::kOffsetX, DenseChannels::kOffsetY + 1) * kOffsetUnit;
  const bool hasPoints = prompts.points.defined() && prompts.points.size(1) > 0;
  const int64_t batch = hasPoints       ? prompts.points.size(0)
                        : prompts.boxes ? prompts.boxes->size(0)
                                        : prompts.masks.value().size(0);
  const int64_t rows = scene.pixels.size(1), columns = scene.pixels.size(2);
  const at::Tensor empty = at::zeros({batch, rows, columns}, scene.pixels.options());

  std::vector<at::Tensor> maps;
  at::Tensor middle = at::zeros({batch, 2}, empty.options());
  at::Tensor extent = middle;  // 0: nowhere, no relative coordinates
  if (hasPoints) {
    const PointMaps points = drawPoints(scene, prompts.points.to(at::kFloat), prompts.pointLabels.to(at::kFloat));
    maps = points.maps;
    middle = points.anchor;
    extent = points.size.unsqueeze(1).expand({-1, 2});
  } else {
    maps.assign(kPointMaps, empty);
  }
  if (prompts.boxes) {
    const at::Tensor boxes = prompts.boxes->to(at::kFloat);
    middle = (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)).mul(0.5);
    extent = (boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2)).clamp_min(kStride);
    for (at::Tensor& map : drawBoxes(scene, middle, extent, boxes)) maps.push_back(std::move(map));
  } else {
    maps.insert(maps.end(), 3, empty);
  }
  const at::Tensor known = extent.gt(0).to(at::kFloat).unsqueeze(-1).unsqueeze(-1);
  const at::Tensor relative = (scene.pixels - middle.unsqueeze(-1).unsqueeze(-1))
                                  .div(extent.clamp_min(1).unsqueeze(-1).unsqueeze(-1))
                                  .clamp(-kRelativeReach, kRelativeReach)
                                  .mul(known);
  maps.push_back(relative.select(1, 0));
  maps.push_back(relative.select(1, 1));
  maps.push_back(scene.dense[DenseChannels::kForeground].sigmoid().expand_as(empty));
  maps.push_back(scene.dense[DenseChannels::kBoundary].sigmoid().expand_as(empty));
  maps.push_back(prompts.masks ? prompts.masks->to(at::kFloat).squeeze(1).div(4).tanh() : empty);
  maps.push_back(prompts.masks ? at::ones_like(empty) : empty);
  return at::stack(maps, -1).permute({0, 3, 1, 2});  // channels last in memory
}

}  // namespace cyto::nn
