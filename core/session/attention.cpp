#include "core/session/attention.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <set>
#include <unordered_set>

#include "core/segmentation/tile_choice.h"

namespace cyto {

namespace {

constexpr int64_t kWholePlaneSide = 1536;
constexpr int64_t kTileSide = 768;
constexpr int64_t kHalo = 128;

using Position = Attention::Position;

/// Tiles in the order in which they were added, each once.
class TileList {
 public:
  explicit TileList(size_t limit) : limit_(limit) {}

  bool isFull() const { return tiles_.size() >= limit_; }
  void add(const TileAddress& tile) {
    if (!isFull() && known_.insert(tile).second) tiles_.push_back(tile);
  }
  const std::vector<TileAddress>& tiles() const { return tiles_; }

 private:
  size_t limit_;
  std::vector<TileAddress> tiles_;
  std::set<TileAddress> known_;
};

/// Rows and columns of the grid of tiles; all boxes named `blocks` count in these.
PlaneBox wholeGrid(const Tiling& tiling) { return {0, 0, tiling.grid().y, tiling.grid().x}; }

PlaneBox wholePlane(const Tiling& tiling) { return {0, 0, tiling.planeShape().y, tiling.planeShape().x}; }

/// The blocks that a box of pixels, which lies in the plane, touches.
PlaneBox blocksUnder(const Tiling& tiling, const PlaneBox& box) {
  if (box.isEmpty()) return {};
  const Extent2 side = tiling.tileShape();
  return {box.y0 / side.y, box.x0 / side.x, (box.y1 - 1) / side.y + 1, (box.x1 - 1) / side.x + 1};
}

/// The block nearest to a coordinate among those from `begin` to `end`; between two the lower one.
int64_t nearestBlock(double coordinate, int64_t side, int64_t begin, int64_t end) {
  const double block = std::ceil((coordinate + 0.5) / static_cast<double>(side)) - 1;
  return std::clamp(static_cast<int64_t>(block), begin, end - 1);
}

/// The square of the distance from `focus` to the centre of a block. The narrower blocks at the far borders count as
/// whole ones, so that the block that holds the focus is the nearest.
double squaredDistance(const Tiling& tiling, int64_t row, int64_t column, const Position& focus) {
  const auto offset = [](int64_t block, int64_t side, double from) {
    return (static_cast<double>(block) + 0.5) * static_cast<double>(side) - 0.5 - from;
  };
  const double y = offset(row, tiling.tileShape().y, focus.y);
  const double x = offset(column, tiling.tileShape().x, focus.x);
  return y * y + x * x;
}

/// Visits the tiles of a box of blocks, the nearest to `focus` first, equally near ones by id, until `visit` returns
/// false. Every tile but the nearest has a neighbour in the box that is nearer, so only the rim of what was visited has
/// to be kept in order: the costs do not depend on the size of the grid.
void visitOutwards(const Tiling& tiling, const PlaneBox& blocks, const Position& focus,
                   const std::function<bool(int64_t tile)>& visit) {
  if (blocks.isEmpty()) return;
  using Candidate = std::pair<double, int64_t>;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> rim;
  std::unordered_set<int64_t> reached;
  const auto reach = [&](int64_t row, int64_t column) {
    const int64_t tile = row * tiling.grid().x + column;
    if (!blocks.contains(row, column) || !reached.insert(tile).second) return;
    rim.emplace(squaredDistance(tiling, row, column, focus), tile);
  };
  reach(nearestBlock(focus.y, tiling.tileShape().y, blocks.y0, blocks.y1),
        nearestBlock(focus.x, tiling.tileShape().x, blocks.x0, blocks.x1));
  while (!rim.empty()) {
    const int64_t tile = rim.top().second;
    rim.pop();
    if (!visit(tile)) return;
    const int64_t row = tile / tiling.grid().x;
    const int64_t column = tile % tiling.grid().x;
    reach(row - 1, column);
    reach(row + 1, column);
    reach(row, column - 1);
    reach(row, column + 1);
  }
}

std::optional<Position> cursorInPlane(const Attention& attention, Extent2 plane) {
  const auto isInside = [](double v, int64_t extent) { return v >= -0.5 && v <= static_cast<double>(extent) - 0.5; };
  if (!attention.cursor || !isInside(attention.cursor->y, plane.y) || !isInside(attention.cursor->x, plane.x))
    return {};
  return attention.cursor;
}

Position centreOf(const PlaneBox& box) {
  return {static_cast<double>(box.y0 + box.y1 - 1) / 2, static_cast<double>(box.x0 + box.x1 - 1) / 2};
}

/// -1, 0 or 1: where a pan goes along one axis. A pan that is less than half as long as along the other axis counts as
/// a hand that was not quite steady.
int64_t directionOf(double pan, double panAcross) {
  if (!std::isfinite(pan) || pan == 0 || std::abs(pan) * 2 < std::abs(panAcross)) return 0;
  return pan > 0 ? 1 : -1;
}

/// The blocks that a pan uncovers next: one row, one column, or both and the corner between them; the axis of the
/// longer way first.
std::vector<PlaneBox> blocksAhead(const PlaneBox& blocks, const Attention& attention) {
  const int64_t y = directionOf(attention.panY, attention.panX);
  const int64_t x = directionOf(attention.panX, attention.panY);
  PlaneBox row{y > 0 ? blocks.y1 : blocks.y0 - 1, blocks.x0, y > 0 ? blocks.y1 + 1 : blocks.y0, blocks.x1};
  const PlaneBox column{blocks.y0, x > 0 ? blocks.x1 : blocks.x0 - 1, blocks.y1, x > 0 ? blocks.x1 + 1 : blocks.x0};
  if (x > 0) ++row.x1;
  if (x < 0) --row.x0;
  std::vector<PlaneBox> ahead;
  if (y != 0) ahead.push_back(row);
  if (x != 0) ahead.push_back(column);
  if (ahead.size() > 1 && std::abs(attention.panX) > std::abs(attention.panY)) std::swap(ahead[0], ahead[1]);
  return ahead;
}

}  // namespace

Tiling sessionTiling(const Shape& image) {
  const Extent2 plane{std::max<int64_t>(image.y, 1), std::max<int64_t>(image.x, 1)};
  if (std::max(plane.y, plane.x) <= kWholePlaneSide) return Tiling(plane, plane, {0, 0});
  return Tiling(plane, {kTileSide, kTileSide}, {kHalo, kHalo});
}

std::vector<TileAddress> tilesByAttention(const Tiling& tiling, const Shape& image, const Attention& attention,
                                          size_t limit) {
  if (limit == 0 || image.elements().value_or(0) < 1) return {};
  const int64_t t = std::clamp<int64_t>(attention.t, 0, image.t - 1);
  const int64_t z = std::clamp<int64_t>(attention.z, 0, image.z - 1);
  const PlaneBox clippedViewport = attention.viewport.clippedTo(wholePlane(tiling));
  const PlaneBox viewport = clippedViewport.isEmpty() ? PlaneBox{} : clippedViewport;
  const std::optional<Position> cursor = cursorInPlane(attention, tiling.planeShape());
  const Position focus = cursor ? *cursor : centreOf(viewport.isEmpty() ? wholePlane(tiling) : viewport);
  TileList list(limit);
  const auto addOutwards = [&](const PlaneBox& blocks) {
    visitOutwards(tiling, blocks.clippedTo(wholeGrid(tiling)), focus, [&](int64_t tile) {
      list.add({t, z, tile});
      return !list.isFull();
    });
  };

  // The tile that would answer a click there; near the border it is not always the one whose block is hit.
  if (cursor) {
    if (const auto choice = chooseTile(tiling, {{{cursor->y, cursor->x, true}}, {}, {}}, {})) {
      list.add({t, z, choice->tile});
    }
  }
  const PlaneBox seenBlocks = blocksUnder(tiling, viewport);
  addOutwards(seenBlocks);
  const std::vector<TileAddress> seen = list.tiles();
  if (!seenBlocks.isEmpty()) {
    for (const PlaneBox& blocks : blocksAhead(seenBlocks, attention)) addOutwards(blocks);
  }
  for (const auto& [nextT, nextZ] : {std::pair{t, z + 1}, {t, z - 1}, {t + 1, z}, {t - 1, z}}) {
    if (nextT < 0 || nextT >= image.t || nextZ < 0 || nextZ >= image.z) continue;
    for (const TileAddress& tile : seen) list.add({nextT, nextZ, tile.tile});
  }
  addOutwards(wholeGrid(tiling));
  return list.tiles();
}

}  // namespace cyto
