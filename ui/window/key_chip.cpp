#include "ui/window/key_chip.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr double kFontFactor = 0.92;
constexpr int kPadding_px = 6;

}  // namespace

int keyChipWidth(const QFont& font, const QString& key) {
  const QFontMetrics metrics(scaledFont(font, kFontFactor));
  return std::max(metrics.horizontalAdvance(key) + 2 * kPadding_px, metrics.height() + 4);
}

int paintKeyChip(QPainter* painter, const QRect& area, const QFont& font, const QString& key) {
  const ThemeColours& colours = themeColours();
  const QFont small = scaledFont(font, kFontFactor);
  const int width = keyChipWidth(font, key);
  const int height = QFontMetrics(small).height() + 4;
  const QRect cap(area.right() - width + 1, area.top() + (area.height() - height) / 2, width, height);
  painter->setFont(small);
  painter->setPen(mixed(colours.border, colours.text, 0.25));
  painter->setBrush(colours.raised);
  painter->drawRoundedRect(QRectF(cap).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  painter->setPen(colours.text);
  painter->drawText(cap, Qt::AlignCenter, key);
  return cap.left();
}

}  // namespace cyto::ui
