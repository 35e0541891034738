#include "ui/panels/objects/object_delegate.h"

#include <QPainter>

#include "ui/models/object_table_model.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

QString iconOf(ObjectState state) {
  switch (state) {
    case ObjectState::kProposal: return QStringLiteral("proposal");
    case ObjectState::kAccepted: return QStringLiteral("done");
    case ObjectState::kVerified: return QStringLiteral("lock");
  }
  return {};
}

}  // namespace

void ObjectDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const QVariant colour = index.data(Qt::DecorationRole);
  if (!colour.isValid()) return;
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  const QRectF row(option.rect);
  constexpr double kSide = 12;
  const QRectF square(row.center() - QPointF(kSide / 2, kSide / 2), QSizeF(kSide, kSide));
  // A hairline keeps colours apart that are close to the background.
  painter->setPen(QPen(mixed(themeColours().panel, themeColours().text, 0.35), 1));
  painter->setBrush(colour.value<QColor>());
  painter->drawRoundedRect(square, 3, 3);
  painter->restore();
}

void ObjectDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  if (index.data(Qt::DecorationRole).isValid()) {
    option->features.setFlag(QStyleOptionViewItem::HasDecoration, false);
    option->icon = {};
  }
  const auto* objects = static_cast<const ObjectFilterModel*>(index.model())->sourceModel();
  const auto column = static_cast<const ObjectTableModel*>(objects)->columnAt(index.column());
  if (column != ObjectTableModel::Column::kState) return;
  const auto state = static_cast<ObjectState>(index.data(ObjectTableModel::kStateRole).toInt());
  option->features.setFlag(QStyleOptionViewItem::HasDecoration, true);
  option->icon = themedIcon(iconOf(state));
  option->decorationSize = {14, 14};
}

}  // namespace cyto::ui
