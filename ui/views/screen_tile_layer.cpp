#include "ui/views/screen_tile_layer.h"

#include <QMetaObject>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

namespace cyto::ui {

namespace {

constexpr size_t kTilesKept = 320;  // 256 KiB each

QImage imageOf(const ScreenTile& tile, QImage::Format format) {
  if (tile.pixels.empty()) return {};
  QImage image(kScreenTileSide, kScreenTileSide, format);
  for (int row = 0; row < kScreenTileSide; ++row) {
    std::memcpy(image.scanLine(row), tile.pixels.data() + static_cast<size_t>(row) * kScreenTileSide,
                sizeof(uint32_t) * kScreenTileSide);
  }
  return image;
}

}  // namespace

// Lets a job find out that its layer is gone.
struct ScreenTileLayer::Guard {
  std::mutex mutex;
  ScreenTileLayer* layer = nullptr;
};

size_t ScreenTileLayer::KeyHash::operator()(const ScreenTileKey& key) const {
  size_t hash = std::hash<double>()(key.zoom);
  for (const int64_t part : {key.t, key.z, key.row, key.column}) {
    hash = hash * 1'000'003 + static_cast<size_t>(part);
  }
  return hash;
}

ScreenTileLayer::ScreenTileLayer(JobQueue& queue, QImage::Format format, QObject* parent)
    : QObject(parent), queue_(queue), format_(format), guard_(std::make_shared<Guard>()) {
  guard_->layer = this;
}

ScreenTileLayer::~ScreenTileLayer() {
  const std::lock_guard lock(guard_->mutex);
  guard_->layer = nullptr;
}

void ScreenTileLayer::setContent(std::shared_ptr<const TileContent> content) {
  content_ = std::move(content);
  hasFailed_ = false;
  dropRequests();
  if (content_) return;
  entries_.clear();
  order_.clear();
}

void ScreenTileLayer::dropRequests() {
  requested_.clear();
  unreadable_.clear();
}

ScreenTileLayer::Tile ScreenTileLayer::peek(const ScreenTileKey& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  return {found->second.image.isNull() ? nullptr : &found->second.image, true};
}

ScreenTileLayer::Tile ScreenTileLayer::tile(const ScreenTileKey& key, JobPriority priority) {
  if (!content_) return {nullptr, true};
  const auto found = entries_.find(key);
  const bool isFresh = found != entries_.end() && found->second.content == content_;
  const bool isUnreadable = unreadable_.contains(key);
  if (!isFresh && !isUnreadable) request(key, priority);
  if (found == entries_.end()) return {nullptr, isUnreadable};
  order_.splice(order_.begin(), order_, found->second.place);
  return peek(key);
}

void ScreenTileLayer::request(const ScreenTileKey& key, JobPriority priority) {
  if (!requested_.insert(key).second) return;
  const auto found = entries_.find(key);
  const std::shared_ptr<const TileContent> before = found == entries_.end() ? nullptr : found->second.content;
  queue_.post(priority, [guard = guard_, content = content_, before, key, format = format_](const CancelToken& cancel) {
    const bool isSame = before && content->looksAsBefore(*before, key);
    QImage image;
    QString problem;
    if (!isSame) {
      const auto tile = content->render(key, {cancel, {}});
      if (!tile && tile.error().code() == ErrorCode::kCancelled) return;
      if (tile) image = imageOf(*tile, format);
      if (!tile) problem = QString::fromStdString(tile.error().message());
    }
    const std::lock_guard lock(guard->mutex);
    ScreenTileLayer* layer = guard->layer;
    if (!layer) return;
    const auto deliver = [layer, key, content, same = isSame ? before : nullptr, image, problem] {
      if (problem.isEmpty()) return layer->receive(key, content, same, image);
      layer->fail(key, content, problem);
    };
    QMetaObject::invokeMethod(layer, deliver, Qt::QueuedConnection);
  });
}

// A tile that cannot be read is noted, so that it is not asked for in every frame.
void ScreenTileLayer::fail(const ScreenTileKey& key, const std::shared_ptr<const TileContent>& content,
                           const QString& sentence) {
  if (content != content_) return;
  requested_.erase(key);
  unreadable_.insert(key);
  if (!std::exchange(hasFailed_, true)) Q_EMIT failed(sentence);
  Q_EMIT tileReady();
}

// `same` is the content whose picture of the tile is right for `content` too; null: `image` is the picture.
void ScreenTileLayer::receive(const ScreenTileKey& key, std::shared_ptr<const TileContent> content,
                              const std::shared_ptr<const TileContent>& same, QImage image) {
  if (content == content_) requested_.erase(key);
  if (!content_) return;
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    // Another picture may have come in between; then the next frame asks again.
    const bool isOvertaken = same && found->second.content != same;
    if (!same) found->second.image = std::move(image);
    if (!isOvertaken) found->second.content = std::move(content);
  } else if (!same) {
    order_.push_front(key);
    entries_.emplace(key, Entry{std::move(image), std::move(content), order_.begin()});
    if (order_.size() > kTilesKept) {
      entries_.erase(order_.back());
      order_.pop_back();
    }
  }
  Q_EMIT tileReady();
}

}  // namespace cyto::ui
