#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// Self-attention over a square map with decomposed relative positions, in square windows or over the whole map
/// (spec/micro-sam.md §1.7). Score of query (h, w) and key (i, j): q.k / sqrt(d) + q.R_rows[h, i] + q.R_columns[w, j].
///
/// Made without gradients on a processor that has kernels, it uses them; otherwise operations of LibTorch.
class PositionalAttention {
 public:
  PositionalAttention() = default;
  /// `rows` and `columns`: tables of (2 span - 1, head size) or another length, which is resampled. `padding`
  /// (3 width): query, key and value of a token of zeros, as windows are padded with them. `window` 0: the whole map,
  /// whose side is `span`.
  PositionalAttention(int64_t heads, int64_t span, int64_t window, const at::Tensor& rows, const at::Tensor& columns,
                      at::Tensor padding);

  /// (N, side, side, 3 width) to (N, side, side, width). The kernels pause between a few heads of the whole map.
  at::Tensor operator()(const at::Tensor& qkv, const BetweenSteps& betweenSteps) const;

 private:
  at::Tensor withKernels(const at::Tensor& qkv, const BetweenSteps& betweenSteps) const;
  at::Tensor whole(const at::Tensor& qkv) const;
  at::Tensor inWindows(const at::Tensor& qkv) const;

  int64_t heads_ = 0, span_ = 0, window_ = 0;
  at::Tensor rows_, columns_;  // (span, span, head size), fp32: row (query, key) of the table; undefined with kernels
  at::Tensor padding_;
  const KernelSet* kernels_ = nullptr;
  at::Tensor rowTable_, columnTable_;  // as PositionTables has them
};

/// Row (i, j) holds the table's row for query i and key j along one axis: (queries, keys, head size). A table of
/// another length is resampled linearly first (spec/micro-sam.md §1.7).
at::Tensor relativePositions(const at::Tensor& table, int64_t queries, int64_t keys);

}  // namespace cyto::nn
