#include "ui/panels/history/history_panel.h"

#include <QCheckBox>
#include <QEvent>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QScrollBar>
#include <QTableView>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/plane_number.h"
#include "ui/panels/axes_text.h"
#include "ui/panels/history/step_delegate.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

static_assert(kFirstPlaneNumber == kFirstSliceNumber);

namespace {

constexpr int kRest_ms = 40;  // while the list is scrolled no picture is asked for

}  // namespace

HistoryPanel::HistoryPanel(QWidget* parent)
    : QWidget(parent),
      steps_(new HistoryModel(this)),
      count_(new QLabel),
      all_(new QCheckBox(tr("Show all branches"))),
      table_(new QTableView) {
  setAccessibleName(tr("History"));
  count_->setProperty("role", "muted");
  count_->setAccessibleName(tr("Number of steps"));
  all_->setToolTip(tr("List the steps of every branch below the step where it begins"));
  buildTable();
  auto* head = new QHBoxLayout;
  head->setContentsMargins(kGrid_px, 0, kGrid_px, 0);
  head->addWidget(count_, 1);
  head->addWidget(all_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, kGrid_px, 0, kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addLayout(head);
  layout->addWidget(table_, 1);
  look_.setSingleShot(true);
  look_.setInterval(kRest_ms);
  connect(&look_, &QTimer::timeout, this, &HistoryPanel::lookAtRows);
  connect(all_, &QCheckBox::toggled, this, &HistoryPanel::setAllOpen);
  connect(&thumbnails_, &StepThumbnails::made, table_->viewport(), qOverload<>(&QWidget::update));
  fitRows();
  showCount();
}

void HistoryPanel::buildTable() {
  table_->setModel(steps_);
  table_->setItemDelegate(new StepDelegate(thumbnails_, table_));
  table_->setAccessibleName(tr("Steps, oldest first"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->horizontalHeader()->hide();
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  table_->installEventFilter(this);
  table_->viewport()->installEventFilter(this);
  table_->viewport()->setMouseTracking(true);
  connect(table_, &QTableView::doubleClicked, this, &HistoryPanel::jumpTo);
  connect(table_->verticalScrollBar(), &QScrollBar::valueChanged, this, &HistoryPanel::lookSoon);
  connect(steps_, &QAbstractItemModel::dataChanged, this, &HistoryPanel::lookSoon);
  connect(steps_, &QAbstractItemModel::rowsInserted, this, &HistoryPanel::lookSoon);
  connect(steps_, &QAbstractItemModel::rowsRemoved, this, &HistoryPanel::lookSoon);
}

void HistoryPanel::setState(const SessionState& state) {
  const size_t stepsBefore = steps_->steps();
  const uint64_t originBefore = steps_->origin();
  steps_->setState(state);
  const bool isOther = steps_->origin() != originBefore;
  const bool hasMoved = isOther || position_ != state.history.current() || steps_->steps() != stepsBefore;
  position_ = state.history.current();
  if (isOther) setImage(std::exchange(pyramid_, nullptr), channels_);
  if (!hasMoved) return;
  showCount();
  scrollToCurrent();
}

void HistoryPanel::setImage(std::shared_ptr<PixelPyramid> pyramid, std::vector<ChannelDisplay> channels) {
  pyramid_ = std::move(pyramid);
  channels_ = std::move(channels);
  thumbnails_.setSource(steps_->origin(), pyramid_, channels_);
  lookSoon();
}

void HistoryPanel::showCount() {
  const size_t steps = steps_->steps();
  count_->setText(steps == 1 ? tr("1 step") : tr("%1 steps").arg(QLocale().toString(static_cast<qulonglong>(steps))));
  all_->setEnabled(steps_->hasForks());
}

void HistoryPanel::setAllOpen(bool areAllOpen) {
  if (all_->isChecked() != areAllOpen) return all_->setChecked(areAllOpen);
  if (steps_->areAllOpen() != areAllOpen) steps_->setAllOpen(areAllOpen);
  scrollToCurrent();
}

void HistoryPanel::scrollToCurrent() {
  if (steps_->currentRow() < 0) return;
  const QModelIndex current = steps_->index(steps_->currentRow());
  table_->setCurrentIndex(current);
  table_->scrollTo(current);
}

void HistoryPanel::fitRows() {
  QStyleOptionViewItem option;
  option.font = table_->font();
  table_->verticalHeader()->setDefaultSectionSize(table_->itemDelegate()->sizeHint(option, {}).height());
  thumbnails_.setSide(qRound(StepDelegate::kPicture_px * devicePixelRatioF()));
  lookSoon();
}

// --- pictures --------------------------------------------------------------------------------------------------------

void HistoryPanel::lookSoon() {
  if (isVisible() && !look_.isActive()) look_.start();
}

void HistoryPanel::lookAtRows() {
  const bool isMeasuring = pyramid_ && channels_.empty();
  if (!isVisible() || isMeasuring || steps_->rowCount() == 0) return;
  const int first = std::max(0, table_->rowAt(0));
  const int bottom = table_->rowAt(table_->viewport()->height() - 1);
  const int last = bottom < 0 ? steps_->rowCount() - 1 : bottom;
  std::vector<HistoryRow> rows;
  // The newest steps are at the bottom and were made just now.
  for (int row = last; row >= first; --row) rows.push_back(steps_->row(row));
  thumbnails_.want(rows);
}

// --- pointer and keys ------------------------------------------------------------------------------------------------

void HistoryPanel::jumpTo(const QModelIndex& index) {
  if (!index.isValid() || index.row() == steps_->currentRow()) return;
  Q_EMIT jumpRequested(index.data(HistoryModel::kTargetRole).toULongLong());
}

QModelIndex HistoryPanel::forkAt(const QPoint& place) const {
  const QModelIndex index = table_->indexAt(place);
  if (!index.isValid()) return {};
  const bool isOnMark = StepDelegate::forkRect(table_->visualRect(index), table_->font(), index).contains(place);
  return isOnMark ? index : QModelIndex();
}

void HistoryPanel::toggleFork(const QModelIndex& fork) {
  steps_->setOpen(fork.row(), !fork.data(HistoryModel::kOpenRole).toBool());
  const QSignalBlocker quiet(all_);
  all_->setChecked(steps_->areAllOpen());
}

bool HistoryPanel::handlePointer(QEvent* event) {
  switch (event->type()) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      const QModelIndex fork = forkAt(mouse->pos());
      if (!fork.isValid() || mouse->button() != Qt::LeftButton) return false;
      toggleFork(fork);
      return true;
    }
    case QEvent::MouseMove: {
      const bool isOnMark = forkAt(static_cast<QMouseEvent*>(event)->pos()).isValid();
      table_->viewport()->setCursor(isOnMark ? Qt::PointingHandCursor : Qt::ArrowCursor);
      return false;
    }
    case QEvent::ToolTip: {
      const auto* help = static_cast<QHelpEvent*>(event);
      const QModelIndex fork = forkAt(help->pos());
      if (!fork.isValid()) return false;
      const int forks = fork.data(HistoryModel::kForksRole).toInt();
      QToolTip::showText(help->globalPos(),
                         forks == 1 ? tr("Another branch begins here: steps that were undone and kept")
                                    : tr("%1 other branches begin here: steps that were undone and kept").arg(forks));
      return true;
    }
    case QEvent::Resize: lookSoon(); return false;
    default: return false;
  }
}

bool HistoryPanel::handleKey(int key) {
  const QModelIndex index = table_->currentIndex();
  if (!index.isValid()) return true;
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    jumpTo(index);
  } else if (index.data(HistoryModel::kOpenRole).toBool() == (key == Qt::Key_Left)) {
    toggleFork(index);
  }
  return true;
}

bool HistoryPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == table_->viewport()) return handlePointer(event);
  const bool isPress = event->type() == QEvent::KeyPress;
  if (!isPress && event->type() != QEvent::ShortcutOverride) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool isOurs = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter || key->key() == Qt::Key_Left ||
                      key->key() == Qt::Key_Right;
  if (!isOurs || (key->modifiers() & ~Qt::KeypadModifier)) return false;
  // The focused list comes before the window's shortcuts of the same keys.
  if (isPress) return handleKey(key->key());
  event->accept();
  return true;
}

void HistoryPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) fitRows();
}

void HistoryPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  fitRows();
  scrollToCurrent();
}

}  // namespace cyto::ui
