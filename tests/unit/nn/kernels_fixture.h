#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "tests/support/random_seed.h"
#include "tests/unit/nn/emulated_kernels.h"

namespace cyto::nn::test {

using Values = std::vector<float>;

inline uint16_t toBf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
inline float fromBf16(uint16_t x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Panels of 64 columns of a (rows, columns) matrix.
inline Values panels(const Values& matrix, int64_t rows, int64_t columns) {
  const int64_t count = panelsFor(columns);
  Values out(static_cast<size_t>(count * rows * kPanelColumns));
  for (int64_t k = 0; k < rows; ++k) {
    for (int64_t n = 0; n < columns; ++n) {
      out[static_cast<size_t>(n / kPanelColumns * rows * kPanelColumns + k * kPanelColumns + n % kPanelColumns)] =
          matrix[static_cast<size_t>(k * columns + n)];
    }
  }
  return out;
}

inline double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }

/// The hand-written loops of one instruction set, which the parameter names; skipped where the processor lacks it.
/// Those for wide vectors are emulated too, and so tested everywhere.
class KernelsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool isEmulated = std::string_view(GetParam()) == "emulated";
    ::setenv("CYTOCLICK_KERNELS", isEmulated ? "avx2" : GetParam(), 1);
    set_ = kernels();
    if (!set_) GTEST_SKIP() << "this processor has no " << GetParam();
    if (isEmulated) set_ = emulatedKernels();
    ASSERT_STREQ(set_->name, GetParam());
  }
  void TearDown() override { ::unsetenv("CYTOCLICK_KERNELS"); }

  Values random(int64_t count, double deviation = 1) {
    Values values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(std::normal_distribution<double>(0, deviation)(random_));
    return values;
  }
  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }

  const KernelSet* set_ = nullptr;
  const uint64_t seed_ = cyto::test::randomSeed(7);
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, cyto::test::seedText(seed_)};
  std::mt19937_64 random_{seed_};
};

inline const auto kInstructionSets = ::testing::Values("avx2", "avx512", "avx512bf16", "emulated");

}  // namespace cyto::nn::test
