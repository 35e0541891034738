#include "ui/views/overlay.h"

#include <QLocale>
#include <QObject>
#include <array>
#include <cmath>

#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

// Colours that a colour-blind eye tells apart on grey images; the marks differ in shape too.
const QColor kPositive(0x2e, 0xc4, 0x6b);
const QColor kNegative(0xf0, 0x4b, 0x78);
const QColor kBox(0xff, 0xc5, 0x3d);

QTransform deviceFromPlane(const ViewTransform& transform) {
  return QTransform(transform.zoom(), 0, 0, transform.zoom(), static_cast<double>(transform.originX()),
                    static_cast<double>(transform.originY()));
}

void paintPoint(QPainter& painter, const PointPrompt& point, bool isActive, const ViewTransform& transform,
                double ratio) {
  const QPointF at = transform.toDevice({point.y, point.x});
  const double radius = (isActive ? 8 : 6.5) * ratio;
  painter.setPen(QPen(Qt::white, 1.75 * ratio));
  painter.setBrush(point.positive ? kPositive : kNegative);
  painter.drawEllipse(at, radius, radius);
  const double arm = radius * 0.5;
  painter.setPen(QPen(Qt::white, 1.75 * ratio, Qt::SolidLine, Qt::RoundCap));
  painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0));
  if (point.positive) painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm));
}

void paintBox(QPainter& painter, const BoxPrompt& box, bool isActive, const ViewTransform& transform, double ratio) {
  const QRectF area(transform.toDevice({box.y0, box.x0}), transform.toDevice({box.y1, box.x1}));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(QColor(0, 0, 0, 140), 3.5 * ratio));
  painter.drawRect(area);
  painter.setPen(QPen(kBox, (isActive ? 2.25 : 1.5) * ratio));
  painter.drawRect(area);
  painter.setBrush(kBox);
  painter.setPen(QPen(QColor(0, 0, 0, 160), ratio));
  const double side = (isActive ? 8 : 6) * ratio;
  for (const QPointF& corner : {area.topLeft(), area.topRight(), area.bottomLeft(), area.bottomRight()}) {
    painter.drawRect(QRectF(corner.x() - side / 2, corner.y() - side / 2, side, side));
  }
}

}  // namespace

double promptReach(double ratio) { return 9 * ratio; }

void paintCurrentObject(QPainter& painter, const QPainterPath& outline, const ViewTransform& transform, double ratio) {
  if (outline.isEmpty()) return;
  QColor filling = themeColours().accent;
  filling.setAlphaF(0.35F);
  painter.save();
  painter.setTransform(deviceFromPlane(transform));
  QPen pen(themeColours().accent, 2 * ratio);
  pen.setCosmetic(true);
  painter.setPen(pen);
  painter.setBrush(filling);
  painter.drawPath(outline);
  painter.restore();
}

void paintPreview(QPainter& painter, const QPainterPath& outline, const ViewTransform& transform, double ratio) {
  if (outline.isEmpty()) return;
  painter.save();
  painter.setTransform(deviceFromPlane(transform));
  painter.setBrush(Qt::NoBrush);
  QPen under(QColor(0, 0, 0, 150), 2.5 * ratio);
  under.setCosmetic(true);
  painter.setPen(under);
  painter.drawPath(outline);
  QPen dashes(Qt::white, 1.5 * ratio);
  dashes.setCosmetic(true);
  dashes.setDashPattern({4, 3});
  painter.setPen(dashes);
  painter.drawPath(outline);
  painter.restore();
}

void paintPrompts(QPainter& painter, const ObjectPrompts& prompts, int active, const ViewTransform& transform,
                  double ratio) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const int points = static_cast<int>(prompts.points.size());
  for (size_t i = 0; i < prompts.boxes.size(); ++i) {
    paintBox(painter, prompts.boxes[i], active == points + static_cast<int>(i), transform, ratio);
  }
  for (int i = 0; i < points; ++i) {
    paintPoint(painter, prompts.points[static_cast<size_t>(i)], active == i, transform, ratio);
  }
  painter.restore();
}

void paintScaleBar(QPainter& painter, const PixelScale& scale, const ViewTransform& transform, double ratio) {
  const bool isStated = scale.x > 0 && !scale.spaceUnit.empty() && scale.spaceUnit != "pixel";
  const double size = isStated ? scale.x : 1;
  // The longest round length that fits 160 device-independent pixels.
  const double longest = 160 * ratio / transform.zoom() * size;
  const double power = std::pow(10.0, std::floor(std::log10(longest)));
  double length = power;
  for (const double factor : {2.0, 5.0}) {
    if (power * factor <= longest) length = power * factor;
  }
  QString unit = QStringLiteral("px");
  if (isStated) {
    unit = QString::fromStdString(scale.spaceUnit);
    if (unit == QLatin1String("micrometer")) unit = QStringLiteral("µm");
    if (unit == QLatin1String("nanometer")) unit = QStringLiteral("nm");
    if (unit == QLatin1String("millimeter")) unit = QStringLiteral("mm");
  }
  const QString text = QLocale().toString(length, 'g', 6) + QChar(0x202f) + unit;
  painter.save();
  const double width = length / size * transform.zoom();
  const double bottom = transform.viewSize().height() - 16 * ratio;
  const QRectF bar(16 * ratio, bottom - 4 * ratio, width, 4 * ratio);
  QFont font = painter.font();
  font.setPixelSize(static_cast<int>(std::lround(12 * ratio)));
  painter.setFont(font);
  const QRectF label(bar.left(), bar.top() - 20 * ratio, std::max(width, 120 * ratio), 18 * ratio);
  const double textWidth = QFontMetricsF(font, painter.device()).horizontalAdvance(text);
  const QRectF plate(bar.left() - 8 * ratio, label.top() - 2 * ratio, std::max(width, textWidth) + 16 * ratio,
                     bar.bottom() - label.top() + 10 * ratio);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(0, 0, 0, 130));
  painter.drawRoundedRect(plate, 4 * ratio, 4 * ratio);
  painter.fillRect(bar, Qt::white);
  painter.setPen(Qt::white);
  painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter, text);
  painter.restore();
}

void paintWaitingRing(QPainter& painter, QPointF at, double turn, double ratio) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  const double radius = 13 * ratio;
  const QRectF circle(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius);
  painter.setPen(QPen(QColor(0, 0, 0, 110), 3.5 * ratio));
  painter.drawEllipse(circle);
  painter.setPen(QPen(themeColours().accent, 2 * ratio, Qt::SolidLine, Qt::RoundCap));
  constexpr int kSixteenths = 16;
  painter.drawArc(circle, static_cast<int>(-turn * 360 * kSixteenths) + 90 * kSixteenths, -100 * kSixteenths);
  painter.restore();
}

}  // namespace cyto::ui
