#include "core/segmentation/truth_objects.h"

#include <algorithm>
#include <map>
#include <random>

namespace cyto {

namespace {

template <typename Id>
std::vector<TruthObject> collect(std::span<const Id> labels, int64_t rows, int64_t columns, int64_t leastArea) {
  std::map<uint64_t, PlaneBox> bounds;
  size_t i = 0;
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const Id id = labels[i++];
      if (id == 0) continue;
      PlaneBox& box = bounds.try_emplace(id, PlaneBox{y, x, y + 1, x + 1}).first->second;
      box = {box.y0, std::min(box.x0, x), y + 1, std::max(box.x1, x + 1)};
    }
  }
  std::vector<TruthObject> objects;
  for (const auto& [id, box] : bounds) {
    PlaneMask mask = maskWhere(
        box, [&, wanted = id](int64_t y, int64_t x) { return labels[static_cast<size_t>(y * columns + x)] == wanted; });
    if (mask.area() >= leastArea) objects.push_back({id, std::move(mask)});
  }
  return objects;
}

}  // namespace

std::vector<TruthObject> objectsOf(std::span<const uint64_t> labels, int64_t rows, int64_t columns, int64_t leastArea) {
  return collect(labels, rows, columns, leastArea);
}

std::vector<TruthObject> objectsOf(std::span<const uint32_t> labels, int64_t rows, int64_t columns, int64_t leastArea) {
  return collect(labels, rows, columns, leastArea);
}

std::vector<TruthObject> sampled(std::vector<TruthObject> objects, int64_t count, uint64_t seed) {
  const auto total = static_cast<int64_t>(objects.size());
  if (count <= 0 || count >= total) return objects;
  std::vector<size_t> order(objects.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(seed);
  // Not std::shuffle: its result differs between standard libraries.
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    std::swap(order[i], order[i + random() % (order.size() - i)]);
  }
  std::sort(order.begin(), order.begin() + count);
  std::vector<TruthObject> chosen;
  for (int64_t i = 0; i < count; ++i) chosen.push_back(std::move(objects[order[static_cast<size_t>(i)]]));
  return chosen;
}

}  // namespace cyto
