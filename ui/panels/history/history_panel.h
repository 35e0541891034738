#pragma once

#include <QTimer>
#include <QWidget>

#include "ui/models/history/history_model.h"
#include "ui/models/history/step_thumbnails.h"

class QCheckBox;
class QHelpEvent;
class QLabel;
class QTableView;

namespace cyto::ui {

/// The list of steps with pictures of those on screen. A double click or Enter asks to jump; a click on the mark of a
/// fork, or the right arrow, lists the branches that were left there. The current step stays in sight.
class HistoryPanel : public QWidget {
  Q_OBJECT

 public:
  explicit HistoryPanel(QWidget* parent = nullptr);

  void setState(const SessionState& state);

  /// What the pictures are drawn from. Without an image they have a neutral background.
  void setImage(std::shared_ptr<PixelPyramid> pyramid, std::vector<ChannelDisplay> channels);

  StepThumbnails& thumbnails() { return thumbnails_; }
  void setAllOpen(bool areAllOpen);

  /// Whether all pictures on screen are there.
  bool isSettled() const { return !isVisible() || (!look_.isActive() && thumbnails_.isSettled()); }

 Q_SIGNALS:
  /// Of the step to stand on; 0 is the beginning. Not sent for the step it stands on.
  void jumpRequested(quint64 sequence);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void buildTable();
  void jumpTo(const QModelIndex& index);
  void fitRows();
  void showCount();
  void scrollToCurrent();
  void lookSoon();
  void lookAtRows();
  QModelIndex forkAt(const QPoint& place) const;
  bool handlePointer(QEvent* event);
  bool handleKey(int key);
  void toggleFork(const QModelIndex& fork);

  HistoryModel* steps_;
  StepThumbnails thumbnails_;
  QLabel* count_;
  QCheckBox* all_;
  QTableView* table_;
  QTimer look_;
  std::shared_ptr<PixelPyramid> pyramid_;
  std::vector<ChannelDisplay> channels_;
  quint64 position_ = 0;
};

}  // namespace cyto::ui
