#pragma once

#include "core/array/array.h"
#include "core/segmentation/prompt_segmenter.h"

namespace cyto {

/// What happens where two objects overlap.
enum class OverlapRule {
  kEarlierWins,  ///< painted pixels stay as they are
  kLaterWins,    ///< the object that is painted last gets the pixels
};

/// Zero-filled uint32 labels of an image's extent.
Result<Array> createLabels(const Shape& image);

/// Paints an object into labels (uint32, one channel) and returns how many pixels it got.
int64_t paint(Array& labels, const ObjectMask& object, OverlapRule rule);

/// What is left of an object once everything is painted.
struct PaintedObject {
  int64_t area = 0;  ///< pixels
  PlaneBox box;      ///< tight bounds; empty when nothing is left
};

/// Looks for an object's id inside the bounds of its mask.
PaintedObject paintedPart(const Array& labels, const ObjectMask& object);

}  // namespace cyto
