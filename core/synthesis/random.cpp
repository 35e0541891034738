#include "core/synthesis/random.h"

#include <algorithm>
#include <bit>

namespace cyto::synthesis {

namespace {

// One step of splitmix64; also a good mixing of any 64 bits.
uint64_t splitmix(uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

// FNV-1a.
uint64_t hashOf(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
  return hash;
}

constexpr double kSmallMean = 16;

}  // namespace

Random::Random(uint64_t seed) : seed_(seed) {
  for (uint64_t& word : state_) {
    word = splitmix(seed);
    seed += 0x9E3779B97F4A7C15U;
  }
}

Random Random::stream(std::string_view name) const { return stream(hashOf(name)); }
Random Random::stream(uint64_t number) const { return Random(splitmix(seed_ ^ splitmix(number))); }

uint64_t Random::bits() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

int64_t Random::integer(int64_t low, int64_t high) {
  const double count = static_cast<double>(high - low) + 1;
  return std::min(high, low + static_cast<int64_t>(std::floor(uniform() * count)));
}

double Random::normal() {
  if (hasSpareNormal_) {
    hasSpareNormal_ = false;
    return spareNormal_;
  }
  double u, v, square;
  do {
    u = uniform(-1, 1);
    v = uniform(-1, 1);
    square = u * u + v * v;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * std::log(square) / square);
  spareNormal_ = v * factor;
  hasSpareNormal_ = true;
  return u * factor;
}

double Random::poisson(double mean) {
  if (!(mean > 0)) return 0;
  if (mean >= kSmallMean) return std::max(0.0, std::round(mean + std::sqrt(mean) * normal()));
  const double limit = std::exp(-mean);
  double count = 0;
  for (double product = uniform(); product > limit; product *= uniform()) ++count;
  return count;
}

}  // namespace cyto::synthesis
