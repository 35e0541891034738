#pragma once

#include <memory>
#include <vector>

#include "core/display/screen_tile.h"
#include "core/session/live_session.h"

namespace cyto::ui {

/// What a layer of screen tiles shows: immutable, used from several threads.
class TileContent {
 public:
  virtual ~TileContent() = default;
  virtual Result<ScreenTile> render(const ScreenTileKey& key, const JobContext& job) const = 0;
  /// Whether a tile looks as it did in `before`, so that it need not be drawn anew. Cheap.
  virtual bool looksAsBefore(const TileContent& before, const ScreenTileKey& key) const = 0;
};

class ImageContent : public TileContent {
 public:
  ImageContent(std::shared_ptr<PixelPyramid> pyramid, std::vector<ChannelDisplay> channels)
      : pyramid_(std::move(pyramid)), channels_(std::move(channels)) {}
  Result<ScreenTile> render(const ScreenTileKey& key, const JobContext& job) const override;
  bool looksAsBefore(const TileContent& before, const ScreenTileKey& key) const override;

 private:
  std::shared_ptr<PixelPyramid> pyramid_;
  std::vector<ChannelDisplay> channels_;
};

class LabelContent : public TileContent {
 public:
  LabelContent(std::shared_ptr<const SessionState> state, const LabelStyle& style)
      : state_(std::move(state)), style_(style) {}
  Result<ScreenTile> render(const ScreenTileKey& key, const JobContext& job) const override;
  bool looksAsBefore(const TileContent& before, const ScreenTileKey& key) const override;

 private:
  std::shared_ptr<const SessionState> state_;
  LabelStyle style_;
};

}  // namespace cyto::ui
