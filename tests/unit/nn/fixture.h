#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "core/nn/weights/checkpoint.h"
#include "tests/support/npz.h"

namespace cyto::test {

/// A fixture of the reference implementation with its members as tensors.
class Fixture {
 public:
  explicit Fixture(const std::filesystem::path& path);

  /// float32 of the member's shape.
  at::Tensor operator[](const std::string& name) const;
  int64_t integer(const std::string& name) const;

  /// The members "w/KEY" as KEY, with `prefix` in front.
  nn::NamedTensors weights(const std::string& prefix = "") const;

 private:
  std::map<std::string, NpyArray> members_;
};

/// Fails with the largest excess unless |a - b| <= absolute + relative |b| everywhere.
void expectClose(const at::Tensor& actual, const at::Tensor& expected, double absolute = 2e-4, double relative = 1e-4);

/// Weights of a full-size network by formula: the key decides the values (tests/golden/sam1/README.md says more).
at::Tensor formulaWeight(const std::string& key, at::IntArrayRef shape);
/// An input of that formula, mapped to [low, high).
at::Tensor formulaInput(const std::string& name, at::IntArrayRef shape, double low, double high);
/// All weights of a list with one "key 1x64x64x768" per line.
nn::NamedTensors formulaWeights(const std::filesystem::path& keyList);

}  // namespace cyto::test
