#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/nn/cyto/decoder.h"
#include "core/nn/cyto/encoder.h"
#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// The default model of the program. Frames may have any side that is a multiple of 32 (1024 in use).
/// Feature maps: CytoEncoder; the last one is what it predicts for every object of the frame, from which training
/// teaches a small encoder much faster than from prompts alone. fp32 weights; the arithmetic runs in the type of the
/// frames (encoder) and of the feature maps (decoder), except for prompt maps, dense prediction and predicted IoU,
/// which stay fp32.
class CytoSmall final : public PromptableModel {
 public:
  /// `preparedType`: what `prepare` turns its projections into, so that masks are decoded with that arithmetic.
  explicit CytoSmall(WeightSource& source, at::ScalarType preparedType = at::ScalarType::Float);

  int64_t frameSide() const override { return 1024; }
  std::vector<std::string> extraFeatureNames() const override;
  Features encode(const at::Tensor& frames) override { return encoder_(frames, {}); }
  Features encodeInSteps(const at::Tensor& frames, const BetweenSteps& betweenSteps) override {
    return encoder_(frames, betweenSteps);
  }
  DecodedMasks decode(const Features& ofOneImage, const PromptTensors& prompts, bool multimask) override;
  /// Projects the maps once for all prompts; the maps themselves are not kept.
  PreparedPtr prepare(Features ofOneImage) override;
  /// Decodes each prompt in a window around it (decoding_window.h), and in a larger one when the mask does not fit. It
  /// sees less of the surroundings than `decode` of the whole frame, as in training; masks differ in a few pixels.
  /// The best alternative is the first one: it learns from every prompt, and on validation images it beats
  /// the choice by predicted IoU (models/cards/cyto-small.md).
  DecodedMasks decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                              MaskSelection selection) override;
  std::vector<std::pair<std::string, at::Tensor>> namedTensors() const override { return weights_; }

 private:
  DecodedMasks decode(const ImageProjections& image, const PromptTensors& prompts, bool multimask) const;
  DecodedMasks decodeInWindow(const ImageProjections& image, const PromptTensors& prompts, bool multimask) const;

  CytoEncoder encoder_;
  CytoDecoder decoder_;
  NamedTensors weights_;
  at::ScalarType preparedType_;
};

/// Whether the names are those of a cyto-small checkpoint.
bool isCytoSmall(const NamedTensors& weights);

/// A network with random weights.
std::unique_ptr<CytoSmall> createCytoSmall(uint64_t seed);

/// A network with copies of these weights (any floating type). kModel: a weight is missing, has another
/// shape, or is not one of this network.
Result<std::unique_ptr<CytoSmall>> cytoSmallFromWeights(const NamedTensors& weights,
                                                        at::ScalarType preparedType = at::ScalarType::Float);

/// The same to train on: layers that the weights of an earlier version lack are drawn at random.
Result<std::unique_ptr<CytoSmall>> cytoSmallStartingFrom(const NamedTensors& weights, uint64_t seed);

}  // namespace cyto::nn
