#pragma once

#include <QStyledItemDelegate>

namespace cyto::ui {

/// Rows of an ObjectFilterModel: the colour as a rounded square, and for each state an icon before its name.
class ObjectDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  explicit ObjectDelegate(QObject* parent) : QStyledItemDelegate(parent) {}

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

}  // namespace cyto::ui
