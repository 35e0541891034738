#include "core/nn/train/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <vector>

namespace cyto::nn {

namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.98;
constexpr double kDecay = 0.03;  // of matrices, not of biases and norms
constexpr double kLargestNorm = 1.0;
constexpr double kLongestMean = 0.998;

}  // namespace

Optimiser::Optimiser(NamedTensors weights) : weights_(std::move(weights)) {
  for (const auto& [name, weight] : weights_) {
    parameters_.push_back(weight.detach());
    average_.push_back(weight.detach().clone());
    first_.push_back(at::zeros_like(weight.detach()));
    second_.push_back(at::zeros_like(weight.detach()));
  }
}

double Optimiser::step(const std::vector<at::Tensor>& gradients, double learningRate) {
  const at::AutoGradMode withoutGradients(false);
  std::vector<at::Tensor> squares;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) squares.push_back(gradient.square().sum());
  }
  // Together, because a GPU stops for every number that is asked for.
  const double norm = squares.empty() ? 0 : std::sqrt(at::stack(squares).to(at::kDouble).sum().item<double>());
  if (!std::isfinite(norm)) return norm;
  const double clip = std::min(1.0, kLargestNorm / (norm + 1e-6));
  ++steps_;
  const auto count = static_cast<double>(steps_);
  const double correction1 = 1 - std::pow(kBeta1, count), correction2 = 1 - std::pow(kBeta2, count);
  const double keep = std::min(kLongestMean, (1 + count) / (10 + count));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (gradients[i].defined()) {
      const at::Tensor gradient = gradients[i] * clip;
      first_[i].lerp_(gradient, 1 - kBeta1);
      second_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
      if (parameters_[i].dim() > 1) parameters_[i].mul_(1 - learningRate * kDecay);
      const at::Tensor scale = second_[i].div(correction2).sqrt_().add_(1e-8);
      parameters_[i].addcdiv_(first_[i], scale, -learningRate / correction1);
    }
    average_[i].lerp_(parameters_[i], 1 - keep);
  }
  return norm;
}

NamedTensors Optimiser::averaged() const {
  NamedTensors result;
  for (size_t i = 0; i < weights_.size(); ++i) result.emplace_back(weights_[i].first, average_[i]);
  return result;
}

NamedTensors Optimiser::state() const {
  NamedTensors result = {{"steps", at::full({1}, steps_, at::kLong)}};
  for (size_t i = 0; i < weights_.size(); ++i) {
    const std::string& name = weights_[i].first;
    result.emplace_back("weight/" + name, parameters_[i]);
    result.emplace_back("average/" + name, average_[i]);
    result.emplace_back("first/" + name, first_[i]);
    result.emplace_back("second/" + name, second_[i]);
  }
  return result;
}

void Optimiser::restore(const NamedTensors& state) {
  const std::map<std::string, at::Tensor> byName(state.begin(), state.end());
  const auto take = [&](const std::string& name) {
    const auto found = byName.find(name);
    if (found == byName.end()) throw std::runtime_error("'" + name + "' is missing");
    return found->second;
  };
  // Look everything up first, so that a wrong file changes nothing.
  for (const auto& [name, own] : this->state()) {
    if (take(name).sizes() != own.sizes()) throw std::runtime_error("'" + name + "' has another shape");
  }
  const at::AutoGradMode withoutGradients(false);
  for (size_t i = 0; i < weights_.size(); ++i) {
    const std::string& name = weights_[i].first;
    parameters_[i].copy_(take("weight/" + name));
    average_[i].copy_(take("average/" + name));
    first_[i].copy_(take("first/" + name));
    second_[i].copy_(take("second/" + name));
  }
  steps_ = take("steps").item<int64_t>();
}

}  // namespace cyto::nn
