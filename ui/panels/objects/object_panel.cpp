#include "ui/panels/objects/object_panel.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/plane_number.h"
#include "ui/panels/axes_text.h"
#include "ui/panels/objects/object_delegate.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

static_assert(kFirstPlaneNumber == kFirstSliceNumber);

namespace {

using Column = ObjectTableModel::Column;

QLabel* newEmptyText(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "muted");
  label->setWordWrap(true);
  label->setAlignment(Qt::AlignCenter);
  label->setMargin(2 * kGrid_px);
  return label;
}

}  // namespace

ObjectPanel::ObjectPanel(QWidget* parent)
    : QWidget(parent),
      objects_(new ObjectTableModel(this)),
      shown_(new ObjectFilterModel(*objects_, this)),
      filter_(new QLineEdit),
      states_(new QComboBox),
      count_(new QLabel),
      pages_(new QStackedWidget),
      empty_(
          newEmptyText(tr("No objects yet. Click a cell with the point tool, then press Enter. Or segment all objects: "
                          "Ctrl+Shift+F."))),
      noMatch_(new QWidget),
      table_(new QTableView) {
  setAccessibleName(tr("Objects"));
  filter_->setPlaceholderText(tr("Filter: #12 or class"));
  filter_->setToolTip(tr("Filter: shows the objects whose id begins with #…, or whose class has this text"));
  filter_->setAccessibleName(tr("Filter objects"));
  filter_->setClearButtonEnabled(true);
  for (const QString& states : {tr("All"), tr("Proposals"), tr("Unverified"), tr("Verified")}) states_->addItem(states);
  states_->setAccessibleName(tr("Filter by state"));
  states_->setToolTip(tr("Filter: all, proposals, accepted but not verified, or verified objects"));
  filter_->addAction(themedIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  count_->setProperty("role", "muted");
  count_->setAccessibleName(tr("Number of objects"));

  auto* noMatchLayout = new QVBoxLayout(noMatch_);
  auto* showAll = new QPushButton(tr("Show all objects"));
  showAll->setProperty("role", "link");
  noMatchLayout->addStretch();
  noMatchLayout->addWidget(newEmptyText(tr("No object matches the filter.")));
  noMatchLayout->addWidget(showAll, 0, Qt::AlignHCenter);
  noMatchLayout->addStretch();
  connect(showAll, &QPushButton::clicked, this, &ObjectPanel::showAll);

  buildTable();
  pages_->addWidget(table_);
  pages_->addWidget(empty_);
  pages_->addWidget(noMatch_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  layout->setSpacing(kGrid_px);
  auto* filters = new QHBoxLayout;
  filters->setSpacing(kGrid_px);
  filters->addWidget(filter_, 1);
  filters->addWidget(states_);
  layout->addLayout(filters);
  layout->addWidget(count_);
  layout->addWidget(pages_, 1);

  connect(filter_, &QLineEdit::textChanged, this,
          [this](const QString& text) { changeFilter([&] { shown_->setFilterText(text); }); });
  connect(states_, &QComboBox::currentIndexChanged, this, [this](int states) {
    changeFilter([&] { shown_->setFilterStates(static_cast<ObjectFilterModel::States>(states)); });
  });
  connect(objects_, &ObjectTableModel::classRequested, this, &ObjectPanel::classRequested);
  filter_->installEventFilter(this);
  refreshHeader();
  refreshColumns();
  refreshCount();
}

template <typename Change>
void ObjectPanel::changeFilter(Change change) {
  const QList<quint32> ids = selectedIds();
  isUpdating_ = true;
  change();
  restoreSelection(ids);
  isUpdating_ = false;
  refreshCount();
}

void ObjectPanel::showAll() {
  filter_->clear();
  states_->setCurrentIndex(static_cast<int>(ObjectFilterModel::States::kAll));
}

void ObjectPanel::buildTable() {
  table_->setModel(shown_);
  table_->setItemDelegate(new ObjectDelegate(table_));
  table_->setAccessibleName(tr("Objects"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);  // the window's F2, and a double click, see below
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTabKeyNavigation(false);
  table_->setContextMenuPolicy(Qt::CustomContextMenu);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setSortingEnabled(true);
  table_->sortByColumn(objects_->sectionOf(Column::kId), Qt::AscendingOrder);
  table_->installEventFilter(this);
  connect(table_, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
    if (objects_->columnAt(index.column()) == Column::kClass) return table_->edit(index);
    Q_EMIT objectActivated(index.data(ObjectTableModel::kIdRole).toUInt());
  });
  connect(table_, &QTableView::customContextMenuRequested, this, &ObjectPanel::openMenu);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ObjectPanel::followSelection);
  connect(shown_, &QAbstractItemModel::modelReset, this, &ObjectPanel::refreshColumns);
}

void ObjectPanel::setState(std::shared_ptr<const SessionState> state) {
  const QList<quint32> ids = selectedIds();
  isUpdating_ = true;
  objects_->setEditable(state && state->readOnlyReason.empty());
  objects_->setState(std::move(state));
  if (selectedIds() != ids) restoreSelection(ids);
  isUpdating_ = false;
  refreshCount();
  if (selected_ != 0 && objects_->rowOf(selected_) < 0) {
    selected_ = 0;
    Q_EMIT selectionChanged(0);
  }
}

void ObjectPanel::select(quint32 id) {
  // What was accepted or rejected a moment ago may not be in the table yet, or any more.
  if (id != 0 && objects_->rowOf(id) >= 0 && !indexOf(id).isValid()) showAll();
  const QModelIndex index = indexOf(id);
  isUpdating_ = true;
  selected_ = index.isValid() ? id : 0;
  if (index.isValid()) {
    // Only on change: a selection of several rows stays when one of them is named.
    const QItemSelectionModel* selection = table_->selectionModel();
    if (!selection->isSelected(index)) table_->selectRow(index.row());
    if (currentId() != id) table_->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
    table_->scrollTo(index);
  } else {
    table_->clearSelection();
  }
  isUpdating_ = false;
}

QList<quint32> ObjectPanel::selectedIds() const {
  QList<quint32> ids;
  for (const QItemSelectionRange& range : table_->selectionModel()->selection()) {
    for (int row = range.top(); row <= range.bottom(); ++row) {
      ids.append(shown_->index(row, 0).data(ObjectTableModel::kIdRole).toUInt());
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void ObjectPanel::restoreSelection(const QList<quint32>& ids) {
  QItemSelection selection;
  for (const quint32 id : ids) {
    const QModelIndex index = indexOf(id);
    if (index.isValid()) selection.select(index, index.siblingAtColumn(shown_->columnCount() - 1));
  }
  table_->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
  const QModelIndex current = indexOf(selected_);
  if (current.isValid()) table_->selectionModel()->setCurrentIndex(current, QItemSelectionModel::NoUpdate);
}

void ObjectPanel::followSelection() {
  if (isUpdating_) return;
  const QList<quint32> ids = selectedIds();
  const quint32 current = currentId();
  const quint32 chosen = ids.contains(current) ? current : ids.isEmpty() ? 0 : ids.last();
  if (chosen == selected_) return;
  selected_ = chosen;
  Q_EMIT selectionChanged(chosen);
}

void ObjectPanel::refreshColumns() {
  const QFontMetrics metrics(table_->font());
  const int padding = 3 * kGrid_px;
  table_->verticalHeader()->setDefaultSectionSize(std::max(metrics.height() + kGrid_px, 3 * kGrid_px));
  const auto fit = [&](Column column, const QString& widest) {
    const int section = objects_->sectionOf(column);
    if (section < 0) return;
    const QString title = objects_->headerData(section, Qt::Horizontal, Qt::DisplayRole).toString();
    table_->setColumnWidth(section, std::max(metrics.horizontalAdvance(widest), metrics.horizontalAdvance(title)) +
                                        padding + (title.isEmpty() ? 0 : kGrid_px));
  };
  table_->horizontalHeader()->setMinimumSectionSize(3 * kGrid_px);
  table_->setColumnWidth(objects_->sectionOf(Column::kColour), 4 * kGrid_px);
  fit(Column::kId, QStringLiteral("12345"));
  fit(Column::kArea, QLocale().toString(123456));
  fit(Column::kClass, QStringLiteral("interphase"));
  fit(Column::kState, tr("Accepted") + QStringLiteral("MM"));  // and a lock
  fit(Column::kSlice, QStringLiteral("123"));
  fit(Column::kFrame, QStringLiteral("123"));
}

void ObjectPanel::refreshCount() {
  const QLocale locale;
  const ObjectCounts& counts = objects_->counts();
  const auto number = [&](int64_t count) { return locale.toString(qlonglong{count}); };
  QStringList parts{counts.objects == 1 ? tr("1 object") : tr("%1 objects").arg(number(counts.objects))};
  if (counts.verified > 0) parts.append(tr("%1 verified").arg(number(counts.verified)));
  if (counts.proposals > 0) {
    parts.append(counts.proposals == 1 ? tr("1 proposal") : tr("%1 proposals").arg(number(counts.proposals)));
  }
  const int all = objects_->rowCount();
  const int shown = shown_->rowCount();
  const QString total = parts.join(QStringLiteral(", "));
  count_->setText(shown == all ? total : tr("%1 shown of %2").arg(number(shown), total));
  pages_->setCurrentWidget(all == 0 ? static_cast<QWidget*>(empty_) : shown == 0 ? noMatch_ : table_);
  filter_->setEnabled(all > 0 || !filter_->text().isEmpty());
  states_->setEnabled(all > 0 || states_->currentIndex() > 0);
}

void ObjectPanel::setActions(const QList<QAction*>& actions) {
  actions_ = actions;
  for (QAction* action : actions) {
    if (action) table_->addAction(action);
  }
}

bool ObjectPanel::editClass(quint32 id) {
  select(id);
  const QModelIndex index = indexOf(id);
  if (!index.isValid()) return false;
  const QModelIndex cell = index.siblingAtColumn(objects_->sectionOf(Column::kClass));
  table_->setFocus(Qt::OtherFocusReason);
  table_->scrollTo(cell);
  table_->edit(cell);
  return true;
}

void ObjectPanel::openMenu(const QPoint& at) {
  const QList<quint32> ids = selectedIds();
  const quint32 id = currentId();
  if (ids.isEmpty() || id == 0) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(themedIcon(QStringLiteral("search")), tr("Go to object %1").arg(id), this,
                  [this, id] { Q_EMIT objectActivated(id); });
  menu->addSeparator();
  for (QAction* action : actions_) {
    if (!action) {
      menu->addSeparator();
    } else if (action->isEnabled()) {
      menu->addAction(action);
    }
  }
  menu->addSeparator();
  const QString remove = ids.size() == 1 ? tr("Delete object %1").arg(ids.first())
                                         : tr("Delete %1 objects").arg(QLocale().toString(ids.size()));
  menu->addAction(themedIcon(QStringLiteral("delete")), remove, this, [this, ids] { Q_EMIT deleteRequested(ids); });
  menu->popup(table_->viewport()->mapToGlobal(at));
}

bool ObjectPanel::eventFilter(QObject* watched, QEvent* event) {
  const bool isPress = event->type() == QEvent::KeyPress;
  if (!isPress && event->type() != QEvent::ShortcutOverride) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  if (watched == filter_) {
    // From the filter on into what it found.
    if (!isPress || (key->key() != Qt::Key_Down && key->key() != Qt::Key_Return && key->key() != Qt::Key_Enter)) {
      return false;
    }
    if (shown_->rowCount() == 0) return true;
    table_->setFocus(Qt::TabFocusReason);
    if (!table_->selectionModel()->hasSelection()) table_->selectRow(0);
    return true;
  }
  // What the editor of a class leaves over is not for the table: Enter ends the editing, no more.
  const QWidget* focused = QApplication::focusWidget();
  if (focused && table_->viewport()->isAncestorOf(focused)) return false;
  const bool isOurs = key->key() == Qt::Key_Delete || key->key() == Qt::Key_Backspace || key->key() == Qt::Key_Return ||
                      key->key() == Qt::Key_Enter;
  if (!isOurs || (key->modifiers() & ~Qt::KeypadModifier)) return false;
  // The focused table comes before the window's shortcuts of the same keys.
  if (!isPress) {
    event->accept();
    return true;
  }
  return handleKey(key->key());
}

void ObjectPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) refreshColumns();
  if (event->type() == QEvent::PaletteChange) refreshHeader();
}

// The arrow of the sorted column lies above the title, where it covers no text.
void ObjectPanel::refreshHeader() {
  const QString variant = themeColours().isDark ? QStringLiteral("dark") : QStringLiteral("light");
  const QString sheet = QStringLiteral(
                            "QHeaderView::up-arrow { image: url(:/icons/style/chevron-up-%1.svg); }"
                            "QHeaderView::down-arrow { image: url(:/icons/style/chevron-down-%1.svg); }"
                            "QHeaderView::up-arrow, QHeaderView::down-arrow { width: 8px; height: 8px;"
                            " subcontrol-origin: border; subcontrol-position: top center; }")
                            .arg(variant);
  if (table_->horizontalHeader()->styleSheet() != sheet) table_->horizontalHeader()->setStyleSheet(sheet);
}

bool ObjectPanel::handleKey(int key) {
  if (key == Qt::Key_Delete || key == Qt::Key_Backspace) {
    const QList<quint32> ids = selectedIds();
    if (!ids.isEmpty()) Q_EMIT deleteRequested(ids);
  } else if (const quint32 id = currentId(); id != 0) {
    Q_EMIT objectActivated(id);
  }
  return true;
}

quint32 ObjectPanel::currentId() const {
  const QModelIndex index = table_->currentIndex();
  return index.isValid() ? index.data(ObjectTableModel::kIdRole).toUInt() : 0;
}

QModelIndex ObjectPanel::indexOf(quint32 id) const {
  const int row = id == 0 ? -1 : objects_->rowOf(id);
  if (row < 0) return {};
  return shown_->mapFromSource(objects_->index(row, 0));
}

}  // namespace cyto::ui
