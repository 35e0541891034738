#include "tests/unit/nn/fixture.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace cyto::test {

Fixture::Fixture(const std::filesystem::path& path) : members_(readNpz(path)) {}

at::Tensor Fixture::operator[](const std::string& name) const {
  const NpyArray& array = members_.at(name);
  std::vector<float> values = array.floats();
  return at::from_blob(values.data(), array.shape, at::kFloat).clone();
}

int64_t Fixture::integer(const std::string& name) const { return static_cast<int64_t>(members_.at(name).values.at(0)); }

nn::NamedTensors Fixture::weights(const std::string& prefix) const {
  nn::NamedTensors tensors;
  for (const auto& [name, array] : members_) {
    if (name.rfind("w/", 0) == 0) tensors.emplace_back(prefix + name.substr(2), (*this)[name]);
  }
  return tensors;
}

void expectClose(const at::Tensor& actual, const at::Tensor& expected, double absolute, double relative) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const at::Tensor excess = (actual - expected).abs() - (absolute + relative * expected.abs());
  const double worst = excess.numel() == 0 ? 0.0 : excess.max().item<double>();
  EXPECT_LE(worst, 0.0) << "largest difference " << (actual - expected).abs().max().item<double>();
  EXPECT_FALSE(std::isnan(worst));
}

namespace {

uint64_t hashOf(const std::string& key) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// The i-th number of a key, in [-1, 1).
double number(uint64_t hash, uint64_t i) {
  uint64_t z = hash + (i + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return 2 * (static_cast<double>(z >> 40) / static_cast<double>(1 << 24)) - 1;
}

bool endsWith(const std::string& key, const std::string& end) { return key.size() >= end.size() && key.ends_with(end); }

bool containsOneOf(const std::string& key, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const char* part) { return key.find(part) != std::string::npos; });
}

struct Affine {
  double offset;
  double scale;
};

Affine ruleOf(const std::string& key, at::IntArrayRef shape) {
  if (endsWith(key, "running_var")) return {1, 0.5};
  if (endsWith(key, "running_mean")) return {0, 0.1};
  if (containsOneOf(key, {"positional_encoding_gaussian_matrix"})) return {0, std::sqrt(3.0)};
  if (containsOneOf(key, {"pos_embed", "rel_pos", "iou_token", "mask_tokens", "obj_score_token", "div_score_token",
                          "no_mask_embed", "not_a_point_embed", "point_embeddings", "tpos_enc", "no_mem", "no_obj",
                          "attention_biases"})) {
    return {0, 0.1};
  }
  if (shape.size() <= 1) return endsWith(key, ".weight") || endsWith(key, "gamma") ? Affine{1, 0.1} : Affine{0, 0.02};
  double fan = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan *= static_cast<double>(shape[i]);
  return {0, std::sqrt(3.0 / fan)};
}

at::Tensor filled(const std::string& key, at::IntArrayRef shape, Affine rule) {
  at::Tensor tensor = at::empty(shape);
  const uint64_t hash = hashOf(key);
  float* out = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    out[i] = static_cast<float>(rule.offset + rule.scale * number(hash, static_cast<uint64_t>(i)));
  }
  return tensor;
}

}  // namespace

at::Tensor formulaWeight(const std::string& key, at::IntArrayRef shape) {
  if (endsWith(key, "num_batches_tracked")) return at::zeros(shape, at::kLong);
  return filled(key, shape, ruleOf(key, shape));
}

at::Tensor formulaInput(const std::string& name, at::IntArrayRef shape, double low, double high) {
  return filled("input:" + name, shape, {(low + high) / 2, (high - low) / 2});
}

nn::NamedTensors formulaWeights(const std::filesystem::path& keyList) {
  nn::NamedTensors tensors;
  std::ifstream stream(keyList);
  for (std::string line; std::getline(stream, line);) {
    const size_t space = line.find_first_of(" \t");
    if (space == std::string::npos) continue;
    std::vector<int64_t> shape;
    std::string digits = line.substr(space);
    for (char& c : digits) {
      if (!std::isdigit(static_cast<unsigned char>(c))) c = ' ';
    }
    std::istringstream numbers(digits);
    for (int64_t extent; numbers >> extent;) shape.push_back(extent);
    const std::string key = line.substr(0, space);
    tensors.emplace_back(key, formulaWeight(key, shape));
  }
  return tensors;
}

}  // namespace cyto::test
