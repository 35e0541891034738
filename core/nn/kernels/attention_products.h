// How attention keeps keys, values and shares in fp32 and in bf16. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/element.h"
#include "core/nn/kernels/matrix_product.h"

namespace cyto::nn::CYTO_KERNELS {

/// to[k * kTileColumns + i] = rows[i * width + k] for sixteen rows i and `count` columns k.
CYTO_INLINE void transposeSixteen(const float* rows, int64_t width, int64_t count, float* to) {
  for (int64_t first = 0; first < 16; first += kLanes) {
    for (int64_t k = 0; k < count; ++k) store(to + k * kTileColumns + first, gather(rows + first * width + k, width));
  }
}

/// Keys lie as (block of kTileColumns slots, element, slot), values as (kTileColumns elements, slot, element): what a
/// tile reads lies side by side.
struct Fp32Attention {
  using Element = float;
  using Factor = float;  ///< what products multiply at once
  static constexpr int64_t kValuesTogether = kTileColumns;

  /// As exact as the shares that are kept.
  static CYTO_INLINE Floats exp2(Floats x) { return exp2Of(x); }

  /// Sixteen neighbouring slots, whose tokens lie `width` elements apart in `rows`.
  static CYTO_INLINE void packKeys(const float* rows, int64_t slot, int64_t size, int64_t width, float* keys) {
    transposeSixteen(rows, width, size, keys + slot / kTileColumns * kTileColumns * size + slot % kTileColumns);
  }
  /// The same of values, of `slots` in all.
  static CYTO_INLINE void packValues(const float* rows, int64_t slot, int64_t slots, int64_t width, float* values) {
    for (int64_t first = 0; first < width; first += kValuesTogether) {
      const int64_t together = smaller(kValuesTogether, width - first);
      float* const to = values + first * slots + slot * together;
      for (int64_t i = 0; i < 16; ++i) {
        for (int64_t j = 0; j < together; j += kLanes) store(to + i * together + j, load(rows + i * width + first + j));
      }
    }
  }
};

#if defined(__AVX512BF16__)

/// Keys lie as (block of kTileColumns slots, pair of elements, slot, 2) and values as (pair of slots, element, 2).
struct Bf16Attention {
  using Element = Bf16;
  using Factor = Bf16Pair;
  static constexpr int64_t kValuesTogether = 128;  ///< all of any head

  static CYTO_INLINE Floats exp2(Floats x) { return roughExp2Of(x); }

  static CYTO_INLINE void packKeys(const Bf16* rows, int64_t slot, int64_t size, int64_t width, Bf16* keys) {
    // A pair of elements moves like one float.
    transposeSixteen(
        reinterpret_cast<const float*>(rows), width / 2, size / 2,
        reinterpret_cast<float*>(keys + slot / kTileColumns * kTileColumns * size + slot % kTileColumns * 2));
  }
  static CYTO_INLINE void packValues(const Bf16* rows, int64_t slot, int64_t, int64_t width, Bf16* values) {
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
};

#endif

/// finish(query, slot, init(query, slot) + q . k) for the kTileColumns slots of a block of keys; queries lie `stride`
/// elements apart.
template <class Arithmetic, class Init, class Finish>
CYTO_INLINE void scoreKeys(const typename Arithmetic::Element* queries, int64_t stride,
                           const typename Arithmetic::Element* keys, int64_t count, int64_t size, const Init& init,
                           const Finish& finish) {
  using Factor = typename Arithmetic::Factor;
  constexpr auto kElements = static_cast<int64_t>(sizeof(Factor) / sizeof(typename Arithmetic::Element));
  product(LeftFactor<Factor>{reinterpret_cast<const Factor*>(queries), stride / kElements, 1},
          RightFactor<Factor>{reinterpret_cast<const Factor*>(keys), kTileColumns, 0}, count, kTileColumns,
          size / kElements, init, finish);
}

/// sums (count, width) += shares (count, slots) values (slots, width) for the slots from `start` of `allSlots`.
template <class Arithmetic>
CYTO_INLINE void weighValues(const typename Arithmetic::Element* shares, int64_t start, int64_t slots, int64_t allSlots,
                             const typename Arithmetic::Element* values, int64_t count, int64_t width, float* sums) {
  using Factor = typename Arithmetic::Factor;
  constexpr auto kElements = static_cast<int64_t>(sizeof(Factor) / sizeof(typename Arithmetic::Element));
  const LeftFactor<Factor> left{reinterpret_cast<const Factor*>(shares), slots / kElements, 1};
  for (int64_t first = 0; first < width; first += Arithmetic::kValuesTogether) {
    const int64_t together = smaller(Arithmetic::kValuesTogether, width - first);
    const auto* const own = reinterpret_cast<const Factor*>(values + first * allSlots + start * together);
    float* const to = sums + first;
    product(
        left, matrixOf(own, together), count, together, slots / kElements,
        [=](int64_t m, int64_t n) { return load(to + m * width + n); },
        [=](int64_t m, int64_t n, Floats sum) { store(to + m * width + n, sum); });
  }
}

}  // namespace cyto::nn::CYTO_KERNELS
