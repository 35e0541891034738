// The image side of the mask decoder (spec/performance.md §3): blocks of 64 cells go through a layer while they are in
// the cache. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/kernels/layer_norm.h"
#include "core/nn/kernels/matrix_product.h"

namespace cyto::nn::CYTO_KERNELS {

inline void linear(const RowsLinear& layer, const float* x, int64_t rows, bool withRelu, float* out) {
  const Floats least = fill(withRelu ? 0 : -__builtin_inff());
  product(
      LeftFactor<float>{x, layer.in, 1}, panelsOf(layer.weight, layer.in), rows, layer.out, layer.in,
      [&](int64_t, int64_t n) { return load(layer.bias + n); },
      [&](int64_t m, int64_t n, Floats sum) { store(out + m * layer.out + n, larger(least, sum)); });
}

/// logits (cells, lanes): dot products of projected cells (cells, inner, 8) and lanes (inner, lanes).
CYTO_INLINE void projectedLogits(const float* projected, const float* ofLanes, int64_t inner, int64_t lanes,
                                 const float* constant, int64_t cells, float* logits) {
  constexpr int64_t kCells = 4;
  const int64_t cellStride = inner * kLaneHeads;
  for (int64_t lane = 0; lane < lanes; lane += kLanes) {
    const Floats start = constant ? load(constant + lane) : fill(0);
    for (int64_t cell = 0; cell < cells; cell += kCells) {
      const float* const from = projected + cell * cellStride;
      Floats sums[kCells] = {start, start, start, start};
      for (int64_t i = 0; i < inner; ++i) {
        const Floats token = load(ofLanes + i * lanes + lane);
#pragma GCC unroll 4
        for (int64_t c = 0; c < kCells; ++c) {
          sums[c] = multiplyAdd(repeatEight(from + c * cellStride + i * kLaneHeads), token, sums[c]);
        }
      }
#pragma GCC unroll 4
      for (int64_t c = 0; c < kCells; ++c) store(logits + (cell + c) * lanes + lane, sums[c]);
    }
  }
}

/// Logits of a block of cells become shares relative to the highest logit of each lane so far. Returns in `shrink` what
/// earlier sums are to be multiplied with, and whether any of them changes.
CYTO_INLINE bool shareOverCells(int64_t lanes, const LaneSums& sums, float* logits, float* shrink) {
  bool changes = false;
  for (int64_t lane = 0; lane < lanes; lane += kLanes) {
    const Floats before = load(sums.highest + lane);
    Floats highest = before;
    for (int64_t cell = 0; cell < kCellsAtOnce; ++cell) highest = larger(highest, load(logits + cell * lanes + lane));
    const Floats factor = exp2Of((before - highest) * fill(kLog2E));
    changes = changes || anyLarger(highest, before);
    Floats total = load(sums.total + lane) * factor;
    for (int64_t cell = 0; cell < kCellsAtOnce; ++cell) {
      float* const at = logits + cell * lanes + lane;
      const Floats share = exp2Of((load(at) - highest) * fill(kLog2E));
      store(at, share);
      total = total + share;
    }
    store(sums.highest + lane, highest);
    store(sums.total + lane, total);
    store(shrink + lane, factor);
  }
  return changes;
}

inline void attendProjected(const ProjectedAttention& work, int64_t begin, int64_t end, const LaneSums& sums,
                            float* scratch) {
  const int64_t lanes = work.lanes, inner = work.inner, cellStride = inner * kLaneHeads;
  float* const logits = scratch;
  float* const shrink = scratch + kCellsAtOnce * lanes;
  for (int64_t first = begin; first < end; first += kCellsAtOnce) {
    projectedLogits(work.keys + first * cellStride, work.queries, inner, lanes, nullptr, kCellsAtOnce, logits);
    shareOverCells(lanes, sums, logits, shrink);
    const float* const values = work.values + first * cellStride;
    for (int64_t lane = 0; lane < lanes; lane += kLanes) {
      const Floats factor = load(shrink + lane);
      for (int64_t i = 0; i < inner; i += 4) {
        const int64_t count = smaller(4, inner - i);
        Floats weighted[4];
        for (int64_t j = 0; j < count; ++j) weighted[j] = load(sums.weighted + (i + j) * lanes + lane) * factor;
        for (int64_t cell = 0; cell < kCellsAtOnce; ++cell) {
          const Floats share = load(logits + cell * lanes + lane);
          const float* const value = values + cell * cellStride + i * kLaneHeads;
#pragma GCC unroll 4
          for (int64_t j = 0; j < 4; ++j) {
            if (j < count) weighted[j] = multiplyAdd(share, repeatEight(value + j * kLaneHeads), weighted[j]);
          }
        }
        for (int64_t j = 0; j < count; ++j) store(sums.weighted + (i + j) * lanes + lane, weighted[j]);
      }
    }
  }
}

/// Softmax over the tokens, which lie eight lanes apart, for every cell and head.
CYTO_INLINE void shareOverTokens(int64_t lanes, float* logits) {
  for (int64_t cell = 0; cell < kCellsAtOnce; ++cell, logits += lanes) {
    Floats highest = load(logits);
    for (int64_t lane = kLanes; lane < lanes; lane += kLanes) highest = larger(highest, load(logits + lane));
    highest = largestOfHalves(highest);
    Floats total = fill(0);
    for (int64_t lane = 0; lane < lanes; lane += kLanes) {
      const Floats share = exp2Of((load(logits + lane) - highest) * fill(kLog2E));
      store(logits + lane, share);
      total = total + share;
    }
    const Floats scale = fill(1) / sumOfHalves(total);
    for (int64_t lane = 0; lane < lanes; lane += kLanes) store(logits + lane, load(logits + lane) * scale);
  }
}

/// image + positions of a block of cells.
CYTO_INLINE void locate(const float* image, const float* positions, int64_t count, float* located) {
  for (int64_t i = 0; i < count; i += kLanes) store(located + i, load(image + i) + load(positions + i));
}

/// The logits of a block of cells over the tokens.
CYTO_INLINE void tokenLogits(const ImagePass& work, int64_t first, float* located, float* logits) {
  const int64_t lanes = work.lanes, channels = work.channels;
  if (work.projectedQueries) {
    projectedLogits(work.projectedQueries + first * work.inner * kLaneHeads, work.keys, work.inner, lanes,
                    work.constant, kCellsAtOnce, logits);
    return;
  }
  locate(work.imageIn + first * channels, work.positions + first * channels, kCellsAtOnce * channels, located);
  product(
      LeftFactor<float>{located, channels, 1}, panelsOf(work.keys, channels), kCellsAtOnce, lanes, channels,
      [&](int64_t, int64_t n) { return load(work.constant + n); },
      [&](int64_t m, int64_t n, Floats sum) { store(logits + m * lanes + n, sum); });
}

inline void imagePass(const ImagePass& work, int64_t begin, int64_t end, const LaneSums& sums, float* scratch) {
  const int64_t lanes = work.lanes, channels = work.channels, used = work.tokens * kLaneHeads;
  float* const logits = scratch;
  float* const located = logits + kCellsAtOnce * lanes;
  float* const shrink = located + kCellsAtOnce * channels;
  for (int64_t first = begin; first < end; first += kCellsAtOnce) {
    tokenLogits(work, first, located, logits);
    shareOverTokens(lanes, logits);
    const float* const in = work.imageIn + first * channels;
    float* const image = work.imageOut + first * channels;
    product(
        LeftFactor<float>{logits, lanes, 1}, panelsOf(work.updates, used), kCellsAtOnce, channels, used,
        [&](int64_t m, int64_t n) { return load(in + m * channels + n) + load(work.updateBias + n); },
        [&](int64_t m, int64_t n, Floats sum) { store(image + m * channels + n, sum); });
    for (int64_t cell = 0; cell < kCellsAtOnce; ++cell) {
      float* const row = image + cell * channels;
      normRow(row, channels, work.normWeight, work.normBias, work.epsilon, row);
    }
    locate(image, work.positions + first * channels, kCellsAtOnce * channels, located);
    product(
        LeftFactor<float>{located, channels, 1}, panelsOf(work.nextQueries, channels), kCellsAtOnce, lanes, channels,
        [](int64_t, int64_t) { return fill(0); },
        [&](int64_t m, int64_t n, Floats sum) { store(logits + m * lanes + n, sum); });
    if (shareOverCells(lanes, sums, logits, shrink)) {
      for (int64_t lane = 0; lane < used; ++lane) {
        float* const row = sums.weighted + lane * channels;
        const Floats factor = fill(shrink[lane]);
        for (int64_t i = 0; i < channels; i += kLanes) store(row + i, load(row + i) * factor);
      }
    }
    product(
        LeftFactor<float>{logits, 1, lanes}, matrixOf(image, channels), used, channels, kCellsAtOnce,
        [&](int64_t m, int64_t n) { return load(sums.weighted + m * channels + n); },
        [&](int64_t m, int64_t n, Floats sum) { store(sums.weighted + m * channels + n, sum); });
  }
}

/// Groups of `width` values, which need not fill a vector: norm of each group, then GELU.
CYTO_INLINE void normAndGelu(const Upscaling& work, float* rows, int64_t groups, int64_t width) {
  for (int64_t group = 0; group < groups; ++group, rows += width) {
    const Moments moments = momentsOf(rows, width, work.epsilon);
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
      const Floats normed = (load(rows + i) - fill(moments.mean)) * fill(moments.scale);
      store(rows + i, geluOf(multiplyAdd(normed, load(work.normWeight + i), load(work.normBias + i))));
    }
    for (; i < width; ++i) {
      const float normed = (rows[i] - moments.mean) * moments.scale;
      rows[i] = geluOf(fill(normed * work.normWeight[i] + work.normBias[i]))[0];
    }
  }
}

CYTO_INLINE float dot(const float* a, const float* b, int64_t count) {
  int64_t i = 0;
  Floats sums = fill(0);
  for (; i + kLanes <= count; i += kLanes) sums = multiplyAdd(load(a + i), load(b + i), sums);
  float sum = sumOf(sums);
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

inline void upscale(const Upscaling& work, const float* image, int64_t begin, int64_t end, float* scratch) {
  constexpr int64_t kCells = 32;
  const int64_t channels = work.first.in, quarter = work.second.in, eighth = work.second.out / 4;
  const int64_t side = 4 * work.grid;
  float* const children = scratch;                                 // (cells * 4, quarter)
  float* const grandchildren = scratch + kCells * work.first.out;  // (cells * 4 * 4, eighth)
  for (int64_t first = begin; first < end; first += kCells) {
    product(
        LeftFactor<float>{image + first * channels, channels, 1}, panelsOf(work.first.weight, channels), kCells,
        work.first.out, channels, [&](int64_t, int64_t n) { return load(work.first.bias + n); },
        [&](int64_t m, int64_t n, Floats sum) { store(children + m * work.first.out + n, sum); });
    normAndGelu(work, children, kCells * 4, quarter);
    product(
        LeftFactor<float>{children, quarter, 1}, panelsOf(work.second.weight, quarter), kCells * 4, work.second.out,
        quarter, [&](int64_t, int64_t n) { return load(work.second.bias + n); },
        [&](int64_t m, int64_t n, Floats sum) { store(grandchildren + m * work.second.out + n, geluOf(sum)); });
    for (int64_t cell = 0; cell < kCells; ++cell) {
      const int64_t row = (first + cell) / work.grid * 4, column = (first + cell) % work.grid * 4;
      for (int64_t mask = 0; mask < work.masks; ++mask) {
        float* const out = work.out + mask * side * side + row * side + column;
        for (int64_t i = 0; i < 16; ++i) {  // child (row, column), then grandchild (row, column)
          const int64_t y = i / 8 * 2 + i / 2 % 2, x = i / 4 % 2 * 2 + i % 2;
          out[y * side + x] = dot(grandchildren + (cell * 16 + i) * eighth, work.vectors + mask * eighth, eighth);
        }
      }
    }
  }
}

}  // namespace cyto::nn::CYTO_KERNELS
