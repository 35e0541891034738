#include "ui/views/mask_outline.h"

#include <vector>

namespace cyto::ui {

namespace {

/// Pixel edges between inside and outside, as directed unit steps from grid corner to grid corner with the inside on
/// the right. Each corner has at most two steps that leave it.
class EdgeTracer {
 public:
  explicit EdgeTracer(const PlaneMask& mask) : mask_(mask), rows_(mask.box.height()), columns_(mask.box.width()) {
    steps_.assign(static_cast<size_t>((rows_ + 1) * (columns_ + 1)), 0);
    for (int64_t y = 0; y < rows_; ++y) {
      for (int64_t x = 0; x < columns_; ++x) {
        if (!inside(y, x)) continue;
        if (!inside(y - 1, x)) at(y, x) |= kRight;
        if (!inside(y, x + 1)) at(y, x + 1) |= kDown;
        if (!inside(y + 1, x)) at(y + 1, x + 1) |= kLeft;
        if (!inside(y, x - 1)) at(y + 1, x) |= kUp;
      }
    }
  }

  QPainterPath path() {
    QPainterPath path;
    path.setFillRule(Qt::OddEvenFill);
    for (int64_t y = 0; y <= rows_; ++y) {
      for (int64_t x = 0; x <= columns_; ++x) {
        while (at(y, x) != 0) trace(y, x, path);
      }
    }
    return path;
  }

 private:
  enum Step : uint8_t { kRight = 1, kDown = 2, kLeft = 4, kUp = 8 };

  bool inside(int64_t y, int64_t x) const {
    if (y < 0 || x < 0 || y >= rows_ || x >= columns_) return false;
    return mask_.pixels[static_cast<size_t>(y * columns_ + x)] != 0;
  }
  uint8_t& at(int64_t y, int64_t x) { return steps_[static_cast<size_t>(y * (columns_ + 1) + x)]; }

  // Where two polygons touch at a corner, turning right keeps each with its own pixel.
  static uint8_t next(uint8_t available, uint8_t came) {
    const auto turned = static_cast<uint8_t>(came == kUp ? kRight : came << 1);
    if (available & turned) return turned;
    if (available & came) return came;
    return static_cast<uint8_t>(available & -available);
  }

  void trace(int64_t startY, int64_t startX, QPainterPath& path) {
    int64_t y = startY;
    int64_t x = startX;
    auto step = static_cast<uint8_t>(at(y, x) & -at(y, x));
    path.moveTo(static_cast<double>(x + mask_.box.x0), static_cast<double>(y + mask_.box.y0));
    while (true) {
      at(y, x) = static_cast<uint8_t>(at(y, x) & ~step);
      x += step == kRight ? 1 : step == kLeft ? -1 : 0;
      y += step == kDown ? 1 : step == kUp ? -1 : 0;
      const bool isClosed = y == startY && x == startX;
      if (isClosed || at(y, x) == 0) break;
      const uint8_t following = next(at(y, x), step);
      if (following != step) {
        path.lineTo(static_cast<double>(x + mask_.box.x0), static_cast<double>(y + mask_.box.y0));
      }
      step = following;
    }
    path.closeSubpath();
  }

  const PlaneMask& mask_;
  int64_t rows_;
  int64_t columns_;
  std::vector<uint8_t> steps_;
};

}  // namespace

QPainterPath maskOutline(const PlaneMask& mask) {
  if (mask.isEmpty()) return {};
  return EdgeTracer(mask).path();
}

}  // namespace cyto::ui
