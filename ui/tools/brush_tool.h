#pragma once

#include <QTimer>
#include <vector>

#include "core/labels/brush.h"
#include "ui/views/tool.h"

namespace cyto::ui {

/// Paints pixels: the brush gives background to the selected object (the one under the press when none is selected, a
/// new one on background), the eraser takes pixels from all objects. A stroke is one step of the history.
class BrushTool : public Tool {
 public:
  enum class Kind { kBrush, kEraser };
  static constexpr double kSmallestRadius = 0.5;
  static constexpr double kLargestRadius = 500;

  BrushTool(ToolHost& host, Kind kind);

  QString name() const override { return kind_ == Kind::kBrush ? QStringLiteral("brush") : QStringLiteral("eraser"); }
  QCursor cursor() const override { return Qt::BlankCursor; }
  void press(const PointerEvent& event) override;
  void drag(const PointerEvent& event) override;
  void release(const PointerEvent& event) override;
  void hover(const PointerEvent& event) override;
  void leave() override;
  void cancel() override;
  bool isDragging() const override { return isDrawing_; }
  void paint(QPainter& painter) override;

  /// In pixels of the image.
  double radius() const { return radius_; }
  void setRadius(double radius);

 private:
  uint32_t targetAt(const PointerEvent& event);
  void paintStroke(QPainter& painter);

  Kind kind_;
  double radius_ = 5;
  bool isDrawing_ = false;
  std::vector<StrokePoint> stroke_;  // stays on screen until the labels show it
  uint32_t id_ = 0;
  bool isNew_ = false;  // the stroke makes an object
  std::optional<ImagePoint> at_;
  QTimer linger_;
};

}  // namespace cyto::ui
