#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// Changes how an image looks and not what is where: colours, stain, polarity, contrast, illumination, focus, noise.
/// `pixels` (3, S, S) in 0..1; the result too.
at::Tensor varyAppearance(at::Tensor pixels, const TrainingVariation& variation, Random& random);

/// Scales the amounts of haematoxylin, eosin and residual by `gains`, in optical density (Ruifrok and Johnston 2001).
at::Tensor withStainAmounts(const at::Tensor& pixels, const std::array<double, 3>& gains);

/// Blurred by a disc of `radius` pixels, as out of focus; the border goes on outside. Constant images stay as they are.
at::Tensor defocused(const at::Tensor& pixels, double radius);

}  // namespace cyto::nn
