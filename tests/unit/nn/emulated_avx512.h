// The AVX512-BF16 instructions that the kernels use, computed lane by lane, so that their loops for wide vectors and
// for bf16 are tested on processors that have none. To be included before the kernels, in a source of its own.
#pragma once

#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#define __AVX512F__ 1
#define __AVX512BF16__ 1

namespace cyto::nn::emulated {

using Floats = float __attribute__((vector_size(64)));
using Integers = int32_t __attribute__((vector_size(64)));
using Halves = int16_t __attribute__((vector_size(64)));     // 32 bf16
using FewHalves = int16_t __attribute__((vector_size(32)));  // 16 bf16
constexpr int kLanes = 16;

template <class To, class From>
To sameBits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

template <class Vector>
Vector read(const void* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}
template <class Vector>
void write(void* to, const Vector& vector) {
  std::memcpy(to, &vector, sizeof vector);
}

/// A vector of what `lane(i)` gives.
template <class Vector, class Lane>
Vector eachLane(const Lane& lane) {
  Vector vector;
  for (int i = 0; i < kLanes; ++i) vector[i] = lane(i);
  return vector;
}

inline Floats fill(float x) {
  return eachLane<Floats>([=](int) { return x; });
}
inline Integers fill(int32_t x) {
  return eachLane<Integers>([=](int) { return x; });
}
/// From the last lane to the first, as the instruction's arguments are.
template <class... Values>
Integers fromLastToFirst(Values... values) {
  const int32_t given[] = {values...};
  return eachLane<Integers>([&](int i) { return given[kLanes - 1 - i]; });
}
inline Floats gather(const Integers& index, const float* from) {
  return eachLane<Floats>([&](int i) { return from[index[i]]; });
}
inline Floats multiplyAdd(const Floats& a, const Floats& b, const Floats& c) {
  return eachLane<Floats>([&](int i) { return std::fma(a[i], b[i], c[i]); });
}
inline Floats larger(const Floats& a, const Floats& b) {
  return eachLane<Floats>([&](int i) { return a[i] > b[i] ? a[i] : b[i]; });
}
inline float sum(const Floats& x) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += x[i];
  return total;
}
inline float largest(const Floats& x) {
  float found = x[0];
  for (int i = 1; i < kLanes; ++i) found = std::fmax(found, x[i]);
  return found;
}
inline int whereLarger(const Floats& a, const Floats& b) {
  int mask = 0;
  for (int i = 0; i < kLanes; ++i) mask |= (a[i] > b[i] ? 1 : 0) << i;
  return mask;
}
/// With the error that the instruction may have.
inline Floats roughReciprocal(const Floats& x) {
  return eachLane<Floats>([&](int i) { return 1 / x[i] * (1 + 0x1p-14F); });
}
inline Floats scaled(const Floats& x, const Floats& exponent) {
  constexpr float kLowest = -300;  // gives zero; keeps the exponent a whole number that fits
  return eachLane<Floats>(
      [&](int i) { return std::ldexp(x[i], static_cast<int>(std::fmax(kLowest, std::floor(exponent[i])))); });
}
inline Floats withUpperHalf(Floats x, const __m256& half) {
  std::memcpy(reinterpret_cast<char*>(&x) + sizeof half, &half, sizeof half);
  return x;
}
inline Floats withLowerHalf(const __m256& half) {
  Floats x = {};
  std::memcpy(&x, &half, sizeof half);
  return x;
}
inline Floats halvesExchanged(const Floats& x) {
  return eachLane<Floats>([&](int i) { return x[(i + kLanes / 2) % kLanes]; });
}
inline Integers widened(const __m256i& values) {
  uint16_t given[kLanes];
  std::memcpy(given, &values, sizeof given);
  return eachLane<Integers>([&](int i) { return static_cast<int32_t>(given[i]); });
}
inline FewHalves rounded(const Floats& x) {
  FewHalves halves;
  for (int i = 0; i < kLanes; ++i) {
    const uint32_t bits = sameBits<uint32_t>(static_cast<float>(x[i]));
    halves[i] = static_cast<int16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  }
  return halves;
}
inline Floats multiplyAddPairs(const Floats& sums, const Halves& a, const Halves& b) {
  const auto value = [](int16_t half) {
    return sameBits<float>(static_cast<uint32_t>(static_cast<uint16_t>(half)) << 16);
  };
  return eachLane<Floats>(
      [&](int i) { return sums[i] + value(a[2 * i]) * value(b[2 * i]) + value(a[2 * i + 1]) * value(b[2 * i + 1]); });
}

}  // namespace cyto::nn::emulated

#define __m512 cyto::nn::emulated::Floats
#define __m512i cyto::nn::emulated::Integers
#define __m512bh cyto::nn::emulated::Halves
#define __m256bh cyto::nn::emulated::FewHalves
#define _mm512_loadu_ps(from) cyto::nn::emulated::read<cyto::nn::emulated::Floats>(from)
#define _mm512_loadu_si512(from) cyto::nn::emulated::read<cyto::nn::emulated::Integers>(from)
#define _mm512_storeu_ps cyto::nn::emulated::write
#define _mm512_storeu_si512 cyto::nn::emulated::write
#define _mm512_set1_ps(x) cyto::nn::emulated::fill(static_cast<float>(x))
#define _mm512_set1_epi32(x) cyto::nn::emulated::fill(static_cast<int32_t>(x))
#define _mm512_set_epi32 cyto::nn::emulated::fromLastToFirst
#define _mm512_i32gather_ps(index, from, scale) cyto::nn::emulated::gather(index, from)
#define _mm512_fmadd_ps cyto::nn::emulated::multiplyAdd
#define _mm512_fnmadd_ps(a, b, c) cyto::nn::emulated::multiplyAdd(-(a), b, c)
#define _mm512_max_ps cyto::nn::emulated::larger
#define _mm512_reduce_add_ps cyto::nn::emulated::sum
#define _mm512_reduce_max_ps cyto::nn::emulated::largest
#define _mm512_cmp_ps_mask(a, b, comparison) cyto::nn::emulated::whereLarger(a, b)
#define _mm512_abs_ps(x) \
  cyto::nn::emulated::eachLane<cyto::nn::emulated::Floats>([&](int i) { return std::fabs((x)[i]); })
#define _mm512_castps_si512(x) cyto::nn::emulated::sameBits<cyto::nn::emulated::Integers>(x)
#define _mm512_castsi512_ps(x) cyto::nn::emulated::sameBits<cyto::nn::emulated::Floats>(x)
#define _mm512_and_si512(a, b) ((a) & (b))
#define _mm512_or_si512(a, b) ((a) | (b))
#define _mm512_slli_epi32(x, count) ((x) << (count))
#define _mm512_mullo_epi32(a, b) ((a) * (b))
#define _mm512_mul_ps(a, b) ((a) * (b))
#define _mm512_add_ps(a, b) ((a) + (b))
#define _mm512_rcp14_ps cyto::nn::emulated::roughReciprocal
#define _mm512_roundscale_ps(x, mode) \
  cyto::nn::emulated::eachLane<cyto::nn::emulated::Floats>([&](int i) { return std::nearbyint((x)[i]); })
#define _mm512_scalef_ps cyto::nn::emulated::scaled
#define _mm512_insertf32x8(x, half, position) cyto::nn::emulated::withUpperHalf(x, half)
#define _mm512_castps256_ps512 cyto::nn::emulated::withLowerHalf
#define _mm512_shuffle_f32x4(a, b, order) cyto::nn::emulated::halvesExchanged(a)
#define _mm512_cvtepu16_epi32 cyto::nn::emulated::widened
#define _mm512_cvtneps_pbh cyto::nn::emulated::rounded
#define _mm512_dpbf16_ps cyto::nn::emulated::multiplyAddPairs
