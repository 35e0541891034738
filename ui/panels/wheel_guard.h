#pragma once

#include <QEvent>
#include <QObject>
#include <QWidget>

namespace cyto::ui {

/// Leaves the wheel to the scroll area around a slider, a spin box or a combo box until that has the focus, so that
/// scrolling never changes a value in passing.
class WheelGuard : public QObject {
 public:
  static void install(QWidget* widget) {
    widget->setFocusPolicy(Qt::StrongFocus);
    widget->installEventFilter(new WheelGuard(widget));
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() != QEvent::Wheel || static_cast<QWidget*>(watched)->hasFocus()) return false;
    event->ignore();
    return true;
  }

 private:
  explicit WheelGuard(QObject* parent) : QObject(parent) {}
};

}  // namespace cyto::ui
