#include "ui/models/history/history_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "ui/models/plane_number.h"

namespace cyto::ui {

namespace {

QDateTime timeOf(const HistoryStep& step) { return QDateTime::fromMSecsSinceEpoch(step.time_us / 1000); }

/// The time of today's steps, with the day for older ones; the tool tip has both, with seconds.
QString timeText(const HistoryStep& step) {
  const QDateTime time = timeOf(step);
  const QLocale locale;
  return time.date() == QDate::currentDate() ? locale.toString(time.time(), QLocale::ShortFormat)
                                             : locale.toString(time, QLocale::ShortFormat);
}

QString capitalised(QString text) {
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

}  // namespace

HistoryModel::HistoryModel(QObject* parent) : QAbstractListModel(parent) {}

void HistoryModel::setState(const SessionState& state) {
  const bool hasSlices = state.reference.shape.z > 1;
  const bool hasFrames = state.reference.shape.t > 1;
  const bool hasOtherPlanes = hasSlices != hasSlices_ || hasFrames != hasFrames_;
  hasSlices_ = hasSlices;
  hasFrames_ = hasFrames;
  const bool isOther = tree_.origin() != state.history.origin();
  const bool hasTurned = tree_.turn() != state.history.turn();
  const bool hasSteps = tree_.size() != state.history.size();
  tree_ = state.history;
  if (isOther) forks_.open.clear();
  if (isOther || hasTurned || rows_.empty() || rows_.back().depth > 0) {
    replaceRows();
  } else if (hasSteps) {
    extend();
  }
  setCurrent();
  if (hasOtherPlanes && !rows_.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

void HistoryModel::extend() {
  const size_t before = rows_.size();
  std::vector<HistoryRow> end = {rows_.back()};
  const bool isLonger = extendHistoryRows(tree_, end);
  rows_.back() = end.front();
  if (isLonger) Q_EMIT dataChanged(index(rowCount() - 1), index(rowCount() - 1));
  if (end.size() == 1) return;
  beginInsertRows({}, static_cast<int>(before), static_cast<int>(before + end.size()) - 2);
  rows_.insert(rows_.end(), end.begin() + 1, end.end());
  endInsertRows();
  findLine(before);
}

void HistoryModel::replaceRows() {
  std::vector<HistoryRow> wanted;
  if (tree_.origin() != 0) wanted = historyRows(tree_, forks_);
  const auto isSame = [](const HistoryRow& a, const HistoryRow& b) { return a.first == b.first && a.depth == b.depth; };
  // What lies between the rows that stay at both ends goes, and what is new comes.
  const size_t most = std::min(rows_.size(), wanted.size());
  size_t head = 0;
  while (head < most && isSame(rows_[head], wanted[head])) ++head;
  size_t tail = 0;
  while (tail < most - head && isSame(rows_[rows_.size() - 1 - tail], wanted[wanted.size() - 1 - tail])) ++tail;
  const auto at = [](size_t row) { return static_cast<std::ptrdiff_t>(row); };
  if (const size_t end = rows_.size() - tail; end > head) {
    beginRemoveRows({}, static_cast<int>(head), static_cast<int>(end) - 1);
    rows_.erase(rows_.begin() + at(head), rows_.begin() + at(end));
    endRemoveRows();
  }
  if (const size_t end = wanted.size() - tail; end > head) {
    beginInsertRows({}, static_cast<int>(head), static_cast<int>(end) - 1);
    rows_.insert(rows_.begin() + at(head), wanted.begin() + at(head), wanted.begin() + at(end));
    endInsertRows();
  }
  rows_ = std::move(wanted);
  hasForks_ = std::any_of(rows_.begin(), rows_.end(), [](const HistoryRow& row) { return row.alternatives > 0; });
  findLine(0);
  current_ = -1;
  if (!rows_.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

void HistoryModel::findLine(size_t from) {
  if (from == 0) line_.clear();
  for (size_t i = from; i < rows_.size(); ++i) {
    if (rows_[i].depth == 0) line_.push_back(static_cast<int>(i));
  }
}

// The last row of the line that does not lie after the position: with the position within a group, the group.
void HistoryModel::setCurrent() {
  const auto isAfter = [this](uint64_t position, int row) { return rows_[static_cast<size_t>(row)].first > position; };
  const auto after = std::upper_bound(line_.begin(), line_.end(), tree_.current(), isAfter);
  const int current = after == line_.begin() ? -1 : *(after - 1);
  if (current == current_) return;
  // The rows in between are undone now, or are no longer.
  const auto [first, last] = std::minmax({std::max(current_, 0), std::max(current, 0)});
  current_ = current;
  if (last < rowCount()) Q_EMIT dataChanged(index(first), index(last));
}

void HistoryModel::setOpen(int row, bool isOpen) {
  const HistoryRow& fork = rows_[static_cast<size_t>(row)];
  if (fork.alternatives == 0 || fork.isOpen == isOpen) return;
  if (forks_.areAllOpen) {
    for (const HistoryRow& other : rows_) {
      if (other.isOpen) forks_.open.insert(other.first);
    }
    forks_.areAllOpen = false;
  }
  if (isOpen) {
    forks_.open.insert(fork.first);
  } else {
    forks_.open.remove(fork.first);
  }
  replaceRows();
  setCurrent();
}

void HistoryModel::setAllOpen(bool areAllOpen) {
  forks_.areAllOpen = areAllOpen;
  forks_.open.clear();
  replaceRows();
  setCurrent();
}

int HistoryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const HistoryRow& row = rows_[static_cast<size_t>(index.row())];
  const bool isOnLine = row.depth == 0;
  switch (role) {
    case Qt::DisplayRole: return labelOf(row);
    case Qt::ToolTipRole: return toolTip(row);
    case Qt::AccessibleDescriptionRole: return description(index.row());
    case kTargetRole: return QVariant::fromValue<quint64>(row.last);
    case kFirstRole: return QVariant::fromValue<quint64>(row.first);
    case kKindRole: {
      const auto step = tree_.find(row.first);
      return step ? static_cast<int>(step->kind) : -1;
    }
    case kCurrentRole: return index.row() == current_;
    case kUndoneRole: return isOnLine && index.row() > current_;
    case kDepthRole: return row.depth;
    case kStartRole: return row.isStart;
    case kForksRole: return row.alternatives;
    case kOpenRole: return row.isOpen;
    case kPlaceRole: return placeOf(row);
    default: return {};
  }
}

QString HistoryModel::labelOf(const HistoryRow& row) const {
  const auto step = tree_.find(row.first);
  return step ? capitalised(QString::fromStdString(step->label)) : tr("Beginning");
}

QString HistoryModel::planeOf(const HistoryStep& step) const {
  const QString slice = hasSlices_ ? tr("z %1").arg(step.z + kFirstPlaneNumber) : QString();
  const QString frame = hasFrames_ ? tr("t %1").arg(step.t + kFirstPlaneNumber) : QString();
  return hasSlices_ && hasFrames_ ? tr("%1, %2", "frame, slice").arg(frame, slice) : frame + slice;
}

QString HistoryModel::placeOf(const HistoryRow& row) const {
  const auto step = tree_.find(row.first);
  if (!step) return {};
  const QString plane = planeOf(*step);
  return plane.isEmpty() ? timeText(*step) : tr("%1 · %2", "time · plane").arg(timeText(*step), plane);
}

QString HistoryModel::toolTip(const HistoryRow& row) const {
  const auto step = tree_.find(row.first);
  if (!step) return tr("Before the first step");
  const QString when = QLocale().toString(timeOf(*step), QLocale::LongFormat);
  const QString plane = planeOf(*step);
  return labelOf(row) + QLatin1Char('\n') + when + (plane.isEmpty() ? QString() : QLatin1Char('\n') + plane);
}

QString HistoryModel::description(int row) const {
  const HistoryRow& shown = rows_[static_cast<size_t>(row)];
  QStringList texts;
  if (row == current_) texts.append(tr("current step"));
  if (shown.depth > 0) texts.append(tr("on another branch"));
  if (shown.depth == 0 && row > current_) texts.append(tr("undone"));
  if (shown.alternatives > 0) texts.append(tr("%n other branch(es)", nullptr, shown.alternatives));
  return texts.join(QStringLiteral(", "));
}

}  // namespace cyto::ui
