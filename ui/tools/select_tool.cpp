#include "ui/tools/select_tool.h"

namespace cyto::ui {

void SelectTool::press(const PointerEvent& event) {
  if (event.button != Qt::LeftButton || drag_.press(host(), event)) return;
  host().select(objectOrProposalUnder(event));
}

void SelectTool::hover(const PointerEvent& event) {
  drag_.hover(host(), event);
  host().repaintTool();
}

void PanTool::press(const PointerEvent& event) {
  if (event.button == Qt::LeftButton) from_ = event.device;
}

void PanTool::drag(const PointerEvent& event) {
  if (!from_) return;
  const QPointF moved = event.device - *from_;
  from_ = event.device;
  host().panBy(moved.y(), moved.x());
}

void PanTool::paint(QPainter& painter) { shown_.paint(host(), painter); }

}  // namespace cyto::ui
