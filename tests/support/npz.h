#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cyto::test {

/// One array of a fixture, C order. Floating-point members are widened to double, the rest to int64, which is exact for
/// everything the fixtures hold.
struct NpyArray {
  std::string dtype;  ///< as NumPy writes it: "<f4", "|u1", "|b1"
  std::vector<int64_t> shape;
  std::vector<double> values;

  std::vector<float> floats() const { return {values.begin(), values.end()}; }
};

/// Reads every member of a file that numpy.savez_compressed or numpy.savez wrote. Throws std::runtime_error when
/// the file is damaged: fixtures are trusted, a test should just fail.
std::map<std::string, NpyArray> readNpz(const std::filesystem::path& path);

}  // namespace cyto::test
