#pragma once

#include <QWidget>

#include "ui/models/history_model.h"

class QTableView;

namespace cyto::ui {

/// The list of steps. A click or Enter asks to jump; the current step stays in sight. In a narrow dock first the time
/// and then the plane give way to what was done; the tool tip has them all.
class HistoryPanel : public QWidget {
  Q_OBJECT

 public:
  explicit HistoryPanel(QWidget* parent = nullptr);

  void setState(const SessionState& state);

 Q_SIGNALS:
  /// Of the step to stand on; 0 is the beginning. Not sent for the step it stands on.
  void jumpRequested(quint64 sequence);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void jumpTo(const QModelIndex& index);
  int widthOf(int column) const;
  void fitColumns();
  void scrollToCurrent();

  HistoryModel* steps_;
  QTableView* table_;
  quint64 position_ = 0;
};

}  // namespace cyto::ui
