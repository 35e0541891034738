#pragma once

#include <cstdint>
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

/// A training image with its objects measured. Labels are 0 and 1 + the index into `objects`.
struct AnnotatedImage {
  std::string name;
  int64_t rows = 0, columns = 0;
  int64_t channels = 3;          ///< 1 when all three are the same
  std::vector<uint8_t> pixels;   ///< rows * columns * channels
  std::vector<uint32_t> labels;  ///< rows * columns
  std::vector<AnnotatedObject> objects;

  int64_t size_bytes() const {
    return static_cast<int64_t>(pixels.size() + 4 * labels.size() + sizeof(AnnotatedObject) * objects.size());
  }
};

/// Checks and converts; objects of less than kSmallestTrainingObject pixels become background.
/// kInvalidArgument: the labels have another shape, or there is no object.
Result<AnnotatedImage> annotate(const TrainingImage& image);

}  // namespace cyto::nn
