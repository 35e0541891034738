#include "core/project/exchange/volume_pixels.h"

#include <algorithm>

namespace cyto {

uint32_t VolumePixels::largestId() const {
  uint32_t largest = 0;
  for (const ChunkKey& key : labels_.chunks()) {
    const LabelVolume::Chunk& chunk = *labels_.find(key);
    largest = std::max(largest, *std::max_element(chunk.begin(), chunk.end()));
  }
  return largest;
}

bool VolumePixels::mayHoldLabels(int64_t t, int64_t z, const PlaneBox& window) const {
  constexpr int64_t kSide = LabelVolume::kChunkSide;
  for (int64_t row = window.y0 / kSide; row * kSide < window.y1; ++row) {
    for (int64_t column = window.x0 / kSide; column * kSide < window.x1; ++column) {
      if (labels_.find({t, z, row, column})) return true;
    }
  }
  return false;
}

void VolumePixels::read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const {
  labels_.read(t, z, window, out);
}

}  // namespace cyto
