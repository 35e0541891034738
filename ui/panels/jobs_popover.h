#pragma once

#include <QAbstractButton>
#include <QFrame>
#include <QHash>
#include <QList>
#include <QPointer>
#include <QString>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace cyto::ui {

/// A job as it is shown. `total` 0 means that its length is unknown.
struct JobRow {
  QString id;
  QString name;    ///< "Precompute embeddings"
  QString detail;  ///< what it is doing, or did: "tile 12 of 40", "40 tiles embedded in 1 min 12 s"
  qint64 done = 0;
  qint64 total = 0;
  bool isFinished = false;
  bool hasFailed = false;
  bool canCancel = false;
  QString link = {};  ///< text of a link that a finished job offers, "Show file"; empty for none
};

class JobCard;

/// The list of jobs, a floating child of the window at its bottom right; not modal.
class JobsPopover : public QFrame {
  Q_OBJECT

 public:
  explicit JobsPopover(QWidget* window);

  /// Cards are matched by id and updated in place.
  void setJobs(const QList<JobRow>& jobs);
  /// Shows it above `anchor`.
  void openAbove(QWidget* anchor);
  void dismiss();

 Q_SIGNALS:
  void cancelRequested(const QString& id);
  void resultRequested(const QString& id);
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void place();

  QScrollArea* scroll_;
  QWidget* content_;
  QVBoxLayout* layout_;
  QLabel* empty_;
  QHash<QString, JobCard*> cards_;
  QPointer<QWidget> anchor_;
  QPointer<QWidget> focusBefore_;
};

/// The button for the status bar: a small progress ring and a text, always present and always as wide, so nothing
/// jumps when a job starts. A click or Space opens and closes the list.
class JobsButton : public QAbstractButton {
  Q_OBJECT

 public:
  /// `window` is the widget over which the list floats; it must outlive the button.
  explicit JobsButton(QWidget* window, QWidget* parent = nullptr);

  /// The jobs that are to be shown, newest last. Call at most twenty times a second.
  void setJobs(const QList<JobRow>& jobs);
  void setPopoverVisible(bool isVisible);
  bool isPopoverVisible() const;
  JobsPopover* popover() const { return popover_; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 Q_SIGNALS:
  void cancelRequested(const QString& id);
  /// The link of a finished job was clicked.
  void resultRequested(const QString& id);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  QString textFor(int running, int failed) const;

  JobsPopover* popover_;
  double fraction_ = -1;  ///< of all running jobs together; negative when none runs
  int running_ = 0;
  int failed_ = 0;
};

}  // namespace cyto::ui
