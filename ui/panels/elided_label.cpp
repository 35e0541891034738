#include "ui/panels/elided_label.h"

#include <QEvent>

namespace cyto::ui {

ElidedLabel::ElidedLabel(QWidget* parent) : QLabel(parent) {
  setTextFormat(Qt::PlainText);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ElidedLabel::setFullText(const QString& text) {
  if (text == fullText_) return;
  fullText_ = text;
  setAccessibleName(text);
  elide();
  updateGeometry();
}

QSize ElidedLabel::sizeHint() const {
  return QSize(fontMetrics().horizontalAdvance(fullText_) + 2, fontMetrics().height());
}

QSize ElidedLabel::minimumSizeHint() const { return QSize(0, fontMetrics().height()); }

void ElidedLabel::resizeEvent(QResizeEvent* event) {
  QLabel::resizeEvent(event);
  elide();
}

void ElidedLabel::changeEvent(QEvent* event) {
  QLabel::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) elide();
}

void ElidedLabel::elide() {
  const QString shown = fontMetrics().elidedText(fullText_, Qt::ElideRight, width());
  if (shown != text()) setText(shown);
  setToolTip(shown == fullText_ ? QString() : fullText_);
}

}  // namespace cyto::ui
