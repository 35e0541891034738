#pragma once

#include <QImage>
#include <QStyledItemDelegate>

namespace cyto::ui {

/// Paints a recent project as a tile: picture, name, date. Part of StartPage; items carry the roles below.
class RecentDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  enum Role { kPath = Qt::UserRole, kThumbnail, kWhen, kIsMissing };

  using QStyledItemDelegate::QStyledItemDelegate;

  /// The size of a tile for a font.
  static QSize tileSize(const QFontMetrics& metrics);

  /// Small enough to be painted quickly.
  static QImage thumbnailFrom(const QImage& image);

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace cyto::ui
