#include "core/nn/train/trained_network.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/sam/instance_unetr.h"
#include "core/nn/train/distance_targets.h"
#include "core/nn/train/losses.h"

namespace cyto::nn {

namespace {

class DensePredictionHead : public InstanceHead {
 public:
  at::Tensor loss(const Features& features, const std::vector<TrainingCrop>& crops, const CancelToken&) const override {
    const auto stacked = [&](at::Tensor TrainingCrop::* member) {
      std::vector<at::Tensor> all;
      for (const TrainingCrop& crop : crops) all.push_back(crop.*member);
      return at::stack(all).to(features.back().device());
    };
    return denseLoss(features.back(), stacked(&TrainingCrop::dense), stacked(&TrainingCrop::inObject));
  }
};

class UnetrHead : public InstanceHead {
 public:
  explicit UnetrHead(std::unique_ptr<InstanceUnetr> unetr) : unetr_(std::move(unetr)) {}

  /// One embedding at a time: the decoder's norms use the statistics of all maps it is given, and in use that is one.
  at::Tensor loss(const Features& features, const std::vector<TrainingCrop>& crops,
                  const CancelToken& cancel) const override {
    at::Tensor sum;
    for (size_t i = 0; i < crops.size(); ++i) {
      const auto index = static_cast<int64_t>(i);
      const at::Tensor maps = (*unetr_)(features.at(0).slice(0, index, index + 1).to(at::kFloat), cancel)[0];
      const at::Tensor target = distanceTargets(crops[i].labels, crops[i].inside).to(maps.device());
      const at::Tensor loss = distanceLoss(maps, target, crops[i].inside.to(maps.device()));
      sum = sum.defined() ? sum + loss : loss;
    }
    return sum / static_cast<double>(crops.size());
  }

 private:
  std::unique_ptr<InstanceUnetr> unetr_;
};

}  // namespace

TrainedNetwork trainedCytoSmall(std::unique_ptr<CytoSmall> network) {
  return {std::move(network), std::make_unique<DensePredictionHead>(), true};
}

TrainedNetwork trainedSam(std::unique_ptr<PromptableModel> sam, const NamedTensors& decoder) {
  TrainedNetwork network{std::move(sam), nullptr, false};
  if (decoder.empty()) return network;
  auto unetr = InstanceUnetr::create(decoder);
  if (!unetr) throw std::runtime_error(unetr.error().message());
  network.instances = std::make_unique<UnetrHead>(*std::move(unetr));
  return network;
}

}  // namespace cyto::nn
