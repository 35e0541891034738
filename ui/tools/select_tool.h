#pragma once

#include "ui/tools/prompt_drag.h"

namespace cyto::ui {

/// A click selects the object under the pointer, or else the proposal there; a click on background selects none.
/// Prompts can be moved.
class SelectTool : public Tool {
 public:
  explicit SelectTool(ToolHost& host) : Tool(host) {}

  QString name() const override { return QStringLiteral("select"); }
  QCursor cursor() const override { return drag_.active() >= 0 ? Qt::SizeAllCursor : Qt::ArrowCursor; }
  void press(const PointerEvent& event) override;
  void drag(const PointerEvent& event) override { drag_.drag(host(), event); }
  void release(const PointerEvent&) override { drag_.release(host()); }
  void hover(const PointerEvent& event) override;
  void leave() override { drag_.leave(); }
  void refresh() override { drag_.refresh(host()); }
  void cancel() override { drag_.cancel(); }
  bool isDragging() const override { return drag_.isDragging(); }
  void paint(QPainter& painter) override { drag_.paint(host(), painter); }

  int activePrompt() const override { return drag_.active(); }

 private:
  PromptDrag drag_;
};

/// Moves the image.
class PanTool : public Tool {
 public:
  explicit PanTool(ToolHost& host) : Tool(host) {}

  QString name() const override { return QStringLiteral("pan"); }
  QCursor cursor() const override { return from_ ? Qt::ClosedHandCursor : Qt::OpenHandCursor; }
  void press(const PointerEvent& event) override;
  void drag(const PointerEvent& event) override;
  void release(const PointerEvent&) override { from_.reset(); }
  void cancel() override { from_.reset(); }
  bool isDragging() const override { return from_.has_value(); }
  void paint(QPainter& painter) override;

 private:
  PromptDrag shown_;  // prompts stay visible
  std::optional<QPointF> from_;
};

}  // namespace cyto::ui
