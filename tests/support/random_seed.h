#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace cyto::test {

/// The seed of a property test: $CYTOCLICK_TEST_SEED, else the fixed one of the case. Print it on failure:
/// `SCOPED_TRACE(seedText(seed));`
inline uint64_t randomSeed(uint64_t ofCase) {
  const char* chosen = std::getenv("CYTOCLICK_TEST_SEED");
  return chosen ? std::strtoull(chosen, nullptr, 10) : ofCase;
}

inline std::string seedText(uint64_t seed) { return "CYTOCLICK_TEST_SEED=" + std::to_string(seed); }

}  // namespace cyto::test
