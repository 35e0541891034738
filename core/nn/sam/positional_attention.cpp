#include "core/nn/sam/positional_attention.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

// What the bias of some heads may hold at once, without kernels.
constexpr int64_t kScoresAtOnce = int64_t{1} << 24;
// Of the whole map between two pauses: 10 to 30 ms each on two cores.
constexpr int64_t kHeadsAtOnce = 2;
constexpr int64_t kPartsOfHeads = 2;

/// Position bias of queries q (H, r, c, d) for all keys: (H, r, c, span, span), fp32. `rows` (r, span, d) and
/// `columns` (c, span, d) are the tables' rows of these queries.
at::Tensor positionBias(const at::Tensor& q, const at::Tensor& rows, const at::Tensor& columns) {
  const int64_t h = q.size(0), r = q.size(1), c = q.size(2), d = q.size(3), span = rows.size(1);
  const at::Tensor query = q.to(rows.scalar_type());
  const at::Tensor perRow = at::bmm(query.transpose(0, 1).reshape({r, h * c, d}), rows.transpose(1, 2));
  const at::Tensor perColumn = at::bmm(query.permute({2, 0, 1, 3}).reshape({c, h * r, d}), columns.transpose(1, 2));
  at::Tensor ofRow = perRow.view({r, h, c, span, 1}).transpose(0, 1);
  at::Tensor ofColumn = perColumn.view({c, h, r, 1, span}).permute({1, 2, 0, 3, 4});
  if (c10::GradMode::is_enabled()) return ofRow + ofColumn;
  at::Tensor bias = at::empty({h, r, c, span, span}, rows.options());  // laid out as the attention reads it
  return at::add_out(bias, ofRow, ofColumn);
}

/// q (H, r, c, d), k and v (H, span * span, d) to (H, r, c, d).
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& rows,
                  const at::Tensor& columns) {
  const int64_t h = q.size(0), queries = q.size(1) * q.size(2);
  const at::Tensor bias = positionBias(q, rows, columns).reshape({1, h, queries, k.size(1)});
  // Only on a processor and without gradients may the bias have more digits than the queries.
  const bool keepsType = q.is_cpu() && !c10::GradMode::is_enabled();
  return at::scaled_dot_product_attention(q.reshape({1, h, queries, q.size(3)}), k.unsqueeze(0), v.unsqueeze(0),
                                          keepsType ? bias : bias.to(q.scalar_type()))
      .view(q.sizes());
}

/// A table of relative positions as the kernels read it (PositionTables).
at::Tensor reversedTable(const at::Tensor& table, int64_t span) {
  const double scale = std::sqrt(static_cast<double>(table.size(1)));
  at::Tensor reversed = at::zeros({table.size(1), positionTableStride(span)}, at::kFloat);
  reversed.narrow(1, 0, 2 * span - 1).copy_(table.flip(0).t() * scale);
  return reversed;
}

/// The table for this many positions, resampled when it has another length.
at::Tensor resampledTable(const at::Tensor& table, int64_t positions) {
  const int64_t length = 2 * positions - 1;
  if (table.size(0) == length) return table;
  return at::upsample_linear1d(table.t().unsqueeze(0), {length}, false).squeeze(0).t();
}

/// The squares of tokens that a map is attended in, and one head of one of them.
struct Squares {
  const at::Tensor& qkv;
  const at::Tensor& padding;
  int64_t span, heads, side, perSide, size;

  int64_t count() const { return qkv.size(0) * perSide * perSide * heads; }

  /// Index of the first token of square `task` / heads.
  int64_t firstToken(int64_t task) const {
    const int64_t square = task / heads, y = square / perSide % perSide * span, x = square % perSide * span;
    return (square / (perSide * perSide) * side + y) * side + x;
  }

  AttentionHead head(int64_t task) const {
    const int64_t square = task / heads, y = square / perSide % perSide * span, x = square % perSide * span;
    const int64_t bytes = qkv.element_size(), width = heads * size, start = task % heads * size;
    const char* const token = static_cast<const char*>(qkv.const_data_ptr()) + firstToken(task) * 3 * width * bytes;
    const char* const pad = static_cast<const char*>(padding.const_data_ptr());
    AttentionHead result;
    result.query = token + start * bytes;
    result.key = token + (width + start) * bytes;
    result.value = token + (2 * width + start) * bytes;
    result.columnStride = 3 * width;
    result.rowStride = side * 3 * width;
    result.rows = std::min(span, side - y);
    result.columns = std::min(span, side - x);
    result.paddingKey = pad + (width + start) * bytes;
    result.paddingValue = pad + (2 * width + start) * bytes;
    result.span = span;
    result.size = size;
    return result;
  }
};

}  // namespace

PositionalAttention::PositionalAttention(int64_t heads, int64_t span, int64_t window, const at::Tensor& rows,
                                         const at::Tensor& columns, at::Tensor padding)
    : heads_(heads), span_(span), window_(window), padding_(std::move(padding)) {
  const bool isPlain =
      rows.is_cpu() && !c10::GradMode::is_enabled() && span <= 64 && rows.size(1) % 2 == 0 && rows.size(1) <= 128;
  const KernelSet* const set = isPlain ? kernels() : nullptr;
  const bool fits = padding_.scalar_type() == at::kFloat || padding_.scalar_type() == at::kBFloat16;
  if (set && fits && (padding_.scalar_type() == at::kFloat || set->attentionBf16)) {
    kernels_ = set;
    padding_ = padding_.contiguous();
    rowTable_ = reversedTable(resampledTable(rows, span), span);
    columnTable_ = reversedTable(resampledTable(columns, span), span);
    return;
  }
  rows_ = relativePositions(rows, span, span);
  columns_ = relativePositions(columns, span, span);
}

at::Tensor PositionalAttention::operator()(const at::Tensor& qkv, const BetweenSteps& betweenSteps) const {
  if (kernels_) return withKernels(qkv, betweenSteps);
  pause(betweenSteps);
  return window_ == 0 ? whole(qkv) : inWindows(qkv);
}

/// Keys and values of each head of each square are packed once, then rows of queries are answered. A window is one
/// task, of the whole map each row is one, so that threads stay busy to the end.
at::Tensor PositionalAttention::withKernels(const at::Tensor& map, const BetweenSteps& betweenSteps) const {
  const at::Tensor qkv = map.contiguous();
  const int64_t side = qkv.size(1), width = qkv.size(3) / 3, size = width / heads_;
  const Squares squares{qkv, padding_, span_, heads_, side, (side + span_ - 1) / span_, size};
  const AttentionKernels& attention = qkv.scalar_type() == at::kFloat ? kernels_->attention : kernels_->attentionBf16;
  const PositionTables positions{rowTable_.const_data_ptr<float>(), columnTable_.const_data_ptr<float>(),
                                 rowTable_.size(1)};
  const int64_t packedBytes = attention.packedBytes(span_, size), scratchBytes = attention.scratchBytes(span_, size);
  at::Tensor out = at::empty({qkv.size(0), side, side, width}, qkv.options());
  char* const outBytes = static_cast<char*>(out.mutable_data_ptr());
  const auto attend = [&](int64_t task, int64_t row, const char* packed, char* scratch) {
    const int64_t token = squares.firstToken(task) + row * side;
    attention.attend(squares.head(task), positions, packed, row,
                     outBytes + (token * width + task % heads_ * size) * out.element_size(), width, scratch);
  };
  const int64_t count = squares.count();
  const bool byRows = span_ == side;
  const int64_t workers = workersFor(byRows ? count * side : count);
  const int64_t atOnce = byRows && betweenSteps ? kHeadsAtOnce : count;
  const int64_t rowsAtOnce = betweenSteps ? (side + kPartsOfHeads - 1) / kPartsOfHeads : side;
  at::Tensor scratch = at::empty({workers, scratchBytes}, at::kByte);
  at::Tensor packed = at::empty({byRows ? atOnce : workers, packedBytes}, at::kByte);
  char* const scratchOf = static_cast<char*>(scratch.mutable_data_ptr());
  char* const packedOf = static_cast<char*>(packed.mutable_data_ptr());
  for (int64_t first = 0; byRows && first < count; first += atOnce) {
    pause(betweenSteps);
    const int64_t now = std::min(atOnce, count - first);
    runTasks(now, [&](int64_t i, int64_t) { attention.pack(squares.head(first + i), packedOf + i * packedBytes); });
    for (int64_t top = 0; top < side; top += rowsAtOnce) {
      if (top > 0) pause(betweenSteps);
      const int64_t rows = std::min(rowsAtOnce, side - top);
      runTasks(now * rows, [&](int64_t task, int64_t worker) {
        const int64_t i = task / rows;
        attend(first + i, top + task % rows, packedOf + i * packedBytes, scratchOf + worker * scratchBytes);
      });
    }
  }
  if (byRows) return out;
  pause(betweenSteps);
  runTasks(count, [&](int64_t task, int64_t worker) {
    const AttentionHead head = squares.head(task);
    char* const own = packedOf + worker * packedBytes;
    attention.pack(head, own);
    for (int64_t row = 0; row < head.rows; ++row) attend(task, row, own, scratchOf + worker * scratchBytes);
  });
  return out;
}

/// The same with operations of LibTorch, for gradients, GPUs and processors without kernels.
at::Tensor PositionalAttention::whole(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), width = qkv.size(3) / 3, d = width / heads_;
  const at::Tensor parts = qkv.reshape({batch, side * side, 3, heads_, d})
                               .permute({2, 0, 3, 1, 4})
                               .reshape({3, batch * heads_, side * side, d});
  const int64_t atOnce = std::max<int64_t>(1, kScoresAtOnce / (side * side * side * side));
  std::vector<at::Tensor> out;
  for (int64_t first = 0; first < batch * heads_; first += atOnce) {
    const auto of = [&](int64_t part) {
      return parts[part].narrow(0, first, std::min(atOnce, batch * heads_ - first));
    };
    out.push_back(attend(of(0).unflatten(1, {side, side}), of(1), of(2), rows_, columns_));
  }
  return at::cat(out, 0)
      .view({batch, heads_, side, side, d})
      .permute({0, 2, 3, 1, 4})
      .reshape({batch, side, side, width});
}

/// Cuts into windows, attends, and joins again. The reference pads the normed tokens with zeros, so a padded token's
/// query, key and value are the bias of the projection: they are put in here instead of being computed.
at::Tensor PositionalAttention::inWindows(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), channels = qkv.size(3);
  const int64_t perSide = (side + window_ - 1) / window_;
  const int64_t padded = perSide * window_;
  at::Tensor canvas = qkv;
  if (padded != side) {
    canvas = padding_.expand({batch, padded, padded, channels}).clone();
    canvas.narrow(1, 0, side).narrow(2, 0, side).copy_(qkv);
  }
  const at::Tensor windows = canvas.view({batch, perSide, window_, perSide, window_, channels})
                                 .transpose(2, 3)
                                 .reshape({batch * perSide * perSide, window_, window_, channels});
  return whole(windows)
      .view({batch, perSide, perSide, window_, window_, channels / 3})
      .transpose(2, 3)
      .reshape({batch, padded, padded, channels / 3})
      .narrow(1, 0, side)
      .narrow(2, 0, side);
}

at::Tensor relativePositions(const at::Tensor& table, int64_t queries, int64_t keys) {
  const at::Tensor resampled = resampledTable(table, std::max(queries, keys));
  const double queryStep = std::max(static_cast<double>(keys) / static_cast<double>(queries), 1.0);
  const double keyStep = std::max(static_cast<double>(queries) / static_cast<double>(keys), 1.0);
  const at::Tensor query = at::arange(queries, at::kDouble).unsqueeze(1) * queryStep;
  const at::Tensor key = at::arange(keys, at::kDouble).unsqueeze(0) * keyStep;
  const at::Tensor index = (query - key + static_cast<double>(keys - 1) * keyStep).to(at::kLong);
  return resampled.index({index}).contiguous();
}

}  // namespace cyto::nn
