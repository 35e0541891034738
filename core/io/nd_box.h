#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace cyto::io {

/// Number of elements of a shape, or -1 when an extent is negative or the product does not fit 63 bits.
int64_t elementsOf(std::span<const int64_t> shape);

/// Where a box of `count` elements starts in each of two dense C-order arrays.
struct NdCopy {
  std::span<const int64_t> count;
  std::span<const int64_t> fromShape;
  std::span<const int64_t> fromBegin;
  std::span<const int64_t> toShape;
  std::span<const int64_t> toBegin;
};

/// Copies a box between dense C-order arrays of equal rank. The boxes must lie inside both.
void copyBox(const NdCopy& copy, size_t element_bytes, const std::byte* from, std::byte* to);

/// Rearranges a dense C-order array: axis i of the result is axis order[i] of the source.
std::vector<std::byte> permuted(std::span<const std::byte> from, std::span<const int64_t> shape,
                                std::span<const int> order, size_t element_bytes);

/// Visits every chunk of a grid that meets a box without empty sides: visit(position in the grid, first element).
template <typename Visitor>
Status forEachChunk(std::span<const int64_t> chunk, std::span<const int64_t> begin, std::span<const int64_t> count,
                    Visitor&& visit) {
  const size_t rank = chunk.size();
  std::vector<int64_t> first(rank);
  std::vector<int64_t> last(rank);
  for (size_t i = 0; i < rank; ++i) {
    first[i] = begin[i] / chunk[i];
    last[i] = (begin[i] + count[i] - 1) / chunk[i];
  }
  std::vector<int64_t> position = first;
  std::vector<int64_t> origin(rank);
  for (;;) {
    for (size_t i = 0; i < rank; ++i) origin[i] = position[i] * chunk[i];
    CYTO_TRY(visit(position, origin));
    size_t axis = rank;
    while (axis > 0 && position[axis - 1] == last[axis - 1]) {
      position[axis - 1] = first[axis - 1];
      --axis;
    }
    if (axis == 0) return {};
    ++position[axis - 1];
  }
}

}  // namespace cyto::io
