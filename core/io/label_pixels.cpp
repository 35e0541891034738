#include "core/io/label_pixels.h"

#include <algorithm>

namespace cyto::io {

uint32_t ArrayLabelPixels::largestId() const {
  const auto ids = labels_.as<uint32_t>();
  return ids.empty() ? 0 : *std::max_element(ids.begin(), ids.end());
}

bool ArrayLabelPixels::mayHoldLabels(int64_t, int64_t, const PlaneBox&) const { return true; }

void ArrayLabelPixels::read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const {
  const auto plane = labels_.plane<uint32_t>(0, t, z);
  for (int64_t y = window.y0; y < window.y1; ++y) {
    std::copy_n(plane.begin() + y * shape().x + window.x0, window.width(),
                out.begin() + (y - window.y0) * window.width());
  }
}

}  // namespace cyto::io
