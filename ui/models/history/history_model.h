#pragma once

#include <QAbstractListModel>
#include <vector>

#include "core/session/live_session.h"
#include "ui/models/history/history_rows.h"

namespace cyto::ui {

/// What a user did, oldest first, after a row for the beginning: the line the document stands on, and below a fork that
/// is opened the branches that were left there. Automatic steps belong to the row of the step they followed; a jump to
/// a row leads behind them, as undo and redo do. Rows come and go without a reset; a step more costs the same for any
/// number of steps.
class HistoryModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role {
    kTargetRole = Qt::UserRole,  ///< quint64: the sequence to jump to; 0 for the beginning
    kFirstRole,                  ///< quint64: the user's step of the row
    kKindRole,                   ///< EditKind as int; -1 for the beginning
    kCurrentRole,                ///< bool: the document stands here
    kUndoneRole,                 ///< bool: redo would bring it back
    kDepthRole,                  ///< int: 0 on the line, else how many forks it lies below
    kStartRole,                  ///< bool: a branch begins here
    kForksRole,                  ///< int: how many other branches begin behind it
    kOpenRole,                   ///< bool: they are listed
    kPlaceRole                   ///< QString: time, and the plane where the image has several
  };

  explicit HistoryModel(QObject* parent = nullptr);

  /// A closed session has no row.
  void setState(const SessionState& state);

  /// Lists the other branches behind a row, or not.
  void setOpen(int row, bool isOpen);
  void setAllOpen(bool areAllOpen);
  bool areAllOpen() const { return forks_.areAllOpen; }

  /// -1 when nothing is open.
  int currentRow() const { return current_; }
  /// Steps of all branches, automatic ones included.
  size_t steps() const { return tree_.size(); }
  bool hasForks() const { return hasForks_; }
  uint64_t origin() const { return tree_.origin(); }
  const HistoryRow& row(int row) const { return rows_[static_cast<size_t>(row)]; }

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  void extend();
  void replaceRows();
  void findLine(size_t from);
  void setCurrent();
  QString labelOf(const HistoryRow& row) const;
  QString planeOf(const HistoryStep& step) const;
  QString placeOf(const HistoryRow& row) const;
  QString toolTip(const HistoryRow& row) const;
  QString description(int row) const;

  HistoryTree tree_;
  OpenForks forks_;
  std::vector<HistoryRow> rows_;
  std::vector<int> line_;  ///< the rows of depth 0
  int current_ = -1;
  bool hasForks_ = false;
  bool hasSlices_ = false;
  bool hasFrames_ = false;
};

}  // namespace cyto::ui
