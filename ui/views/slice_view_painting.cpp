// What SliceView draws: tiles are copied, never scaled, except for a moment after the zoom has changed.

#include <QDateTime>
#include <QPainter>
#include <cmath>

#include "ui/theme/theme.h"
#include "ui/views/overlay.h"
#include "ui/views/slice_view.h"

namespace cyto::ui {

namespace {

struct TileRange {
  int64_t firstRow, lastRow, firstColumn, lastColumn;
};

/// Device pixels whose centre lies in a plane of `pixels`; the largest plane at the largest zoom fits an int.
int extentOnScreen(int64_t pixels, double zoom) {
  return static_cast<int>(std::min(std::ceil(static_cast<double>(pixels) * zoom - 0.5), 1e9));
}

TileRange visibleTiles(const ViewTransform& transform) {
  const Extent2 grid = screenTileGrid(transform.plane(), transform.zoom());
  const auto first = [](int64_t origin) { return std::max<int64_t>(0, -origin) / kScreenTileSide; };
  const auto last = [](int64_t origin, int size, int64_t count) {
    return std::min<int64_t>(count - 1, (size - 1 - origin) / kScreenTileSide);
  };
  const QSize view = transform.viewSize();
  return {first(transform.originY()), last(transform.originY(), view.height(), grid.y), first(transform.originX()),
          last(transform.originX(), view.width(), grid.x)};
}

}  // namespace

void SliceView::paintEvent(QPaintEvent*) {
  QElapsedTimer watch;
  watch.start();
  const double ratio = devicePixelRatioF();
  QPainter painter(this);
  painter.scale(1 / ratio, 1 / ratio);
  painter.fillRect(QRect({0, 0}, transform_.viewSize()), themeColours().viewBackground);
  if (!hasPlane()) return;
  // Tiles at the far borders are opaque beyond the plane.
  painter.setClipRect(QRect(static_cast<int>(transform_.originX()), static_cast<int>(transform_.originY()),
                            extentOnScreen(transform_.plane().x, transform_.zoom()),
                            extentOnScreen(transform_.plane().y, transform_.zoom())));
  // Objects are seen without their image too, on a plain ground.
  if (!display_.pyramid())
    painter.fillRect(painter.clipBoundingRect(), mixed(themeColours().viewBackground, Qt::gray, 0.3));
  const bool isImageWhole = paintLayer(painter, imageLayer_);
  const bool areProposalsWhole = paintLayer(painter, proposalLayer_);
  const bool areLabelsWhole = paintLayer(painter, labelLayer_);
  isDrawn_ = true;
  if (isImageWhole && areProposalsWhole && areLabelsWhole) settled_ = Look{t_, z_, transform_.zoom()};
  painter.setClipping(false);
  paintOverlays(painter);
  Q_EMIT framePainted(watch.nsecsElapsed() / 1000);
}

// Returns whether every tile on screen was there.
bool SliceView::paintLayer(QPainter& painter, ScreenTileLayer& layer) {
  if (!layer.hasContent()) return true;
  const TileRange range = visibleTiles(transform_);
  const auto keyOf = [&](int64_t row, int64_t column) { return ScreenTileKey{t_, z_, transform_.zoom(), row, column}; };
  bool isWhole = true;
  for (int64_t row = range.firstRow; row <= range.lastRow; ++row) {
    for (int64_t column = range.firstColumn; column <= range.lastColumn; ++column) {
      const ScreenTileLayer::Tile tile = layer.tile(keyOf(row, column), JobPriority::kVisible);
      if (tile.image) {
        painter.drawImage(QPoint(static_cast<int>(transform_.originX() + column * kScreenTileSide),
                                 static_cast<int>(transform_.originY() + row * kScreenTileSide)),
                          *tile.image);
      } else if (!tile.isKnown) {
        isWhole = false;
        paintFallback(painter, layer, row, column);
      }
    }
  }
  if (!isWhole) return false;
  // One ring around the screen, so that a pan finds its tiles ready.
  const Extent2 grid = screenTileGrid(transform_.plane(), transform_.zoom());
  for (int64_t row = std::max<int64_t>(range.firstRow - 1, 0); row <= std::min(range.lastRow + 1, grid.y - 1); ++row) {
    for (int64_t column = std::max<int64_t>(range.firstColumn - 1, 0);
         column <= std::min(range.lastColumn + 1, grid.x - 1); ++column) {
      layer.tile(keyOf(row, column), JobPriority::kPrefetch);
    }
  }
  return true;
}

// Draws what the last whole look had at this place, scaled.
void SliceView::paintFallback(QPainter& painter, const ScreenTileLayer& layer, int64_t row, int64_t column) {
  if (!settled_ || *settled_ == Look{t_, z_, transform_.zoom()}) return;
  const double scale = transform_.zoom() / settled_->zoom;
  const double side = kScreenTileSide / scale;  // of the missing tile in the old enlargement
  const double top = static_cast<double>(row) * side;
  const double left = static_cast<double>(column) * side;
  constexpr int64_t kMostTiles = 64;  // far out, thousands of old tiles would be tiny
  const auto firstRow = static_cast<int64_t>(top / kScreenTileSide);
  const auto lastRow = static_cast<int64_t>((top + side) / kScreenTileSide);
  const auto firstColumn = static_cast<int64_t>(left / kScreenTileSide);
  const auto lastColumn = static_cast<int64_t>((left + side) / kScreenTileSide);
  if ((lastRow - firstRow + 1) * (lastColumn - firstColumn + 1) > kMostTiles) return;
  for (int64_t y = firstRow; y <= lastRow; ++y) {
    for (int64_t x = firstColumn; x <= lastColumn; ++x) {
      const QImage* image = layer.peek({settled_->t, settled_->z, settled_->zoom, y, x}).image;
      if (!image) continue;
      const QRectF there(static_cast<double>(x * kScreenTileSide), static_cast<double>(y * kScreenTileSide),
                         kScreenTileSide, kScreenTileSide);
      const QRectF part = there.intersected(QRectF(left, top, side, side));
      if (part.isEmpty()) continue;
      const QRectF target(static_cast<double>(transform_.originX()) + part.x() * scale,
                          static_cast<double>(transform_.originY()) + part.y() * scale, part.width() * scale,
                          part.height() * scale);
      painter.drawImage(target, *image, part.translated(-there.topLeft()));
    }
  }
}

void SliceView::paintOverlays(QPainter& painter) {
  const double ratio = devicePixelRatioF();
  const bool isCurrentHere = current_ && current_->t == t_ && current_->z == z_;
  if (isCurrentHere && display_.isVisible(DisplayModel::Layer::kCurrent)) {
    paintCurrentObject(painter, currentOutline_, transform_, ratio);
  }
  const bool isPreviewHere = bridge_.preview() && previewT_ == t_ && previewZ_ == z_;
  if (isPreviewHere) paintPreview(painter, previewOutline_, transform_, ratio);
  if (tool_) tool_->paint(painter);
  cyto::ui::paintScaleBar(painter, bridge_.state().reference.scale, transform_, ratio);
  const bool wantsRing = display_.pyramid() && pointer_ && tool_ && tool_->wantsEmbedding() && underMouse();
  const bool isCold =
      wantsRing && (!bridge_.session().isWarm(t_, z_, pointer_->y, pointer_->x) || bridge_.state().isAnswering);
  if (isCold) {
    constexpr qint64 kRound_ms = 1000;
    const double turn = static_cast<double>(QDateTime::currentMSecsSinceEpoch() % kRound_ms) / kRound_ms;
    paintWaitingRing(painter, transform_.toDevice(*pointer_), turn, ratio);
  } else {
    ringTimer_.stop();
  }
}

}  // namespace cyto::ui
