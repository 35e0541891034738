#pragma once

#include <ATen/core/Tensor.h>

#include "core/inference/model.h"

namespace cyto::nn {

/// An image as a network takes it.
struct Frame {
  at::Tensor pixels;  ///< (1, 3, side, side) float32, normalised, zero outside the image
  Extent2 inputSize;  ///< rows and columns of the frame that the image covers
};

/// Resizes the longest side to `side` as Pillow does, subtracts SAM's mean, divides by its deviation and pads with
/// zeros at the right and bottom (spec/micro-sam.md §1.6, steps B and C).
Frame makeFrame(const RgbImage& image, int64_t side);

}  // namespace cyto::nn
