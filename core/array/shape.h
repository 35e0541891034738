#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cyto {

/// Extent of an image in frames, slices, rows and columns. The order (t, z, y, x) is the order of all
/// axes in the program; a missing axis has extent 1. Channels are counted apart.
struct Shape {
  int64_t t = 1;
  int64_t z = 1;
  int64_t y = 0;
  int64_t x = 0;

  bool operator==(const Shape&) const = default;

  /// Number of elements, or nothing when the product does not fit 63 bits or an extent is negative.
  std::optional<int64_t> elements() const;

  /// "(1, 5, 256, 256)".
  std::string text() const;
};

/// A half-open box of elements, `begin` included and `end` excluded, in (t, z, y, x).
struct Box {
  Shape begin{0, 0, 0, 0};
  Shape end{0, 0, 0, 0};

  bool operator==(const Box&) const = default;

  static Box whole(const Shape& shape) { return {{0, 0, 0, 0}, shape}; }

  /// One plane of a volume or series.
  static Box plane(const Shape& shape, int64_t t, int64_t z) {
    return {{t, z, 0, 0}, {t + 1, z + 1, shape.y, shape.x}};
  }

  Shape shape() const { return {end.t - begin.t, end.z - begin.z, end.y - begin.y, end.x - begin.x}; }
  bool isEmpty() const { return end.t <= begin.t || end.z <= begin.z || end.y <= begin.y || end.x <= begin.x; }
  bool isInside(const Shape& outer) const;
  Box clippedTo(const Box& outer) const;
};

/// A half-open rectangle in one plane, in pixels.
struct PlaneBox {
  int64_t y0 = 0;
  int64_t x0 = 0;
  int64_t y1 = 0;
  int64_t x1 = 0;

  bool operator==(const PlaneBox&) const = default;
  int64_t height() const { return y1 - y0; }
  int64_t width() const { return x1 - x0; }
  bool isEmpty() const { return y1 <= y0 || x1 <= x0; }
  bool contains(int64_t y, int64_t x) const { return y >= y0 && y < y1 && x >= x0 && x < x1; }
  PlaneBox clippedTo(const PlaneBox& outer) const;
};

/// Physical size of one step along each axis. Zero means "not stated".
struct PixelScale {
  double t = 0;
  double z = 0;
  double y = 0;
  double x = 0;
  std::string spaceUnit;  ///< "micrometer", "nanometer", "pixel", or empty when not stated
  std::string timeUnit;   ///< "second", "minute", …, or empty

  bool operator==(const PixelScale&) const = default;
};

}  // namespace cyto
