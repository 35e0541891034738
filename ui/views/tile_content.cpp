#include "ui/views/tile_content.h"

#include <algorithm>
#include <cmath>

namespace cyto::ui {

namespace {

bool isVerified(const ObjectRecord& object) { return object.state == ObjectState::kVerified; }

bool touches(const Box& box, const ScreenTileKey& key, const PlaneBox& part) {
  return box.begin.t <= key.t && key.t < box.end.t && box.begin.z <= key.z && key.z < box.end.z &&
         box.begin.y < part.y1 && part.y0 < box.end.y && box.begin.x < part.x1 && part.x0 < box.end.x;
}

}  // namespace

Result<ScreenTile> ImageContent::render(const ScreenTileKey& key, const JobContext& job) const {
  return renderImageTile(*pyramid_, key, channels_, job);
}

bool ImageContent::looksAsBefore(const TileContent& before, const ScreenTileKey&) const {
  const auto* image = dynamic_cast<const ImageContent*>(&before);
  return image && image->pyramid_ == pyramid_ && image->channels_ == channels_;
}

Result<ScreenTile> LabelContent::render(const ScreenTileKey& key, const JobContext&) const {
  const ObjectTable& objects = state_->document.objects;
  const auto isVerifiedId = [&objects](uint32_t id) {
    const auto found = objects.find(id);
    return found != objects.end() && isVerified(*found->second);
  };
  if (of_ == Of::kProposals) return renderLabelTile(state_->document.proposals, key, style_);
  return renderLabelTile(state_->document.labels, key, style_, isVerifiedId);
}

bool LabelContent::looksAsBefore(const TileContent& before, const ScreenTileKey& key) const {
  const auto* labels = dynamic_cast<const LabelContent*>(&before);
  if (!labels || labels->of_ != of_ || labels->style_ != style_) return false;
  const LabelVolume& now = volume(state_, of_);
  const LabelVolume& then = volume(labels->state_, of_);
  if (now.shape() != then.shape()) return false;
  // A contour and a halo look a few device pixels beyond the tile.
  constexpr double kMargin = 8;
  const auto firstPixel = [&](int64_t tile) {
    const double device = static_cast<double>(tile) * kScreenTileSide - kMargin;
    return static_cast<int64_t>(std::max(0.0, std::floor(device / key.zoom)));
  };
  const auto lastPixel = [&](int64_t tile) {
    const double device = static_cast<double>(tile + 1) * kScreenTileSide + kMargin;
    return static_cast<int64_t>(std::floor(device / key.zoom));
  };
  const PlaneBox part{firstPixel(key.row), firstPixel(key.column), lastPixel(key.row) + 1, lastPixel(key.column) + 1};
  constexpr int64_t kSide = LabelVolume::kChunkSide;
  for (int64_t row = part.y0 / kSide; row <= (part.y1 - 1) / kSide; ++row) {
    for (int64_t column = part.x0 / kSide; column <= (part.x1 - 1) / kSide; ++column) {
      if (!now.sharesChunk(then, {key.t, key.z, row, column})) return false;
    }
  }
  if (of_ == Of::kProposals) return true;
  const auto changed = changedMarks(labels->state_);
  return std::none_of(changed->begin(), changed->end(), [&](const Box& box) { return touches(box, key, part); });
}

/// Where objects are that were verified in one of two states and not in the other.
std::shared_ptr<const std::vector<Box>> LabelContent::changedMarks(const State& before) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [state, boxes] : changedMarks_) {
    if (state == before) return boxes;
  }
  const ObjectTable& now = state_->document.objects;
  const ObjectTable& then = before->document.objects;
  std::vector<Box> boxes;
  // An object that has come or gone has changed the pixels, too. Records never change in place.
  auto other = then.begin();
  for (auto object = now.begin(); object != now.end() && other != then.end(); ++object) {
    while (other != then.end() && other->first < object->first) ++other;
    if (other == then.end() || other->first != object->first || other->second == object->second) continue;
    if (isVerified(*other->second) != isVerified(*object->second)) boxes.push_back(object->second->bounds);
  }
  changedMarks_.emplace_back(before, std::make_shared<const std::vector<Box>>(std::move(boxes)));
  return changedMarks_.back().second;
}

}  // namespace cyto::ui
