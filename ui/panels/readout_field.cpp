#include "ui/panels/readout_field.h"

#include <QPainter>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kNameGap_px = 4;
constexpr int kPartGap_px = 10;

/// Calls `use` for every digit, and for what lies between digits as a whole, so that letters are shaped together.
template <typename Use>
void forEachRun(const QString& text, Use use) {
  for (qsizetype at = 0; at < text.size();) {
    qsizetype end = at + 1;
    const bool isDigit = text[at].isDigit();
    while (!isDigit && end < text.size() && !text[end].isDigit()) ++end;
    use(text.mid(at, end - at), isDigit);
    at = end;
  }
}

}  // namespace

ReadoutField::ReadoutField(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
  setAccessibleName(accessibleName);
  setToolTip(accessibleName);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void ReadoutField::setParts(const QList<Part>& parts) {
  parts_ = parts;
  refreshDescription();
  updateGeometry();
  update();
}

void ReadoutField::setValue(int part, const QString& value) {
  if (part < 0 || part >= parts_.size() || parts_[part].value == value) return;
  parts_[part].value = value;
  refreshDescription();
  update();
}

QString ReadoutField::text() const {
  QStringList words;
  for (const Part& part : parts_)
    words << (part.name.isEmpty() ? part.value : part.name + QLatin1Char(' ') + part.value);
  return words.join(QLatin1Char(' '));
}

QSize ReadoutField::sizeHint() const {
  int width = 0;
  for (const Part& part : parts_) {
    if (!part.name.isEmpty()) width += fontMetrics().horizontalAdvance(part.name) + kNameGap_px;
    width += widthOf(part.widest) + kPartGap_px;
  }
  return QSize(std::max(0, width - kPartGap_px) + 2, fontMetrics().height());
}

void ReadoutField::paintEvent(QPaintEvent*) {
  const ThemeColours& colours = themeColours();
  QPainter painter(this);
  const int baseline = (height() - fontMetrics().height()) / 2 + fontMetrics().ascent();
  int x = 0;
  for (const Part& part : parts_) {
    if (!part.name.isEmpty()) {
      painter.setPen(colours.muted);
      painter.drawText(x, baseline, part.name);
      x += fontMetrics().horizontalAdvance(part.name) + kNameGap_px;
    }
    const int room = widthOf(part.widest);
    const bool isEmpty = part.value.isEmpty();
    const QString value = isEmpty ? QStringLiteral("–") : part.value;
    const QString shown = widthOf(value) > room ? fontMetrics().elidedText(value, Qt::ElideRight, room) : value;
    painter.setPen(isEmpty ? colours.muted : colours.text);
    paintText(&painter, part.isRight ? x + room - widthOf(shown) : x, baseline, shown);
    x += room + kPartGap_px;
  }
}

int ReadoutField::cellWidth() const {
  int width = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    width = std::max(width, fontMetrics().horizontalAdvance(QLatin1Char(digit)));
  }
  return width;
}

int ReadoutField::widthOf(const QString& text) const {
  int width = 0;
  forEachRun(text, [&](const QString& run, bool isDigit) {
    width += isDigit ? cellWidth() : fontMetrics().horizontalAdvance(run);
  });
  return width;
}

void ReadoutField::paintText(QPainter* painter, int x, int baseline, const QString& text) const {
  const int cell = cellWidth();
  forEachRun(text, [&](const QString& run, bool isDigit) {
    const int own = fontMetrics().horizontalAdvance(run);
    painter->drawText(isDigit ? x + (cell - own) / 2 : x, baseline, run);
    x += isDigit ? cell : own;
  });
}

void ReadoutField::refreshDescription() { setAccessibleDescription(text()); }

}  // namespace cyto::ui
