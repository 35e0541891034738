#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cyto::synthesis {

/// Slices, rows and columns of one frame.
struct Extent3 {
  int64_t z = 1;
  int64_t y = 0;
  int64_t x = 0;

  bool operator==(const Extent3&) const = default;
  int64_t count() const { return z * y * x; }
  bool isVolume() const { return z > 1; }
};

/// A point or vector in pixels; slices count in pixels too (see `Stage::sliceStep`).
struct Point {
  double z = 0;
  double y = 0;
  double x = 0;
};

/// Values of one frame in the order (z, y, x).
template <typename T>
class Raster {
 public:
  Raster() = default;
  explicit Raster(const Extent3& extent, T value = T{})
      : extent_(extent), values_(static_cast<size_t>(extent.count()), value) {}

  const Extent3& extent() const { return extent_; }
  size_t size() const { return values_.size(); }
  size_t index(int64_t z, int64_t y, int64_t x) const {
    return static_cast<size_t>((z * extent_.y + y) * extent_.x + x);
  }
  T* row(int64_t z, int64_t y) { return values_.data() + index(z, y, 0); }
  const T* row(int64_t z, int64_t y) const { return values_.data() + index(z, y, 0); }
  T& operator[](size_t i) { return values_[i]; }
  const T& operator[](size_t i) const { return values_[i]; }
  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  Extent3 extent_{0, 0, 0};
  std::vector<T> values_;
};

using FloatRaster = Raster<float>;
using LabelRaster = Raster<uint32_t>;

}  // namespace cyto::synthesis
