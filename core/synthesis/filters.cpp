#include "core/synthesis/filters.h"

#include <algorithm>
#include <cmath>

namespace cyto::synthesis {

namespace {

constexpr double kLargeDeviation = 8;
constexpr double kDeviationWhenShrunken = 4;

/// One half of a normalised Gaussian, the centre first.
std::vector<float> gaussian(double deviation) {
  const auto radius = static_cast<int64_t>(std::ceil(3 * deviation));
  std::vector<float> weights(static_cast<size_t>(radius + 1));
  double sum = 0;
  for (int64_t k = 0; k <= radius; ++k) {
    const double offset = static_cast<double>(k) / deviation;
    const double weight = std::exp(-0.5 * offset * offset);
    weights[static_cast<size_t>(k)] = static_cast<float>(weight);
    sum += k == 0 ? weight : 2 * weight;
  }
  for (float& weight : weights) weight = static_cast<float>(weight / sum);
  return weights;
}

/// Mirrors an index at the borders, the border pixel included.
int64_t mirrored(int64_t i, int64_t count) {
  const int64_t period = 2 * count;
  i %= period;
  if (i < 0) i += period;
  return i < count ? i : period - 1 - i;
}

void blurRow(float* row, int64_t count, const std::vector<float>& weights, std::vector<float>& padded) {
  const auto radius = static_cast<int64_t>(weights.size()) - 1;
  padded.resize(static_cast<size_t>(count + 2 * radius));
  for (int64_t i = 0; i < radius; ++i) {
    padded[static_cast<size_t>(i)] = row[mirrored(i - radius, count)];
    padded[static_cast<size_t>(radius + count + i)] = row[mirrored(count + i, count)];
  }
  std::copy_n(row, count, padded.begin() + radius);
  const float* centre = padded.data() + radius;
  for (int64_t i = 0; i < count; ++i) row[i] = weights[0] * centre[i];
  for (int64_t k = 1; k <= radius; ++k) {
    const float weight = weights[static_cast<size_t>(k)];
    const float *left = centre - k, *right = centre + k;
    for (int64_t i = 0; i < count; ++i) row[i] += weight * (left[i] + right[i]);
  }
}

/// Blurs along rows or slices: `count` lines of `length` values that lie `stride` apart.
void blurLines(float* first, int64_t count, int64_t stride, int64_t length, const std::vector<float>& weights) {
  const auto radius = static_cast<int64_t>(weights.size()) - 1;
  std::vector<float> lines(static_cast<size_t>(count * length));
  for (int64_t i = 0; i < count; ++i) std::copy_n(first + i * stride, length, lines.begin() + i * length);
  for (int64_t i = 0; i < count; ++i) {
    float* out = first + i * stride;
    const float* centre = lines.data() + i * length;
    for (int64_t j = 0; j < length; ++j) out[j] = weights[0] * centre[j];
    for (int64_t k = 1; k <= radius; ++k) {
      const float weight = weights[static_cast<size_t>(k)];
      const float* before = lines.data() + mirrored(i - k, count) * length;
      const float* after = lines.data() + mirrored(i + k, count) * length;
      for (int64_t j = 0; j < length; ++j) out[j] += weight * (before[j] + after[j]);
    }
  }
}

void blurPlanes(FloatRaster& raster, const std::vector<float>& weights) {
  const Extent3& extent = raster.extent();
  std::vector<float> padded;
  for (int64_t z = 0; z < extent.z; ++z) {
    for (int64_t y = 0; y < extent.y; ++y) blurRow(raster.row(z, y), extent.x, weights, padded);
    blurLines(raster.row(z, 0), extent.y, extent.x, extent.x, weights);
  }
}

/// Means of squares of `factor` pixels within each slice.
FloatRaster shrunken(const FloatRaster& raster, int64_t factor) {
  const Extent3& from = raster.extent();
  const Extent3 to{from.z, (from.y + factor - 1) / factor, (from.x + factor - 1) / factor};
  FloatRaster out(to);
  for (int64_t z = 0; z < to.z; ++z) {
    for (int64_t y = 0; y < to.y; ++y) {
      float* means = out.row(z, y);
      const int64_t yEnd = std::min(from.y, (y + 1) * factor);
      for (int64_t row = y * factor; row < yEnd; ++row) {
        const float* values = raster.row(z, row);
        for (int64_t x = 0; x < from.x; ++x) means[x / factor] += values[x];
      }
      for (int64_t x = 0; x < to.x; ++x) {
        const int64_t columns = std::min(from.x, (x + 1) * factor) - x * factor;
        means[x] /= static_cast<float>((yEnd - y * factor) * columns);
      }
    }
  }
  return out;
}

/// Where pixel `i` lies among the pixels of the shrunken copy.
struct Between {
  int64_t low, high;
  float share;  ///< of `high`
};

std::vector<Between> positions(int64_t count, int64_t factor, int64_t shrunkenCount) {
  std::vector<Between> out(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const double position =
        std::clamp((static_cast<double>(i) + 0.5) / static_cast<double>(factor) - 0.5, 0.0, double(shrunkenCount - 1));
    const auto low = static_cast<int64_t>(position);
    out[static_cast<size_t>(i)] = {low, std::min(low + 1, shrunkenCount - 1),
                                   static_cast<float>(position - static_cast<double>(low))};
  }
  return out;
}

void enlarge(const FloatRaster& from, int64_t factor, FloatRaster& out) {
  const Extent3& to = out.extent();
  const auto rows = positions(to.y, factor, from.extent().y), columns = positions(to.x, factor, from.extent().x);
  std::vector<float> line(static_cast<size_t>(from.extent().x));
  for (int64_t z = 0; z < to.z; ++z) {
    for (int64_t y = 0; y < to.y; ++y) {
      const Between& row = rows[static_cast<size_t>(y)];
      const float *low = from.row(z, row.low), *high = from.row(z, row.high);
      for (size_t x = 0; x < line.size(); ++x) line[x] = low[x] + row.share * (high[x] - low[x]);
      float* values = out.row(z, y);
      for (int64_t x = 0; x < to.x; ++x) {
        const Between& column = columns[static_cast<size_t>(x)];
        const float left = line[static_cast<size_t>(column.low)], right = line[static_cast<size_t>(column.high)];
        values[x] = left + column.share * (right - left);
      }
    }
  }
}

}  // namespace

void blur(FloatRaster& raster, double deviation, double deviationInZ) {
  const Extent3& extent = raster.extent();
  if (deviation > kLargeDeviation) {
    const auto factor = static_cast<int64_t>(deviation / kDeviationWhenShrunken);
    FloatRaster small = shrunken(raster, factor);
    blurPlanes(small, gaussian(deviation / static_cast<double>(factor)));
    enlarge(small, factor, raster);
  } else if (deviation > 0.1) {
    blurPlanes(raster, gaussian(deviation));
  }
  if (deviationInZ > 0.1 && extent.z > 1) {
    const int64_t plane = extent.y * extent.x;
    blurLines(raster.row(0, 0), extent.z, plane, plane, gaussian(deviationInZ));
  }
}

FloatRaster blurred(FloatRaster raster, double deviation, double deviationInZ) {
  blur(raster, deviation, deviationInZ);
  return raster;
}

FloatRaster slope(const FloatRaster& raster, double directionY, double directionX) {
  const Extent3& extent = raster.extent();
  FloatRaster out(extent);
  const auto factorY = static_cast<float>(directionY / 2), factorX = static_cast<float>(directionX / 2);
  for (int64_t z = 0; z < extent.z; ++z) {
    for (int64_t y = 0; y < extent.y; ++y) {
      const float *above = raster.row(z, std::max<int64_t>(y - 1, 0)),
                  *below = raster.row(z, std::min(y + 1, extent.y - 1)), *here = raster.row(z, y);
      float* values = out.row(z, y);
      for (int64_t x = 0; x < extent.x; ++x) {
        const float left = here[std::max<int64_t>(x - 1, 0)], right = here[std::min(x + 1, extent.x - 1)];
        values[x] = factorY * (below[x] - above[x]) + factorX * (right - left);
      }
    }
  }
  return out;
}

FloatRaster laplacian(const FloatRaster& raster) {
  const Extent3& extent = raster.extent();
  FloatRaster out(extent);
  for (int64_t z = 0; z < extent.z; ++z) {
    for (int64_t y = 0; y < extent.y; ++y) {
      const float *above = raster.row(z, std::max<int64_t>(y - 1, 0)),
                  *below = raster.row(z, std::min(y + 1, extent.y - 1)), *here = raster.row(z, y);
      float* values = out.row(z, y);
      for (int64_t x = 0; x < extent.x; ++x) {
        const float left = here[std::max<int64_t>(x - 1, 0)], right = here[std::min(x + 1, extent.x - 1)];
        values[x] = above[x] + below[x] + left + right - 4 * here[x];
      }
    }
  }
  return out;
}

float quantile(const FloatRaster& raster, double fraction) {
  constexpr size_t kMostLookedAt = 20000;
  if (raster.size() == 0) return 0;
  const size_t step = raster.size() / kMostLookedAt + 1;
  std::vector<float> values;
  values.reserve(raster.size() / step + 1);
  for (size_t i = 0; i < raster.size(); i += step) values.push_back(raster[i]);
  const auto place = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<size_t>(place)];
}

void add(FloatRaster& raster, const FloatRaster& other, float factor) {
  for (size_t i = 0; i < raster.size(); ++i) raster[i] += factor * other[i];
}

void multiply(FloatRaster& raster, const FloatRaster& other) {
  for (size_t i = 0; i < raster.size(); ++i) raster[i] *= other[i];
}

}  // namespace cyto::synthesis
