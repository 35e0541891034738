#pragma once

#include <ATen/core/Tensor.h>

#include <random>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/inference/training.h"

namespace cyto::nn {

using Random = std::mt19937_64;

/// An object of an image, in image pixels; the centroid in continuous coordinates (pixel centres at +0.5).
struct AnnotatedObject {
  double x = 0, y = 0;
  double area = 0;
  double side = 0;  ///< longer side of its bounds
};

/// A training image as tensors. Labels are 0 and 1 + the index into `objects`.
struct AnnotatedImage {
  std::string name;
  at::Tensor pixels;  ///< (3, H, W) uint8
  at::Tensor labels;  ///< (1, H, W) float
  std::vector<AnnotatedObject> objects;
  std::string kind;   ///< images of one kind look alike: colour, polarity and size class
  double weight = 0;  ///< how often it is drawn, relative to others
  int64_t rows() const { return pixels.size(1); }
  int64_t columns() const { return pixels.size(2); }
};

/// Objects smaller than this many pixels are treated as background (spec/micro-sam.md §9.1).
inline constexpr int64_t kSmallestObject = 16;

/// Checks and converts. Images without objects are left out. Weights are (images of its kind)^-0.5, so
/// that a large group does not drown the others. kInvalidArgument: no image has objects, or a label is
/// of another shape.
Result<std::vector<AnnotatedImage>> annotate(const std::vector<TrainingImage>& images);

/// Moves about `share` of the images, at least one of each kind with several images, out of `images`.
std::vector<AnnotatedImage> splitValidation(std::vector<AnnotatedImage>& images, double share, uint64_t seed);

}  // namespace cyto::nn
