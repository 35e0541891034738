// Products of matrices by tiles that stay in registers: of floats, or of pairs of bf16 (element.h), which count as one
// element of the summed axis. Sums are fp32. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/element.h"

namespace cyto::nn::CYTO_KERNELS {

/// Columns of a tile of accumulators.
inline constexpr int64_t kTileColumns = kTileRegisters * kLanes;

/// The left factor: element (m, k) at values[m * row + k * step].
template <class Element>
struct LeftFactor {
  const Element* values;
  int64_t row;
  int64_t step;
};

/// The right factor: element (k, n) at values[n / 64 * panel + k * step + n % 64].
template <class Element>
struct RightFactor {
  const Element* values;
  int64_t step;
  int64_t panel;
};
template <class Element>
CYTO_INLINE RightFactor<Element> panelsOf(const Element* values, int64_t rows) {
  return {values, 64, rows * 64};
}
template <class Element>
CYTO_INLINE RightFactor<Element> matrixOf(const Element* values, int64_t columns) {
  return {values, columns, 64};
}

/// Rows m to m + kRows of kRegisters vectors of columns from n.
template <int kRows, int kRegisters, class Element, class Init, class Finish>
CYTO_INLINE void productTile(const LeftFactor<Element>& left, const Element* right, int64_t step, int64_t depth,
                             int64_t m, int64_t n, const Init& init, const Finish& finish) {
  Floats sums[kRows][kRegisters];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kRegisters; ++j) sums[r][j] = init(m + r, n + j * kLanes);
  }
  const Element* row = left.values + m * left.row;
  for (int64_t k = 0; k < depth; ++k, row += left.step, right += step) {
    decltype(load(right)) columns[kRegisters];
#pragma GCC unroll 4
    for (int j = 0; j < kRegisters; ++j) columns[j] = load(right + j * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const auto value = fill(row[r * left.row]);
#pragma GCC unroll 4
      for (int j = 0; j < kRegisters; ++j) sums[r][j] = multiplyAdd(value, columns[j], sums[r][j]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kRegisters; ++j) finish(m + r, n + j * kLanes, sums[r][j]);
  }
}

/// All rows of kRegisters vectors of columns.
template <int kRegisters, class Element, class Init, class Finish>
CYTO_INLINE void productColumns(const LeftFactor<Element>& left, const RightFactor<Element>& right, int64_t rows,
                                int64_t depth, int64_t n, const Init& init, const Finish& finish) {
  const Element* const columns = right.values + n / 64 * right.panel + n % 64;
  int64_t m = 0;
  for (; m + kTileRows <= rows; m += kTileRows) {
    productTile<kTileRows, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
  }
  switch (rows - m) {
    case 5: return productTile<5, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
    case 4: return productTile<4, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
    case 3: return productTile<3, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
    case 2: return productTile<2, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
    case 1: return productTile<1, kRegisters>(left, columns, right.step, depth, m, n, init, finish);
    default: return;
  }
}

/// finish(m, n, init(m, n) + sum over k of left(m, k) right(k, n)) for all rows and columns, a vector of columns at a
/// time; `columns` is a multiple of the lanes.
template <class Element, class Init, class Finish>
CYTO_INLINE void product(const LeftFactor<Element>& left, const RightFactor<Element>& right, int64_t rows,
                         int64_t columns, int64_t depth, const Init& init, const Finish& finish) {
  int64_t n = 0;
  for (; n + kTileRegisters * kLanes <= columns; n += kTileRegisters * kLanes) {
    productColumns<kTileRegisters>(left, right, rows, depth, n, init, finish);
  }
  for (; n < columns; n += kLanes) productColumns<1>(left, right, rows, depth, n, init, finish);
}

}  // namespace cyto::nn::CYTO_KERNELS
