// Attention with decomposed relative positions (spec/performance.md §5). The bias of a score is where its accumulator
// starts, so no tensor of all pairs exists. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/attention_products.h"
#include "core/nn/kernels/kernel_set.h"

namespace cyto::nn::CYTO_KERNELS {

inline constexpr int64_t kMostElements = 128;  ///< of a head
inline constexpr float kNever = -1e30F;  ///< score of a key that is not there; finite, so that differences are numbers

/// How keys lie: each row of the square takes `perRow` slots, a multiple of 16, so that a vector of slots belongs to
/// one row of keys; slots come in blocks of kTileColumns.
struct Slots {
  int64_t perRow;
  int64_t count;   ///< a multiple of kTileColumns
  int64_t atOnce;  ///< scored before they are weighed: a few rows of a large square, or all of a window

  explicit Slots(int64_t span) : perRow(roundUp(span, 16)), count(roundUp(span * perRow, kTileColumns)) {
    atOnce = count <= 256 ? count : 128;
  }
};

/// The buffers of one call of `attend`, cut from the caller's scratch.
template <class Arithmetic>
struct AttentionScratch {
  using Element = typename Arithmetic::Element;

  Element* tokens;  ///< the queries side by side: where they come from, some would drive others out of the cache
  float *query, *ofColumns, *ofRows, *columnBias, *scores, *sums, *highest, *total;
  Element* shares;

  static int64_t floats(int64_t span, int64_t size) {
    const Slots slots(span);
    const int64_t stride = positionTableStride(span);
    return span * (2 * stride + slots.perRow + 2 * slots.atOnce + 3 * roundUp(size, 16) + 2);
  }

  AttentionScratch(void* memory, int64_t span, int64_t size) {
    const Slots slots(span);
    const int64_t stride = positionTableStride(span);
    float* next = static_cast<float*>(memory);
    const auto take = [&next](int64_t count) {
      float* const taken = next;
      next += count;
      return taken;
    };
    tokens = reinterpret_cast<Element*>(take(span * roundUp(size, 16)));
    query = take(span * roundUp(size, 16));
    ofColumns = take(span * stride);
    ofRows = take(span * stride);
    columnBias = take(span * slots.perRow);
    scores = take(span * slots.atOnce);
    shares = reinterpret_cast<Element*>(take(span * slots.atOnce));
    sums = take(span * roundUp(size, 16));
    highest = take(span);
    total = take(span);
  }
};

template <class Arithmetic>
int64_t attentionPackedBytes(int64_t span, int64_t size) {
  using Element = typename Arithmetic::Element;
  return Slots(span).count * (size + roundUp(size, 16)) * static_cast<int64_t>(sizeof(Element));
}

template <class Arithmetic>
int64_t attentionScratchBytes(int64_t span, int64_t size) {
  return AttentionScratch<Arithmetic>::floats(span, size) * static_cast<int64_t>(sizeof(float));
}

/// `size` elements of a token, then zeros up to `width`; zeros alone without a token.
template <class Element>
CYTO_INLINE void copyToken(const Element* token, int64_t size, int64_t width, Element* to) {
  const int64_t copied = token ? size : 0;
  if (token) __builtin_memcpy(to, token, static_cast<unsigned long>(copied) * sizeof(Element));
  __builtin_memset(to + copied, 0, static_cast<unsigned long>(width - copied) * sizeof(Element));
}

template <class Arithmetic>
void packAttention(const AttentionHead& head, void* packed) {
  using Element = typename Arithmetic::Element;
  const Slots slots(head.span);
  const int64_t width = roundUp(head.size, 16);
  Element* const keys = static_cast<Element*>(packed);
  Element* const values = keys + slots.count * head.size;
  const auto* const key = static_cast<const Element*>(head.key);
  const auto* const value = static_cast<const Element*>(head.value);
  Element keyRows[16 * kMostElements], valueRows[16 * kMostElements];
  for (int64_t slot = 0; slot < slots.count; slot += 16) {
    const int64_t row = slot / slots.perRow;
    for (int64_t i = 0; i < 16; ++i) {
      const int64_t column = slot % slots.perRow + i, offset = row * head.rowStride + column * head.columnStride;
      const bool isThere = row < head.rows && column < head.columns;
      const bool isPadding = !isThere && row < head.span && column < head.span;
      copyToken(isThere     ? key + offset
                : isPadding ? static_cast<const Element*>(head.paddingKey)
                            : nullptr,
                head.size, width, keyRows + i * width);
      copyToken(isThere     ? value + offset
                : isPadding ? static_cast<const Element*>(head.paddingValue)
                            : nullptr,
                head.size, width, valueRows + i * width);
    }
    Arithmetic::packKeys(keyRows, slot, head.size, width, keys);
    Arithmetic::packValues(valueRows, slot, slots.count, width, values);
  }
}

/// What relative positions add to the scores of a row of queries: `columnBias` per slot of a row of keys, `ofRows` per
/// row of keys.
template <class Arithmetic>
CYTO_INLINE void positionBias(const AttentionHead& head, const PositionTables& positions, int64_t row,
                              const Slots& slots, AttentionScratch<Arithmetic>& scratch) {
  const int64_t stride = positions.stride, count = head.columns;
  const LeftFactor<float> queries{scratch.query, roundUp(head.size, 16), 1};
  const auto zero = [](int64_t, int64_t) { return fill(0); };
  const auto into = [stride](float* out) {
    return [out, stride](int64_t m, int64_t n, Floats sum) { store(out + m * stride + n, sum); };
  };
  product(queries, matrixOf(positions.columns, stride), count, stride, head.size, zero, into(scratch.ofColumns));
  const int64_t keyRows = roundUp(head.span, 16);
  product(queries, matrixOf(positions.rows + head.span - 1 - row, stride), count, keyRows, head.size, zero,
          into(scratch.ofRows));
  for (int64_t q = 0; q < count; ++q) {
    const float* const shifted = scratch.ofColumns + q * stride + head.span - 1 - q;
    float* const bias = scratch.columnBias + q * slots.perRow;
    for (int64_t slot = 0; slot < slots.perRow; ++slot) bias[slot] = slot < head.span ? shifted[slot] : kNever;
    for (int64_t i = head.span; i < stride; ++i) scratch.ofRows[q * stride + i] = kNever;
  }
}

/// Scores become shares relative to the highest score so far; what was summed before shrinks with them.
template <class Arithmetic>
CYTO_INLINE void shareOut(int64_t queries, int64_t slots, float exponent, int64_t valueWidth, bool isFirst,
                          AttentionScratch<Arithmetic>& scratch) {
  for (int64_t q = 0; q < queries; ++q) {
    const float* const scores = scratch.scores + q * slots;
    Floats highest = load(scores);
    for (int64_t i = kLanes; i < slots; i += kLanes) highest = larger(highest, load(scores + i));
    float now = largestOf(highest);
    if (!isFirst && scratch.highest[q] > now) now = scratch.highest[q];
    const Floats factor = fill(exponent), shift = fill(-now * exponent);
    Floats sum = fill(0);
    for (int64_t i = 0; i < slots; i += 2 * kLanes) {
      const Floats first = Arithmetic::exp2(multiplyAdd(load(scores + i), factor, shift));
      const Floats second = Arithmetic::exp2(multiplyAdd(load(scores + i + kLanes), factor, shift));
      sum = sum + (first + second);
      storeElements(scratch.shares + q * slots + i, first);
      storeElements(scratch.shares + q * slots + i + kLanes, second);
    }
    float* const sums = scratch.sums + q * valueWidth;
    if (isFirst) {
      scratch.total[q] = sumOf(sum);
      for (int64_t i = 0; i < valueWidth; i += kLanes) store(sums + i, fill(0));
    } else {
      const Floats shrink = exp2Of(fill((scratch.highest[q] - now) * exponent));
      for (int64_t i = 0; i < valueWidth; i += kLanes) store(sums + i, load(sums + i) * shrink);
      scratch.total[q] = scratch.total[q] * shrink[0] + sumOf(sum);
    }
    scratch.highest[q] = now;
  }
}

template <class Arithmetic>
void attendRow(const AttentionHead& head, const PositionTables& positions, const void* packed, int64_t row, void* out,
               int64_t outStride, void* memory) {
  using Element = typename Arithmetic::Element;
  const Slots slots(head.span);
  const int64_t valueWidth = roundUp(head.size, 16), queries = head.columns, size = head.size;
  const float exponent = kLog2E / __builtin_sqrtf(static_cast<float>(size));
  AttentionScratch<Arithmetic> scratch(memory, head.span, size);
  const Element* const first = static_cast<const Element*>(head.query) + row * head.rowStride;
  for (int64_t q = 0; q < queries; ++q) {
    Element* const token = scratch.tokens + q * valueWidth;
    copyToken(first + q * head.columnStride, size, valueWidth, token);
    for (int64_t i = 0; i < valueWidth; i += kLanes) store(scratch.query + q * valueWidth + i, loadElements(token + i));
  }
  positionBias(head, positions, row, slots, scratch);
  const Element* const keys = static_cast<const Element*>(packed);
  const Element* const values = keys + slots.count * size;
  const int64_t tableStride = positions.stride;
  for (int64_t start = 0; start < slots.count; start += slots.atOnce) {
    const int64_t now = smaller(slots.atOnce, slots.count - start);
    for (int64_t block = 0; block < now; block += kTileColumns) {
      int64_t keyRow[kTileRegisters], keyColumn[kTileRegisters];
      for (int64_t i = 0; i < kTileRegisters; ++i) {
        keyRow[i] = (start + block + i * kLanes) / slots.perRow;
        keyColumn[i] = (start + block + i * kLanes) % slots.perRow;
      }
      const auto bias = [&](int64_t q, int64_t slot) {
        return load(scratch.columnBias + q * slots.perRow + keyColumn[slot / kLanes]) +
               fill(scratch.ofRows[q * tableStride + keyRow[slot / kLanes]]);
      };
      float* const scores = scratch.scores + block;
      scoreKeys<Arithmetic>(scratch.tokens, valueWidth, keys + (start + block) * size, queries, size, bias,
                            [=](int64_t q, int64_t slot, Floats sum) { store(scores + q * now + slot, sum); });
    }
    shareOut<Arithmetic>(queries, now, exponent, valueWidth, start == 0, scratch);
    weighValues<Arithmetic>(scratch.shares, start, now, slots.count, values, queries, valueWidth, scratch.sums);
  }
  Element token[kMostElements];
  for (int64_t q = 0; q < queries; ++q) {
    const Floats scale = fill(1 / scratch.total[q]);
    const float* const sums = scratch.sums + q * valueWidth;
    for (int64_t i = 0; i < valueWidth; i += kLanes) storeElements(token + i, load(sums + i) * scale);
    copyToken(token, size, size, static_cast<Element*>(out) + q * outStride);
  }
}

template <class Arithmetic>
constexpr AttentionKernels attentionKernels() {
  return {&attentionPackedBytes<Arithmetic>, &attentionScratchBytes<Arithmetic>, &packAttention<Arithmetic>,
          &attendRow<Arithmetic>};
}

}  // namespace cyto::nn::CYTO_KERNELS
