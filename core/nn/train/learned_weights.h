#pragma once

#include <string>
#include <vector>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Which weights of a network learn, and how (spec/micro-sam.md §9.7).
struct LearningChoice {
  std::vector<std::string> frozenParts;  ///< "image_encoder", "prompt_encoder", "mask_decoder"; "encoder", "decoder"
  /// How the encoder learns. Empty: all of its weights. lora, fact, ssf, adaptformer: adapters. attention, bias, norm,
  /// blocks: only these weights of it.
  std::string method;
  int64_t rank = 4;                     ///< of lora and fact
  std::vector<std::string> matrices{};  ///< what lora changes: q, k, v, mlp; empty: q and v
  std::vector<int64_t> blocks{};        ///< those that the method applies to, from 0; empty: all
};

/// What an optimiser changes, and the weights of the network that follow from it. Without a method these are the
/// network's own; lora adds a product of thin matrices to query, key, value or MLP, fact one to query and value
/// (without its dropout, which cannot be folded), ssf scales and shifts what the encoder's layers give. These adapters
/// have the names that micro-sam gives them and are folded into the network's weights, so that every other part sees a
/// plain network, and what is exported is one. adaptformer adds weights to the network.
class LearnedWeights {
 public:
  /// `network`: all weights and buffers. Buffers (statistics of norms, the random frequencies of positions) never
  /// learn. Throws std::invalid_argument for an unknown part, method, matrix or block, or when nothing is left to
  /// learn.
  LearnedWeights(NamedTensors network, const LearningChoice& choice, uint64_t seed);

  /// What learns, at the start.
  const NamedTensors& initial() const { return initial_; }

  /// All weights of the network, for `learned` with the names of `initial`; gradients flow through.
  NamedTensors network(const NamedTensors& learned) const;

  /// Whether nothing in the image encoder learns.
  bool encoderIsFrozen() const { return encoderIsFrozen_; }

  /// Whether adapters are folded: the network must be made anew from `network` after each step.
  bool isFolded() const { return hasAdapters_; }

 private:
  void freeze(const LearningChoice& choice);
  void add(NamedTensors adapters);
  void addBottlenecks(NamedTensors bottlenecks);

  NamedTensors network_;
  std::vector<char> learns_;  // of each of network_, by itself
  NamedTensors initial_;      // those that learn by themselves, then the adapters
  bool encoderIsFrozen_ = true;
  bool hasAdapters_ = false;
};

}  // namespace cyto::nn
