#pragma once

#include <QFrame>
#include <QPointer>

class QLabel;
class QLineEdit;
class QListWidget;

namespace cyto::ui {

class CommandRegistry;

/// The list of everything one can do, found by typing a few letters. A child of the window, at its top centre and
/// above everything else; never modal. Up, Down, Page Up and Page Down move, Enter runs, Esc or a click elsewhere
/// closes. "#123" asks for object 123. The last query is kept and selected. The focus goes back to where it was
/// before a command runs.
class CommandPalette : public QFrame {
  Q_OBJECT

 public:
  /// Both must outlive the palette, which is a child of `window`.
  CommandPalette(CommandRegistry* registry, QWidget* window);
  ~CommandPalette() override;

  /// Shows the palette, or closes it when it is open.
  void toggle();
  void open();
  void dismiss();

  /// Names of the commands listed now, best first.
  QStringList listedCommands() const;

 Q_SIGNALS:
  void objectRequested(qint64 id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void place();
  void refill();
  void runCurrent();
  void moveCurrent(int steps);
  void onFocusChanged(QWidget* old, QWidget* now);
  bool handleKey(int key);

  CommandRegistry* registry_;
  QLineEdit* query_;
  QListWidget* list_;
  QLabel* nothing_;
  QPointer<QWidget> focusBefore_;
};

}  // namespace cyto::ui
