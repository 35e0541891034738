#include "ui/tools/prompt_drag.h"

#include <algorithm>
#include <cmath>

#include "ui/bridge/command_text.h"
#include "ui/views/overlay.h"

namespace cyto::ui {

namespace {

double reachOf(ToolHost& host) { return promptReach(host.pixelRatio()); }

bool isHere(ToolHost& host, const ObjectPrompts& prompts) {
  return !prompts.isEmpty() && prompts.t == host.t() && prompts.z == host.z() &&
         host.display().isVisible(DisplayModel::Layer::kPrompts);
}

double distance(QPointF a, QPointF b) { return std::hypot(a.x() - b.x(), a.y() - b.y()); }

/// Corners in the order of PromptDrag: (y0, x0), (y0, x1), (y1, x0), (y1, x1).
ImagePoint corner(const BoxPrompt& box, int index) {
  return {index < 2 ? box.y0 : box.y1, index % 2 == 0 ? box.x0 : box.x1};
}

bool isOnBorder(const BoxPrompt& box, const ViewTransform& transform, QPointF device, double reach) {
  const QRectF area(transform.toDevice({box.y0, box.x0}), transform.toDevice({box.y1, box.x1}));
  return area.adjusted(-reach, -reach, reach, reach).contains(device) &&
         !area.adjusted(reach, reach, -reach, -reach).contains(device);
}

}  // namespace

std::optional<int> PromptDrag::promptAt(ToolHost& host, const PointerEvent& event) const {
  const ObjectPrompts& prompts = host.bridge().state().document.draft.prompts;
  if (!isHere(host, prompts)) return std::nullopt;
  const double reach = reachOf(host);
  const auto points = static_cast<int>(prompts.points.size());
  std::optional<int> nearest;
  double best = reach;
  for (int i = 0; i < points; ++i) {
    const PointPrompt& point = prompts.points[static_cast<size_t>(i)];
    const double away = distance(host.transform().toDevice({point.y, point.x}), event.device);
    if (away > best) continue;
    best = away;
    nearest = i;
  }
  if (nearest) return nearest;
  for (size_t i = 0; i < prompts.boxes.size(); ++i) {
    if (isOnBorder(prompts.boxes[i], host.transform(), event.device, reach / 2)) return points + static_cast<int>(i);
  }
  return std::nullopt;
}

void PromptDrag::hover(ToolHost& host, const PointerEvent& event) {
  pointer_ = event;
  active_ = promptAt(host, event).value_or(-1);
}

void PromptDrag::leave() {
  pointer_.reset();
  if (!moved_) active_ = -1;
}

void PromptDrag::refresh(ToolHost& host) {
  if (moved_ && isStillThere(host)) return;
  moved_.reset();
  active_ = pointer_ ? promptAt(host, *pointer_).value_or(-1) : -1;
}

bool PromptDrag::isStillThere(ToolHost& host) const {
  const ObjectPrompts& now = host.bridge().state().document.draft.prompts;
  return now.points.size() == moved_->points.size() && now.boxes.size() == moved_->boxes.size();
}

bool PromptDrag::press(ToolHost& host, const PointerEvent& event) {
  pointer_ = event;
  const auto found = promptAt(host, event);
  if (!found || event.button != Qt::LeftButton) return false;
  active_ = *found;
  from_ = event.at;
  moved_ = host.bridge().state().document.draft.prompts;
  corner_ = -1;
  const auto points = static_cast<int>(moved_->points.size());
  if (active_ < points) return true;
  const BoxPrompt& box = moved_->boxes[static_cast<size_t>(active_ - points)];
  for (int i = 0; i < 4; ++i) {
    if (distance(host.transform().toDevice(corner(box, i)), event.device) <= reachOf(host)) corner_ = i;
  }
  return true;
}

void PromptDrag::moveBox(BoxPrompt& box, double dy, double dx) const {
  if (corner_ < 0 || corner_ < 2) box.y0 += dy;
  if (corner_ < 0 || corner_ >= 2) box.y1 += dy;
  if (corner_ < 0 || corner_ % 2 == 0) box.x0 += dx;
  if (corner_ < 0 || corner_ % 2 == 1) box.x1 += dx;
}

void PromptDrag::drag(ToolHost& host, const PointerEvent& event) {
  if (!moved_) return;
  pointer_ = event;
  if (!isStillThere(host)) return refresh(host);
  const ObjectPrompts& before = host.bridge().state().document.draft.prompts;
  const double dy = event.at.y - from_.y;
  const double dx = event.at.x - from_.x;
  const auto points = static_cast<int>(before.points.size());
  if (active_ < points) {
    PointPrompt& point = moved_->points[static_cast<size_t>(active_)];
    const Extent2 plane = host.transform().plane();
    point.y = std::clamp(before.points[static_cast<size_t>(active_)].y + dy, 0.0, static_cast<double>(plane.y - 1));
    point.x = std::clamp(before.points[static_cast<size_t>(active_)].x + dx, 0.0, static_cast<double>(plane.x - 1));
  } else {
    BoxPrompt& box = moved_->boxes[static_cast<size_t>(active_ - points)];
    box = before.boxes[static_cast<size_t>(active_ - points)];
    moveBox(box, dy, dx);
  }
  host.repaintTool();
}

void PromptDrag::release(ToolHost& host) {
  if (!moved_) return;
  const ObjectPrompts moved = *std::exchange(moved_, std::nullopt);
  if (moved == host.bridge().state().document.draft.prompts) return;  // a click on a prompt changes nothing
  const auto points = static_cast<int>(moved.points.size());
  if (active_ < points) {
    const PointPrompt& point = moved.points[static_cast<size_t>(active_)];
    host.bridge().execute(QStringLiteral("change-point %1 %2 %3 %4")
                              .arg(active_ + 1)
                              .arg(coordinateText(point.y), coordinateText(point.x))
                              .arg(point.positive ? '+' : '-'));
    return;
  }
  const BoxPrompt& box = moved.boxes[static_cast<size_t>(active_ - points)];
  host.bridge().execute(QStringLiteral("change-box %1 %2 %3 %4 %5")
                            .arg(active_ - points + 1)
                            .arg(coordinateText(std::min(box.y0, box.y1)), coordinateText(std::min(box.x0, box.x1)),
                                 coordinateText(std::max(box.y0, box.y1)), coordinateText(std::max(box.x0, box.x1))));
}

void PromptDrag::paint(ToolHost& host, QPainter& painter) const {
  const ObjectPrompts& prompts = moved_ ? *moved_ : host.bridge().state().document.draft.prompts;
  if (!isHere(host, prompts)) return;
  paintPrompts(painter, prompts, active_, host.transform(), painter.device()->devicePixelRatioF());
}

}  // namespace cyto::ui
