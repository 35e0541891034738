#include "core/segmentation/tile_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyto {

namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

void widen(Extent& extent, double y, double x) {
  extent = {std::min(extent.y0, y), std::min(extent.x0, x), std::max(extent.y1, y), std::max(extent.x1, x)};
}

/// Distance from the prompts to the nearest inner side of a tile; negative when they reach out of it.
double margin(const Extent& extent, const PlaneBox& tile, Extent2 plane) {
  const auto upTo = [](double distance, bool atBorder) { return atBorder ? kFar : distance; };
  // A tile's pixels span from begin - 0.5 to end - 0.5.
  return std::min({upTo(extent.y0 - (static_cast<double>(tile.y0) - 0.5), tile.y0 == 0),
                   upTo(extent.x0 - (static_cast<double>(tile.x0) - 0.5), tile.x0 == 0),
                   upTo(static_cast<double>(tile.y1) - 0.5 - extent.y1, tile.y1 == plane.y),
                   upTo(static_cast<double>(tile.x1) - 0.5 - extent.x1, tile.x1 == plane.x)});
}

double distanceOfCentres(const Extent& extent, const PlaneBox& tile) {
  const double y = (extent.y0 + extent.y1) / 2 - static_cast<double>(tile.y0 + tile.y1 - 1) / 2;
  const double x = (extent.x0 + extent.x1) / 2 - static_cast<double>(tile.x0 + tile.x1 - 1) / 2;
  return std::hypot(y, x);
}

PlanePrompts withoutNegatives(const PlanePrompts& prompts) {
  PlanePrompts core = prompts;
  std::erase_if(core.points, [](const PointPrompt& point) { return !point.positive; });
  return core.points.empty() && !core.box && !core.mask ? prompts : core;
}

/// Ids of the tiles that can hold the extent: those whose blocks lie within a halo of it.
template <typename Visit>
void visitTilesAround(const Tiling& tiling, const Extent& extent, Visit visit) {
  const auto low = [](double v, int64_t halo, int64_t side) {
    return std::max<int64_t>(0, static_cast<int64_t>(std::floor(v)) - halo - 1) / side;
  };
  const auto high = [](double v, int64_t halo, int64_t side, int64_t grid) {
    return std::clamp<int64_t>((static_cast<int64_t>(std::ceil(v)) + halo + 1) / side, 0, grid - 1);
  };
  const Extent2 halo = tiling.halo();
  const Extent2 side = tiling.tileShape();
  const Extent2 grid = tiling.grid();
  for (int64_t row = low(extent.y0, halo.y, side.y); row <= high(extent.y1, halo.y, side.y, grid.y); ++row) {
    for (int64_t column = low(extent.x0, halo.x, side.x); column <= high(extent.x1, halo.x, side.x, grid.x); ++column) {
      visit(row * grid.x + column);
    }
  }
}

}  // namespace

Extent extentOf(const PlanePrompts& prompts) {
  Extent extent{kFar, kFar, -kFar, -kFar};
  for (const PointPrompt& point : prompts.points) widen(extent, point.y, point.x);
  if (const auto& box = prompts.box) {
    widen(extent, box->y0, box->x0);
    widen(extent, box->y1 - 0.5, box->x1 - 0.5);  // the far corner of a box is exclusive
  }
  if (const auto& mask = prompts.mask) {
    widen(extent, static_cast<double>(mask->box.y0), static_cast<double>(mask->box.x0));
    widen(extent, static_cast<double>(mask->box.y1 - 1), static_cast<double>(mask->box.x1 - 1));
  }
  return extent;
}

std::optional<TileChoice> chooseTile(const Tiling& tiling, const PlanePrompts& prompts,
                                     const std::function<bool(int64_t tile)>& isAvailable) {
  const Extent extent = extentOf(prompts);
  std::optional<int64_t> best;
  double bestMargin = 0;
  double bestDistance = 0;
  visitTilesAround(tiling, extent, [&](int64_t tile) {
    const PlaneBox area = tiling.tile(tile);
    const double tileMargin = margin(extent, area, tiling.planeShape());
    if (tileMargin < 0 || (isAvailable && !isAvailable(tile))) return;
    const double distance = distanceOfCentres(extent, area);
    if (!best || tileMargin > bestMargin || (tileMargin == bestMargin && distance < bestDistance)) {
      best = tile;
      bestMargin = tileMargin;
      bestDistance = distance;
    }
  });
  if (best) return TileChoice{*best, true};
  const Extent core = extentOf(withoutNegatives(prompts));
  const int64_t tile = tiling.blockAt(static_cast<int64_t>(std::nearbyint((core.y0 + core.y1) / 2)),
                                      static_cast<int64_t>(std::nearbyint((core.x0 + core.x1) / 2)));
  if (isAvailable && !isAvailable(tile)) return std::nullopt;
  return TileChoice{tile, false};
}

}  // namespace cyto
