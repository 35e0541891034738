#include "core/nn/cyto/decoding_window.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {

namespace {

constexpr int64_t kDenseStride = 4;
constexpr double kReach = 2.0;        // of the predicted size: an object is seldom longer to one side of a click
constexpr double kLeastReach = 64;    // frame pixels around any prompt
constexpr double kMostOfFrame = 0.7;  // a window of a larger share saves nothing
constexpr float kBackground = -16;    // logit

/// What must lie inside, in frame pixels.
struct Region {
  double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

  void include(double x, double y, double reach) {
    x0 = std::min(x0, x - reach);
    y0 = std::min(y0, y - reach);
    x1 = std::max(x1, x + reach);
    y1 = std::max(y1, y + reach);
  }
};

void includePoints(const PromptTensors& prompts, const at::Tensor& dense, Region& region) {
  const at::Tensor points = prompts.points.to(at::kCPU, at::kDouble).view({-1, 2}).contiguous();
  const at::Tensor labels = prompts.pointLabels.to(at::kCPU, at::kDouble).flatten().contiguous();
  const double* const point = points.const_data_ptr<double>();
  const double* const label = labels.const_data_ptr<double>();
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (label[i] < 0) continue;  // padding
    const double x = point[2 * i], y = point[2 * i + 1];
    double reach = kLeastReach;
    if (label[i] > 0) {
      const auto cell = [](double at, int64_t cells) {
        return std::clamp<int64_t>(static_cast<int64_t>(at / kDenseStride), 0, cells - 1);
      };
      const double logSize =
          dense[0][DenseChannels::kLogSize][cell(y, dense.size(2))][cell(x, dense.size(3))].item<double>();
      reach = std::max(reach, kReach * kSizeUnit * std::exp2(std::clamp(logSize, -3.0, 4.0)));
    }
    region.include(x, y, reach);
  }
}

void includeBoxes(const at::Tensor& given, Region& region) {
  const at::Tensor boxes = given.to(at::kCPU, at::kDouble).contiguous();
  const double* box = boxes.const_data_ptr<double>();
  for (int64_t i = 0; i < boxes.size(0); ++i, box += 4) {
    const double reach = std::max(kLeastReach, 0.5 * std::max(box[2] - box[0], box[3] - box[1]));
    region.include(box[0], box[1], reach);
    region.include(box[2], box[3], reach);
  }
}

void includeMasks(const at::Tensor& logits, int64_t frameSide, Region& region) {
  const at::Tensor inside = logits.gt(0).any(0)[0];
  const double stride = static_cast<double>(frameSide) / static_cast<double>(inside.size(0));
  const at::Tensor columns = inside.any(0).nonzero(), rows = inside.any(1).nonzero();
  if (columns.size(0) == 0) return;
  const auto at = [&](const at::Tensor& places, int64_t index) { return places[index][0].item<double>() * stride; };
  region.include(at(columns, 0), at(rows, 0), kLeastReach);
  region.include(at(columns, -1), at(rows, -1), kLeastReach);
}

}  // namespace

DecodingWindow::DecodingWindow(double middleX, double middleY, double side, int64_t frameSide) : frameSide_(frameSide) {
  const auto wanted = static_cast<int64_t>(std::ceil(side / kStep)) * kStep;
  side_ = std::max(kSmallestSide, wanted);
  if (static_cast<double>(side_) > kMostOfFrame * static_cast<double>(frameSide)) side_ = frameSide;
  const auto begin = [&](double middle) {
    const auto step = std::llround((middle - 0.5 * static_cast<double>(side_)) / kStep);
    return std::clamp<int64_t>(step * kStep, 0, frameSide - side_);
  };
  x_ = begin(middleX);
  y_ = begin(middleY);
}

DecodingWindow DecodingWindow::around(const PromptTensors& prompts, const at::Tensor& dense) {
  const int64_t frameSide = dense.size(2) * kDenseStride;
  Region region;
  if (prompts.points.defined() && prompts.points.numel() > 0) includePoints(prompts, dense, region);
  if (prompts.boxes) includeBoxes(*prompts.boxes, region);
  if (prompts.masks) includeMasks(*prompts.masks, frameSide, region);
  const double limit = static_cast<double>(frameSide);
  for (double* edge : {&region.x0, &region.y0, &region.x1, &region.y1}) *edge = std::clamp(*edge, 0.0, limit);
  if (!(region.x0 < region.x1) || !(region.y0 < region.y1)) region = {0, 0, limit, limit};
  // The window begins at a multiple of kStep, which may move it by half of that.
  const double side = std::max(region.x1 - region.x0, region.y1 - region.y0) + kStep;
  return {(region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2, side, frameSide};
}

DecodingWindow DecodingWindow::widened() const {
  const double half = 0.5 * static_cast<double>(side_);
  return {static_cast<double>(x_) + half, static_cast<double>(y_) + half, 4 * half, frameSide_};
}

at::Tensor DecodingWindow::cut(const at::Tensor& map) const {
  const int64_t stride = frameSide_ / map.size(-1);
  return map.narrow(-2, y_ / stride, side_ / stride).narrow(-1, x_ / stride, side_ / stride);
}

PromptTensors DecodingWindow::moved(const PromptTensors& prompts) const {
  PromptTensors result = prompts;
  const auto corner = [&](const at::Tensor& like) {
    return at::tensor({static_cast<float>(x_), static_cast<float>(y_)}, like.options());
  };
  if (prompts.points.defined()) result.points = prompts.points - corner(prompts.points);
  if (prompts.boxes) result.boxes = *prompts.boxes - corner(*prompts.boxes).repeat({2});
  if (prompts.masks) result.masks = cut(*prompts.masks);
  return result;
}

bool DecodingWindow::cutsThrough(const at::Tensor& logits) const {
  const int64_t last = logits.size(2) - 1;
  const auto reaches = [&](int64_t dimension, int64_t index) {
    return logits.select(dimension, index).gt(0).any().item<bool>();
  };
  return (y_ > 0 && reaches(2, 0)) || (y_ + side_ < frameSide_ && reaches(2, last)) || (x_ > 0 && reaches(3, 0)) ||
         (x_ + side_ < frameSide_ && reaches(3, last));
}

at::Tensor DecodingWindow::placed(const at::Tensor& logits) const {
  if (isWhole()) return logits;
  const int64_t stride = side_ / logits.size(2), cells = frameSide_ / stride;
  at::Tensor frame = at::full({logits.size(0), logits.size(1), cells, cells}, kBackground, logits.options());
  frame.narrow(2, y_ / stride, logits.size(2)).narrow(3, x_ / stride, logits.size(3)).copy_(logits);
  return frame;
}

}  // namespace cyto::nn
