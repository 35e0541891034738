// What the processor can do at most, for benchmarks: products that depend on nothing in memory. See simd.h about
// namespaces.
#pragma once

#include "core/nn/kernels/element.h"

namespace cyto::nn::CYTO_KERNELS {

// As many chains as the tiles of matrix products keep; they start apart, or the compiler would keep one.
inline constexpr int kChains = kTileRows * kTileRegisters;

inline double peakWork(int64_t rounds, float* out) {
  Floats sums[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sums[i] = load(out) + fill(static_cast<float>(i));
  const Floats a = load(out + kLanes), b = load(out + 2 * kLanes);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) sums[i] = multiplyAdd(a, b, sums[i]);
  }
  Floats total = sums[0];
#pragma GCC unroll 24
  for (int i = 1; i < kChains; ++i) total = total + sums[i];
  store(out, total);
  return 2.0 * kLanes * kChains * static_cast<double>(rounds);
}

#if defined(__AVX512BF16__)

inline double peakWorkBf16(int64_t rounds, float* out) {
  Floats sums[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sums[i] = load(out) + fill(static_cast<float>(i));
  __m512bh a, b;
  __builtin_memcpy(&a, out + kLanes, sizeof a);
  __builtin_memcpy(&b, out + 2 * kLanes, sizeof b);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], a, b);
  }
  Floats total = sums[0];
#pragma GCC unroll 24
  for (int i = 1; i < kChains; ++i) total = total + sums[i];
  store(out, total);
  return 4.0 * kLanes * kChains * static_cast<double>(rounds);
}

#endif

}  // namespace cyto::nn::CYTO_KERNELS
