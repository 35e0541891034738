#include "core/nn/sam/positional_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>

namespace cyto::nn {

namespace {

// The bias of a tile of queries should stay in the second-level cache between being made and being used.
constexpr int64_t kScoresPerTile = int64_t{1} << 20;
// Without tiles: what the bias of some heads may hold at once (in memory).
constexpr int64_t kScoresAtOnce = int64_t{1} << 24;

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
  return at::scaled_dot_product_attention(q.reshape({1, h, queries, q.size(3)}), k.unsqueeze(0), v.unsqueeze(0),
                                          c10::GradMode::is_enabled() ? bias.to(q.scalar_type()) : bias)
      .view(q.sizes());
}

/// Runs task 0 to count - 1, each on one thread, handed out as threads become free: another program on a core then
/// delays one task and not half of them. What a task throws is thrown here.
void runTasks(int64_t count, const std::function<void(int64_t)>& task) {
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const bool isInference = c10::InferenceMode::is_enabled();
  at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t, int64_t) {
    const c10::InferenceMode inference(isInference);
    const c10::AutoGradMode withoutGradients(false);
    try {
      for (int64_t i = next++; i < count; i = next++) task(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      next = count;
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

at::Tensor PositionalAttention::operator()(const at::Tensor& qkv) const {
  if (qkv.is_cpu() && !c10::GradMode::is_enabled()) return window == 0 ? mapByTiles(qkv) : windowsByTiles(qkv);
  return window == 0 ? whole(qkv) : inWindows(qkv);
}

/// Tiles of one head and a few rows of queries each.
at::Tensor PositionalAttention::mapByTiles(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), width = qkv.size(3) / 3, d = width / heads;
  const at::Tensor parts =
      qkv.view({batch, side * side, 3, heads, d}).permute({2, 0, 3, 1, 4}).contiguous().view({3, -1, side * side, d});
  at::Tensor out = at::empty({batch, side, side, heads, d}, qkv.options());
  const int64_t rowsAtOnce = std::clamp<int64_t>(kScoresPerTile / (side * side * side), 1, side);
  const int64_t tiles = (side + rowsAtOnce - 1) / rowsAtOnce;
  runTasks(batch * heads * tiles, [&](int64_t task) {
    const int64_t index = task / tiles, first = task % tiles * rowsAtOnce;
    const int64_t count = std::min(rowsAtOnce, side - first);
    const auto of = [&](int64_t part) { return parts[part].narrow(0, index, 1); };
    const at::Tensor q = of(0).view({1, side, side, d}).narrow(1, first, count);
    const at::Tensor attended = attend(q, of(1), of(2), rows.narrow(0, first, count), columns);
    out.select(0, index / heads).narrow(0, first, count).select(2, index % heads).copy_(attended[0]);
  });
  return out.view({batch, side, side, width});
}

/// Tiles of one window each. Padded tokens answer as keys and values; their queries are not computed.
at::Tensor PositionalAttention::windowsByTiles(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), width = qkv.size(3) / 3, d = width / heads;
  const int64_t perSide = (side + window - 1) / window;
  const at::Tensor map = qkv.view({batch, side, side, 3, heads, d});
  const at::Tensor paddedToken = padding.view({3, heads, 1, 1, d});
  at::Tensor out = at::empty({batch, side, side, heads, d}, qkv.options());
  runTasks(batch * perSide * perSide, [&](int64_t task) {
    const int64_t y = task / perSide % perSide * window, x = task % perSide * window;
    const int64_t rowCount = std::min(window, side - y), columnCount = std::min(window, side - x);
    const auto cut = [&](const at::Tensor& from) {
      return from.select(0, task / (perSide * perSide)).narrow(0, y, rowCount).narrow(1, x, columnCount);
    };
    at::Tensor parts = at::empty({3, heads, window, window, d}, qkv.options());
    if (rowCount < window || columnCount < window) parts.copy_(paddedToken.expand_as(parts));
    parts.narrow(2, 0, rowCount).narrow(3, 0, columnCount).copy_(cut(map).permute({2, 3, 0, 1, 4}));
    const at::Tensor q = parts[0].narrow(1, 0, rowCount).narrow(2, 0, columnCount);
    const at::Tensor keysAndValues = parts.view({3, heads, window * window, d});
    const at::Tensor attended =
        attend(q, keysAndValues[1], keysAndValues[2], rows.narrow(0, 0, rowCount), columns.narrow(0, 0, columnCount));
    cut(out).copy_(attended.permute({1, 2, 0, 3}));
  });
  return out.view({batch, side, side, width});
}

/// The same without tiles, for gradients and GPUs.
at::Tensor PositionalAttention::whole(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), width = qkv.size(3) / 3, d = width / heads;
  const at::Tensor parts = qkv.reshape({batch, side * side, 3, heads, d})
                               .permute({2, 0, 3, 1, 4})
                               .reshape({3, batch * heads, side * side, d});
  const int64_t atOnce = std::max<int64_t>(1, kScoresAtOnce / (side * side * side * side));
  std::vector<at::Tensor> out;
  for (int64_t first = 0; first < batch * heads; first += atOnce) {
    const auto of = [&](int64_t part) { return parts[part].narrow(0, first, std::min(atOnce, batch * heads - first)); };
    out.push_back(attend(of(0).unflatten(1, {side, side}), of(1), of(2), rows, columns));
  }
  return at::cat(out, 0)
      .view({batch, heads, side, side, d})
      .permute({0, 2, 3, 1, 4})
      .reshape({batch, side, side, width});
}

/// Cuts into windows, attends, and joins again. The reference pads the normed tokens with zeros, so a padded token's
/// query, key and value are the bias of the projection: they are put in here instead of being computed.
at::Tensor PositionalAttention::inWindows(const at::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), side = qkv.size(1), channels = qkv.size(3);
  const int64_t perSide = (side + window - 1) / window;
  const int64_t padded = perSide * window;
  at::Tensor canvas = qkv;
  if (padded != side) {
    canvas = padding.expand({batch, padded, padded, channels}).clone();
    canvas.narrow(1, 0, side).narrow(2, 0, side).copy_(qkv);
  }
  const at::Tensor windows = canvas.view({batch, perSide, window, perSide, window, channels})
                                 .transpose(2, 3)
                                 .reshape({batch * perSide * perSide, window, window, channels});
  return whole(windows)
      .view({batch, perSide, perSide, window, window, channels / 3})
      .transpose(2, 3)
      .reshape({batch, padded, padded, channels / 3})
      .narrow(1, 0, side)
      .narrow(2, 0, side);
}

}  // namespace cyto::nn
