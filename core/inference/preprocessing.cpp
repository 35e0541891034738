#include "core/inference/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/array/channel.h"

namespace cyto {

namespace {

struct Range {
  float lowest = 0;
  float highest = 0;
};

template <typename T>
Range finiteRange(std::span<const T> values) {
  float lowest = std::numeric_limits<float>::infinity();
  float highest = -std::numeric_limits<float>::infinity();
  for (const T value : values) {
    const float v = static_cast<float>(value);
    if (!std::isfinite(v)) continue;
    lowest = std::min(lowest, v);
    highest = std::max(highest, v);
  }
  if (lowest > highest) return {};
  return {lowest, highest};
}

template <typename T>
void stretchChannel(std::span<const T> values, uint8_t* out) {
  const Range range = finiteRange(values);
  // The reference subtracts first and takes the maximum of the difference, in float32.
  const float divisor = (range.highest - range.lowest) + 1e-7f;
  for (size_t i = 0; i < values.size(); ++i, out += 3) {
    const float v = static_cast<float>(values[i]);
    const float stretched = std::isfinite(v) ? (v - range.lowest) / divisor : 0.0f;
    *out = static_cast<uint8_t>(std::clamp(stretched * 255.0f, 0.0f, 255.0f));
  }
}

/// Which source samples make one target sample, and with which weights (22 fractional bits).
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights;
};

constexpr int kFractionBits = 22;

std::vector<Taps> bilinearTaps(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double filterScale = std::max(scale, 1.0);
  const double support = filterScale;  // the triangle filter has radius 1
  std::vector<Taps> taps(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min<int64_t>(from, static_cast<int64_t>(center + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = first; j < end; ++j) {
      const double distance = std::abs((static_cast<double>(j) - center + 0.5) / filterScale);
      weights.push_back(distance < 1.0 ? 1.0 - distance : 0.0);
      sum += weights.back();
    }
    Taps& tap = taps[static_cast<size_t>(i)];
    tap.first = first;
    for (const double weight : weights) {
      const double scaled = (sum != 0 ? weight / sum : weight) * (1 << kFractionBits);
      tap.weights.push_back(static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
    }
  }
  return taps;
}

uint8_t toByte(int64_t accumulated) {
  return static_cast<uint8_t>(std::clamp<int64_t>(accumulated >> kFractionBits, 0, 255));
}

constexpr int64_t kHalf = int64_t{1} << (kFractionBits - 1);

std::vector<uint8_t> resizeColumns(const std::vector<uint8_t>& pixels, Extent2 from, int64_t toColumns, int channels) {
  const std::vector<Taps> taps = bilinearTaps(from.x, toColumns);
  std::vector<uint8_t> out(static_cast<size_t>(from.y * toColumns * channels));
  for (int64_t y = 0; y < from.y; ++y) {
    const uint8_t* row = pixels.data() + y * from.x * channels;
    uint8_t* target = out.data() + y * toColumns * channels;
    for (const Taps& tap : taps) {
      for (int c = 0; c < channels; ++c) {
        int64_t sum = kHalf;
        const uint8_t* source = row + tap.first * channels + c;
        for (const int32_t weight : tap.weights) {
          sum += static_cast<int64_t>(*source) * weight;
          source += channels;
        }
        *target++ = toByte(sum);
      }
    }
  }
  return out;
}

std::vector<uint8_t> resizeRows(const std::vector<uint8_t>& pixels, Extent2 from, int64_t toRows, int channels) {
  const std::vector<Taps> taps = bilinearTaps(from.y, toRows);
  const int64_t stride = from.x * channels;
  std::vector<uint8_t> out(static_cast<size_t>(toRows * stride));
  std::vector<int32_t> sums(static_cast<size_t>(stride));
  for (int64_t y = 0; y < toRows; ++y) {
    const Taps& tap = taps[static_cast<size_t>(y)];
    std::fill(sums.begin(), sums.end(), static_cast<int32_t>(kHalf));
    for (size_t k = 0; k < tap.weights.size(); ++k) {
      const uint8_t* row = pixels.data() + (tap.first + static_cast<int64_t>(k)) * stride;
      const int32_t weight = tap.weights[k];
      for (int64_t i = 0; i < stride; ++i)
        sums[static_cast<size_t>(i)] += row[i] * weight;  // fits: weights sum to 2^22
    }
    uint8_t* target = out.data() + y * stride;
    for (int64_t i = 0; i < stride; ++i) target[i] = toByte(sums[static_cast<size_t>(i)]);
  }
  return out;
}

}  // namespace

Result<RgbImage> stretchToRgb(const Array& image) {
  const Shape& shape = image.shape();
  if (shape.t != 1 || shape.z != 1) {
    return Error(ErrorCode::kInvalidArgument, "an image encoder takes one plane at a time, not shape " + shape.text());
  }
  if (shape.y < 1 || shape.x < 1) {
    return Error(ErrorCode::kInvalidArgument, "the image has no pixels; there is nothing to segment in it");
  }
  RgbImage rgb{shape.y, shape.x, std::vector<uint8_t>(static_cast<size_t>(shape.y * shape.x * 3))};
  const int64_t used = std::min<int64_t>(image.channels(), 3);
  visitDtype(image.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t c = 0; c < used; ++c) stretchChannel(image.plane<T>(c, 0, 0), rgb.pixels.data() + c);
  });
  if (used == 1) {
    for (size_t i = 0; i < rgb.pixels.size(); i += 3) rgb.pixels[i + 1] = rgb.pixels[i + 2] = rgb.pixels[i];
  }
  return rgb;
}

Result<RgbImage> stretchToRgb(const Array& image, std::optional<int64_t> channel) {
  Array pixels = image;
  if (pixels.shape().t * pixels.shape().z > 1) {
    CYTO_ASSIGN(pixels, planesAsChannels(pixels));
  }
  if (channel) {
    CYTO_ASSIGN(pixels, channelOf(pixels, *channel));
  }
  return stretchToRgb(pixels);
}

Extent2 resizedExtent(Extent2 original, int64_t side) {
  const double scale = static_cast<double>(side) / static_cast<double>(std::max(original.y, original.x));
  const auto scaled = [&](int64_t extent) {
    return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(extent) * scale + 0.5));
  };
  return {scaled(original.y), scaled(original.x)};
}

std::vector<uint8_t> resizeLikePillow(const std::vector<uint8_t>& pixels, Extent2 from, Extent2 to, int channels) {
  if (from == to) return pixels;
  if (from.x == to.x) return resizeRows(pixels, from, to.y, channels);
  std::vector<uint8_t> wide = resizeColumns(pixels, from, to.x, channels);
  if (from.y == to.y) return wide;
  return resizeRows(wide, {from.y, to.x}, to.y, channels);
}

}  // namespace cyto
