#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/array/tiling.h"

namespace cyto {

/// One map of features in (1, channels, rows, columns), float32, C order. SAM has one, named
/// "features" (1, 256, 64, 64); networks with high-resolution features add more.
struct FeatureMap {
  std::string name;
  int64_t channels = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;
};

/// What an image encoder made of one image, slice, frame or tile (spec/micro-sam.md §2.1).
struct Embedding {
  std::vector<FeatureMap> maps;  ///< maps[0] is named "features"
  Extent2 originalSize;          ///< rows and columns of the image that was encoded
  Extent2 inputSize;             ///< the same after resizing, before padding to the square frame

  int64_t size_bytes() const {
    int64_t sum = 0;
    for (const FeatureMap& map : maps) sum += static_cast<int64_t>(map.values.size() * sizeof(float));
    return sum;
  }
};

using EmbeddingPtr = std::shared_ptr<const Embedding>;

}  // namespace cyto
