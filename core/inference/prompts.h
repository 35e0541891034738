#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/array/shape.h"

namespace cyto {

/// A click. Coordinates are in pixels of the image (or tile) that was embedded; the centre of the first
/// pixel is (0, 0).
struct PointPrompt {
  double y = 0;
  double x = 0;
  bool positive = true;
  bool operator==(const PointPrompt&) const = default;
};

/// A box from corner to corner, in the same coordinates as points.
struct BoxPrompt {
  double y0 = 0;
  double x0 = 0;
  double y1 = 0;
  double x1 = 0;
  bool operator==(const BoxPrompt&) const = default;
};

/// A coarse mask as logits on the square low-resolution frame of the decoder (256 x 256 for a 1024
/// frame; the padding of the frame is included). What `MaskPrediction::lowResolutionLogits` returns can
/// be fed back here.
struct MaskPrompt {
  int64_t side = 0;
  std::vector<float> logits;  // side * side, row-major
};

/// Everything a user said about one object.
struct Prompts {
  std::vector<PointPrompt> points;
  std::optional<BoxPrompt> box;
  std::optional<MaskPrompt> mask;

  bool isEmpty() const { return points.empty() && !box && !mask; }
};

}  // namespace cyto
