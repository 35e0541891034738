#pragma once

#include <cstdint>
#include <vector>

namespace cyto::nn {

/// The squared Euclidean distance, in pixels and exact, of every pixel of a grid to the nearest one in `isSource` (rows
/// * columns, any but 0 is one). Without a source it is (rows + columns)² everywhere, more than any distance.
/// Linear in the number of pixels (Meijster, Roerdink and Hesselink 2000).
std::vector<int64_t> squaredDistances(const std::vector<char>& isSource, int64_t rows, int64_t columns);

}  // namespace cyto::nn
