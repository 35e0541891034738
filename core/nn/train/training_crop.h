#pragma once

#include <ATen/core/Tensor.h>

#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// Part of an image as the network sees it, with what it should find there.
struct TrainingCrop {
  at::Tensor frame;     ///< (3, S, S) fp32, normalised, 0 outside the image
  at::Tensor labels;    ///< (S, S) float, as in AnnotatedImage
  at::Tensor inside;    ///< (S, S) float: 1 in the image, 0 where the frame is padded
  at::Tensor dense;     ///< (DenseChannels::kCount, S/4, S/4): targets; foreground is the covered share
  at::Tensor inObject;  ///< (S/4, S/4): weight of the per-object targets, 0 in background
};

/// Draws a crop around a random object: where it lies (CropGeometry) and how it looks (varyAppearance).
TrainingCrop drawCrop(const AnnotatedImage& image, int64_t side, int64_t frameSide, const TrainingVariation& variation,
                      Random& random);

}  // namespace cyto::nn
