// Floats, bf16 values and pairs of them in memory. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/simd.h"

namespace cyto::nn::CYTO_KERNELS {

/// The upper half of a float.
struct Bf16 {
  uint16_t bits;
};

CYTO_INLINE Floats loadElements(const float* from) { return load(from); }
CYTO_INLINE void storeElements(float* to, Floats x) { store(to, x); }

/// Two neighbours of the summed axis of a product, which the processor multiplies at once.
struct Bf16Pair {
  Bf16 first, second;
};

#if defined(__AVX512BF16__)

CYTO_INLINE __m512bh asPairs(__m512i bits) {
  __m512bh pairs;
  __builtin_memcpy(&pairs, &bits, sizeof pairs);
  return pairs;
}
CYTO_INLINE __m512bh load(const Bf16Pair* from) { return asPairs(_mm512_loadu_si512(from)); }
CYTO_INLINE __m512bh fill(Bf16Pair x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return asPairs(_mm512_set1_epi32(bits));
}
/// The sums of the products of both elements, added to c.
CYTO_INLINE Floats multiplyAdd(__m512bh a, __m512bh b, Floats c) { return _mm512_dpbf16_ps(c, a, b); }

CYTO_INLINE Floats loadElements(const Bf16* from) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
CYTO_INLINE __m256i rounded(Floats x) {
  const __m256bh halves = _mm512_cvtneps_pbh(x);
  __m256i bits;
  __builtin_memcpy(&bits, &halves, sizeof bits);
  return bits;
}
CYTO_INLINE void storeElements(Bf16* to, Floats x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded(x)); }

#endif

}  // namespace cyto::nn::CYTO_KERNELS
