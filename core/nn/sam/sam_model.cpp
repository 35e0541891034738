#include "core/nn/sam/sam_model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/nn/failures.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

/// The image side of an embedding without a mask prompt.
struct PreparedSam : PreparedFeatures {
  int64_t size_bytes() const override {
    return bytesOf(
        {imageSide.keys, imageSide.positions, imageSide.firstKeys, imageSide.firstValues, imageSide.firstQueries});
  }
  ImageSide imageSide;
};

std::unique_ptr<SamImageEncoder> makeEncoder(const SamConfiguration& configuration, WeightTable& table,
                                             at::ScalarType type) {
  return configuration.isTinyVit() ? makeTinyVitEncoder(configuration, table, type)
                                   : makeVitEncoder(configuration, table, type);
}

}  // namespace

SamModel::SamModel(SamConfiguration configuration, WeightTable& table, at::ScalarType encoderType)
    : configuration_(std::move(configuration)),
      imageEncoder_(makeEncoder(configuration_, table, encoderType)),
      promptEncoder_(configuration_, table),
      maskDecoder_(configuration_, table),
      densePositions_(promptEncoder_.densePositions()),
      weights_(table.taken()) {}

double SamModel::encodeOperations() const {
  if (configuration_.isTinyVit()) return 0;
  const auto tokens = static_cast<double>(configuration_.grid() * configuration_.grid());
  const auto width = static_cast<double>(configuration_.width), channels = static_cast<double>(configuration_.channels);
  const auto globals = static_cast<double>(configuration_.globalBlocks.size());
  const auto windows = static_cast<double>(configuration_.depth) - globals;
  const auto keys = static_cast<double>(configuration_.window * configuration_.window);
  const double linears = 24 * tokens * width * width * (globals + windows);  // qkv 3, projection 1, MLP 8 of width^2
  const double attention = 4 * tokens * width * (tokens * globals + keys * windows);
  const double patches = 2 * tokens * width * static_cast<double>(3 * configuration_.patch * configuration_.patch);
  const double neck = 2 * tokens * channels * (width + 9 * channels);
  return linears + attention + patches + neck;
}

Features SamModel::encodeInSteps(const at::Tensor& frames, const BetweenSteps& betweenSteps) {
  return {(*imageEncoder_)(frames, betweenSteps)};
}

ImageSide SamModel::imageSide(const Features& features, const PromptTensors& prompts) const {
  const at::Tensor dense =
      prompts.masks ? promptEncoder_.dense(*prompts.masks) : promptEncoder_.noMask().view({1, -1, 1, 1});
  return maskDecoder_.prepare(features.at(0) + dense, densePositions_);
}

DecodedMasks SamModel::decode(const Features& ofOneImage, const PromptTensors& prompts, bool multimask) {
  return maskDecoder_(imageSide(ofOneImage, prompts), promptEncoder_.sparse(prompts),
                      multimask ? MaskSelection::kAllAlternatives : MaskSelection::kSingle);
}

PreparedPtr SamModel::prepare(Features ofOneImage) {
  auto prepared = std::make_unique<PreparedSam>();
  prepared->imageSide = imageSide(ofOneImage, {});
  prepared->features = std::move(ofOneImage);
  return prepared;
}

DecodedMasks SamModel::decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                                      MaskSelection selection) {
  const at::Tensor sparse = promptEncoder_.sparse(prompts);
  if (prompts.masks) return maskDecoder_(imageSide(prepared.features, prompts), sparse, selection);
  return maskDecoder_(static_cast<const PreparedSam&>(prepared).imageSide, sparse, selection);
}

void SamModel::decodeEach(const PreparedFeatures& prepared, int64_t count, float minPredictedIou,
                          const std::function<PromptTensors(int64_t)>& prompts,
                          const std::function<void(int64_t, const DecodedMasks&)>& deliver) {
  const ImageSide& image = static_cast<const PreparedSam&>(prepared).imageSide;
  if (!maskDecoder_.canStream(image)) {
    return PromptableModel::decodeEach(prepared, count, minPredictedIou, prompts, deliver);
  }
  // One prompt a thread: all threads on one prompt would wait for each other at every layer.
  runTasks(count, [&](int64_t i, int64_t) {
    const PromptTensors own = prompts(i);
    const ImageSide& ownImage = own.masks ? imageSide(prepared.features, own) : image;
    deliver(i, maskDecoder_.alternatives(ownImage, promptEncoder_.sparse(own), minPredictedIou));
  });
}

Result<std::unique_ptr<SamModel>> makeSamModel(const std::string& architecture, const NamedTensors& weights,
                                               at::ScalarType encoderType, bool withGradients) {
  using Made = std::unique_ptr<SamModel>;
  const auto configuration = samConfiguration(architecture);
  if (!configuration) return Error(ErrorCode::kModel, "'" + architecture + "' is not a SAM architecture");
  return catchFailures("building the network", [&]() -> Result<Made> {
    const c10::AutoGradMode gradients(withGradients);
    WeightTable table(weights);
    auto model = std::make_unique<SamModel>(*configuration, table, encoderType);
    if (const std::string complaint = table.complaint(); !complaint.empty()) {
      return Error(ErrorCode::kModel, "the weights do not fit " + architecture + ": " + complaint);
    }
    return model;
  });
}

}  // namespace cyto::nn
