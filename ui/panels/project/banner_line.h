#pragma once

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace cyto::ui {

/// One sentence with a warning sign, details that can be opened, and buttons at the right.
class BannerLine : public QFrame {
  Q_OBJECT

 public:
  explicit BannerLine(QWidget* parent = nullptr);

  void setSentence(const QString& sentence);
  /// Lines that can be opened and copied; empty: there are none.
  void setDetails(const QString& details);
  QPushButton* addButton(const QString& text);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refreshIcon();

  QLabel* icon_;
  QLabel* sentence_;
  QPushButton* open_;
  QLabel* details_;
  QHBoxLayout* buttons_;
};

}  // namespace cyto::ui
