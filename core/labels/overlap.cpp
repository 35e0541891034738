#include "core/labels/overlap.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <unordered_map>

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

/// Counts pairs; neighbouring pixels mostly have the same.
class PairCounter {
 public:
  void add(uint32_t first, uint32_t second) {
    const uint64_t pair = uint64_t{first} << 32 | second;
    if (pair != last_) {
      flush();
      last_ = pair;
    }
    ++length_;
  }

  std::vector<Overlap> finish() {
    flush();
    std::vector<Overlap> overlaps;
    overlaps.reserve(pixels_.size());
    for (const auto& [pair, pixels] : pixels_) {
      overlaps.push_back({static_cast<uint32_t>(pair >> 32), static_cast<uint32_t>(pair), pixels});
    }
    std::sort(overlaps.begin(), overlaps.end(), [](const Overlap& a, const Overlap& b) {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
    return overlaps;
  }

 private:
  void flush() {
    if (length_ > 0) pixels_[last_] += length_;
    length_ = 0;
  }

  std::unordered_map<uint64_t, int64_t> pixels_;
  uint64_t last_ = 0;
  int64_t length_ = 0;
};

}  // namespace

std::vector<Overlap> overlapsOf(const LabelVolume& first, const LabelVolume& second, const Box& box) {
  assert(first.shape() == second.shape());
  const PlaneBox window{box.begin.y, box.begin.x, box.end.y, box.end.x};
  PairCounter counter;
  for (const ChunkKey& key : second.chunks(box)) {
    const LabelVolume::Chunk* mine = first.find(key);
    if (!mine) continue;
    const LabelVolume::Chunk& theirs = *second.find(key);
    const PlaneBox inPlane = second.boxOf(key);
    const PlaneBox part = inPlane.clippedTo(window);
    for (int64_t y = part.y0; y < part.y1; ++y) {
      auto i = static_cast<size_t>((y - inPlane.y0) * kSide + part.x0 - inPlane.x0);
      for (int64_t x = part.x0; x < part.x1; ++x, ++i) {
        if ((*mine)[i] != 0 && theirs[i] != 0) counter.add((*mine)[i], theirs[i]);
      }
    }
  }
  return counter.finish();
}

}  // namespace cyto
