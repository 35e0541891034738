#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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
std::vector<std::byte> permuted(std::span<const std::byte> from, std::span<const int64_t> shape, std::span<const int> order,
                                size_t element_bytes);

}  // namespace cyto::io
