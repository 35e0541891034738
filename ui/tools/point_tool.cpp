#include "ui/tools/point_tool.h"

#include "ui/bridge/command_text.h"

namespace cyto::ui {

namespace {

constexpr int kRest_ms = 30;

bool isNegativeClick(const PointerEvent& event) {
  return event.button == Qt::RightButton || (event.modifiers & Qt::ControlModifier);
}

}  // namespace

PointTool::PointTool(ToolHost& host) : Tool(host) {
  rest_.setSingleShot(true);
  rest_.setInterval(kRest_ms);
  QObject::connect(&rest_, &QTimer::timeout, &rest_, [this] { askForPreview(); });
}

QCursor PointTool::cursor() const { return drag_.active() >= 0 ? Qt::SizeAllCursor : Qt::CrossCursor; }

void PointTool::press(const PointerEvent& event) {
  if (event.button != Qt::LeftButton && event.button != Qt::RightButton) return;
  if (!isNegativeClick(event) && drag_.press(host(), event)) return dropPreview();
  if (!event.isInside) return;
  dropPreview();
  const bool isPositive = isNegativeClick(event) == isNegative_;
  host().bridge().execute(QStringLiteral("point %1 %2 %3 %4 %5")
                              .arg(host().t())
                              .arg(host().z())
                              .arg(coordinateText(event.at.y), coordinateText(event.at.x))
                              .arg(isPositive ? '+' : '-'));
}

void PointTool::hover(const PointerEvent& event) {
  drag_.hover(host(), event);
  host().repaintTool();
  if (!event.isInside || drag_.active() >= 0 || (event.modifiers & Qt::ControlModifier)) return dropPreview();
  hovered_ = event.at;
  if (host().bridge().session().isWarm(host().t(), host().z(), event.at.y, event.at.x)) {
    rest_.stop();
    askForPreview();
  } else {
    rest_.start();
  }
}

// What the prompts so far and a click here would give.
void PointTool::askForPreview() {
  if (!hovered_) return;
  const Draft& draft = host().bridge().state().document.draft;
  ObjectPrompts prompts = draft.prompts;
  const bool isOtherPlane = !prompts.isEmpty() && (prompts.t != host().t() || prompts.z != host().z());
  if (isOtherPlane) return dropPreview();  // a click would be refused
  prompts.t = host().t();
  prompts.z = host().z();
  if (prompts.id == 0) prompts.id = 1;
  prompts.points.push_back({hovered_->y, hovered_->x, !isNegative_});
  if (isNegative_ && prompts.boxes.empty() && prompts.points.size() == 1) return dropPreview();
  // The same place is told more than once: by the pointer, and by whoever moved it.
  if (hasPreview_ && prompts == asked_) return;
  hasPreview_ = true;
  asked_ = prompts;
  host().bridge().session().preview(std::move(prompts));
}

void PointTool::dropPreview() {
  rest_.stop();
  hovered_.reset();
  if (!std::exchange(hasPreview_, false)) return;
  host().bridge().session().cancelPreview();
}

void PointTool::leave() {
  drag_.leave();
  dropPreview();
}

void PointTool::cancel() {
  drag_.cancel();
  dropPreview();
}

void PointTool::paint(QPainter& painter) { drag_.paint(host(), painter); }

}  // namespace cyto::ui
