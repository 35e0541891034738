// The two products of attention in fp32 and in bf16. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/element.h"
#include "core/nn/kernels/matrix_product.h"

namespace cyto::nn::CYTO_KERNELS {

/// to[k * 64 + i] = rows[i * width + k] for sixteen rows i and `count` columns k.
CYTO_INLINE void transposeSixteen(const float* rows, int64_t width, int64_t count, float* to) {
  for (int64_t first = 0; first < 16; first += kLanes) {
    for (int64_t k = 0; k < count; ++k) store(to + k * 64 + first, gather(rows + first * width + k, width));
  }
}

/// Keys lie as (block of 64 slots, element, slot), values as (slot, element).
struct Fp32Attention {
  using Element = float;

  static float toFloat(float x) { return x; }
  static float fromFloat(float x) { return x; }

  /// Sixteen neighbouring slots, whose tokens lie `width` elements apart in `rows`.
  static CYTO_INLINE void packKeys(const float* rows, int64_t slot, int64_t size, int64_t width, float* keys) {
    transposeSixteen(rows, width, size, keys + slot / 64 * 64 * size + slot % 64);
  }
  static CYTO_INLINE void packValues(const float* rows, int64_t slot, int64_t width, float* values) {
    for (int64_t i = 0; i < 16 * width; i += kLanes) store(values + slot * width + i, load(rows + i));
  }
  static CYTO_INLINE void storeShares(float* to, Floats first, Floats second) {
    store(to, first);
    store(to + kLanes, second);
  }

  /// finish(query, slot, init(query, slot) + q . k) for the 64 slots of a block.
  template <class Init, class Finish>
  static CYTO_INLINE void scores(const float* queries, int64_t stride, const float* keys, int64_t count, int64_t size,
                                 const Init& init, const Finish& finish) {
    product({queries, stride, 1}, {keys, 64, 0}, count, 64, size, init, finish);
  }
  /// sums (count, width) += shares (count, slots) values (slots, width).
  static CYTO_INLINE void weigh(const float* shares, int64_t slots, const float* values, int64_t count, int64_t width,
                                float* sums) {
    product(
        {shares, slots, 1}, RightFactor::matrix(values, width), count, width, slots,
        [=](int64_t m, int64_t n) { return load(sums + m * width + n); },
        [=](int64_t m, int64_t n, Floats sum) { store(sums + m * width + n, sum); });
  }
};

#if defined(__AVX512BF16__)

/// Two neighbouring bf16 values of the summed axis are multiplied at once, so keys lie as (block of 64 slots, pair of
/// elements, slot, 2) and values as (pair of slots, element, 2). Sums are fp32.
struct Bf16Attention {
  using Element = Bf16;

  static CYTO_INLINE float toFloat(Bf16 x) {
    const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
  }
  static CYTO_INLINE Bf16 fromFloat(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return {static_cast<uint16_t>(bits >> 16 | 0x40)};  // not a number
    return {static_cast<uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1)) >> 16)};
  }

  static CYTO_INLINE void packKeys(const Bf16* rows, int64_t slot, int64_t size, int64_t width, Bf16* keys) {
    // A pair of elements moves like one float.
    transposeSixteen(reinterpret_cast<const float*>(rows), width / 2, size / 2,
                     reinterpret_cast<float*>(keys + slot / 64 * 64 * size + slot % 64 * 2));
  }
  static CYTO_INLINE void packValues(const Bf16* rows, int64_t slot, int64_t width, Bf16* values) {
    const auto wide = [](const Bf16* from) {
      return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    };
    for (int64_t pair = 0; pair < 8; ++pair) {
      const Bf16* const first = rows + 2 * pair * width;
      Bf16* const to = values + (slot + 2 * pair) * width;
      for (int64_t i = 0; i < width; i += 16) {
        _mm512_storeu_si512(to + 2 * i,
                            _mm512_or_si512(wide(first + i), _mm512_slli_epi32(wide(first + width + i), 16)));
      }
    }
  }
  static CYTO_INLINE void storeShares(Bf16* to, Floats first, Floats second) {
    storeElements(to, first);
    storeElements(to + kLanes, second);
  }

  template <class Init, class Finish>
  static CYTO_INLINE void scores(const Bf16* queries, int64_t stride, const Bf16* keys, int64_t count, int64_t size,
                                 const Init& init, const Finish& finish) {
    products(queries, stride, keys, 128, count, 64, size / 2, init, finish);
  }
  static CYTO_INLINE void weigh(const Bf16* shares, int64_t slots, const Bf16* values, int64_t count, int64_t width,
                                float* sums) {
    products(
        shares, slots, values, 2 * width, count, width, slots / 2,
        [=](int64_t m, int64_t n) { return load(sums + m * width + n); },
        [=](int64_t m, int64_t n, Floats sum) { store(sums + m * width + n, sum); });
  }

 private:
  static CYTO_INLINE __m512bh asPairs(__m512i bits) {
    __m512bh pairs;
    __builtin_memcpy(&pairs, &bits, sizeof pairs);
    return pairs;
  }

  template <int kRows, int kRegisters, class Init, class Finish>
  static CYTO_INLINE void tile(const Bf16* left, int64_t leftRow, const Bf16* right, int64_t step, int64_t pairs,
                               int64_t m, int64_t n, const Init& init, const Finish& finish) {
    Floats sums[kRows][kRegisters];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kRegisters; ++j) sums[r][j] = init(m + r, n + j * kLanes);
    }
    const Bf16* row = left + m * leftRow;
    for (int64_t k = 0; k < pairs; ++k, row += 2, right += step) {
      __m512bh columns[kRegisters];
#pragma GCC unroll 4
      for (int j = 0; j < kRegisters; ++j) columns[j] = asPairs(_mm512_loadu_si512(right + j * 2 * kLanes));
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        int32_t pair;
        __builtin_memcpy(&pair, row + r * leftRow, sizeof pair);
        const __m512bh value = asPairs(_mm512_set1_epi32(pair));
#pragma GCC unroll 4
        for (int j = 0; j < kRegisters; ++j) sums[r][j] = _mm512_dpbf16_ps(sums[r][j], value, columns[j]);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kRegisters; ++j) finish(m + r, n + j * kLanes, sums[r][j]);
    }
  }

  template <int kRegisters, class Init, class Finish>
  static CYTO_INLINE void columnsOf(const Bf16* left, int64_t leftRow, const Bf16* right, int64_t step, int64_t rows,
                                    int64_t pairs, int64_t n, const Init& init, const Finish& finish) {
    const Bf16* const from = right + n * 2;
    int64_t m = 0;
    for (; m + 6 <= rows; m += 6) tile<6, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
    switch (rows - m) {
      case 5: return tile<5, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
      case 4: return tile<4, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
      case 3: return tile<3, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
      case 2: return tile<2, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
      case 1: return tile<1, kRegisters>(left, leftRow, from, step, pairs, m, n, init, finish);
      default: return;
    }
  }

  template <class Init, class Finish>
  static CYTO_INLINE void products(const Bf16* left, int64_t leftRow, const Bf16* right, int64_t step, int64_t rows,
                                   int64_t columns, int64_t pairs, const Init& init, const Finish& finish) {
    int64_t n = 0;
    for (; n + 64 <= columns; n += 64) columnsOf<4>(left, leftRow, right, step, rows, pairs, n, init, finish);
    for (; n < columns; n += kLanes) columnsOf<1>(left, leftRow, right, step, rows, pairs, n, init, finish);
  }
};

#endif

}  // namespace cyto::nn::CYTO_KERNELS
