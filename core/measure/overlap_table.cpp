#include "core/measure/overlap_table.h"

#include <algorithm>
#include <utility>

namespace cyto {

uint32_t OverlapTable::Objects::count(uint64_t id, int64_t pixels) {
  const auto [found, isNew] = positions.try_emplace(id, static_cast<uint32_t>(objects.size()));
  if (isNew) objects.push_back({id, 0});
  objects[found->second].area += pixels;
  return found->second;
}

void OverlapTable::addRun(uint64_t truth, uint64_t prediction, int64_t pixels) {
  const uint64_t ofTruth = truth == 0 ? 0 : truth_.count(truth, pixels);
  const uint64_t ofPrediction = prediction == 0 ? 0 : prediction_.count(prediction, pixels);
  if (truth != 0 && prediction != 0) common_[ofTruth << 32 | ofPrediction] += pixels;
}

// Neighbours of a row mostly belong to the same pair, so the tables are asked once for a run of pixels.
void OverlapTable::add(std::span<const uint64_t> truth, std::span<const uint64_t> prediction) {
  const size_t size = std::min(truth.size(), prediction.size());
  size_t begin = 0;
  for (size_t i = 1; i <= size; ++i) {
    if (i < size && truth[i] == truth[begin] && prediction[i] == prediction[begin]) continue;
    addRun(truth[begin], prediction[begin], static_cast<int64_t>(i - begin));
    begin = i;
  }
}

std::vector<OverlapTable::Overlap> OverlapTable::overlaps() const {
  std::vector<Overlap> all;
  all.reserve(common_.size());
  for (const auto& [positions, area] : common_) {
    const auto ofTruth = static_cast<int64_t>(positions >> 32);
    const auto ofPrediction = static_cast<int64_t>(positions & 0xffffffff);
    const int64_t together = truth_.objects[static_cast<size_t>(ofTruth)].area +
                             prediction_.objects[static_cast<size_t>(ofPrediction)].area - area;
    all.push_back({ofTruth, ofPrediction, area, static_cast<double>(area) / static_cast<double>(together)});
  }
  std::sort(all.begin(), all.end(), [](const Overlap& a, const Overlap& b) {
    return std::pair(a.truth, a.prediction) < std::pair(b.truth, b.prediction);
  });
  return all;
}

}  // namespace cyto
