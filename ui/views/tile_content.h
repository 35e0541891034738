#pragma once

#include <memory>
#include <mutex>
#include <utility>
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

/// The objects of a state, or its proposals. Verified objects are marked.
class LabelContent : public TileContent {
 public:
  enum class Of { kObjects, kProposals };
  LabelContent(std::shared_ptr<const SessionState> state, Of of, const LabelStyle& style)
      : state_(std::move(state)), of_(of), style_(style) {}
  Result<ScreenTile> render(const ScreenTileKey& key, const JobContext& job) const override;
  bool looksAsBefore(const TileContent& before, const ScreenTileKey& key) const override;

 private:
  using State = std::shared_ptr<const SessionState>;

  static const LabelVolume& volume(const State& state, Of of) {
    return of == Of::kObjects ? state->document.labels : state->document.proposals;
  }
  std::shared_ptr<const std::vector<Box>> changedMarks(const State& before) const;

  State state_;
  Of of_;
  LabelStyle style_;
  // Compared once with each state before, not for every tile.
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<State, std::shared_ptr<const std::vector<Box>>>> changedMarks_;
};

}  // namespace cyto::ui
