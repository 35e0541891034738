#pragma once

#include <QElapsedTimer>
#include <QTimer>

#include "ui/tools/prompt_drag.h"

namespace cyto::ui {

/// Clicks are points: left positive, right or Ctrl negative. While the pointer hovers, the mask that a click would give
/// is asked for: at once where the embedding is in memory, else after 30 ms of rest. The newest place wins.
class PointTool : public Tool {
 public:
  explicit PointTool(ToolHost& host);

  QString name() const override { return QStringLiteral("point"); }
  QCursor cursor() const override;
  void press(const PointerEvent& event) override;
  void drag(const PointerEvent& event) override { drag_.drag(host(), event); }
  void release(const PointerEvent&) override { drag_.release(host()); }
  void hover(const PointerEvent& event) override;
  void leave() override;
  void refresh() override { drag_.refresh(host()); }
  void cancel() override;
  bool isDragging() const override { return drag_.isDragging(); }
  bool wantsEmbedding() const override { return true; }
  void paint(QPainter& painter) override;

  /// The sign of the next left click.
  bool isNegative() const { return isNegative_; }
  void setNegative(bool isNegative) { isNegative_ = isNegative; }

  /// The prompt under the pointer; -1: none.
  int activePrompt() const override { return drag_.active(); }

 private:
  void askForPreview();
  void dropPreview();

  PromptDrag drag_;
  bool isNegative_ = false;
  std::optional<ImagePoint> hovered_;
  bool hasPreview_ = false;
  ObjectPrompts asked_;  // what the preview is of
  QTimer rest_;
};

}  // namespace cyto::ui
