#pragma once

#include "ui/tools/prompt_drag.h"

namespace cyto::ui {

/// A drag from corner to corner is a box. Boxes and points that are there can be moved.
class BoxTool : public Tool {
 public:
  explicit BoxTool(ToolHost& host) : Tool(host) {}

  QString name() const override { return QStringLiteral("box"); }
  QCursor cursor() const override { return drag_.active() >= 0 ? Qt::SizeAllCursor : Qt::CrossCursor; }
  void press(const PointerEvent& event) override;
  void drag(const PointerEvent& event) override;
  void release(const PointerEvent& event) override;
  void hover(const PointerEvent& event) override;
  void leave() override { drag_.leave(); }
  void refresh() override { drag_.refresh(host()); }
  void cancel() override;
  bool isDragging() const override { return drag_.isDragging() || from_.has_value(); }
  bool wantsEmbedding() const override { return true; }
  void paint(QPainter& painter) override;

  int activePrompt() const override { return drag_.active(); }

 private:
  PromptDrag drag_;
  std::optional<ImagePoint> from_;
  ImagePoint to_;
};

}  // namespace cyto::ui
