#pragma once

#include <QSortFilterProxyModel>
#include <QString>
#include <memory>
#include <vector>

#include "core/session/live_session.h"
#include "ui/models/row_changes.h"

namespace cyto::ui {

/// The objects of a session, one a row, by ascending id. It follows the session by removing, inserting and changing as
/// few rows as it can, so that selection and scroll position of a view stay; it is reset only when the columns change
/// or very many objects come or go at once. It changes nothing itself: an edited class is asked for by a signal.
class ObjectTableModel : public RowModel {
  Q_OBJECT

 public:
  /// Slice and frame are there only when the image has several of them.
  enum class Column { kColour, kId, kArea, kClass, kState, kSlice, kFrame, kModel };
  enum Role {
    kSortRole = Qt::UserRole,  ///< what a column sorts by: a number or a text
    kIdRole,                   ///< quint32
    kStateRole                 ///< ObjectState as int
  };

  explicit ObjectTableModel(QObject* parent = nullptr);

  /// Null and a closed session show nothing.
  void setState(std::shared_ptr<const SessionState> state);

  Column columnAt(int section) const { return columns_[static_cast<size_t>(section)]; }
  /// -1 when the column is not there.
  int sectionOf(Column column) const;

  const ObjectRecord& recordAt(int row) const { return *rows_[static_cast<size_t>(row)]; }
  /// -1 for an unknown id.
  int rowOf(quint32 id) const;

  const ObjectCounts& counts() const { return counts_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  /// Classes can be edited while `isEditable`.
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  void setEditable(bool isEditable) { isEditable_ = isEditable; }

 Q_SIGNALS:
  void classRequested(quint32 id, const QString& name);

 private:
  using Rows = std::vector<std::shared_ptr<const ObjectRecord>>;

  void changeRows(const Rows& rows);
  QString text(const ObjectRecord& record, Column column) const;
  QVariant sortValue(const ObjectRecord& record, Column column) const;
  QString toolTip(const ObjectRecord& record, Column column) const;

  std::shared_ptr<const SessionState> state_;
  std::vector<Column> columns_;
  Rows rows_;
  ObjectCounts counts_;
  bool isEditable_ = true;
  double pixelArea_ = 1;  ///< in areaUnit_
  QString areaUnit_;
};

/// Sorts the objects by any column and shows those that match a text: "#12" the ids that begin with 12, a number the
/// same or a class with it, anything else a part of the class name; of them those in certain states.
class ObjectFilterModel : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  explicit ObjectFilterModel(ObjectTableModel& objects, QObject* parent = nullptr);

  enum class States { kAll, kProposals, kUnverified, kVerified };

  void setFilterText(const QString& text);
  /// Accepted objects are those that are unverified.
  void setFilterStates(States states);
  States filterStates() const { return states_; }

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  bool isInState(const ObjectRecord& record) const;

  ObjectTableModel& objects_;
  States states_ = States::kAll;
  QString text_;
  QString digits_;     ///< what an id must begin with; empty: ids do not count
  bool isId_ = false;  ///< only ids count
};

}  // namespace cyto::ui
