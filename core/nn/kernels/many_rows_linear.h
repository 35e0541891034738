// A linear layer for many rows: blocks of rows are ordered so that a product reads them, like the weight, from front to
// back, and what is multiplied at once stays in the nearest caches. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/kernels/matrix_product.h"

namespace cyto::nn::CYTO_KERNELS {

/// The weight lies as (block of kDepthAtOnce inputs, columns / kTileColumns, input in the block, kTileColumns).
inline void packManyRows(const float* weight, int64_t in, int64_t out, int64_t begin, int64_t end, float* packed) {
  for (int64_t first = 0; first < in; first += kDepthAtOnce) {
    const int64_t depth = smaller(kDepthAtOnce, in - first);
    for (int64_t column = begin; column < end; column += kLanes) {
      float* const to = packed + first * out + column / kTileColumns * kTileColumns * depth + column % kTileColumns;
      const float* const from = weight + column * in + first;
      for (int64_t k = 0; k < depth; ++k) store(to + k * kTileColumns, gather(from + k, in));
    }
  }
}

/// kTileRows rows side by side: element (row, k) at k * kTileRows + row % kTileRows of its group of rows.
CYTO_INLINE void packRows(const float* x, int64_t stride, int64_t rows, int64_t depth, float* packed) {
  for (int64_t group = 0; group < rows; group += kTileRows, packed += depth * kTileRows) {
    const int64_t count = smaller(kTileRows, rows - group);
    for (int64_t r = 0; r < count; ++r) {
      const float* const from = x + (group + r) * stride;
      for (int64_t k = 0; k < depth; ++k) packed[k * kTileRows + r] = from[k];
    }
  }
}

/// Asks for values that are needed soon, up to the second cache.
CYTO_INLINE void prefetch(const float* values, int64_t count) {
  for (int64_t i = 0; i < count; i += 16) _mm_prefetch(reinterpret_cast<const char*>(values + i), _MM_HINT_T1);
}

inline void manyRowsLinear(const ManyRowsLinear& work, int64_t begin, int64_t end, float* scratch) {
  const int64_t in = work.in, out = work.out, rows = end - begin;
  for (int64_t first = 0; first < in; first += kDepthAtOnce) {
    const int64_t depth = smaller(kDepthAtOnce, in - first);
    const bool isFirst = first == 0, isLast = first + depth == in;
    packRows(work.x + begin * in + first, in, rows, depth, scratch);
    // The next columns come while these are multiplied, some with each group of rows.
    const int64_t ahead = roundUp(depth * kTileColumns * kTileRows / rows + 1, 16);
    for (int64_t n = 0; n < out; n += kTileColumns) {
      const RightFactor<float> columns{work.weight + first * out + n * depth, kTileColumns, 0};
      for (int64_t m = 0; m < rows; m += kTileRows) {
        const LeftFactor<float> group{scratch + m * depth, 1, kTileRows};
        const int64_t count = smaller(kTileRows, rows - m);
        prefetch(columns.values + depth * kTileColumns + m / kTileRows * ahead, ahead);
        float* const result = work.result + (begin + m) * out + n;
        const auto init = [=, bias = work.bias + n](int64_t row, int64_t column) {
          return load(isFirst ? bias + column : result + row * out + column);
        };
        if (isLast && work.withGelu) {
          productColumns<kTileRegisters>(
              group, columns, count, depth, 0, init,
              [=](int64_t row, int64_t column, Floats sum) { store(result + row * out + column, geluOf(sum)); });
        } else {
          productColumns<kTileRegisters>(
              group, columns, count, depth, 0, init,
              [=](int64_t row, int64_t column, Floats sum) { store(result + row * out + column, sum); });
        }
      }
    }
  }
}

}  // namespace cyto::nn::CYTO_KERNELS
