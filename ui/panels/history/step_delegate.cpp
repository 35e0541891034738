#include "ui/panels/history/step_delegate.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/models/history/history_model.h"
#include "ui/models/history/step_thumbnails.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

constexpr double kSmall = 0.9;  // time and plane stand back behind what was done
constexpr int kIndent_px = 2 * kGrid_px;
constexpr int kMostIndents = 4;  // deeper branches would leave no room for their words
constexpr int kBar_px = 3;
constexpr int kIcon_px = 16;
constexpr int kMark_px = 14;

QString iconName(int kind) {
  if (kind < 0) return QStringLiteral("history");
  switch (static_cast<EditKind>(kind)) {
    case EditKind::kPrompt: return QStringLiteral("prompt");
    case EditKind::kSegment: return QStringLiteral("segment");
    case EditKind::kClear: return QStringLiteral("clear");
    case EditKind::kCommit: return QStringLiteral("commit");
    case EditKind::kPaint: return QStringLiteral("brush");
    case EditKind::kErase: return QStringLiteral("eraser");
    case EditKind::kFill: return QStringLiteral("filled");
    case EditKind::kDelete:
    case EditKind::kReject: return QStringLiteral("delete");
    case EditKind::kRefine: return QStringLiteral("select");
    case EditKind::kClassify: return QStringLiteral("objects");
    case EditKind::kImport:
    case EditKind::kPropose: return QStringLiteral("open");
    case EditKind::kAccept: return QStringLiteral("done");
    case EditKind::kVerify:
    case EditKind::kUnverify: return QStringLiteral("lock");
    case EditKind::kMergeObjects:
    case EditKind::kMergeProjects: return QStringLiteral("merge");
    case EditKind::kSplit: return QStringLiteral("split");
    case EditKind::kSettings: return QStringLiteral("settings");
    case EditKind::kRestore: return QStringLiteral("history");
  }
  return {};
}

bool isDimmed(const QModelIndex& index) {
  return index.data(HistoryModel::kUndoneRole).toBool() || index.data(HistoryModel::kDepthRole).toInt() > 0;
}

QRect pictureRect(const QRect& row, const QModelIndex& index) {
  const int indents = std::min(index.data(HistoryModel::kDepthRole).toInt(), kMostIndents);
  constexpr int kSide = StepDelegate::kPicture_px;
  return {row.left() + kGrid_px + indents * kIndent_px, row.center().y() - kSide / 2 + 1, kSide, kSide};
}

}  // namespace

StepDelegate::StepDelegate(const StepThumbnails& thumbnails, QObject* parent)
    : QStyledItemDelegate(parent), thumbnails_(thumbnails) {}

QSize StepDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  const int text = QFontMetrics(option.font).height() + QFontMetrics(scaledFont(option.font, kSmall)).height();
  return {10 * kGrid_px, std::max(kPicture_px, text) + kGrid_px};
}

QRect StepDelegate::forkRect(const QRect& row, const QFont& font, const QModelIndex& index) {
  const int forks = index.data(HistoryModel::kForksRole).toInt();
  if (forks == 0) return {};
  const int number = QFontMetrics(scaledFont(font, kSmall)).horizontalAdvance(QString::number(forks));
  const int width = number + 2 * kMark_px + 2 * kGrid_px;
  constexpr int kHeight = 3 * kGrid_px;
  return {row.right() - kGrid_px - width, row.center().y() - kHeight / 2, width, kHeight};
}

void StepDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem row = option;
  initStyleOption(&row, index);
  row.text.clear();
  const QStyle* style = row.widget ? row.widget->style() : QApplication::style();
  style->drawControl(QStyle::CE_ItemViewItem, &row, painter, row.widget);  // the background of the row
  const ThemeColours& colours = themeColours();
  const bool isCurrent = index.data(HistoryModel::kCurrentRole).toBool();
  const qreal ratio = row.widget ? row.widget->devicePixelRatioF() : 1;
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  if (isCurrent) painter->fillRect(QRect(option.rect.topLeft(), QSize(kBar_px, option.rect.height())), colours.accent);
  paintBranch(painter, option.rect, index);
  const QRect picture = pictureRect(option.rect, index);
  paintPicture(painter, picture, index, ratio);
  const QRect fork = forkRect(option.rect, option.font, index);
  const int right = fork.isEmpty() ? option.rect.right() - kGrid_px : fork.left() - kGrid_px / 2;
  QFont first = option.font;
  first.setBold(isCurrent);
  first.setItalic(index.data(HistoryModel::kUndoneRole).toBool());
  const QFont second = scaledFont(option.font, kSmall);
  const QFontMetrics large(first), small(second);
  const QString place = index.data(HistoryModel::kPlaceRole).toString();
  const int height = large.height() + (place.isEmpty() ? 0 : small.height());
  QRect line(picture.right() + 1 + kGrid_px, option.rect.center().y() - height / 2, 0, large.height());
  line.setRight(right);
  painter->setFont(first);
  painter->setPen(isDimmed(index) ? colours.muted : colours.text);
  painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                    large.elidedText(index.data().toString(), Qt::ElideRight, line.width()));
  line.translate(0, large.height());
  line.setHeight(small.height());
  painter->setFont(second);
  painter->setPen(colours.muted);
  painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, small.elidedText(place, Qt::ElideRight, line.width()));
  if (!fork.isEmpty()) paintFork(painter, fork, second, index, ratio);
  painter->restore();
}

// A line down the side of a branch, which turns in where the branch begins.
void StepDelegate::paintBranch(QPainter* painter, const QRect& row, const QModelIndex& index) {
  if (index.data(HistoryModel::kDepthRole).toInt() == 0) return;
  const QRect picture = pictureRect(row, index);
  const double x = picture.left() - kGrid_px + 0.5;
  painter->setPen(QPen(mixed(themeColours().panel, themeColours().text, 0.35), 1));
  painter->setBrush(Qt::NoBrush);
  QPainterPath path;
  path.moveTo(x, row.top());
  if (index.data(HistoryModel::kStartRole).toBool()) {
    const double y = row.center().y() + 0.5;
    path.lineTo(x, y - 4);
    path.quadTo(x, y, x + 4, y);
    path.lineTo(picture.left() - 1, y);
  }
  path.moveTo(x, row.top());
  path.lineTo(x, row.bottom() + 1);
  painter->drawPath(path);
}

void StepDelegate::paintPicture(QPainter* painter, const QRect& place, const QModelIndex& index, qreal ratio) const {
  const ThemeColours& colours = themeColours();
  const auto* steps = static_cast<const HistoryModel*>(index.model());
  const QImage* picture = thumbnails_.find(steps->row(index.row()));
  QPainterPath frame;
  frame.addRoundedRect(QRectF(place), 4, 4);
  if (picture && !picture->isNull()) {
    painter->save();
    painter->setClipPath(frame);
    if (isDimmed(index)) painter->setOpacity(0.5);
    painter->drawImage(place, *picture);
    painter->restore();
  } else {
    painter->fillPath(frame, colours.raised);
    const QString name = iconName(index.data(HistoryModel::kKindRole).toInt());
    const QRect icon(place.center() - QPoint(kIcon_px / 2 - 1, kIcon_px / 2 - 1), QSize(kIcon_px, kIcon_px));
    painter->drawPixmap(icon, tintedPixmap(name, colours.muted, kIcon_px, ratio));
  }
  painter->setPen(QPen(colours.border, 1));
  painter->setBrush(Qt::NoBrush);
  painter->drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
}

void StepDelegate::paintFork(QPainter* painter, const QRect& place, const QFont& font, const QModelIndex& index,
                             qreal ratio) {
  const ThemeColours& colours = themeColours();
  const bool isOpen = index.data(HistoryModel::kOpenRole).toBool();
  painter->setPen(QPen(isOpen ? colours.accent : mixed(colours.border, colours.text, 0.18), 1));
  painter->setBrush(isOpen ? colours.accentSoft : colours.raised);
  const double round = place.height() / 2.0;
  painter->drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), round, round);
  const int top = place.center().y() - kMark_px / 2 + 1;
  painter->drawPixmap(QPoint(place.left() + kGrid_px / 2 + 2, top),
                      tintedPixmap(QStringLiteral("branch"), colours.text, kMark_px, ratio));
  const QString arrow = isOpen ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right");
  painter->drawPixmap(QPoint(place.right() - kGrid_px / 2 - kMark_px, top),
                      tintedPixmap(arrow, colours.muted, kMark_px, ratio));
  painter->setFont(font);
  painter->setPen(colours.text);
  painter->drawText(place.adjusted(kMark_px + kGrid_px - 1, 0, -kMark_px - kGrid_px / 2, 0), Qt::AlignCenter,
                    QString::number(index.data(HistoryModel::kForksRole).toInt()));
}

}  // namespace cyto::ui
