#include "ui/panels/progress_ring.h"

#include <QPainter>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cyto::ui {

void paintProgressRing(QPainter* painter, const QRectF& area, double fraction, const QColor& colour) {
  const ThemeColours& colours = themeColours();
  const double width = area.width() / 8;
  const QRectF ring = area.adjusted(width, width, -width, -width);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setBrush(Qt::NoBrush);
  painter->setPen(QPen(mixed(colours.panel, colours.text, 0.25), width));
  painter->drawEllipse(ring);
  if (fraction > 0) {
    painter->setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap));
    painter->drawArc(ring, 90 * 16, -qRound(std::min(fraction, 1.0) * 360 * 16));
  }
  painter->restore();
}

}  // namespace cyto::ui
