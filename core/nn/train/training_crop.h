#pragma once

#include <ATen/core/Generator.h>

#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// Part of an image as the network sees it, with what it should find there.
struct TrainingCrop {
  at::Tensor frame;     ///< (3, S, S) fp32, normalised, 0 outside the image
  at::Tensor labels;    ///< (S, S) float, as in AnnotatedImage
  at::Tensor dense;     ///< (DenseChannels::kCount, S/4, S/4): targets; foreground is the covered share
  at::Tensor inObject;  ///< (S/4, S/4): weight of the per-object targets, 0 in background
};

/// Draws a crop around a random object: scale, mirror, turn, contrast, stain and noise vary.
/// The scale is mostly that of use (longest side of the image to `frameSide`), sometimes one that makes
/// the side of the object log-uniform in 12..250 pixels, so that sizes the images lack are learned too.
TrainingCrop drawCrop(const AnnotatedImage& image, int64_t side, int64_t frameSide, Random& random);

}  // namespace cyto::nn
