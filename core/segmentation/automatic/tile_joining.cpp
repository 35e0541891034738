#include "core/segmentation/automatic/tile_joining.h"

#include <algorithm>
#include <map>

namespace cyto {

namespace {

constexpr double kLeastIou = 0.5;

/// The bounds of each object inside `window` of the labels, by id.
std::vector<PlaneBox> boundsWithin(const InstanceLabels& labels, const PlaneBox& window) {
  std::vector<PlaneBox> bounds(labels.count + size_t{1}, PlaneBox{window.y1, window.x1, 0, 0});
  for (int64_t y = window.y0; y < window.y1; ++y) {
    const uint32_t* row = labels.ids.data() + y * labels.size.x;
    for (int64_t x = window.x0; x < window.x1; ++x) {
      PlaneBox& box = bounds[row[x]];
      box = {std::min(box.y0, y), std::min(box.x0, x), std::max(box.y1, y + 1), std::max(box.x1, x + 1)};
    }
  }
  return bounds;
}

}  // namespace

TileJoining::TileJoining(const Shape& image, const Tiling& tiling)
    : tiling_(tiling), painted_(LabelVolume(image)), parent_(1, 0), areas_(1, 0) {}

uint32_t TileJoining::representative(uint32_t id) const {
  while (parent_[id] != id) id = parent_[id];
  return id;
}

void TileJoining::join(uint32_t a, uint32_t b) {
  const uint32_t first = representative(a), second = representative(b);
  parent_[std::max(first, second)] = std::min(first, second);
}

Status TileJoining::add(int64_t t, int64_t z, int64_t tile, const InstanceLabels& labels) {
  const PlaneBox outer = tiling_.tile(tile);
  if (labels.size != Extent2{outer.height(), outer.width()}) {
    return Error(ErrorCode::kInternal, "the instance decoder answered for an image of another size than the tile");
  }
  firstId_ = static_cast<uint32_t>(parent_.size()) - 1;
  for (uint32_t id = 1; id <= labels.count; ++id) parent_.push_back(firstId_ + id);
  areas_.resize(parent_.size(), 0);
  joinWithEarlier(t, z, tile, labels);

  const PlaneBox block = tiling_.block(tile);
  const PlaneBox inTile{block.y0 - outer.y0, block.x0 - outer.x0, block.y1 - outer.y0, block.x1 - outer.x0};
  const std::vector<PlaneBox> bounds = boundsWithin(labels, inTile);
  for (uint32_t id = 1; id <= labels.count; ++id) {
    if (bounds[id].isEmpty()) continue;
    const PlaneMask mask = maskWhere(
        bounds[id], [&](int64_t y, int64_t x) { return labels.ids[static_cast<size_t>(y * labels.size.x + x)] == id; });
    areas_[firstId_ + id] =
        painted_.paint(t, z, translated(mask, outer.y0, outer.x0), firstId_ + id, PaintRule::kOverwrite);
  }
  return {};
}

void TileJoining::joinWithEarlier(int64_t t, int64_t z, int64_t tile, const InstanceLabels& labels) {
  const PlaneBox outer = tiling_.tile(tile), block = tiling_.block(tile);
  if (outer == block) return;
  std::vector<uint32_t> earlier(labels.ids.size());
  painted_.labels().read(t, z, outer, earlier);
  // Row by row of blocks: what lies above the block, or beside it to the left, was painted before.
  const auto isPainted = [&](int64_t y, int64_t x) { return y < block.y0 || (y < block.y1 && x < block.x0); };
  std::map<uint32_t, int64_t> earlierAreas, areas;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> shared;
  size_t i = 0;
  for (int64_t y = outer.y0; y < outer.y1; ++y) {
    for (int64_t x = outer.x0; x < outer.x1; ++x, ++i) {
      if (!isPainted(y, x)) continue;
      const uint32_t before = earlier[i] == 0 ? 0 : representative(earlier[i]);
      if (before != 0) ++earlierAreas[before];
      if (labels.ids[i] != 0) ++areas[labels.ids[i]];
      if (before != 0 && labels.ids[i] != 0) ++shared[{before, labels.ids[i]}];
    }
  }
  for (const auto& [pair, pixels] : shared) {
    const int64_t either = earlierAreas[pair.first] + areas[pair.second] - pixels;
    if (static_cast<double>(pixels) > kLeastIou * static_cast<double>(either)) join(pair.first, firstId_ + pair.second);
  }
}

LabelVolume TileJoining::finish(int64_t minSize, uint32_t& objects) {
  // Joined ids are lower, so one pass up and one down know everything.
  for (size_t id = parent_.size() - 1; id > 0; --id) {
    if (parent_[id] != id) areas_[parent_[id]] += areas_[id];
  }
  std::vector<uint32_t> finalId(parent_.size(), 0);
  objects = 0;
  for (size_t id = 1; id < parent_.size(); ++id) {
    if (parent_[id] != id) {
      finalId[id] = finalId[parent_[id]];
    } else if (areas_[id] > 0 && areas_[id] >= minSize) {
      finalId[id] = ++objects;
    }
  }
  const LabelVolume& painted = painted_.labels();
  Transaction renumbered{LabelVolume(painted.shape())};
  renumbered.combine(painted, Box::whole(painted.shape()), [&](uint32_t, uint32_t id) { return finalId[id]; });
  return renumbered.labels();
}

}  // namespace cyto
