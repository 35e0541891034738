#include "core/segmentation/automatic/seeded_watershed.h"

#include <queue>

namespace cyto {

namespace {

struct Reached {
  float height;
  uint32_t order;  ///< counts the pixels in the order in which they were reached
  uint32_t pixel;
};

/// The lowest first. Heights that are no numbers come last.
struct ComesLater {
  static bool isHigher(float a, float b) { return a > b || (a != a && b == b); }
  bool operator()(const Reached& a, const Reached& b) const {
    if (isHigher(a.height, b.height)) return true;
    if (isHigher(b.height, a.height)) return false;
    return a.order > b.order;
  }
};

}  // namespace

void growSeeds(InstanceLabels& seeds, const std::vector<float>& heights, const std::vector<uint8_t>& mask) {
  const int64_t rows = seeds.size.y, columns = seeds.size.x;
  std::priority_queue<Reached, std::vector<Reached>, ComesLater> front;
  uint32_t order = 0;
  const auto reach = [&](int64_t pixel, uint32_t id) {
    const auto i = static_cast<size_t>(pixel);
    if (!mask[i] || seeds.ids[i] != 0) return;
    seeds.ids[i] = id;
    front.push({heights[i], order++, static_cast<uint32_t>(pixel)});
  };
  const auto reachAround = [&](int64_t pixel) {
    const int64_t y = pixel / columns, x = pixel % columns;
    const uint32_t id = seeds.ids[static_cast<size_t>(pixel)];
    if (y > 0) reach(pixel - columns, id);
    if (x > 0) reach(pixel - 1, id);
    if (x + 1 < columns) reach(pixel + 1, id);
    if (y + 1 < rows) reach(pixel + columns, id);
  };
  // The seeds all wait before any of them grows, so that none gets a head start.
  for (size_t i = 0; i < seeds.ids.size(); ++i) {
    if (seeds.ids[i] != 0) front.push({heights[i], order++, static_cast<uint32_t>(i)});
  }
  while (!front.empty()) {
    const auto pixel = static_cast<int64_t>(front.top().pixel);
    front.pop();
    reachAround(pixel);
  }
}

}  // namespace cyto
