#include "core/synthesis/texture.h"

#include <algorithm>

namespace cyto::synthesis {

namespace {

// A cubic B-spline through random numbers has 151/315 of their variance along each axis.
const double kSplineDeviation = std::sqrt(151.0 / 315.0);
constexpr double kUniformDeviation = 0.57735026918962576;  // of numbers in [-1, 1]

/// Cubic B-spline weights of the four numbers around a place.
struct Knots {
  int64_t first;
  float weights[4];
};

std::vector<Knots> knotsOf(int64_t count, double step) {
  std::vector<Knots> knots(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const double position = static_cast<double>(i) * step;
    const auto first = static_cast<int64_t>(position);
    const double t = position - static_cast<double>(first), s = 1 - t;
    knots[static_cast<size_t>(i)] = {
        first,
        {static_cast<float>(s * s * s / 6), static_cast<float>((3 * t * t * t - 6 * t * t + 4) / 6),
         static_cast<float>((3 * s * s * s - 6 * s * s + 4) / 6), static_cast<float>(t * t * t / 6)}};
  }
  return knots;
}

Extent3 gridFor(const Extent3& extent, const Point& step) {
  const auto knots = [](int64_t count, double along) {
    return static_cast<int64_t>(static_cast<double>(count - 1) * along) + 4;
  };
  return {extent.isVolume() ? knots(extent.z, step.z) : 1, knots(extent.y, step.y), knots(extent.x, step.x)};
}

FloatRaster randomGrid(const Extent3& extent, Random& random) {
  FloatRaster grid(extent);
  for (float& value : grid) value = static_cast<float>(random.uniform(-1, 1));
  return grid;
}

/// Adds `factor` times the spline through `grid` to `out`; `step` is knots per pixel.
void addSpline(const FloatRaster& grid, const Point& step, float factor, FloatRaster& out) {
  const Extent3 &extent = out.extent(), &knots = grid.extent();
  const auto slices = knotsOf(extent.z, step.z), rows = knotsOf(extent.y, step.y), columns = knotsOf(extent.x, step.x);
  std::vector<float> plane(static_cast<size_t>(knots.y * knots.x)), line(static_cast<size_t>(knots.x));
  for (int64_t z = 0; z < extent.z; ++z) {
    std::fill(plane.begin(), plane.end(), 0.0f);
    const Knots& slice = slices[static_cast<size_t>(z)];
    for (int64_t k = 0; k < (extent.isVolume() ? 4 : 1); ++k) {
      const float weight = extent.isVolume() ? slice.weights[k] : 1;
      const float* from = grid.row(extent.isVolume() ? slice.first + k : 0, 0);
      for (size_t i = 0; i < plane.size(); ++i) plane[i] += weight * from[i];
    }
    for (int64_t y = 0; y < extent.y; ++y) {
      const Knots& row = rows[static_cast<size_t>(y)];
      const float* from = plane.data() + row.first * knots.x;
      for (int64_t x = 0; x < knots.x; ++x) {
        line[static_cast<size_t>(x)] =
            factor * (row.weights[0] * from[x] + row.weights[1] * from[x + knots.x] +
                      row.weights[2] * from[x + 2 * knots.x] + row.weights[3] * from[x + 3 * knots.x]);
      }
      float* values = out.row(z, y);
      for (int64_t x = 0; x < extent.x; ++x) {
        const Knots& column = columns[static_cast<size_t>(x)];
        const float* near = line.data() + column.first;
        values[x] += column.weights[0] * near[0] + column.weights[1] * near[1] + column.weights[2] * near[2] +
                     column.weights[3] * near[3];
      }
    }
  }
}

/// What one layer is multiplied with so that the sum has deviation 1.
double layerFactor(int axes, const Octaves& octaves, int layer) {
  double variance = 0;
  for (int i = 0; i < octaves.count; ++i) variance += std::pow(octaves.persistence, 2 * i);
  return std::pow(octaves.persistence, layer) /
         (std::sqrt(variance) * kUniformDeviation * std::pow(kSplineDeviation, axes));
}

}  // namespace

FloatRaster noiseField(const Extent3& extent, double feature, const Octaves& octaves, Random random, double sliceStep) {
  FloatRaster out(extent);
  double side = std::max(feature, 0.5);
  for (int layer = 0; layer < octaves.count; ++layer, side = std::max(side / 2, 0.5)) {
    const Point step{std::min(sliceStep / side, 2.0), 1 / side, 1 / side};
    const FloatRaster grid = randomGrid(gridFor(extent, step), random);
    addSpline(grid, step, static_cast<float>(layerFactor(extent.isVolume() ? 3 : 2, octaves, layer)), out);
  }
  return out;
}

Texture::Texture(bool isVolume, const Octaves& octaves, Random random)
    : period_(isVolume ? 16 : 32),
      side_(isVolume ? 4 * period_ : 8 * period_),
      isVolume_(isVolume),
      tile_({isVolume ? side_ : 1, side_, side_}) {
  int64_t cells = period_;
  for (int layer = 0; layer < octaves.count && cells <= side_; ++layer, cells *= 2) {
    const double step = static_cast<double>(cells) / static_cast<double>(side_);
    FloatRaster grid({isVolume ? cells + 4 : 1, cells + 4, cells + 4});
    const FloatRaster repeated = randomGrid({isVolume ? cells : 1, cells, cells}, random);
    for (int64_t z = 0; z < grid.extent().z; ++z) {
      for (int64_t y = 0; y < cells + 4; ++y) {
        for (int64_t x = 0; x < cells + 4; ++x) grid.row(z, y)[x] = repeated.row(z % cells, y % cells)[x % cells];
      }
    }
    addSpline(grid, {step, step, step}, static_cast<float>(layerFactor(isVolume ? 3 : 2, octaves, layer)), tile_);
  }
}

float Texture::at(double z, double y, double x) const {
  const auto texels = static_cast<double>(side_ / period_);
  // side_ is a power of two, so that `&` wraps negative numbers too.
  const auto place = [&](double position, int64_t& low, int64_t& high) {
    position *= texels;
    const double whole = std::floor(position);
    low = static_cast<int64_t>(whole) & (side_ - 1);
    high = (low + 1) & (side_ - 1);
    return static_cast<float>(position - whole);
  };
  int64_t x0, x1, y0, y1, z0, z1;
  const float shareX = place(x, x0, x1), shareY = place(y, y0, y1);
  const auto inPlane = [&](int64_t slice) {
    const float *low = tile_.row(slice, y0), *high = tile_.row(slice, y1);
    const float near = low[x0] + shareX * (low[x1] - low[x0]), far = high[x0] + shareX * (high[x1] - high[x0]);
    return near + shareY * (far - near);
  };
  if (!isVolume_) return inPlane(0);
  const float shareZ = place(z, z0, z1);
  const float below = inPlane(z0);
  return below + shareZ * (inPlane(z1) - below);
}

}  // namespace cyto::synthesis
