#pragma once

#include <QAbstractButton>

namespace cyto::ui {

/// Shows and hides something: checked is an open eye, unchecked a closed one. Quieter than a tool button, because most
/// eyes are open most of the time.
class EyeButton : public QAbstractButton {
  Q_OBJECT

 public:
  /// `what` is hidden and shown: "Objects".
  explicit EyeButton(const QString& what, QWidget* parent = nullptr);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  void refreshToolTip();

  QString what_;
};

}  // namespace cyto::ui
