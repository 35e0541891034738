#include "ui/tools/brush_tool.h"

#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "core/display/label_overlay.h"
#include "ui/bridge/command_text.h"

namespace cyto::ui {

namespace {

constexpr int kLinger_ms = 80;
constexpr double kLeastStep = 0.5;  // image pixels between the points of a stroke

QColor colourOf(uint32_t id) {
  const auto colour = labelColour(id);
  return QColor(colour[0], colour[1], colour[2]);
}

}  // namespace

BrushTool::BrushTool(ToolHost& host, Kind kind) : Tool(host), kind_(kind) {
  linger_.setSingleShot(true);
  linger_.setInterval(kLinger_ms);
  QObject::connect(&linger_, &QTimer::timeout, &linger_, [this] {
    if (isDrawing_) return;
    stroke_.clear();
    this->host().repaintTool();
  });
}

void BrushTool::setRadius(double radius) {
  radius_ = std::clamp(radius, kSmallestRadius, kLargestRadius);
  host().repaintTool();
}

uint32_t BrushTool::targetAt(const PointerEvent& event) {
  const SessionState& state = host().bridge().state();
  const uint32_t selected = host().display().labelStyle().selected;
  const auto found = state.document.objects.find(selected);
  // A proposal cannot be painted on; the stroke then goes to what it begins on.
  if (found != state.document.objects.end() && found->second->state != ObjectState::kProposal) return selected;
  const uint32_t under = objectUnder(event);
  return under != 0 ? under : state.nextId;
}

void BrushTool::press(const PointerEvent& event) {
  if (event.button != Qt::LeftButton || !host().bridge().state().isOpen) return;
  if (kind_ == Kind::kBrush) {
    id_ = targetAt(event);
    isNew_ = !host().bridge().state().document.objects.contains(id_);
    host().select(id_);  // the next stroke goes on with it
  }
  isDrawing_ = true;
  stroke_ = {{event.at.y, event.at.x}};
}

void BrushTool::drag(const PointerEvent& event) {
  at_ = event.at;
  host().repaintTool();
  const double moved = std::hypot(event.at.y - stroke_.back().y, event.at.x - stroke_.back().x);
  if (moved >= kLeastStep) stroke_.push_back({event.at.y, event.at.x});
}

void BrushTool::release(const PointerEvent& event) {
  drag(event);
  isDrawing_ = false;
  const bool isBrush = kind_ == Kind::kBrush;
  const SessionState& state = host().bridge().state();
  // A commit or an undo by key during the stroke may have taken the id.
  if (isBrush && id_ != state.nextId && (isNew_ || !state.document.objects.contains(id_))) {
    id_ = state.nextId;
    host().select(id_);
  }
  QString command =
      QStringLiteral("%1 %2 %3 %4 %5 %6")
          .arg(isBrush ? QStringLiteral("paint") : QStringLiteral("erase"))
          .arg(host().t())
          .arg(host().z())
          .arg(coordinateText(stroke_.front().y), coordinateText(stroke_.front().x), coordinateText(radius_));
  if (isBrush) command += ' ' + QString::number(id_);
  for (size_t i = 1; i < stroke_.size(); ++i) {
    command += ' ' + coordinateText(stroke_[i].y) + ' ' + coordinateText(stroke_[i].x);
  }
  host().bridge().execute(command);
  linger_.start();
}

void BrushTool::hover(const PointerEvent& event) {
  at_ = event.at;
  host().repaintTool();
}

void BrushTool::leave() {
  at_.reset();
  host().repaintTool();
}

void BrushTool::cancel() {
  isDrawing_ = false;
  stroke_.clear();
}

void BrushTool::paint(QPainter& painter) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  paintStroke(painter);
  if (at_) {
    const double ratio = host().pixelRatio();
    const double reach = std::max(radius_ * host().transform().zoom(), 2 * ratio);
    const QPointF centre = host().transform().toDevice(*at_);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 160), 2.5 * ratio));
    painter.drawEllipse(centre, reach, reach);
    painter.setPen(QPen(Qt::white, 1.25 * ratio));
    painter.drawEllipse(centre, reach, reach);
  }
  painter.restore();
}

void BrushTool::paintStroke(QPainter& painter) {
  if (stroke_.empty()) return;
  QPainterPath path(host().transform().toDevice({stroke_.front().y, stroke_.front().x}));
  for (const StrokePoint& point : stroke_) path.lineTo(host().transform().toDevice({point.y, point.x}));
  if (stroke_.size() == 1) path.lineTo(path.currentPosition() + QPointF(0.01, 0));
  QColor colour = kind_ == Kind::kBrush ? colourOf(id_) : QColor(0, 0, 0);
  colour.setAlphaF(0.5F);
  const double width = std::max(2 * radius_, 1.0) * host().transform().zoom();
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawPath(path);
}

}  // namespace cyto::ui
