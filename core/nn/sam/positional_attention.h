#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace cyto::nn {

/// Self-attention over a square map with decomposed relative positions, in square windows or over the whole map
/// (spec/micro-sam.md §1.7). Score of query (h, w) and key (i, j): q.k / sqrt(d) + q.R_rows[h, i] + q.R_columns[w, j].
struct PositionalAttention {
  int64_t heads = 0;
  int64_t window = 0;  ///< side of the windows; 0: the whole map
  at::Tensor rows;     ///< (span, span, head size), fp32: row (query, key) of the table
  at::Tensor columns;  ///< the same for columns
  at::Tensor padding;  ///< (3 width): query, key and value of a token of zeros, as windows are padded with them

  /// (N, side, side, 3 width) to (N, side, side, width).
  at::Tensor operator()(const at::Tensor& qkv) const;

 private:
  at::Tensor mapByTiles(const at::Tensor& qkv) const;
  at::Tensor windowsByTiles(const at::Tensor& qkv) const;
  at::Tensor whole(const at::Tensor& qkv) const;
  at::Tensor inWindows(const at::Tensor& qkv) const;
};

}  // namespace cyto::nn
