#pragma once

#include <QFrame>

#include "ui/panels/remaining_time.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace cyto::ui {

class ElidedLabel;
struct JobRow;

/// One job in the list: name and cancel, bar, what it does and how long it still takes. Its height never changes.
class JobCard : public QFrame {
  Q_OBJECT

 public:
  JobCard(const QString& id, QWidget* parent);

  /// `now_ms` of a monotone clock.
  void setJob(const JobRow& job, qint64 now_ms);

 Q_SIGNALS:
  void cancelRequested(const QString& id);
  void resultRequested(const QString& id);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QString stateText(const JobRow& job) const;
  void refreshIcon();
  void refreshBar(const JobRow& job);

  QString id_;
  RemainingTime remaining_;
  double fraction_ = 0;
  bool isFinished_ = false;
  bool hasFailed_ = false;
  QLabel* icon_;
  ElidedLabel* name_;
  QLabel* state_;
  QToolButton* cancel_;
  QProgressBar* bar_;
  ElidedLabel* detail_;
  QPushButton* link_;
};

}  // namespace cyto::ui
