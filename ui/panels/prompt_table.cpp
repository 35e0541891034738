#include "ui/panels/prompt_table.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLocale>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

enum Column { kKind, kY, kX, kColumns };

constexpr int kRowsAlwaysSeen = 4;

/// Positions are places on a ruler, not amounts: no group separators.
QString number(double value, int decimals) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  return locale.toString(value, 'f', decimals);
}

/// "12–41", or with more decimals.
QString span(double from, double to, int decimals) {
  return number(std::min(from, to), decimals) + QChar(0x2013) + number(std::max(from, to), decimals);
}

}  // namespace

PromptTable::PromptTable(QWidget* parent) : QTableWidget(parent) {
  setColumnCount(kColumns);
  setAccessibleName(tr("Prompts of the current object"));
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setShowGrid(false);
  setWordWrap(false);
  setTabKeyNavigation(false);
  verticalHeader()->hide();
  verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  horizontalHeader()->hide();
  horizontalHeader()->setMinimumSectionSize(kGrid_px);
  horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  fill();
}

void PromptTable::setPrompts(const ObjectPrompts& prompts) {
  if (prompts.points == prompts_.points && prompts.boxes == prompts_.boxes) return;
  prompts_.points = prompts.points;
  prompts_.boxes = prompts.boxes;
  fill();
}

void PromptTable::fill() {
  const int selected = selectionModel()->hasSelection() ? currentRow() : -1;
  const int rows = static_cast<int>(prompts_.points.size() + prompts_.boxes.size());
  verticalHeader()->setDefaultSectionSize(std::max(fontMetrics().height() + kGrid_px, 3 * kGrid_px));
  setRowCount(rows);
  int row = 0;
  for (const PointPrompt& point : prompts_.points) {
    showRow(row++, point.positive ? Kind::kPositive : Kind::kNegative, tr("y %1").arg(number(point.y, 1)),
            tr("x %1").arg(number(point.x, 1)));
  }
  for (const BoxPrompt& box : prompts_.boxes) {
    // Whole pixels fit a narrow dock; the tool tip has the rest.
    showRow(row, Kind::kBox, tr("y %1").arg(span(box.y0, box.y1, 0)), tr("x %1").arg(span(box.x0, box.x1, 0)));
    const QString exact = tr("y %1, x %2").arg(span(box.y0, box.y1, 1), span(box.x0, box.x1, 1));
    for (int column = 0; column < kColumns; ++column) item(row, column)->setToolTip(exact);
    ++row;
  }
  fitColumns();
  if (selected >= 0 && rows > 0) selectRow(std::min(selected, rows - 1));
}

// Coordinates at the right; where there is no room for all, they scroll and nothing is cut.
void PromptTable::fitColumns() {
  const int kind = sizeHintForColumn(kKind), y = sizeHintForColumn(kY), x = sizeHintForColumn(kX);
  setColumnWidth(kKind, std::max(kind, viewport()->width() - y - x));
  setColumnWidth(kY, y);
  setColumnWidth(kX, x);
}

// Kinds have the colours that the prompts have in the view.
void PromptTable::showRow(int row, Kind kind, const QString& y, const QString& x) {
  const auto put = [&](int column, const QString& text, Qt::Alignment alignment) {
    QTableWidgetItem* cell = item(row, column);
    if (!cell) setItem(row, column, cell = new QTableWidgetItem);
    cell->setText(text);
    cell->setToolTip({});
    cell->setTextAlignment(alignment | Qt::AlignVCenter);
    return cell;
  };
  const ThemeColours& colours = themeColours();
  const QString text = kind == Kind::kBox ? tr("box") : kind == Kind::kPositive ? tr("+ point") : tr("− point");
  const QString spoken = kind == Kind::kBox        ? tr("box")
                         : kind == Kind::kPositive ? tr("positive point")
                                                   : tr("negative point");
  const QColor colour = kind == Kind::kBox        ? colours.warning
                        : kind == Kind::kPositive ? colours.success
                                                  : colours.danger;
  QTableWidgetItem* cell = put(kKind, text, Qt::AlignLeft);
  cell->setForeground(colour);
  cell->setData(Qt::AccessibleTextRole, spoken);
  put(kY, y, Qt::AlignRight);
  put(kX, x, Qt::AlignRight);
}

int PromptTable::selectedPoint() const {
  const int row = selectionModel()->hasSelection() ? currentRow() : -1;
  return row < static_cast<int>(prompts_.points.size()) ? row : -1;
}

int PromptTable::selectedBox() const {
  const int points = static_cast<int>(prompts_.points.size());
  const int row = selectionModel()->hasSelection() ? currentRow() : -1;
  return row >= points ? row - points : -1;
}

void PromptTable::removeSelected() {
  if (const int point = selectedPoint(); point >= 0) {
    Q_EMIT removePointRequested(point);
  } else if (const int box = selectedBox(); box >= 0) {
    Q_EMIT removeBoxRequested(box);
  }
}

void PromptTable::toggleSelected() {
  if (const int point = selectedPoint(); point >= 0) Q_EMIT togglePointRequested(point);
}

bool PromptTable::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    // The focused list comes before the window's shortcuts of the same keys.
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool isOurs = key->key() == Qt::Key_Delete || key->key() == Qt::Key_Backspace || key->key() == Qt::Key_Space;
    if (isOurs && key->modifiers() == Qt::NoModifier) {
      event->accept();
      return true;
    }
  }
  return QTableWidget::event(event);
}

void PromptTable::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace) return removeSelected();
  if (event->key() == Qt::Key_Space) return toggleSelected();
  QTableWidget::keyPressEvent(event);
}

void PromptTable::changeEvent(QEvent* event) {
  QTableWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) fill();
}

void PromptTable::resizeEvent(QResizeEvent* event) {
  QTableWidget::resizeEvent(event);
  fitColumns();
}

QSize PromptTable::minimumSizeHint() const {
  return {20 * kGrid_px, kRowsAlwaysSeen * verticalHeader()->defaultSectionSize() + 2 * frameWidth()};
}

QSize PromptTable::sizeHint() const { return minimumSizeHint(); }

}  // namespace cyto::ui
