#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/nn/sam/image_encoder.h"
#include "core/nn/sam/mask_decoder.h"
#include "core/nn/sam/prompt_encoder.h"

namespace cyto::nn {

/// SAM or MobileSAM. The image encoder computes in `encoderType`, prompts and masks in fp32.
class SamModel final : public PromptableModel {
 public:
  SamModel(SamConfiguration configuration, WeightTable& table, at::ScalarType encoderType);

  int64_t frameSide() const override { return configuration_.frameSide; }
  Features encode(const at::Tensor& frames) override { return encodeInSteps(frames, {}); }
  DecodedMasks decode(const Features& ofOneImage, const PromptTensors& prompts, bool multimask) override;
  std::vector<std::pair<std::string, at::Tensor>> namedTensors() const override { return weights_; }

  double encodeOperations() const override;
  Features encodeInSteps(const at::Tensor& frames, const BetweenSteps& betweenSteps) override;
  PreparedPtr prepare(Features ofOneImage) override;
  DecodedMasks decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                              MaskSelection selection) override;
  void decodeEach(const PreparedFeatures& prepared, int64_t count, float minPredictedIou,
                  const std::function<PromptTensors(int64_t)>& prompts,
                  const std::function<void(int64_t, const DecodedMasks&)>& deliver) override;

 private:
  ImageSide imageSide(const Features& features, const PromptTensors& prompts) const;

  SamConfiguration configuration_;
  std::unique_ptr<SamImageEncoder> imageEncoder_;
  PromptEncoder promptEncoder_;
  MaskDecoder maskDecoder_;
  at::Tensor densePositions_;
  NamedTensors weights_;
};

/// Builds the network of an architecture from a checkpoint's weights. kModel names every missing and unexpected key.
/// With `withGradients` what is computed from the weights once keeps its gradients, and nothing is packed for speed.
Result<std::unique_ptr<SamModel>> makeSamModel(const std::string& architecture, const NamedTensors& weights,
                                               at::ScalarType encoderType, bool withGradients = false);

}  // namespace cyto::nn
