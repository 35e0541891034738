#pragma once

#include <QFrame>
#include <QList>

#include "core/project/proposals.h"

class QAction;
class QComboBox;
class QLabel;
class QPushButton;

namespace cyto::ui {

/// What can be decided about proposals, in one line that floats over the bottom of the view while there are any, so
/// that nothing moves when it comes and goes.
class ReviewBar : public QFrame {
  Q_OBJECT

 public:
  /// `host` is the widget to float over; they have the same parent. The actions are buttons, in their order, named with
  /// their keys.
  ReviewBar(QWidget* host, const QList<QAction*>& actions);

  /// 0 hides the bar.
  void setProposals(qint64 count);
  void setMode(PreserveMode mode);

 Q_SIGNALS:
  void modeChosen(cyto::PreserveMode mode);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void place();

  QWidget* host_;
  QLabel* count_;
  QList<QPushButton*> buttons_;
  QLabel* keep_;
  QComboBox* modes_;
};

}  // namespace cyto::ui
