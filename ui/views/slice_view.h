#pragma once

#include <QElapsedTimer>
#include <QPainterPath>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>

#include "ui/views/screen_tile_layer.h"
#include "ui/views/tool.h"

namespace cyto::ui {

/// Shows one plane of the image with everything that lies over it, and gives the pointer to a tool. Pans with the
/// middle button or while Space is held, zooms around the pointer with the wheel; pixels are nearest at 100 % and more
/// and smooth below. Only copies ready-made tiles, so a frame does not depend on the size of the image.
class SliceView : public QWidget, private ToolHost {
  Q_OBJECT

 public:
  SliceView(SessionBridge& bridge, DisplayModel& display, QWidget* parent = nullptr);
  ~SliceView() override;

  ToolHost& toolHost() { return *this; }

  /// Not owned; null: nothing. A drag of the old tool is given up.
  void setTool(Tool* tool);
  Tool* tool() const { return tool_; }

  int64_t t() const override { return t_; }
  int64_t z() const override { return z_; }
  /// Clamped to the image.
  void setSlice(int64_t t, int64_t z);

  const ViewTransform& transform() const override { return transform_; }
  void fit();
  void zoomBy(double steps);
  /// 100 %: one image pixel is one device pixel.
  void zoomToPixels();
  void showBox(const Box& bounds);
  /// Goes to the box only when it is not on screen.
  void revealBox(const Box& bounds);
  void panByScreen(double down, double right);

  /// Widget coordinates (device-independent) of a place in the image.
  QPointF widgetPosition(ImagePoint point) const;

  /// Whether the first part of the image is there.
  bool hasPicture() const { return !imageLayer_.isEmpty(); }
  /// Whether everything on screen is drawn sharply with the newest content.
  bool isSettled() const;

 Q_SIGNALS:
  void pointerMoved(bool isInside, double y, double x);
  void viewChanged();  ///< zoom or place
  void sliceChanged(qint64 t, qint64 z);
  void objectSelected(quint32 id);
  void alternativeRequested(int delta);
  void fileDropped(const QString& path);
  void readFailed(const QString& sentence);
  void framePainted(qint64 microseconds);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  struct Look {  // what a set of tiles shows
    int64_t t = 0;
    int64_t z = 0;
    double zoom = 0;
    bool operator==(const Look&) const = default;
  };

  SessionBridge& bridge() override { return bridge_; }
  DisplayModel& display() override { return display_; }
  double pixelRatio() const override { return devicePixelRatioF(); }
  void panBy(double dy, double dx) override;
  void select(uint32_t id) override;
  void repaintTool() override { update(); }

  void takeState();
  void takePreview();
  void takeImage();
  void showImageContent();
  void showLabelContent();
  void lookChanged();
  void redraw();
  void sendAttention();
  void updateCursor();
  PointerEvent pointerEvent(QPointF position, Qt::MouseButton button, Qt::KeyboardModifiers modifiers) const;
  /// Of the image, or of a project whose image is not there; null when nothing is open.
  const Shape* shape() const;
  bool hasPlane() const { return shape() != nullptr; }
  bool isPanning() const { return panFrom_.has_value(); }

  bool paintLayer(QPainter& painter, ScreenTileLayer& layer);
  void paintFallback(QPainter& painter, const ScreenTileLayer& layer, int64_t row, int64_t column);
  void paintOverlays(QPainter& painter);

  SessionBridge& bridge_;
  DisplayModel& display_;
  ViewTransform transform_;
  int64_t t_ = 0;
  int64_t z_ = 0;
  Tool* tool_ = nullptr;
  bool isFitted_ = false;  // nothing was zoomed or panned since the image came
  bool isSpaceHeld_ = false;
  std::optional<QPointF> panFrom_;
  Qt::MouseButton panButton_ = Qt::NoButton;
  std::optional<ImagePoint> pointer_;
  double wheelTurn_ = 0;  // part of a notch that has not made a step yet
  double panY_ = 0;
  double panX_ = 0;
  std::shared_ptr<const CurrentObject> current_;
  QPainterPath currentOutline_;
  QPainterPath previewOutline_;
  int64_t previewT_ = 0;
  int64_t previewZ_ = 0;
  std::optional<Look> settled_;  // the last look all of whose tiles were there: shown while new ones are made
  bool isDrawn_ = false;         // the newest content has been painted once; its tiles may be on their way
  QTimer attentionTimer_;
  QTimer ringTimer_;
  JobQueue queue_{2};
  ScreenTileLayer imageLayer_;
  ScreenTileLayer proposalLayer_;
  ScreenTileLayer labelLayer_;
};

}  // namespace cyto::ui
