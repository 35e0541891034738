#pragma once

#include <QObject>
#include <memory>
#include <vector>

#include "ui/tools/brush_tool.h"
#include "ui/tools/point_tool.h"

namespace cyto::ui {

class SliceView;

/// The tools of one view and which of them has the pointer.
class ToolBox : public QObject {
  Q_OBJECT

 public:
  explicit ToolBox(SliceView& view);
  ~ToolBox() override;

  /// By name: select, pan, point, box, brush, eraser. Whether there is such a tool.
  bool choose(const QString& name);
  QString current() const;

  PointTool& point() { return *point_; }
  /// Of brush and eraser alike.
  double brushRadius() const { return brush_->radius(); }
  void setBrushRadius(double radius);

  /// The prompt under the pointer; -1: none.
  int activePrompt() const;

 Q_SIGNALS:
  void toolChanged(const QString& name);

 private:
  SliceView& view_;
  std::vector<std::unique_ptr<Tool>> tools_;
  PointTool* point_ = nullptr;
  BrushTool* brush_ = nullptr;
  BrushTool* eraser_ = nullptr;
};

}  // namespace cyto::ui
