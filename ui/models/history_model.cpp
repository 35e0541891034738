#include "ui/models/history_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "ui/models/plane_number.h"
#include "ui/models/row_changes.h"

namespace cyto::ui {

namespace {

QDateTime timeOf(const HistoryStep& step) { return QDateTime::fromMSecsSinceEpoch(step.time_us / 1000); }

/// The time of today's steps, the day of older ones; the tool tip has both, with seconds.
QString timeText(const HistoryStep& step) {
  const QDateTime time = timeOf(step);
  const QLocale locale;
  return time.date() == QDate::currentDate() ? locale.toString(time.time(), QLocale::ShortFormat)
                                             : locale.toString(time.date(), QLocale::ShortFormat);
}

QString capitalised(QString text) {
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

/// What a row shows of a step.
bool isSame(const HistoryStep& a, const HistoryStep& b) {
  return a.sequence == b.sequence && a.label == b.label && a.time_us == b.time_us && a.kind == b.kind && a.t == b.t &&
         a.z == b.z;
}

}  // namespace

HistoryModel::HistoryModel(QObject* parent) : RowModel(parent) {}

std::vector<HistoryModel::Row> HistoryModel::rowsOf(const SessionState& state) {
  std::vector<Row> rows;
  if (!state.isOpen) return rows;
  rows.reserve(state.history.size() + 1);
  rows.push_back({});
  for (const HistoryStep& step : state.history) {
    // An automatic step that follows no user step stands for itself, as it does for undo.
    if (step.isAutomatic && rows.size() > 1) {
      rows.back().target = step.sequence;
    } else {
      rows.push_back({step, step.sequence});
    }
  }
  return rows;
}

void HistoryModel::setState(const SessionState& state) {
  const bool hasSlices = state.reference.shape.z > 1;
  const bool hasFrames = state.reference.shape.t > 1;
  const std::vector<Row> rows = rowsOf(state);
  if (hasSlices != hasSlices_ || hasFrames != hasFrames_) {
    hasSlices_ = hasSlices;
    hasFrames_ = hasFrames;
    if (!rows_.empty()) Q_EMIT dataChanged(index(0, kPlane), index(rowCount() - 1, kPlane));
  }
  const bool hasChanged = changeRows(rows);
  // The last row that does not lie after the position: with the position within a group, the group.
  const auto after = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const Row& row) { return row.step.sequence > state.historyPosition; });
  const int current = static_cast<int>(after - rows_.begin()) - 1;
  if (current == current_ && !hasChanged) return;
  current_ = current;
  if (!rows_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

bool HistoryModel::changeRows(const std::vector<Row>& rows) {
  const RowChanges changes = rowChanges(rows_, rows, [](const Row& row) { return row.step.sequence; });
  insertAndRemove(changes, rows, rows_);
  bool hasChanged = changes.runs() > 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (isSame(rows_[i].step, rows[i].step) && rows_[i].target == rows[i].target) continue;
    rows_[i] = rows[i];
    hasChanged = true;
  }
  return hasChanged;
}

int HistoryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int HistoryModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[static_cast<size_t>(index.row())];
  const bool isBeginning = row.step.sequence == 0;
  switch (role) {
    case Qt::DisplayRole: return text(row, index.column());
    case Qt::ToolTipRole: return toolTip(row);
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(Qt::AlignVCenter | (index.column() == kTime ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::AccessibleDescriptionRole:
      if (index.row() == current_) return tr("current step");
      return index.row() > current_ ? tr("undone") : QString();
    case kTargetRole: return QVariant::fromValue<quint64>(row.target);
    case kKindRole: return isBeginning ? -1 : static_cast<int>(row.step.kind);
    case kCurrentRole: return index.row() == current_;
    case kUndoneRole: return index.row() > current_;
    default: return {};
  }
}

QString HistoryModel::text(const Row& row, int column) const {
  if (row.step.sequence == 0) return column == kStep ? tr("Beginning") : QString();
  switch (column) {
    case kStep: return capitalised(QString::fromStdString(row.step.label));
    case kPlane: return planeText(row.step);
    case kTime: return timeText(row.step);
    default: return {};
  }
}

QString HistoryModel::planeText(const HistoryStep& step) const {
  const QString slice = hasSlices_ ? tr("z %1").arg(step.z + kFirstPlaneNumber) : QString();
  const QString frame = hasFrames_ ? tr("t %1").arg(step.t + kFirstPlaneNumber) : QString();
  return hasSlices_ && hasFrames_ ? tr("%1 %2", "slice, frame").arg(slice, frame) : slice + frame;
}

QString HistoryModel::toolTip(const Row& row) const {
  if (row.step.sequence == 0) return tr("Before the first step");
  const QString when = QLocale().toString(timeOf(row.step), QLocale::LongFormat);
  return text(row, kStep) + QLatin1Char('\n') + when;
}

}  // namespace cyto::ui
