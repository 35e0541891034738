#pragma once

#include <QFrame>
#include <QList>
#include <QString>

class QHBoxLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTimer;
class QToolButton;

namespace cyto::ui {

/// A way out that a message offers.
struct NoticeAction {
  QString id;
  QString text;
};

/// A message to the user: one sentence that says what happened, and what can be done about it.
struct Notice {
  enum class Severity { kInfo, kWarning, kError };

  Severity severity = Severity::kInfo;
  QString sentence;
  QString details;  ///< shown behind "Details", may be empty
  QList<NoticeAction> actions;
};

/// A strip over the top of the view that shows one message at a time; the others wait in a queue. It floats over
/// `host`, so nothing moves when it comes and goes, and it takes no focus. Information goes by itself after eight
/// seconds unless it is pointed at, focused, opened or offers something; warnings and errors stay until closed.
class NoticeBar : public QFrame {
  Q_OBJECT

 public:
  /// `host` is the widget to float over, and the parent.
  explicit NoticeBar(QWidget* host);

  /// Shows the notice, or queues it behind those that are waiting. One that is already waiting is not added again.
  /// Plain information that is shown alone makes way for what asks for something.
  void post(const Notice& notice);
  /// Closes the one shown and shows the next.
  void dismiss();
  void clear();
  /// Keeps this much of the top of the host free.
  void setTopMargin(int margin_px);
  /// Shown and waiting ones.
  int count() const { return static_cast<int>(queue_.size()); }

 Q_SIGNALS:
  /// The notice is closed first.
  void actionTriggered(const QString& id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void showFirst();
  void showActions(const QList<NoticeAction>& actions);
  void showDetails(bool isOpen);
  void copy();
  void refreshIcons();
  void place();
  void onTimeout();

  QList<Notice> queue_;
  QLabel* icon_;
  QLabel* sentence_;
  QHBoxLayout* actionsLayout_;
  QLabel* waiting_;
  QPushButton* detailsButton_;
  QToolButton* copyButton_;
  QToolButton* closeButton_;
  QPlainTextEdit* details_;
  QTimer* timer_;
  int topMargin_ = 0;
};

}  // namespace cyto::ui
