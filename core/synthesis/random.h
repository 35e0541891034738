#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace cyto::synthesis {

/// Random numbers that are the same with every compiler and standard library: xoshiro256++ (Blackman and Vigna 2019)
/// seeded by splitmix64, and distributions of our own. A copy goes on by itself. Used by one thread.
class Random {
 public:
  explicit Random(uint64_t seed);

  /// Numbers of their own for a named purpose. They depend on the seed and the name, not on what was drawn before, so
  /// that a change of one purpose leaves the others as they are.
  Random stream(std::string_view name) const;
  Random stream(uint64_t number) const;

  uint64_t bits();

  /// In [0, 1), with 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Equally likely in every octave.
  double logUniform(double low, double high) { return low * std::exp(uniform() * std::log(high / low)); }

  bool chance(double probability) { return uniform() < probability; }

  /// In [low, high], both included.
  int64_t integer(int64_t low, int64_t high);

  /// Mean 0 and deviation 1 (Marsaglia's polar method).
  double normal();

  /// Counts with the given mean; from 16 on a rounded normal distribution.
  double poisson(double mean);

  /// -1 or 1.
  double sign() { return chance(0.5) ? 1.0 : -1.0; }
  double angle() { return uniform(0, 2 * M_PI); }

 private:
  uint64_t seed_;
  uint64_t state_[4];
  double spareNormal_ = 0;
  bool hasSpareNormal_ = false;
};

}  // namespace cyto::synthesis
