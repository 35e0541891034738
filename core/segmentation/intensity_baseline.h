#pragma once

#include <vector>

#include "core/array/plane_mask.h"
#include "core/inference/model.h"

namespace cyto {

/// What a click finds without any network: the connected component under it after one Otsu threshold over
/// the whole image. Objects are taken as bright when most of the image is below the threshold, else as
/// dark. A model that does not beat this is not worth its time.
class IntensityBaseline {
 public:
  explicit IntensityBaseline(const RgbImage& image);

  /// The component under a click; empty when the click hits background or lies outside.
  PlaneMask componentAt(const PointPrompt& click) const;

 private:
  int64_t rows_;
  int64_t columns_;
  std::vector<int32_t> components_;  // 0: background
  std::vector<PlaneBox> bounds_;     // by component
};

}  // namespace cyto
