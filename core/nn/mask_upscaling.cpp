#include "core/nn/mask_upscaling.h"

#include <algorithm>
#include <cmath>

namespace cyto::nn {

namespace {

/// Two neighbours and the weight of the second: one bilinear step along one axis, half-pixel centres.
struct Step {
  int64_t first = 0;
  int64_t second = 0;
  float weightOfSecond = 0;
};

Step stepAt(int64_t target, int64_t from, int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const float position = std::max(0.0f, (static_cast<float>(target) + 0.5f) * scale - 0.5f);
  const auto first = std::min(static_cast<int64_t>(position), from - 1);
  return {first, std::min(first + 1, from - 1), position - static_cast<float>(first)};
}

/// Low-resolution samples that make one image sample, over both steps: at most four, neighbours.
struct Taps {
  int64_t first = 0;
  int count = 0;
  float weights[4] = {0, 0, 0, 0};

  int64_t last() const { return first + count - 1; }
};

Taps tapsAt(int64_t target, const MaskGeometry& geometry, int64_t input, int64_t original) {
  const Step toOriginal = stepAt(target, input, original);
  const Step low = stepAt(toOriginal.first, geometry.lowSide, geometry.frameSide);
  const Step high = stepAt(toOriginal.second, geometry.lowSide, geometry.frameSide);
  Taps taps;
  taps.first = low.first;
  taps.count = static_cast<int>(high.second - low.first) + 1;
  const auto add = [&](const Step& step, float weight) {
    taps.weights[step.first - taps.first] += weight * (1 - step.weightOfSecond);
    taps.weights[step.second - taps.first] += weight * step.weightOfSecond;
  };
  add(low, 1 - toOriginal.weightOfSecond);
  add(high, toOriginal.weightOfSecond);
  return taps;
}

/// Image samples along one axis that can see a low-resolution sample in [lowest, highest].
struct Axis {
  int64_t begin = 0;  ///< first image sample
  std::vector<Taps> taps;
};

Axis axisOver(int64_t lowest, int64_t highest, const MaskGeometry& geometry, int64_t input, int64_t original) {
  Axis axis;
  for (int64_t i = 0; i < original; ++i) {
    const Taps taps = tapsAt(i, geometry, input, original);
    if (taps.last() < lowest) continue;
    if (taps.first > highest) break;
    if (axis.taps.empty()) axis.begin = i;
    axis.taps.push_back(taps);
  }
  return axis;
}

PlaneBox boundsAbove(std::span<const float> logits, int64_t side, float threshold) {
  PlaneBox bounds{side, side, 0, 0};
  for (int64_t y = 0; y < side; ++y) {
    const float* row = logits.data() + y * side;
    for (int64_t x = 0; x < side; ++x) {
      if (!(row[x] > threshold)) continue;
      bounds = {std::min(bounds.y0, y), std::min(bounds.x0, x), y + 1, std::max(bounds.x1, x + 1)};
    }
  }
  return bounds;
}

/// Rows [first, first + rows) of the logits, resized along x only.
std::vector<float> resizeRows(std::span<const float> logits, int64_t side, int64_t first, int64_t rows,
                              const Axis& columns) {
  const auto width = static_cast<int64_t>(columns.taps.size());
  std::vector<float> out(static_cast<size_t>(rows * width));
  for (int64_t y = 0; y < rows; ++y) {
    const float* source = logits.data() + (first + y) * side;
    float* target = out.data() + y * width;
    for (const Taps& taps : columns.taps) {
      float sum = 0;
      for (int k = 0; k < taps.count; ++k) sum += taps.weights[k] * source[taps.first + k];
      *target++ = sum;
    }
  }
  return out;
}

UpscaledMask cutToMask(const std::vector<uint8_t>& inside, const PlaneBox& region) {
  const int64_t width = region.width();
  PlaneBox tight{region.height(), width, 0, 0};
  for (int64_t y = 0; y < region.height(); ++y) {
    const uint8_t* row = inside.data() + y * width;
    const uint8_t* const end = row + width;
    const uint8_t* const first = std::find(row, end, 1);
    if (first == end) continue;
    const uint8_t* last = end - 1;
    while (*last == 0) --last;
    tight = {std::min(tight.y0, y), std::min<int64_t>(tight.x0, first - row), y + 1,
             std::max<int64_t>(tight.x1, last - row + 1)};
  }
  if (tight.isEmpty()) return {};
  UpscaledMask result;
  result.box = {region.y0 + tight.y0, region.x0 + tight.x0, region.y0 + tight.y1, region.x0 + tight.x1};
  result.mask.reserve(static_cast<size_t>(tight.height() * tight.width()));
  for (int64_t y = tight.y0; y < tight.y1; ++y) {
    const uint8_t* row = inside.data() + y * width;
    result.mask.insert(result.mask.end(), row + tight.x0, row + tight.x1);
  }
  return result;
}

}  // namespace

UpscaledMask upscaleMask(std::span<const float> logits, const MaskGeometry& geometry, float margin) {
  const PlaneBox positive = boundsAbove(logits, geometry.lowSide, -margin);
  if (positive.isEmpty()) return {};
  const Axis rows = axisOver(positive.y0, positive.y1 - 1, geometry, geometry.inputSize.y, geometry.originalSize.y);
  const Axis columns = axisOver(positive.x0, positive.x1 - 1, geometry, geometry.inputSize.x, geometry.originalSize.x);
  if (rows.taps.empty() || columns.taps.empty()) return {};  // only the padding of the frame is positive
  const int64_t firstRow = rows.taps.front().first;
  const std::vector<float> wide =
      resizeRows(logits, geometry.lowSide, firstRow, rows.taps.back().last() - firstRow + 1, columns);
  const auto width = static_cast<int64_t>(columns.taps.size());
  const auto height = static_cast<int64_t>(rows.taps.size());
  std::vector<uint8_t> inside(static_cast<size_t>(height * width));
  std::vector<float> sums(static_cast<size_t>(width));
  int64_t sure = 0, possible = 0;
  for (int64_t y = 0; y < height; ++y) {
    const Taps& taps = rows.taps[static_cast<size_t>(y)];
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int k = 0; k < taps.count; ++k) {
      const float* source = wide.data() + (taps.first - firstRow + k) * width;
      for (int64_t x = 0; x < width; ++x) sums[static_cast<size_t>(x)] += taps.weights[k] * source[x];
    }
    uint8_t* target = inside.data() + y * width;
    for (int64_t x = 0; x < width; ++x) target[x] = sums[static_cast<size_t>(x)] > 0;
    if (margin == 0) continue;
    for (const float sum : sums) {
      sure += sum > margin;
      possible += sum > -margin;
    }
  }
  UpscaledMask result = cutToMask(inside, {rows.begin, columns.begin, rows.begin + height, columns.begin + width});
  result.sure = sure;
  result.possible = possible;
  return result;
}

}  // namespace cyto::nn
