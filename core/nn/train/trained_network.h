#pragma once

#include <memory>
#include <vector>

#include "core/base/cancel.h"
#include "core/nn/promptable_model.h"
#include "core/nn/train/training_crop.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

class CytoSmall;

/// The part of a network that finds all objects of a frame by itself, as training sees it.
class InstanceHead {
 public:
  virtual ~InstanceHead() = default;

  /// How far from the truth it is on `crops`, whose feature maps are `features`: a mean over the crops, a scalar with
  /// gradients. Throws Cancelled (core/nn/failures.h).
  virtual at::Tensor loss(const Features& features, const std::vector<TrainingCrop>& crops,
                          const CancelToken& cancel) const = 0;
};

/// A network that learns.
struct TrainedNetwork {
  std::unique_ptr<PromptableModel> prompted;
  std::unique_ptr<InstanceHead> instances;  ///< null: it has no such part
  bool takesAnySide = false;                ///< fully convolutional: crops may be smaller than its frame
};

/// Its head is the dense prediction of the encoder.
TrainedNetwork trainedCytoSmall(std::unique_ptr<CytoSmall> network);

/// SAM beside the instance decoder of these weights, or alone when there are none. Throws std::runtime_error when they
/// do not fit.
TrainedNetwork trainedSam(std::unique_ptr<PromptableModel> sam, const NamedTensors& decoder);

}  // namespace cyto::nn
