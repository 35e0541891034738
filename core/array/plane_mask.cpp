#include "core/array/plane_mask.h"

#include <algorithm>

namespace cyto {

namespace {

PlaneBox spanned(const PlaneBox& a, const PlaneBox& b) {
  if (a.isEmpty()) return b;
  if (b.isEmpty()) return a;
  return {std::min(a.y0, b.y0), std::min(a.x0, b.x0), std::max(a.y1, b.y1), std::max(a.x1, b.x1)};
}

PlaneBox occupied(const PlaneMask& mask) {
  PlaneBox tight{mask.box.y1, mask.box.x1, mask.box.y0, mask.box.x0};
  size_t i = 0;
  for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
    for (int64_t x = mask.box.x0; x < mask.box.x1; ++x) {
      if (!mask.pixels[i++]) continue;
      tight = {std::min(tight.y0, y), std::min(tight.x0, x), std::max(tight.y1, y + 1), std::max(tight.x1, x + 1)};
    }
  }
  return tight;
}

PlaneMask copiedWindow(const PlaneMask& mask, const PlaneBox& window) {
  PlaneMask part{window, {}};
  part.pixels.reserve(static_cast<size_t>(window.height() * window.width()));
  for (int64_t y = window.y0; y < window.y1; ++y) {
    const auto row = mask.pixels.begin() + (y - mask.box.y0) * mask.box.width();
    part.pixels.insert(part.pixels.end(), row + (window.x0 - mask.box.x0), row + (window.x1 - mask.box.x0));
  }
  return part;
}

}  // namespace

int64_t PlaneMask::area() const {
  return std::count_if(pixels.begin(), pixels.end(), [](uint8_t inside) { return inside != 0; });
}

PlaneMask tightened(PlaneMask mask) {
  const PlaneBox tight = occupied(mask);
  if (tight.isEmpty()) return {};
  if (tight == mask.box) return mask;
  return copiedWindow(mask, tight);
}

PlaneMask translated(PlaneMask mask, int64_t y, int64_t x) {
  if (mask.isEmpty()) return {};
  mask.box = {mask.box.y0 + y, mask.box.x0 + x, mask.box.y1 + y, mask.box.x1 + x};
  return mask;
}

PlaneMask cropped(const PlaneMask& mask, const PlaneBox& window) {
  const PlaneBox common = mask.box.clippedTo(window);
  if (common.isEmpty()) return {};
  return tightened(copiedWindow(mask, common));
}

PlaneMask united(const PlaneMask& a, const PlaneMask& b) {
  return maskWhere(spanned(a.box, b.box), [&](int64_t y, int64_t x) { return a.at(y, x) || b.at(y, x); });
}

PlaneMask subtracted(const PlaneMask& a, const PlaneMask& b) {
  return maskWhere(a.box, [&](int64_t y, int64_t x) { return a.at(y, x) && !b.at(y, x); });
}

double intersectionOverUnion(const PlaneMask& a, const PlaneMask& b) {
  const PlaneBox common = a.box.clippedTo(b.box);
  int64_t both = 0;
  for (int64_t y = common.y0; y < common.y1; ++y) {
    for (int64_t x = common.x0; x < common.x1; ++x) both += a.at(y, x) && b.at(y, x) ? 1 : 0;
  }
  const int64_t either = a.area() + b.area() - both;
  return either == 0 ? 0.0 : static_cast<double>(both) / static_cast<double>(either);
}

PlaneMask inscribedEllipse(const PlaneBox& box) {
  const double centreY = static_cast<double>(box.y0 + box.y1 - 1) / 2;
  const double centreX = static_cast<double>(box.x0 + box.x1 - 1) / 2;
  const double radiusY = static_cast<double>(box.height()) / 2;
  const double radiusX = static_cast<double>(box.width()) / 2;
  return maskWhere(box, [&](int64_t y, int64_t x) {
    const double v = (static_cast<double>(y) - centreY) / radiusY;
    const double u = (static_cast<double>(x) - centreX) / radiusX;
    return v * v + u * u <= 1.0;
  });
}

}  // namespace cyto
