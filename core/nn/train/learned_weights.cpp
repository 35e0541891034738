#include "core/nn/train/learned_weights.h"

#include <algorithm>
#include <stdexcept>

#include "core/nn/train/new_adapters.h"
#include "core/nn/weights/adapters.h"

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

bool contains(const std::string& name, const char* part) { return name.find(part) != std::string::npos; }

bool isBottleneck(const std::string& name) {
  return contains(name, ".mlp.down_proj.") || contains(name, ".mlp.up_proj.");
}

/// Whether a weight of the encoder learns by itself under a method. `blocks`: which the method applies to.
bool learnsUnder(const std::string& method, const std::string& name, const std::vector<int64_t>& blocks) {
  if (method.empty()) return true;
  const bool isChosen = isInBlocks(name, blocks);
  if (method == "attention") return isChosen && contains(name, ".attn.");
  if (method == "bias") return name.ends_with(".bias") && (isChosen || blocks.empty());
  if (method == "norm") return isChosen && contains(name, "norm");
  if (method == "blocks") return isChosen;
  if (method == "lora" || method == "fact" || method == "ssf") return false;
  if (method == "adaptformer") return isChosen && isBottleneck(name);
  throw std::invalid_argument("there is no method '" + method +
                              "'; use lora, fact, ssf, adaptformer, attention, bias, norm or blocks");
}

void check(const NamedTensors& network, const LearningChoice& choice) {
  for (const std::string& part : choice.frozenParts) {
    const bool isThere =
        std::any_of(network.begin(), network.end(), [&](const auto& entry) { return partOf(entry.first) == part; });
    if (!isThere) throw std::invalid_argument("the network has no part '" + part + "' that could be frozen");
  }
  if (!choice.matrices.empty() && choice.method != "lora") {
    throw std::invalid_argument("only lora changes single matrices; choose it as the method, or name no matrices");
  }
  if (choice.method == "blocks" && choice.blocks.empty()) {
    throw std::invalid_argument("say which blocks of the image encoder learn");
  }
  if (choice.blocks.empty()) return;
  if (choice.method.empty()) throw std::invalid_argument("blocks are named for a method; choose one, such as blocks");
  int64_t count = 0;
  for (const auto& [name, weight] : network) count = std::max(count, vitBlockOf(name).value_or(-1) + 1);
  if (count == 0) throw std::invalid_argument("only a ViT image encoder (vit_b, vit_l, vit_h) has blocks to name");
  for (const int64_t block : choice.blocks) {
    if (block >= 0 && block < count) continue;
    throw std::invalid_argument("there is no block " + std::to_string(block) + "; the image encoder has 0 to " +
                                std::to_string(count - 1));
  }
}

}  // namespace

LearnedWeights::LearnedWeights(NamedTensors network, const LearningChoice& choice, uint64_t seed)
    : network_(std::move(network)) {
  check(network_, choice);
  freeze(choice);
  const AdapterPlaces places{network_, choice.blocks, seed};
  if (choice.method == "lora") add(newLora(places, choice.rank, choice.matrices));
  if (choice.method == "fact") add(newFact(places, choice.rank));
  if (choice.method == "ssf") add(newScalesAndShifts(places));
  if (choice.method == "adaptformer") addBottlenecks(newBottlenecks(places));
  if (!choice.method.empty() && encoderIsFrozen_) {
    throw std::invalid_argument("'" + choice.method + "' finds nothing to learn in this image encoder");
  }
  if (initial_.empty()) throw std::invalid_argument("every part of the network is frozen; leave one to learn");
}

void LearnedWeights::freeze(const LearningChoice& choice) {
  const auto isFrozenPart = [&](const std::string& name) {
    return std::find(choice.frozenParts.begin(), choice.frozenParts.end(), partOf(name)) != choice.frozenParts.end();
  };
  bool encoderHasMethod = false;
  for (const auto& [name, weight] : network_) {
    const bool isFrozen = isFrozenPart(name);
    encoderHasMethod = encoderHasMethod || (isEncoder(name) && !isFrozen && !choice.method.empty());
    const bool learns = weight.is_floating_point() && !isBuffer(name) && !isFrozen &&
                        (!isEncoder(name) || learnsUnder(choice.method, name, choice.blocks));
    learns_.push_back(learns ? 1 : 0);
    if (!learns) continue;
    encoderIsFrozen_ = encoderIsFrozen_ && !isEncoder(name);
    initial_.emplace_back(name, weight.detach().clone());
  }
  if (!choice.method.empty() && !encoderHasMethod) {
    throw std::invalid_argument("'" + choice.method + "' is a way for the image encoder to learn, but it is frozen");
  }
}

void LearnedWeights::add(NamedTensors adapters) {
  encoderIsFrozen_ = false;
  hasAdapters_ = true;
  std::move(adapters.begin(), adapters.end(), std::back_inserter(initial_));
}

/// They are weights of the network from here on.
void LearnedWeights::addBottlenecks(NamedTensors bottlenecks) {
  for (auto& [name, tensor] : bottlenecks) {
    encoderIsFrozen_ = false;
    learns_.push_back(1);
    network_.emplace_back(name, tensor);
    initial_.emplace_back(name, std::move(tensor));
  }
}

NamedTensors LearnedWeights::network(const NamedTensors& learned) const {
  NamedTensors weights;
  size_t next = 0;
  for (size_t i = 0; i < network_.size(); ++i) {
    weights.emplace_back(network_[i].first, learns_[i] ? learned.at(next++).second : network_[i].second.detach());
  }
  if (!hasAdapters_) return weights;
  weights.insert(weights.end(), learned.begin() + static_cast<std::ptrdiff_t>(next), learned.end());
  Result<NamedTensors> folded = withoutAdapters(std::move(weights));
  if (!folded) throw std::invalid_argument(folded.error().message());
  return *std::move(folded);
}

}  // namespace cyto::nn
