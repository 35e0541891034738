#include "core/display/contour_overlay.h"

#include <algorithm>

namespace cyto {

namespace {

constexpr int64_t kComfortableSide = 1024;

/// An enlarged copy of the plane to draw lines on.
class Picture {
 public:
  Picture(Array& pixels, const RgbImage& plane, int64_t factor)
      : rows_(pixels.shape().y), columns_(pixels.shape().x), factor_(factor) {
    for (int c = 0; c < 3; ++c) samples_[static_cast<size_t>(c)] = pixels.plane<uint8_t>(c, 0, 0);
    for (int64_t y = 0; y < rows_; ++y) {
      for (int64_t x = 0; x < columns_; ++x) {
        const uint8_t* rgb = plane.pixels.data() + (y / factor_ * plane.columns + x / factor_) * 3;
        set(y, x, {rgb[0], rgb[1], rgb[2]});
      }
    }
  }

  /// The picture's pixels of an object that are fewer than `width` steps along a side from what is not the object.
  void outline(const PlaneMask& object, const std::array<uint8_t, 3>& colour, int64_t width) {
    const PlaneBox& box = object.box;
    for (int64_t y = box.y0; y < box.y1; ++y) {
      for (int64_t x = box.x0; x < box.x1; ++x) {
        if (!object.at(y, x)) continue;
        const int64_t top = y * factor_, left = x * factor_, bottom = top + factor_ - 1, right = left + factor_ - 1;
        for (int64_t i = 0; i < factor_; ++i) {
          if (!object.at(y - 1, x)) draw(object, {top, left + i}, {1, 0}, width, colour);
          if (!object.at(y + 1, x)) draw(object, {bottom, left + i}, {-1, 0}, width, colour);
          if (!object.at(y, x - 1)) draw(object, {top + i, left}, {0, 1}, width, colour);
          if (!object.at(y, x + 1)) draw(object, {top + i, right}, {0, -1}, width, colour);
        }
      }
    }
  }

 private:
  struct Place {
    int64_t y, x;
  };

  /// From the border inwards, as far as the object goes.
  void draw(const PlaneMask& object, Place at, Place step, int64_t width, const std::array<uint8_t, 3>& colour) {
    for (int64_t i = 0; i < width; ++i, at = {at.y + step.y, at.x + step.x}) {
      if (!object.at(floorOf(at.y), floorOf(at.x))) return;
      set(at.y, at.x, colour);
    }
  }

  /// The plane's row or column; places left of the plane and above it are negative.
  int64_t floorOf(int64_t place) const { return place >= 0 ? place / factor_ : -((-place + factor_ - 1) / factor_); }

  void set(int64_t y, int64_t x, const std::array<uint8_t, 3>& colour) {
    if (y < 0 || x < 0 || y >= rows_ || x >= columns_) return;
    for (size_t c = 0; c < 3; ++c) samples_[c][static_cast<size_t>(y * columns_ + x)] = colour[c];
  }

  int64_t rows_;
  int64_t columns_;
  int64_t factor_;
  std::array<std::span<uint8_t>, 3> samples_;
};

}  // namespace

int64_t enlargementOf(int64_t rows, int64_t columns) {
  return std::max<int64_t>(1, kComfortableSide / std::max<int64_t>({rows, columns, 1}));
}

Result<Array> renderContours(const RgbImage& plane, const std::vector<ContourLayer>& layers) {
  const int64_t factor = enlargementOf(plane.rows, plane.columns);
  CYTO_ASSIGN(Array pixels, Array::create(Dtype::kUint8, {1, 1, plane.rows * factor, plane.columns * factor}, 3));
  Picture picture(pixels, plane, factor);
  for (const ContourLayer& layer : layers) {
    for (const PlaneMask& object : layer.objects) picture.outline(object, layer.colour, layer.width);
  }
  return pixels;
}

}  // namespace cyto
