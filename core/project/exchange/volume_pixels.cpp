#include "core/project/exchange/volume_pixels.h"

#include <algorithm>

namespace cyto {

uint32_t VolumePixels::largestId() const {
  uint32_t largest = 0;
  for (const ChunkKey& key : labels_.chunks()) {
    ChunkReader chunk = labels_.chunk(key);
    for (int64_t y = 0; y < LabelVolume::kChunkSide; ++y) {
      const uint32_t* row = chunk.row(y);
      largest = std::max(largest, *std::max_element(row, row + LabelVolume::kChunkSide));
    }
  }
  return largest;
}

bool VolumePixels::mayHoldLabels(int64_t t, int64_t z, const PlaneBox& window) const {
  return !labels_.chunks({{t, z, window.y0, window.x0}, {t + 1, z + 1, window.y1, window.x1}}).empty();
}

void VolumePixels::read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const {
  labels_.read(t, z, window, out);
}

}  // namespace cyto
