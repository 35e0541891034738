#pragma once

#include <QStyledItemDelegate>

namespace cyto::ui {

class StepThumbnails;

/// Draws a step: its picture, what was done, and below when and where; at the right how many other branches begin
/// behind it. Undone steps are muted and italic, the current one is bold with a bar of the accent at its left, steps of
/// other branches are indented and dimmed.
class StepDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  /// Side of a picture, in device-independent pixels.
  static constexpr int kPicture_px = 48;

  StepDelegate(const StepThumbnails& thumbnails, QObject* parent);

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  /// The mark that lists the other branches; empty for a row without.
  static QRect forkRect(const QRect& row, const QFont& font, const QModelIndex& index);

 private:
  void paintPicture(QPainter* painter, const QRect& place, const QModelIndex& index, qreal ratio) const;
  static void paintBranch(QPainter* painter, const QRect& row, const QModelIndex& index);
  static void paintFork(QPainter* painter, const QRect& place, const QFont& font, const QModelIndex& index,
                        qreal ratio);

  const StepThumbnails& thumbnails_;
};

}  // namespace cyto::ui
