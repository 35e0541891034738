#pragma once

#include <QMenu>

class QDoubleSpinBox;

namespace cyto::ui {

/// Asks for the size of a pixel, at the place where it is missing. Enter or the button sets it, Esc or a click
/// elsewhere leaves it. Deletes itself.
class ScalePopover : public QMenu {
  Q_OBJECT

 public:
  explicit ScalePopover(QWidget* parent);

 Q_SIGNALS:
  /// In rows and columns alike; the unit is "micrometer" or "nanometer".
  void scaleChosen(double size, const QString& unit);

 private:
  QDoubleSpinBox* size_;
};

}  // namespace cyto::ui
