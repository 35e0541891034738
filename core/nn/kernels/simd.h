// Vectors of floats for the instruction set that this source is compiled for. Included by one source per instruction
// set, each with its own CYTO_KERNELS namespace: nothing inline is shared between them, because the linker would keep
// any one of the copies, and the processor may lack what it uses. For the same reason the standard library stays out.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace cyto::nn::CYTO_KERNELS {

#define CYTO_INLINE inline __attribute__((always_inline))

CYTO_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
CYTO_INLINE int64_t roundUp(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

#if defined(__AVX512F__)

using Floats = __m512;
inline constexpr int64_t kLanes = 16;
inline constexpr int kTileRows = 6;  // 6 x 4 accumulators, 4 columns and a broadcast fit 32 registers
inline constexpr int kTileRegisters = 4;

CYTO_INLINE Floats load(const float* from) { return _mm512_loadu_ps(from); }
CYTO_INLINE void store(float* to, Floats x) { _mm512_storeu_ps(to, x); }
/// Values `stride` apart.
CYTO_INLINE Floats gather(const float* from, int64_t stride) {
  const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  return _mm512_i32gather_ps(_mm512_mullo_epi32(count, _mm512_set1_epi32(static_cast<int32_t>(stride))), from, 4);
}
CYTO_INLINE Floats fill(float x) { return _mm512_set1_ps(x); }
CYTO_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
CYTO_INLINE Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
CYTO_INLINE float sumOf(Floats x) { return _mm512_reduce_add_ps(x); }
CYTO_INLINE float largestOf(Floats x) { return _mm512_reduce_max_ps(x); }
CYTO_INLINE bool anyLarger(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) != 0; }
CYTO_INLINE Floats absolute(Floats x) { return _mm512_abs_ps(x); }
/// The sign of `sign` on the magnitude of `of`, which is not negative.
CYTO_INLINE Floats withSign(Floats of, Floats sign) {
  const __m512i bit = _mm512_and_si512(_mm512_castps_si512(sign), _mm512_set1_epi32(INT32_MIN));
  return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(of), bit));
}
CYTO_INLINE Floats reciprocal(Floats x) {
  const Floats guess = _mm512_rcp14_ps(x);
  return _mm512_mul_ps(guess, _mm512_fnmadd_ps(x, guess, _mm512_set1_ps(2)));
}
CYTO_INLINE Floats roundToWhole(Floats x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | 8); }
CYTO_INLINE Floats timesPowerOfTwo(Floats x, Floats whole) { return _mm512_scalef_ps(x, whole); }
/// Eight floats in each half.
CYTO_INLINE Floats repeatEight(const float* from) {
  const __m256 eight = _mm256_loadu_ps(from);
  return _mm512_insertf32x8(_mm512_castps256_ps512(eight), eight, 1);
}
/// Both halves exchanged: what one half lacks of the other when values repeat after eight lanes.
CYTO_INLINE Floats otherHalf(Floats x) { return _mm512_shuffle_f32x4(x, x, 0x4E); }
CYTO_INLINE Floats largestOfHalves(Floats x) { return larger(x, otherHalf(x)); }
CYTO_INLINE Floats sumOfHalves(Floats x) { return _mm512_add_ps(x, otherHalf(x)); }

#else

using Floats = __m256;
inline constexpr int64_t kLanes = 8;
inline constexpr int kTileRows = 6;  // 6 x 2 accumulators, 2 columns and a broadcast fit 16 registers
inline constexpr int kTileRegisters = 2;

CYTO_INLINE Floats load(const float* from) { return _mm256_loadu_ps(from); }
CYTO_INLINE void store(float* to, Floats x) { _mm256_storeu_ps(to, x); }
CYTO_INLINE Floats gather(const float* from, int64_t stride) {
  const __m256i count = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  return _mm256_i32gather_ps(from, _mm256_mullo_epi32(count, _mm256_set1_epi32(static_cast<int32_t>(stride))), 4);
}
CYTO_INLINE Floats fill(float x) { return _mm256_set1_ps(x); }
CYTO_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
CYTO_INLINE Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }
CYTO_INLINE float sumOf(Floats x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}
CYTO_INLINE float largestOf(Floats x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}
CYTO_INLINE bool anyLarger(Floats a, Floats b) { return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)) != 0; }
CYTO_INLINE Floats absolute(Floats x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x); }
CYTO_INLINE Floats withSign(Floats of, Floats sign) {
  return _mm256_or_ps(of, _mm256_and_ps(sign, _mm256_set1_ps(-0.0F)));
}
CYTO_INLINE Floats reciprocal(Floats x) { return _mm256_div_ps(_mm256_set1_ps(1), x); }
CYTO_INLINE Floats roundToWhole(Floats x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | 8); }
CYTO_INLINE Floats timesPowerOfTwo(Floats x, Floats whole) {
  const __m256i shifted = _mm256_slli_epi32(_mm256_cvtps_epi32(larger(whole, fill(-126))), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), shifted));
}
CYTO_INLINE Floats repeatEight(const float* from) { return load(from); }
CYTO_INLINE Floats largestOfHalves(Floats x) { return x; }
CYTO_INLINE Floats sumOfHalves(Floats x) { return x; }

#endif

/// 2^x for x up to 126 from a polynomial for -0.5..0.5 that is 1 at 0. Far below zero it is zero or next to it.
template <class Polynomial>
CYTO_INLINE Floats exp2By(Floats x, const Polynomial& polynomial) {
  const Floats whole = roundToWhole(x);
  return timesPowerOfTwo(polynomial(x - whole), whole);
}

/// The relative error is below 1.6e-7. The coefficients give the smallest largest error of their degree.
CYTO_INLINE Floats exp2Of(Floats x) {
  return exp2By(x, [](Floats part) {
    Floats sum = fill(1.326472731e-3F);
    sum = multiplyAdd(sum, part, fill(9.671512991e-3F));
    sum = multiplyAdd(sum, part, fill(5.550733581e-2F));
    sum = multiplyAdd(sum, part, fill(2.402224243e-1F));
    sum = multiplyAdd(sum, part, fill(6.931470037e-1F));
    return multiplyAdd(sum, part, fill(1));
  });
}

/// The same with a relative error below 1.1e-4, for what is rounded to bf16, which errs by up to 2e-3.
CYTO_INLINE Floats roughExp2Of(Floats x) {
  return exp2By(x, [](Floats part) {
    Floats sum = fill(5.500893295e-2F);
    sum = multiplyAdd(sum, part, fill(2.422109693e-1F));
    sum = multiplyAdd(sum, part, fill(6.932829022e-1F));
    return multiplyAdd(sum, part, fill(1));
  });
}

inline constexpr float kLog2E = 1.4426950408889634F;

/// x / 2 (1 + erf(x / sqrt 2)). erf by formula 7.1.26 of Abramowitz and Stegun, error below 1.5e-7.
CYTO_INLINE Floats geluOf(Floats x) {
  const Floats z = absolute(x) * fill(0.70710678F);
  const Floats t = reciprocal(multiplyAdd(z, fill(0.3275911F), fill(1)));
  Floats sum = fill(1.061405429F);
  sum = multiplyAdd(sum, t, fill(-1.453152027F));
  sum = multiplyAdd(sum, t, fill(1.421413741F));
  sum = multiplyAdd(sum, t, fill(-0.284496736F));
  sum = multiplyAdd(sum, t, fill(0.254829592F));
  const Floats tail = sum * t * exp2Of(z * z * fill(-kLog2E));
  const Floats half = x * fill(0.5F);
  return multiplyAdd(half, withSign(fill(1) - tail, x), half);
}

}  // namespace cyto::nn::CYTO_KERNELS
