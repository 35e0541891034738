#include "ui/panels/history_panel.h"

#include <QEvent>
#include <QHeaderView>
#include <QIcon>
#include <QKeyEvent>
#include <QPainter>
#include <QStyle>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/plane_number.h"
#include "ui/panels/axes_text.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

static_assert(kFirstPlaneNumber == kFirstSliceNumber);

namespace {

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
    case EditKind::kDelete: return QStringLiteral("delete");
    case EditKind::kRefine: return QStringLiteral("select");
    case EditKind::kClassify: return QStringLiteral("objects");
    case EditKind::kImport: return QStringLiteral("open");
  }
  return {};
}

constexpr double kSmall = 0.9;  // plane and time stand back behind what was done

/// Undone steps are muted and italic, the current one is bold with a bar of the accent at its left.
class StepDelegate : public QStyledItemDelegate {
 public:
  explicit StepDelegate(QObject* parent) : QStyledItemDelegate(parent) {}

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    if (index.column() != HistoryModel::kStep || !index.data(HistoryModel::kCurrentRole).toBool()) return;
    constexpr int kBar_px = 3;
    QRect bar = option.rect;
    bar.setWidth(kBar_px);
    painter->fillRect(bar, themeColours().accent);
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    const bool isUndone = index.data(HistoryModel::kUndoneRole).toBool();
    if (isUndone) option->font.setItalic(true);
    if (isUndone || index.column() != HistoryModel::kStep) {
      option->palette.setColor(QPalette::Text, themeColours().muted);
      option->palette.setColor(QPalette::HighlightedText, themeColours().muted);
    }
    if (index.column() != HistoryModel::kStep) {
      option->font = scaledFont(option->font, kSmall);
      return;
    }
    if (index.data(HistoryModel::kCurrentRole).toBool()) option->font.setBold(true);
    const QString name = iconName(index.data(HistoryModel::kKindRole).toInt());
    if (name.isEmpty()) return;
    const QColor colour = isUndone ? themeColours().muted : themeColours().text;
    const qreal ratio = option->widget ? option->widget->devicePixelRatioF() : 1;
    constexpr int kIcon_px = 16;
    option->features.setFlag(QStyleOptionViewItem::HasDecoration, true);
    option->icon = QIcon(tintedPixmap(name, colour, kIcon_px, ratio));
    option->decorationSize = {kIcon_px, kIcon_px};
  }
};

}  // namespace

HistoryPanel::HistoryPanel(QWidget* parent) : QWidget(parent), steps_(new HistoryModel(this)), table_(new QTableView) {
  setAccessibleName(tr("History"));
  table_->setModel(steps_);
  table_->setItemDelegate(new StepDelegate(table_));
  table_->setAccessibleName(tr("Steps, oldest first"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->horizontalHeader()->hide();
  table_->horizontalHeader()->setMinimumSectionSize(kGrid_px);
  table_->horizontalHeader()->setSectionResizeMode(HistoryModel::kStep, QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(HistoryModel::kPlane, QHeaderView::Fixed);
  table_->horizontalHeader()->setSectionResizeMode(HistoryModel::kTime, QHeaderView::Fixed);
  table_->installEventFilter(this);
  table_->viewport()->installEventFilter(this);
  connect(table_, &QTableView::clicked, this, &HistoryPanel::jumpTo);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, kGrid_px, 0, kGrid_px);
  layout->addWidget(table_);
  fitColumns();
}

void HistoryPanel::setState(const SessionState& state) {
  const int rowsBefore = steps_->rowCount();
  const bool hadPlanes = steps_->hasPlanes();
  steps_->setState(state);
  const bool hasMoved = position_ != state.historyPosition || steps_->rowCount() != rowsBefore;
  position_ = state.historyPosition;
  if (hasMoved || steps_->hasPlanes() != hadPlanes) fitColumns();
  if (hasMoved) scrollToCurrent();
}

void HistoryPanel::scrollToCurrent() {
  if (steps_->currentRow() < 0) return;
  const QModelIndex current = steps_->index(steps_->currentRow(), HistoryModel::kStep);
  table_->setCurrentIndex(current);
  table_->scrollTo(current);
}

// Enough for the widest text, measured on the rows at the end: the planes and times there are the longest.
int HistoryPanel::widthOf(int column) const {
  const QFont upright = scaledFont(table_->font(), kSmall);
  QFont italic = upright;
  italic.setItalic(true);
  const QFontMetrics done(upright), undone(italic);
  constexpr int kMostMeasured = 100;
  const int rows = steps_->rowCount();
  int widest = 0;
  for (int row = std::max(0, rows - kMostMeasured); row < rows; ++row) {
    const QString text = steps_->index(row, column).data().toString();
    widest = std::max({widest, done.horizontalAdvance(text), undone.horizontalAdvance(text)});
  }
  const int margin = table_->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, table_) + 1;
  return widest + 2 * (margin + kGrid_px) + 2;
}

void HistoryPanel::fitColumns() {
  const QFontMetrics metrics = table_->fontMetrics();
  constexpr int kLettersOfAStep = 18;  // "Commit of object 1"
  const int step = metrics.horizontalAdvance(QString(kLettersOfAStep, QLatin1Char('n'))) + 5 * kGrid_px;
  const int time = widthOf(HistoryModel::kTime);
  const int plane = steps_->hasPlanes() ? widthOf(HistoryModel::kPlane) : 0;
  const int room = table_->viewport()->width() - step;
  table_->setColumnWidth(HistoryModel::kPlane, plane);
  table_->setColumnWidth(HistoryModel::kTime, time);
  table_->setColumnHidden(HistoryModel::kPlane, plane == 0 || plane > room);
  table_->setColumnHidden(HistoryModel::kTime, plane + time > room);
  table_->verticalHeader()->setDefaultSectionSize(std::max(metrics.height() + kGrid_px, 3 * kGrid_px));
}

void HistoryPanel::jumpTo(const QModelIndex& index) {
  if (!index.isValid() || index.row() == steps_->currentRow()) return;
  Q_EMIT jumpRequested(index.data(HistoryModel::kTargetRole).toULongLong());
}

bool HistoryPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == table_->viewport()) {
    if (event->type() == QEvent::Resize) fitColumns();
    return false;
  }
  const bool isPress = event->type() == QEvent::KeyPress;
  if (!isPress && event->type() != QEvent::ShortcutOverride) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool isEnter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
  if (!isEnter || (key->modifiers() & ~Qt::KeypadModifier)) return false;
  // The focused list comes before the window's shortcuts of the same keys.
  if (isPress) {
    jumpTo(table_->currentIndex());
  } else {
    event->accept();
  }
  return true;
}

void HistoryPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) fitColumns();
}

void HistoryPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  scrollToCurrent();
}

}  // namespace cyto::ui
