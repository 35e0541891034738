#include "core/synthesis/random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace cyto::synthesis {
namespace {

// The numbers of an implementation of xoshiro256++ and splitmix64 in another language.
TEST(SynthesisRandom, GivesTheSameBitsEverywhere) {
  Random random(1);
  EXPECT_EQ(random.bits(), 0xcfc5d07f6f03c29bU);
  EXPECT_EQ(random.bits(), 0xbf424132963fe08dU);
  EXPECT_EQ(random.bits(), 0x19a37d5757aaf520U);
}

TEST(SynthesisRandom, StreamsDependOnTheSeedAndTheNameOnly) {
  Random used(7);
  const uint64_t before = used.stream("noise").bits();
  for (int i = 0; i < 100; ++i) used.normal();
  EXPECT_EQ(used.stream("noise").bits(), before);
  std::set<uint64_t> firsts{before, Random(8).stream("noise").bits(), used.stream("places").bits()};
  for (uint64_t i = 0; i < 100; ++i) firsts.insert(used.stream(i).bits());
  EXPECT_EQ(firsts.size(), 103u);
}

struct Moments {
  double mean, deviation;
};

template <typename Draw>
Moments momentsOf(Draw draw) {
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  return {mean, std::sqrt(squares / kDraws - mean * mean)};
}

TEST(SynthesisRandom, DistributionsHaveTheirMoments) {
  Random random(3);
  const Moments uniform = momentsOf([&] { return random.uniform(); });
  EXPECT_NEAR(uniform.mean, 0.5, 0.005);
  EXPECT_NEAR(uniform.deviation, std::sqrt(1.0 / 12), 0.005);
  const Moments normal = momentsOf([&] { return random.normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.01);
  EXPECT_NEAR(normal.deviation, 1, 0.01);
  for (const double mean : {0.3, 5.0, 15.9, 16.0, 400.0}) {
    const Moments poisson = momentsOf([&] { return random.poisson(mean); });
    EXPECT_NEAR(poisson.mean, mean, 0.02 * mean) << mean;
    EXPECT_NEAR(poisson.deviation, std::sqrt(mean), 0.03 * std::sqrt(mean)) << mean;
  }
  EXPECT_EQ(random.poisson(0), 0);
  EXPECT_EQ(random.poisson(-1), 0);
}

TEST(SynthesisRandom, WholeNumbersReachBothEnds) {
  Random random(5);
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts[static_cast<size_t>(random.integer(-3, 3) + 3)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.integer(4, 4), 4);
}

TEST(SynthesisRandom, OctavesAreEquallyLikely) {
  Random random(6);
  int low = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.logUniform(1, 4);
    ASSERT_GE(value, 1);
    ASSERT_LE(value, 4);
    low += value < 2;
  }
  EXPECT_NEAR(low, 5000, 200);
}

}  // namespace
}  // namespace cyto::synthesis
