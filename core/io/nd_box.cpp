#include "core/io/nd_box.h"

#include <cstring>

namespace cyto::io {

namespace {

std::vector<int64_t> stridesOf(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// Counts `index` up within `count`, last axis of `axes` fastest; false after the last position.
bool advance(std::vector<int64_t>& index, std::span<const int64_t> count, size_t axes) {
  for (size_t i = axes; i-- > 0;) {
    if (++index[i] < count[i]) return true;
    index[i] = 0;
  }
  return false;
}

}  // namespace

int64_t elementsOf(std::span<const int64_t> shape) {
  int64_t product = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product)) return -1;
  }
  return product;
}

void copyBox(const NdCopy& copy, size_t element_bytes, const std::byte* from, std::byte* to) {
  if (elementsOf(copy.count) <= 0) return;
  const size_t rank = copy.count.size();
  const auto fromStrides = stridesOf(copy.fromShape);
  const auto toStrides = stridesOf(copy.toShape);
  const size_t row_bytes = (rank == 0 ? 1 : static_cast<size_t>(copy.count[rank - 1])) * element_bytes;
  std::vector<int64_t> index(rank, 0);
  do {
    int64_t source = 0;
    int64_t target = 0;
    for (size_t i = 0; i < rank; ++i) {
      source += (copy.fromBegin[i] + index[i]) * fromStrides[i];
      target += (copy.toBegin[i] + index[i]) * toStrides[i];
    }
    std::memcpy(to + static_cast<size_t>(target) * element_bytes, from + static_cast<size_t>(source) * element_bytes,
                row_bytes);
  } while (rank > 1 && advance(index, copy.count, rank - 1));
}

std::vector<std::byte> permuted(std::span<const std::byte> from, std::span<const int64_t> shape,
                                std::span<const int> order, size_t element_bytes) {
  const auto strides = stridesOf(shape);
  std::vector<int64_t> outShape(order.size());
  for (size_t i = 0; i < order.size(); ++i) outShape[i] = shape[static_cast<size_t>(order[i])];
  std::vector<std::byte> out(from.size());
  std::vector<int64_t> index(order.size(), 0);
  std::byte* target = out.data();
  do {
    int64_t source = 0;
    for (size_t i = 0; i < order.size(); ++i) source += index[i] * strides[static_cast<size_t>(order[i])];
    std::memcpy(target, from.data() + static_cast<size_t>(source) * element_bytes, element_bytes);
    target += element_bytes;
  } while (advance(index, outShape, order.size()) && target < out.data() + out.size());
  return out;
}

}  // namespace cyto::io
