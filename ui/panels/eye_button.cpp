#include "ui/panels/eye_button.h"

#include <QPainter>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

EyeButton::EyeButton(const QString& what, QWidget* parent) : QAbstractButton(parent), what_(what) {
  setCheckable(true);
  setChecked(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(tr("%1 visible").arg(what_));
  connect(this, &QAbstractButton::toggled, this, &EyeButton::refreshToolTip);
  refreshToolTip();
}

void EyeButton::refreshToolTip() { setToolTip(isChecked() ? tr("Hide: %1").arg(what_) : tr("Show: %1").arg(what_)); }

QSize EyeButton::sizeHint() const { return {3 * kGrid_px, 3 * kGrid_px}; }

void EyeButton::enterEvent(QEnterEvent* event) {
  QAbstractButton::enterEvent(event);
  update();
}

void EyeButton::leaveEvent(QEvent* event) {
  QAbstractButton::leaveEvent(event);
  update();
}

void EyeButton::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ThemeColours& colours = themeColours();
  painter.setPen(hasFocus() ? QPen(colours.accent, 1) : QPen(Qt::NoPen));
  painter.setBrush(underMouse() || isDown() ? QBrush(colours.raised) : QBrush(Qt::NoBrush));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  constexpr int kIcon_px = 16;
  const QColor colour = !isEnabled() ? colours.disabled : isChecked() ? colours.text : colours.muted;
  const QString icon = isChecked() ? QStringLiteral("visible") : QStringLiteral("hidden");
  painter.drawPixmap(QPoint((width() - kIcon_px) / 2, (height() - kIcon_px) / 2),
                     tintedPixmap(icon, colour, kIcon_px, devicePixelRatioF()));
}

}  // namespace cyto::ui
