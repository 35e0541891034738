#pragma once

#include <functional>
#include <optional>

#include "core/array/plane_mask.h"
#include "core/array/tiling.h"
#include "core/inference/prompts.h"

namespace cyto {

/// A rectangle in a plane with real corners, both included.
struct Extent {
  double y0 = 0;
  double x0 = 0;
  double y1 = 0;
  double x1 = 0;
};

/// One question to the decoder about one object: what a user gave, in pixels of the plane.
struct PlanePrompts {
  std::vector<PointPrompt> points;
  std::optional<BoxPrompt> box;
  std::optional<PlaneMask> mask;
};

/// The smallest rectangle that holds every prompt. There must be one.
Extent extentOf(const PlanePrompts& prompts);

/// The tile that answers a question.
struct TileChoice {
  int64_t tile = 0;
  bool holdsAllPrompts = true;
};

/// Chooses among the tiles for which `isAvailable` (all when it is empty):
///   1. of the tiles whose outer area holds every prompt, the one with the widest margin between the
///      prompts and its sides; a side on the border of the plane counts as infinitely far away, because
///      nothing is cut off there. Equal margins: the tile whose centre is nearest, then the lowest id;
///   2. when none holds them all, the tile whose block holds the centre of the box, mask or positive points.
/// Nothing when that tile is not available. (spec/micro-sam.md §2.2, recommendation.)
std::optional<TileChoice> chooseTile(const Tiling& tiling, const PlanePrompts& prompts,
                                     const std::function<bool(int64_t tile)>& isAvailable);

}  // namespace cyto
