#include "core/nn/train/learned_weights.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cyto::nn {

namespace {

const std::string kCytoPrefix = "cyto.";

/// The part of the network that a weight belongs to.
std::string partOf(const std::string& name) {
  const std::string own = name.starts_with(kCytoPrefix) ? name.substr(kCytoPrefix.size()) : name;
  return own.substr(0, own.find('.'));
}

bool isEncoder(const std::string& name) { return partOf(name) == "image_encoder" || partOf(name) == "encoder"; }

bool isBuffer(const std::string& name) {
  return name.ends_with("running_mean") || name.ends_with("running_var") || name.ends_with("gaussian_matrix");
}

constexpr int64_t kBottleneck = 64;  // channels, as in the reference

bool isInBlock(const std::string& name) { return name.starts_with("image_encoder.blocks."); }
/// The usual start of a linear layer without bias.
at::Tensor uniformWeight(int64_t out, int64_t in, const at::Generator& random) {
  const double bound = std::sqrt(1.0 / static_cast<double>(in));
  return at::rand({out, in}, random, at::kFloat).mul(2 * bound).sub(bound);
}

bool isBottleneck(const std::string& name) {
  return isInBlock(name) &&
         (name.find(".mlp.down_proj.") != std::string::npos || name.find(".mlp.up_proj.") != std::string::npos);
}

bool isNorm(const std::string& name) { return name.find("norm") != std::string::npos; }

/// Whether a weight of the encoder learns by itself under a method.
bool learnsUnder(const std::string& method, const std::string& name) {
  if (method.empty()) return true;
  if (method == "attention") return isInBlock(name) && name.find(".attn.") != std::string::npos;
  if (method == "bias") return name.ends_with(".bias");
  if (method == "norm") return isInBlock(name) && isNorm(name);
  if (method == "lora" || method == "fact" || method == "ssf") return false;
  if (method == "adaptformer") return isBottleneck(name);
  throw std::invalid_argument("there is no method '" + method +
                              "'; use lora, fact, ssf, adaptformer, attention, bias or norm");
}

}  // namespace

LearnedWeights::LearnedWeights(NamedTensors network, const LearningChoice& choice, uint64_t seed)
    : network_(std::move(network)) {
  freeze(choice);
  if (choice.method == "lora") addLora(choice.rank, seed);
  if (choice.method == "fact") addFact(choice.rank, seed);
  if (choice.method == "ssf") addScalesAndShifts();
  if (choice.method == "adaptformer") addBottlenecks(seed);
  if (initial_.empty()) throw std::invalid_argument("every part of the network is frozen; leave one to learn");
}

size_t LearnedWeights::addParameter(const std::string& name, at::Tensor value) {
  initial_.emplace_back(name, value.to(network_.front().second.device()));
  return initial_.size() - 1;
}

void LearnedWeights::freeze(const LearningChoice& choice) {
  for (const std::string& part : choice.frozenParts) {
    const bool isThere =
        std::any_of(network_.begin(), network_.end(), [&](const auto& entry) { return partOf(entry.first) == part; });
    if (!isThere) throw std::invalid_argument("the network has no part '" + part + "' that could be frozen");
  }
  const auto isFrozenPart = [&](const std::string& name) {
    return std::find(choice.frozenParts.begin(), choice.frozenParts.end(), partOf(name)) != choice.frozenParts.end();
  };
  bool encoderHasMethod = false;
  encoderIsFrozen_ = true;
  for (const auto& [name, weight] : network_) {
    const bool isFrozen = isFrozenPart(name);
    encoderHasMethod = encoderHasMethod || (isEncoder(name) && !isFrozen && !choice.method.empty());
    const bool learns = weight.is_floating_point() && !isBuffer(name) && !isFrozen &&
                        (!isEncoder(name) || learnsUnder(choice.method, name));
    learns_.push_back(learns ? 1 : 0);
    if (!learns) continue;
    encoderIsFrozen_ = encoderIsFrozen_ && !isEncoder(name);
    addParameter(name, weight.detach().clone());
  }
  if (!choice.method.empty() && !encoderHasMethod) {
    throw std::invalid_argument("'" + choice.method + "' is a way for the image encoder to learn, but it is frozen");
  }
}

/// Calls `add` with the index, the stem of the name and the width of each block's weight for query, key and value.
template <typename Add>
void LearnedWeights::addToAttention(const std::string& method, int64_t rank, Add add) {
  for (size_t i = 0; i < network_.size(); ++i) {
    const auto& [name, weight] = network_[i];
    if (!isInBlock(name) || !name.ends_with(".attn.qkv.weight")) continue;
    const int64_t width = weight.size(1);
    if (rank < 1 || rank > width) throw std::invalid_argument("the rank must lie in 1.." + std::to_string(width));
    add(i, name.substr(0, name.size() - std::string("weight").size()), width);
  }
  if (folded_.empty()) throw std::invalid_argument(method + " needs a ViT image encoder (vit_b, vit_l, vit_h)");
  encoderIsFrozen_ = false;
}

/// Query and value of each block: W + B A, with A random and B zero.
void LearnedWeights::addLora(int64_t rank, uint64_t seed) {
  const at::Generator random = at::detail::createCPUGenerator(seed);
  addToAttention("lora", rank, [&](size_t target, const std::string& stem, int64_t width) {
    Folded folded{target, Rule::kLora, {}};
    for (const char* which : {"q", "v"}) {
      const at::Tensor a = uniformWeight(rank, width, random);
      folded.parameters.push_back(addParameter(stem + "w_a_linear_" + which + ".weight", a));
      folded.parameters.push_back(addParameter(stem + "w_b_linear_" + which + ".weight", at::zeros({width, rank})));
    }
    folded_.push_back(folded);
  });
}

/// Query and value of each block: W + V S U, where the small S is its own for each and V begins as zero.
void LearnedWeights::addFact(int64_t rank, uint64_t seed) {
  const at::Generator random = at::detail::createCPUGenerator(seed);
  addToAttention("fact", rank, [&](size_t target, const std::string& stem, int64_t width) {
    const size_t u = addParameter(stem + "FacTu.weight", uniformWeight(rank, width, random));
    const size_t ofQuery = addParameter(stem + "q_FacTs.weight", uniformWeight(rank, rank, random));
    const size_t ofValue = addParameter(stem + "v_FacTs.weight", uniformWeight(rank, rank, random));
    const size_t v = addParameter(stem + "FacTv.weight", at::zeros({width, rank}));
    folded_.push_back({target, Rule::kFact, {u, ofQuery, ofValue, v}});
  });
}

/// Layers of the blocks: scale * (W x + b) + shift. Norms are layers too.
void LearnedWeights::addScalesAndShifts() {
  for (size_t i = 0; i < network_.size(); ++i) {
    const auto& [name, weight] = network_[i];
    const bool isLayer = isInBlock(name) && name.ends_with(".weight") && weight.dim() <= 2;
    if (!isLayer) continue;
    const std::string stem = name.substr(0, name.size() - std::string("weight").size());
    const size_t scale = addParameter(stem + "scale", at::ones({weight.size(0)}));
    const size_t shift = addParameter(stem + "shift", at::zeros({weight.size(0)}));
    folded_.push_back({i, Rule::kScale, {scale}});
    const auto bias =
        std::find_if(network_.begin(), network_.end(), [&](const auto& entry) { return entry.first == stem + "bias"; });
    if (bias == network_.end()) continue;
    folded_.push_back({static_cast<size_t>(bias - network_.begin()), Rule::kScaleAndShift, {scale, shift}});
  }
  if (folded_.empty()) throw std::invalid_argument("ssf needs a ViT image encoder (vit_b, vit_l, vit_h)");
  encoderIsFrozen_ = false;
}

/// Beside the MLP of each block, where there is none yet: down to a few channels and up again. It adds nothing but what
/// the reference always adds at the start, the MLP's input.
void LearnedWeights::addBottlenecks(uint64_t seed) {
  const at::Generator random = at::detail::createCPUGenerator(seed);
  const auto has = [&](const std::string& name) {
    return std::any_of(network_.begin(), network_.end(), [&](const auto& entry) { return entry.first == name; });
  };
  const size_t count = network_.size();
  bool isVit = false;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = network_[i].first;
    if (!isInBlock(name) || !name.ends_with(".mlp.lin1.weight")) continue;
    isVit = true;
    const std::string mlp = name.substr(0, name.size() - std::string("lin1.weight").size());
    if (has(mlp + "down_proj.weight")) continue;
    const int64_t width = network_[i].second.size(1);
    const std::pair<const char*, at::Tensor> added[] = {{"down_proj.weight", uniformWeight(kBottleneck, width, random)},
                                                        {"down_proj.bias", at::zeros({kBottleneck})},
                                                        {"up_proj.weight", at::zeros({width, kBottleneck})},
                                                        {"up_proj.bias", at::zeros({width})}};
    for (const auto& [part, value] : added) {
      addParameter(mlp + part, value);
      network_.emplace_back(mlp + part, initial_.back().second);
      learns_.push_back(1);
    }
  }
  if (!isVit) throw std::invalid_argument("adaptformer needs a ViT image encoder (vit_b, vit_l, vit_h)");
  encoderIsFrozen_ = false;
}

at::Tensor LearnedWeights::fold(const Folded& folded, const NamedTensors& learned) const {
  const at::Tensor base = network_[folded.target].second.detach();
  const auto parameter = [&](size_t i) { return learned[folded.parameters[i]].second; };
  const auto product = [&](std::initializer_list<size_t> factors) {
    at::Tensor all;
    for (const size_t i : factors) all = all.defined() ? at::matmul(all, parameter(i)) : parameter(i);
    return all;
  };
  // The rows of the key stay.
  const auto ofQueryAndValue = [](const at::Tensor& query, const at::Tensor& value) {
    return at::cat({query, at::zeros_like(query), value});
  };
  switch (folded.rule) {
    case Rule::kScale: return base.dim() == 2 ? base * parameter(0).unsqueeze(1) : base * parameter(0);
    case Rule::kScaleAndShift: return base * parameter(0) + parameter(1);
    case Rule::kLora: return base + ofQueryAndValue(product({1, 0}), product({3, 2}));
    case Rule::kFact: return base + ofQueryAndValue(product({3, 1, 0}), product({3, 2, 0}));
  }
  return base;
}

NamedTensors LearnedWeights::network(const NamedTensors& learned) const {
  NamedTensors weights;
  size_t next = 0;
  for (size_t i = 0; i < network_.size(); ++i) {
    weights.emplace_back(network_[i].first, learns_[i] ? learned.at(next++).second : network_[i].second.detach());
  }
  for (const Folded& folded : folded_) weights[folded.target].second = fold(folded, learned);
  return weights;
}

}  // namespace cyto::nn
