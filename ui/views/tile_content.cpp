#include "ui/views/tile_content.h"

#include <cmath>

namespace cyto::ui {

Result<ScreenTile> ImageContent::render(const ScreenTileKey& key, const JobContext& job) const {
  return renderImageTile(*pyramid_, key, channels_, job);
}

bool ImageContent::looksAsBefore(const TileContent& before, const ScreenTileKey&) const {
  const auto* image = dynamic_cast<const ImageContent*>(&before);
  return image && image->pyramid_ == pyramid_ && image->channels_ == channels_;
}

Result<ScreenTile> LabelContent::render(const ScreenTileKey& key, const JobContext&) const {
  return renderLabelTile(state_->document.labels, key, style_);
}

bool LabelContent::looksAsBefore(const TileContent& before, const ScreenTileKey& key) const {
  const auto* labels = dynamic_cast<const LabelContent*>(&before);
  if (!labels || labels->style_ != style_) return false;
  const LabelVolume& now = state_->document.labels;
  const LabelVolume& then = labels->state_->document.labels;
  if (now.shape() != then.shape()) return false;
  // A contour and a halo look a few device pixels beyond the tile.
  constexpr double kMargin = 4;
  constexpr auto kSide = static_cast<double>(LabelVolume::kChunkSide);
  const auto chunkAt = [&](double device) {
    return static_cast<int64_t>(std::max(0.0, std::floor(device / key.zoom / kSide)));
  };
  const double y = static_cast<double>(key.row) * kScreenTileSide;
  const double x = static_cast<double>(key.column) * kScreenTileSide;
  for (int64_t row = chunkAt(y - kMargin); row <= chunkAt(y + kScreenTileSide + kMargin); ++row) {
    for (int64_t column = chunkAt(x - kMargin); column <= chunkAt(x + kScreenTileSide + kMargin); ++column) {
      if (!now.sharesChunk(then, {key.t, key.z, row, column})) return false;
    }
  }
  return true;
}

}  // namespace cyto::ui
