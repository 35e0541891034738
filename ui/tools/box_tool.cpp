#include "ui/tools/box_tool.h"

#include <algorithm>

#include "ui/bridge/command_text.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

void BoxTool::press(const PointerEvent& event) {
  if (event.button != Qt::LeftButton || drag_.press(host(), event)) return;
  from_ = event.at;
  to_ = event.at;
}

void BoxTool::drag(const PointerEvent& event) {
  if (drag_.isDragging()) return drag_.drag(host(), event);
  to_ = event.at;
  host().repaintTool();
}

void BoxTool::release(const PointerEvent& event) {
  if (drag_.isDragging()) return drag_.release(host());
  if (!from_) return;
  const ImagePoint from = *std::exchange(from_, std::nullopt);
  const Extent2 plane = host().transform().plane();
  const auto inRows = [&](double y) { return std::clamp(y, -0.5, static_cast<double>(plane.y) - 0.5); };
  const auto inColumns = [&](double x) { return std::clamp(x, -0.5, static_cast<double>(plane.x) - 0.5); };
  const BoxPrompt box{inRows(std::min(from.y, event.at.y)), inColumns(std::min(from.x, event.at.x)),
                      inRows(std::max(from.y, event.at.y)), inColumns(std::max(from.x, event.at.x))};
  constexpr double kSmallestSide = 1;  // a click that slipped is no box
  if (box.y1 - box.y0 < kSmallestSide || box.x1 - box.x0 < kSmallestSide) return;
  host().bridge().execute(
      QStringLiteral("box %1 %2 %3 %4 %5 %6")
          .arg(host().t())
          .arg(host().z())
          .arg(coordinateText(box.y0), coordinateText(box.x0), coordinateText(box.y1), coordinateText(box.x1)));
}

void BoxTool::hover(const PointerEvent& event) {
  drag_.hover(host(), event);
  host().repaintTool();
}

void BoxTool::cancel() {
  drag_.cancel();
  from_.reset();
}

void BoxTool::paint(QPainter& painter) {
  drag_.paint(host(), painter);
  if (!from_) return;
  const double ratio = host().pixelRatio();
  const QRectF area = QRectF(host().transform().toDevice(*from_), host().transform().toDevice(to_)).normalized();
  QColor filling = themeColours().accent;
  filling.setAlphaF(0.15F);
  painter.setBrush(filling);
  painter.setPen(QPen(themeColours().accent, 1.5 * ratio, Qt::DashLine));
  painter.drawRect(area);
}

}  // namespace cyto::ui
