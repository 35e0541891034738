#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/array/plane_mask.h"
#include "core/array/shape.h"
#include "core/base/result.h"
#include "core/inference/prompts.h"

namespace cyto {

/// Everything a user said about one object in one plane, in pixels of the image: pixel centres are
/// integers, so the first pixel spans -0.5 to 0.5.
struct ObjectPrompts {
  uint32_t id = 0;  ///< the label to paint; never 0
  int64_t t = 0;
  int64_t z = 0;
  std::vector<PointPrompt> points;
  std::vector<BoxPrompt> boxes;  ///< several boxes describe one object in several pieces
  std::optional<PlaneMask> mask;
  bool multimask = false;  ///< ask for the three alternatives and take the best predicted one

  bool operator==(const ObjectPrompts&) const = default;
  bool isEmpty() const { return points.empty() && boxes.empty() && !mask; }
};

/// "object 3", or "object 3 (t 2, z 0)" where planes matter: how errors and warnings name an object.
std::string describe(const ObjectPrompts& prompts, const Shape& image);

/// Whether an image of `image` extent can answer these prompts. Refused with kInvalidArgument: a plane or
/// a point outside the image, a box without area or wholly outside, coordinates that are not finite, no
/// prompt at all, only negative points, a mask together with several boxes. A box that reaches over the
/// border is fine: it is clipped (spec/micro-sam.md §3.1).
Status checkPrompts(const ObjectPrompts& prompts, const Shape& image);

}  // namespace cyto
