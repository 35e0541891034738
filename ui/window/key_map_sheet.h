#pragma once

#include <QPointer>
#include <QWidget>

class QFrame;
class QScrollArea;

namespace cyto::ui {

class CommandRegistry;

/// The active key map over the dimmed window, in columns by group. Made from the registry each time it opens, so it
/// shows rebound keys. Esc, "?", the close button or a click outside closes it; arrows and Page keys scroll.
class KeyMapSheet : public QWidget {
  Q_OBJECT

 public:
  /// Both must outlive the sheet, which is a child of `window`.
  KeyMapSheet(CommandRegistry* registry, QWidget* window);

  void toggle();
  void open();
  void dismiss();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  bool focusNextPrevChild(bool next) override;

 private:
  void rebuild();
  void place();

  CommandRegistry* registry_;
  QFrame* card_;
  QScrollArea* scroll_;
  QPointer<QWidget> focusBefore_;
  int columns_ = 0;
};

}  // namespace cyto::ui
