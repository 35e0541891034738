#pragma once

#include <QImage>
#include <QObject>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "core/base/job_queue.h"
#include "ui/views/tile_content.h"

namespace cyto::ui {

/// Screen tiles of one layer, drawn by background threads and kept for the view, which only copies them. A tile whose
/// content has changed stays on screen until the new one is there, so nothing flickers. GUI thread.
class ScreenTileLayer : public QObject {
  Q_OBJECT

 public:
  /// `queue` must outlive the layer's last job: the view cancels and waits before it goes.
  ScreenTileLayer(JobQueue& queue, QImage::Format format, QObject* parent = nullptr);
  ~ScreenTileLayer() override;

  /// Null: nothing is shown.
  void setContent(std::shared_ptr<const TileContent> content);

  bool hasContent() const { return content_ != nullptr; }

  struct Tile {
    const QImage* image = nullptr;  ///< null: not there yet, or blank
    bool isKnown = false;           ///< there (perhaps blank or unreadable), even if it is about to be drawn anew
  };
  /// What is there now; asks for the tile when it is missing or stale.
  Tile tile(const ScreenTileKey& key, JobPriority priority);

  /// Only looks.
  Tile peek(const ScreenTileKey& key) const;

  /// Forgets requests that have not begun, as after a change of zoom, and which tiles could not be read. Call
  /// JobQueue::cancelAll for the queue first.
  void dropRequests();

  /// Whether there is a tile at all.
  bool isEmpty() const { return entries_.empty(); }

  /// Whether every tile that was asked for is there and fresh, or cannot be read.
  bool isSettled() const { return requested_.empty(); }

 Q_SIGNALS:
  void tileReady();
  void failed(const QString& sentence);  ///< a tile cannot be read; said for each new content once

 private:
  struct KeyHash {
    size_t operator()(const ScreenTileKey& key) const;
  };
  struct Entry {
    QImage image;  // null: blank
    std::shared_ptr<const TileContent> content;
    std::list<ScreenTileKey>::iterator place;
  };
  struct Guard;

  void request(const ScreenTileKey& key, JobPriority priority);
  void fail(const ScreenTileKey& key, const std::shared_ptr<const TileContent>& content, const QString& sentence);
  void receive(const ScreenTileKey& key, std::shared_ptr<const TileContent> content,
               const std::shared_ptr<const TileContent>& same, QImage image);

  JobQueue& queue_;
  QImage::Format format_;
  std::shared_ptr<const TileContent> content_;
  std::unordered_map<ScreenTileKey, Entry, KeyHash> entries_;
  std::list<ScreenTileKey> order_;  // most recently used first
  std::unordered_set<ScreenTileKey, KeyHash> requested_;
  std::unordered_set<ScreenTileKey, KeyHash> unreadable_;  // of this content
  bool hasFailed_ = false;
  std::shared_ptr<Guard> guard_;
};

}  // namespace cyto::ui
