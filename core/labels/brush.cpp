#include "core/labels/brush.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace cyto {

namespace {

/// Positions and radii beyond this are moved here, so that their squares stay exact enough; no image is that large.
constexpr double kFarAway = 1e12;

/// Rounding must not drop a pixel whose centre lies right on the rim.
constexpr double kRim = 1e-9;

/// A stretch of one row; empty when `last < first`.
struct Interval {
  double first = -std::numeric_limits<double>::infinity();
  double last = std::numeric_limits<double>::infinity();

  bool isEmpty() const { return last < first; }
};

constexpr Interval kNothing{1, 0};

Interval intersected(const Interval& a, const Interval& b) {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

/// An interval around both.
Interval spanned(const Interval& a, const Interval& b) {
  if (a.isEmpty()) return b;
  if (b.isEmpty()) return a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

/// The x for which `low <= slope * x + offset <= high`.
Interval solved(double slope, double offset, double low, double high) {
  if (slope == 0) return offset >= low && offset <= high ? Interval{} : kNothing;
  const double a = (low - offset) / slope;
  const double b = (high - offset) / slope;
  return {std::min(a, b), std::max(a, b)};
}

Interval rowOfDisc(const StrokePoint& centre, double radius, double y) {
  const double rest = radius * radius - (y - centre.y) * (y - centre.y);
  if (rest < 0) return kNothing;
  return {centre.x - std::sqrt(rest), centre.x + std::sqrt(rest)};
}

/// A row of all points within `radius` of the line from a to b: a convex shape, made of two discs and the rectangle
/// between them.
Interval rowOfSegment(const StrokePoint& a, const StrokePoint& b, double radius, double y) {
  const Interval ends = spanned(rowOfDisc(a, radius, y), rowOfDisc(b, radius, y));
  const double dy = b.y - a.y;
  const double dx = b.x - a.x;
  const double length = std::hypot(dy, dx);
  if (length == 0) return ends;
  const double v = y - a.y;
  const Interval beside = solved(dy, -v * dx, -radius * length, radius * length);
  const Interval between = solved(dx, v * dy, 0, length * length);
  Interval rectangle = intersected(beside, between);
  rectangle.first += a.x;
  rectangle.last += a.x;
  return spanned(ends, rectangle);
}

int64_t pixelAt(double position) { return static_cast<int64_t>(std::floor(position + 0.5)); }

std::vector<StrokePoint> usablePoints(std::span<const StrokePoint> path) {
  std::vector<StrokePoint> points;
  points.reserve(path.size());
  for (const StrokePoint& point : path) {
    if (!std::isfinite(point.y) || !std::isfinite(point.x)) continue;
    points.push_back({std::clamp(point.y, -kFarAway, kFarAway), std::clamp(point.x, -kFarAway, kFarAway)});
  }
  return points;
}

/// The pixels of the plane that a stroke can reach.
PlaneBox reachedBox(const std::vector<StrokePoint>& points, double reach, const PlaneBox& plane) {
  StrokePoint low = points.front();
  StrokePoint high = points.front();
  for (const StrokePoint& point : points) {
    low = {std::min(low.y, point.y), std::min(low.x, point.x)};
    high = {std::max(high.y, point.y), std::max(high.x, point.x)};
  }
  const PlaneBox box{pixelAt(low.y - reach) - 1, pixelAt(low.x - reach) - 1, pixelAt(high.y + reach) + 2,
                     pixelAt(high.x + reach) + 2};
  return box.clippedTo(plane);
}

void drawThick(PlaneMask& mask, const StrokePoint& a, const StrokePoint& b, double radius) {
  const PlaneBox& box = mask.box;
  const int64_t y0 = std::max(box.y0, pixelAt(std::min(a.y, b.y) - radius) - 1);
  const int64_t y1 = std::min(box.y1, pixelAt(std::max(a.y, b.y) + radius) + 2);
  for (int64_t y = y0; y < y1; ++y) {
    const Interval row = rowOfSegment(a, b, radius, static_cast<double>(y));
    if (row.isEmpty()) continue;
    const double first = std::max(std::ceil(row.first - kRim), static_cast<double>(box.x0));
    const double last = std::min(std::floor(row.last + kRim), static_cast<double>(box.x1 - 1));
    if (last < first) continue;
    std::fill_n(mask.pixels.begin() + (y - box.y0) * box.width() + static_cast<int64_t>(first) - box.x0,
                static_cast<int64_t>(last - first) + 1, uint8_t{1});
  }
}

/// One pixel for each step along the longer axis, so there are no gaps. Steps outside the box are never taken, however
/// far away the ends are.
void drawThin(PlaneMask& mask, const StrokePoint& a, const StrokePoint& b) {
  const PlaneBox& box = mask.box;
  const int64_t y = pixelAt(a.y);
  const int64_t x = pixelAt(a.x);
  const int64_t dy = pixelAt(b.y) - y;
  const int64_t dx = pixelAt(b.x) - x;
  const bool isSteep = std::abs(dy) > std::abs(dx);
  const int64_t begin = isSteep ? y : x;
  const int64_t end = begin + (isSteep ? dy : dx);
  const int64_t first = std::max(std::min(begin, end), isSteep ? box.y0 : box.x0);
  const int64_t last = std::min(std::max(begin, end), (isSteep ? box.y1 : box.x1) - 1);
  const double slope = begin == end ? 0 : static_cast<double>(isSteep ? dx : dy) / static_cast<double>(end - begin);
  for (int64_t i = first; i <= last; ++i) {
    const int64_t side = (isSteep ? x : y) + pixelAt(slope * static_cast<double>(i - begin));
    const int64_t row = isSteep ? i : side;
    const int64_t column = isSteep ? side : i;
    if (!box.contains(row, column)) continue;
    mask.pixels[static_cast<size_t>((row - box.y0) * box.width() + column - box.x0)] = 1;
  }
}

PlaneMask blank(const PlaneBox& box) {
  return {box, std::vector<uint8_t>(static_cast<size_t>(box.height() * box.width()))};
}

/// Scanline filling of a mask by the ids of its box.
class FloodFill {
 public:
  FloodFill(const std::vector<uint32_t>& ids, PlaneMask& mask) : ids_(ids), mask_(mask), width_(mask.box.width()) {}

  void run(int64_t y, int64_t x) {
    const int64_t start = (y - mask_.box.y0) * width_ + x - mask_.box.x0;
    id_ = ids_[static_cast<size_t>(start)];
    open_.push_back(start);
    while (!open_.empty()) {
      const int64_t seed = open_.back();
      open_.pop_back();
      if (isOpen(seed)) fillStretch(seed);
    }
  }

 private:
  bool isOpen(int64_t i) const {
    return ids_[static_cast<size_t>(i)] == id_ && mask_.pixels[static_cast<size_t>(i)] == 0;
  }

  void fillStretch(int64_t seed) {
    const int64_t row = seed / width_ * width_;
    int64_t first = seed;
    int64_t end = seed + 1;
    while (first > row && isOpen(first - 1)) --first;
    while (end < row + width_ && isOpen(end)) ++end;
    std::fill(mask_.pixels.begin() + first, mask_.pixels.begin() + end, uint8_t{1});
    if (row > 0) openStretches(first - width_, end - width_);
    if (row + width_ < static_cast<int64_t>(ids_.size())) openStretches(first + width_, end + width_);
  }

  /// One seed for each stretch is enough: the rest is found from there.
  void openStretches(int64_t first, int64_t end) {
    for (int64_t i = first; i < end; ++i) {
      if (isOpen(i) && (i == first || !isOpen(i - 1))) open_.push_back(i);
    }
  }

  const std::vector<uint32_t>& ids_;
  PlaneMask& mask_;
  int64_t width_;
  uint32_t id_ = 0;
  std::vector<int64_t> open_;
};

/// Whether something in `inner` could go on behind the border of `window`, inside the plane.
bool isCutOff(const PlaneBox& inner, const PlaneBox& window, const PlaneBox& plane) {
  return (inner.y0 == window.y0 && window.y0 > plane.y0) || (inner.x0 == window.x0 && window.x0 > plane.x0) ||
         (inner.y1 == window.y1 && window.y1 < plane.y1) || (inner.x1 == window.x1 && window.x1 < plane.x1);
}

}  // namespace

PlaneMask brushStroke(std::span<const StrokePoint> path, double radius, Extent2 plane) {
  const std::vector<StrokePoint> points = usablePoints(path);
  if (points.empty() || std::isnan(radius)) return {};
  const bool isThin = radius <= 0.5;
  const double reach = isThin ? 0.5 : std::min(radius, kFarAway);
  const PlaneBox box = reachedBox(points, reach, {0, 0, plane.y, plane.x});
  if (box.isEmpty()) return {};
  PlaneMask mask = blank(box);
  const auto draw = [&](const StrokePoint& a, const StrokePoint& b) {
    if (isThin) {
      drawThin(mask, a, b);
    } else {
      drawThick(mask, a, b, reach);
    }
  };
  if (points.size() == 1) draw(points[0], points[0]);
  for (size_t i = 1; i < points.size(); ++i) draw(points[i - 1], points[i]);
  return tightened(std::move(mask));
}

PlaneMask connectedRegion(const LabelVolume& labels, int64_t t, int64_t z, int64_t y, int64_t x) {
  const PlaneBox plane{0, 0, labels.shape().y, labels.shape().x};
  assert(plane.contains(y, x));
  // Objects are small and planes are large: look at a small window first, and at larger ones while the region is cut.
  for (int64_t reach = LabelVolume::kChunkSide / 2;; reach *= 2) {
    const PlaneBox window = PlaneBox{y - reach, x - reach, y + reach + 1, x + reach + 1}.clippedTo(plane);
    PlaneMask mask = blank(window);
    std::vector<uint32_t> ids(mask.pixels.size());
    labels.read(t, z, window, ids);
    FloodFill(ids, mask).run(y, x);
    mask = tightened(std::move(mask));
    if (!isCutOff(mask.box, window, plane)) return mask;
  }
}

}  // namespace cyto
