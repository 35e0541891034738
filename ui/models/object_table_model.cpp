#include "ui/models/object_table_model.h"

#include <QColor>
#include <QLocale>
#include <algorithm>

#include "core/display/label_overlay.h"
#include "ui/models/plane_number.h"
#include "ui/models/row_changes.h"

namespace cyto::ui {

namespace {

using Column = ObjectTableModel::Column;

// More separate places than these are cheaper to show anew than to change one by one.
constexpr size_t kMostRuns = 64;

std::vector<Column> columnsFor(const Shape& shape) {
  std::vector<Column> columns{Column::kColour, Column::kId, Column::kState, Column::kClass, Column::kArea};
  if (shape.z > 1) columns.push_back(Column::kSlice);
  if (shape.t > 1) columns.push_back(Column::kFrame);
  columns.push_back(Column::kModel);
  return columns;
}

bool hasMicrometres(const PixelScale& scale) { return scale.spaceUnit == "micrometer" && scale.y > 0 && scale.x > 0; }

bool isNumber(Column column) {
  return column == Column::kId || column == Column::kArea || column == Column::kSlice || column == Column::kFrame;
}

QString stateText(ObjectState state) {
  switch (state) {
    case ObjectState::kProposal: return ObjectTableModel::tr("Proposal");
    case ObjectState::kAccepted: return ObjectTableModel::tr("Accepted");
    case ObjectState::kVerified: return ObjectTableModel::tr("Verified");
  }
  return {};
}

/// "12", or "12–15" for an object that is in several planes.
QString planesText(int64_t begin, int64_t end) {
  const QLocale locale;
  const QString first = locale.toString(qlonglong{begin + kFirstPlaneNumber});
  if (end - begin <= 1) return first;
  return first + QChar(0x2013) + locale.toString(qlonglong{end - 1 + kFirstPlaneNumber});
}

}  // namespace

ObjectTableModel::ObjectTableModel(QObject* parent)
    : RowModel(parent), columns_(columnsFor({})), areaUnit_(tr("px²")) {}

void ObjectTableModel::setState(std::shared_ptr<const SessionState> state) {
  const Shape shape = state ? state->reference.shape : Shape{};
  const PixelScale scale = state ? state->reference.scale : PixelScale{};
  Rows rows;
  counts_ = {};
  if (state) {
    rows.reserve(state->document.objects.size());
    for (const auto& [id, record] : state->document.objects) rows.push_back(record);
    counts_ = countObjects(state->document.objects);
  }
  std::vector<Column> columns = columnsFor(shape);
  const double pixelArea = hasMicrometres(scale) ? scale.y * scale.x : 1;
  const QString areaUnit = hasMicrometres(scale) ? tr("µm²") : tr("px²");
  if (columns == columns_ && pixelArea == pixelArea_ && areaUnit == areaUnit_) {
    changeRows(rows);
    return;
  }
  beginResetModel();
  columns_ = std::move(columns);
  pixelArea_ = pixelArea;
  areaUnit_ = areaUnit;
  rows_ = std::move(rows);
  endResetModel();
}

void ObjectTableModel::changeRows(const Rows& rows) {
  const RowChanges changes = rowChanges(rows_, rows, [](const auto& record) { return record->id; });
  if (changes.runs() > kMostRuns) {
    beginResetModel();
    rows_ = rows;
    endResetModel();
    return;
  }
  insertAndRemove(changes, rows, rows_);
  // What stayed may have another record. Records never change in place, so the same pointer is the same object.
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows_[i] == rows[i]) continue;
    const size_t first = i;
    for (; i < rows.size() && rows_[i] != rows[i]; ++i) rows_[i] = rows[i];
    Q_EMIT dataChanged(index(static_cast<int>(first), 0), index(static_cast<int>(i) - 1, columnCount() - 1));
  }
}

int ObjectTableModel::sectionOf(Column column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

int ObjectTableModel::rowOf(quint32 id) const {
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), id,
                                      [](const auto& record, quint32 wanted) { return record->id < wanted; });
  return found == rows_.end() || (*found)->id != id ? -1 : static_cast<int>(found - rows_.begin());
}

int ObjectTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ObjectTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant ObjectTableModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ObjectRecord& record = recordAt(index.row());
  const Column column = columnAt(index.column());
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole: return text(record, column);
    case Qt::ToolTipRole: return toolTip(record, column);
    case Qt::AccessibleTextRole:
      return column == Column::kColour ? tr("Colour of object %1").arg(record.id) : text(record, column);
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(Qt::AlignVCenter | (isNumber(column) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::DecorationRole: {
      if (column != Column::kColour) return {};
      const auto colour = labelColour(record.id);
      return QColor(colour[0], colour[1], colour[2]);
    }
    case kSortRole: return sortValue(record, column);
    case kIdRole: return record.id;
    case kStateRole: return static_cast<int>(record.state);
    default: return {};
  }
}

Qt::ItemFlags ObjectTableModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags flags = RowModel::flags(index);
  const bool isClass = index.isValid() && columnAt(index.column()) == Column::kClass;
  return isClass && isEditable_ ? flags | Qt::ItemIsEditable : flags;
}

// The new name is shown when the session has it.
bool ObjectTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable)) return false;
  const ObjectRecord& record = recordAt(index.row());
  const QString name = value.toString().trimmed();
  if (name == QString::fromStdString(record.className)) return false;
  Q_EMIT classRequested(record.id, name);
  return true;
}

QVariant ObjectTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const Column column = columnAt(section);
  if (role == Qt::TextAlignmentRole) {
    return QVariant::fromValue(Qt::AlignVCenter | (isNumber(column) ? Qt::AlignRight : Qt::AlignLeft));
  }
  if (role == Qt::AccessibleTextRole && column == Column::kColour) return tr("Colour");
  if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) return {};
  switch (column) {
    case Column::kColour: return QString();
    case Column::kId: return tr("Id");
    case Column::kArea: return tr("Area (%1)").arg(areaUnit_);
    case Column::kClass: return tr("Class");
    case Column::kState: return tr("State");
    case Column::kSlice: return tr("Slice");
    case Column::kFrame: return tr("Frame");
    case Column::kModel: return tr("Model");
  }
  return {};
}

QString ObjectTableModel::text(const ObjectRecord& record, Column column) const {
  switch (column) {
    case Column::kColour: return {};
    case Column::kId: return QString::number(record.id);
    case Column::kArea:
      if (pixelArea_ == 1) return QLocale().toString(qlonglong{record.area});
      return QLocale().toString(static_cast<double>(record.area) * pixelArea_, 'f', pixelArea_ < 0.05 ? 2 : 1);
    case Column::kClass: return QString::fromStdString(record.className);
    case Column::kState: return stateText(record.state);
    case Column::kSlice: return planesText(record.bounds.begin.z, record.bounds.end.z);
    case Column::kFrame: return planesText(record.bounds.begin.t, record.bounds.end.t);
    case Column::kModel:
      return record.provenance.model.empty() ? tr("painted") : QString::fromStdString(record.provenance.model);
  }
  return {};
}

QVariant ObjectTableModel::sortValue(const ObjectRecord& record, Column column) const {
  switch (column) {
    case Column::kColour:
    case Column::kId: return record.id;
    case Column::kArea: return qlonglong{record.area};
    case Column::kState: return static_cast<int>(record.state);
    case Column::kSlice: return qlonglong{record.bounds.begin.z};
    case Column::kFrame: return qlonglong{record.bounds.begin.t};
    case Column::kClass:
    case Column::kModel: return text(record, column);
  }
  return {};
}

QString ObjectTableModel::toolTip(const ObjectRecord& record, Column column) const {
  switch (column) {
    case Column::kArea: {
      const QString pixels = tr("%1 pixels").arg(QLocale().toString(qlonglong{record.area}));
      return areaUnit_ == tr("px²") ? pixels : tr("%1 %2, %3").arg(text(record, column), areaUnit_, pixels);
    }
    case Column::kState:
      switch (record.state) {
        case ObjectState::kProposal: return tr("Proposal: an automatic result; accept or reject it");
        case ObjectState::kAccepted: return tr("Accepted");
        case ObjectState::kVerified: return tr("Verified: protected against changes");
      }
      return {};
    case Column::kClass: return tr("Double-click, or F2, to change the class");
    case Column::kModel:
      if (record.provenance.model.empty()) return {};
      return tr("%1, mask %2 of its answers, predicted IoU %3")
          .arg(text(record, column))
          .arg(record.provenance.alternative + 1)
          .arg(QLocale().toString(double{record.provenance.predictedIou}, 'f', 2));
    default: return {};
  }
}

ObjectFilterModel::ObjectFilterModel(ObjectTableModel& objects, QObject* parent)
    : QSortFilterProxyModel(parent), objects_(objects) {
  setSortRole(ObjectTableModel::kSortRole);
  setSortCaseSensitivity(Qt::CaseInsensitive);
  setSortLocaleAware(true);
  setSourceModel(&objects);
}

void ObjectFilterModel::setFilterText(const QString& text) {
  const QString trimmed = text.trimmed();
  if (trimmed == text_) return;
  text_ = trimmed;
  isId_ = text_.startsWith(QLatin1Char('#'));
  digits_ = isId_ ? text_.mid(1).trimmed() : text_;
  const auto isDigit = [](QChar letter) { return letter.isDigit(); };
  if (!isId_ && !std::all_of(digits_.begin(), digits_.end(), isDigit)) digits_.clear();
  invalidateRowsFilter();
}

void ObjectFilterModel::setFilterStates(States states) {
  if (states == states_) return;
  states_ = states;
  invalidateRowsFilter();
}

bool ObjectFilterModel::isInState(const ObjectRecord& record) const {
  switch (states_) {
    case States::kAll: return true;
    case States::kProposals: return record.state == ObjectState::kProposal;
    case States::kUnverified: return record.state == ObjectState::kAccepted;
    case States::kVerified: return record.state == ObjectState::kVerified;
  }
  return true;
}

bool ObjectFilterModel::filterAcceptsRow(int row, const QModelIndex&) const {
  const ObjectRecord& record = objects_.recordAt(row);
  if (!isInState(record)) return false;
  if (text_.isEmpty()) return true;
  if (isId_ || !digits_.isEmpty()) {
    if (QString::number(record.id).startsWith(digits_)) return true;
    if (isId_) return false;
  }
  return QString::fromStdString(record.className).contains(text_, Qt::CaseInsensitive);
}

}  // namespace cyto::ui
