#include "core/nn/sam/weight_table.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

/// The first few names and how many more there are.
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

}  // namespace

WeightTable::WeightTable(const NamedTensors& tensors) : tensors_(tensors.begin(), tensors.end()) {
  for (const auto& [name, tensor] : tensors) order_.push_back(name);
}

at::Tensor WeightTable::take(const std::string& name, at::IntArrayRef shape) {
  used_.insert(name);
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    missing_.push_back(name);
    return at::zeros(shape);
  }
  if (found->second.sizes() != shape) {
    misshapen_.push_back(name);
    return at::zeros(shape);
  }
  taken_.emplace_back(name, found->second);
  return found->second;
}

int64_t WeightTable::rowsOf(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() || found->second.dim() == 0 ? 0 : found->second.size(0);
}

void WeightTable::ignore(const std::string& prefix) {
  for (const std::string& name : order_) {
    if (name.rfind(prefix, 0) == 0) used_.insert(name);
  }
}

std::string WeightTable::complaint() const {
  std::vector<std::string> unexpected;
  for (const std::string& name : order_) {
    if (!used_.count(name)) unexpected.push_back(name);
  }
  std::string text;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) text += (text.empty() ? "" : "; ") + std::string(what) + " " + listed(names);
  };
  add("missing weights:", missing_);
  add("weights of another shape:", misshapen_);
  add("unexpected weights:", unexpected);
  return text;
}

Linear::Linear(WeightTable& table, const std::string& name, int64_t in, int64_t out, at::ScalarType type)
    : weight(table.take(name + ".weight", {out, in}).to(type)), bias(table.take(name + ".bias", {out}).to(type)) {}

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

LayerNorm::LayerNorm(WeightTable& table, const std::string& name, int64_t size, double epsilon)
    : weight(table.take(name + ".weight", {size})), bias(table.take(name + ".bias", {size})), epsilon(epsilon) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, epsilon);
}

at::Tensor channelNorm(const at::Tensor& x, const LayerNorm& norm) {
  return norm(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
}

}  // namespace cyto::nn
