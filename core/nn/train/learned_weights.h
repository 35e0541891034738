#pragma once

#include <string>
#include <vector>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Which weights of a network learn, and how (spec/micro-sam.md §9.7).
struct LearningChoice {
  std::vector<std::string> frozenParts;  ///< "image_encoder", "prompt_encoder", "mask_decoder"; "encoder", "decoder"
  std::string method;  ///< "": all weights; lora, fact, ssf, adaptformer, attention, bias, norm: how the encoder learns
  int64_t rank = 4;    ///< of lora and fact
};

/// What an optimiser changes, and the weights of the network that follow from it. Without a method these are the
/// network's own; lora and fact add a product of thin matrices to query and value (fact without its dropout, which
/// cannot be folded), ssf scales and shifts what the encoder's layers give. These are folded into the network's
/// weights, so that every other part sees a plain network, and what is exported is one. adaptformer adds weights to the
/// network.
class LearnedWeights {
 public:
  /// `network`: all weights and buffers. Buffers (statistics of norms, the random frequencies of positions) never
  /// learn. Throws std::invalid_argument for an unknown part or method, or when nothing is left to learn.
  LearnedWeights(NamedTensors network, const LearningChoice& choice, uint64_t seed);

  /// What learns, at the start.
  const NamedTensors& initial() const { return initial_; }

  /// All weights of the network, for `learned` with the names of `initial`; gradients flow through.
  NamedTensors network(const NamedTensors& learned) const;

  /// Whether nothing in the image encoder learns.
  bool encoderIsFrozen() const { return encoderIsFrozen_; }

  /// Whether weights are folded: the network must be made anew from `network` after each step.
  bool isFolded() const { return !folded_.empty(); }

 private:
  enum class Rule { kLora, kFact, kScale, kScaleAndShift };
  struct Folded {
    size_t target = 0;  ///< index into network_
    Rule rule = Rule::kLora;
    std::vector<size_t> parameters;  ///< indices into initial_
  };

  void freeze(const LearningChoice& choice);
  template <typename Add>
  void addToAttention(const std::string& method, int64_t rank, Add add);
  void addLora(int64_t rank, uint64_t seed);
  void addFact(int64_t rank, uint64_t seed);
  void addScalesAndShifts();
  void addBottlenecks(uint64_t seed);
  at::Tensor fold(const Folded& folded, const NamedTensors& learned) const;
  size_t addParameter(const std::string& name, at::Tensor value);

  NamedTensors network_;
  std::vector<char> learns_;  // of each of network_, by itself
  NamedTensors initial_;
  std::vector<Folded> folded_;
  bool encoderIsFrozen_ = false;
};

}  // namespace cyto::nn
