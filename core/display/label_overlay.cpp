#include "core/display/label_overlay.h"

#include <algorithm>
#include <cmath>

#include "core/display/contour_overlay.h"

namespace cyto {

namespace {

using Colour = std::array<uint8_t, 3>;

constexpr Colour kPositive{40, 220, 60};
constexpr Colour kNegative{235, 40, 40};
constexpr Colour kBox{250, 220, 40};
constexpr Colour kRim{255, 255, 255};
constexpr double kTint = 0.25;
constexpr double kDotRadius = 4.5;

/// A picture that is `factor` times as large as the plane it shows.
class Canvas {
 public:
  Canvas(Array& picture, int64_t factor) : rows_(picture.shape().y), columns_(picture.shape().x), factor_(factor) {
    for (int c = 0; c < 3; ++c) samples_[static_cast<size_t>(c)] = picture.plane<uint8_t>(c, 0, 0);
  }

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t factor() const { return factor_; }

  void set(int64_t y, int64_t x, const Colour& colour) {
    if (y < 0 || x < 0 || y >= rows_ || x >= columns_) return;
    for (size_t c = 0; c < 3; ++c) samples_[c][static_cast<size_t>(y * columns_ + x)] = colour[c];
  }

  /// The centre of a plane's pixel in the picture.
  int64_t place(double coordinate) const {
    return static_cast<int64_t>(std::floor((coordinate + 0.5) * static_cast<double>(factor_)));
  }

  void dot(const PointPrompt& point) {
    const int64_t reach = static_cast<int64_t>(kDotRadius) + 2;
    for (int64_t dy = -reach; dy <= reach; ++dy) {
      for (int64_t dx = -reach; dx <= reach; ++dx) {
        const double away = std::hypot(static_cast<double>(dy), static_cast<double>(dx));
        if (away > kDotRadius + 1.2) continue;
        const Colour& fill = point.positive ? kPositive : kNegative;
        set(place(point.y) + dy, place(point.x) + dx, away > kDotRadius ? kRim : fill);
      }
    }
  }

  void frame(const BoxPrompt& box) {
    const auto edge = [&](double v) { return static_cast<int64_t>(std::lround(v * static_cast<double>(factor_))); };
    const int64_t y0 = std::max<int64_t>(edge(box.y0), 0), y1 = std::min(edge(box.y1), rows_) - 1;
    const int64_t x0 = std::max<int64_t>(edge(box.x0), 0), x1 = std::min(edge(box.x1), columns_) - 1;
    for (int64_t x = x0; x <= x1; ++x) {
      set(y0, x, kBox);
      set(y1, x, kBox);
    }
    for (int64_t y = y0; y <= y1; ++y) {
      set(y, x0, kBox);
      set(y, x1, kBox);
    }
  }

 private:
  int64_t rows_;
  int64_t columns_;
  int64_t factor_;
  std::array<std::span<uint8_t>, 3> samples_;
};

uint8_t tinted(uint8_t below, uint8_t above) {
  return static_cast<uint8_t>(std::lround(below * (1 - kTint) + above * kTint));
}

void drawPlane(Canvas& canvas, const RgbImage& plane, std::span<const uint32_t> labels) {
  const auto labelAt = [&](int64_t y, int64_t x) {
    return labels[static_cast<size_t>(y / canvas.factor() * plane.columns + x / canvas.factor())];
  };
  const auto isContour = [&](int64_t y, int64_t x, uint32_t label) {
    return (y > 0 && labelAt(y - 1, x) != label) || (y + 1 < canvas.rows() && labelAt(y + 1, x) != label) ||
           (x > 0 && labelAt(y, x - 1) != label) || (x + 1 < canvas.columns() && labelAt(y, x + 1) != label);
  };
  for (int64_t y = 0; y < canvas.rows(); ++y) {
    for (int64_t x = 0; x < canvas.columns(); ++x) {
      const uint32_t label = labelAt(y, x);
      const uint8_t* rgb = plane.pixels.data() + (y / canvas.factor() * plane.columns + x / canvas.factor()) * 3;
      Colour colour{rgb[0], rgb[1], rgb[2]};
      if (label != 0) {
        const Colour own = labelColour(label);
        for (size_t c = 0; c < 3; ++c) colour[c] = isContour(y, x, label) ? own[c] : tinted(colour[c], own[c]);
      }
      canvas.set(y, x, colour);
    }
  }
}

}  // namespace

std::array<uint8_t, 3> labelColour(uint32_t id) {
  // Steps of the golden ratio spread hues evenly however many ids there are.
  const double hue = std::fmod(static_cast<double>(id) * 0.6180339887498949, 1.0) * 6;
  const double brightness = id % 2 == 0 ? 1.0 : 0.85;
  const auto channel = [&](double shift) {
    const double ramp = std::fmod(hue + shift, 6.0);
    const double share = std::clamp(std::min(ramp, 4 - ramp), 0.0, 1.0);
    return static_cast<uint8_t>(std::lround(255 * brightness * (0.15 + 0.85 * share)));
  };
  return {channel(2), channel(0), channel(4)};
}

Result<Array> renderOverlay(const RgbImage& plane, std::span<const uint32_t> labels,
                            const std::vector<ObjectPrompts>& prompts) {
  const int64_t factor = enlargementOf(plane.rows, plane.columns);
  CYTO_ASSIGN(Array picture, Array::create(Dtype::kUint8, {1, 1, plane.rows * factor, plane.columns * factor}, 3));
  Canvas canvas(picture, factor);
  drawPlane(canvas, plane, labels);
  for (const ObjectPrompts& object : prompts) {
    for (const BoxPrompt& box : object.boxes) canvas.frame(box);
    for (const PointPrompt& point : object.points) canvas.dot(point);
  }
  return picture;
}

}  // namespace cyto
