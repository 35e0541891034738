#pragma once

#include <memory>
#include <vector>

#include "core/session/live_session.h"
#include "ui/models/row_changes.h"

namespace cyto::ui {

/// What a user did, oldest first, after a row for the beginning. Automatic steps belong to the row of the step they
/// followed; a jump to a row leads behind them, as undo and redo do. Rows come and go without a reset.
class HistoryModel : public RowModel {
  Q_OBJECT

 public:
  enum Column { kStep, kPlane, kTime, kColumns };
  enum Role {
    kTargetRole = Qt::UserRole,  ///< quint64: the sequence to jump to; 0 for the beginning
    kKindRole,                   ///< EditKind as int; -1 for the beginning
    kCurrentRole,                ///< bool: the document stands here
    kUndoneRole                  ///< bool: redo would bring it back
  };

  explicit HistoryModel(QObject* parent = nullptr);

  /// A closed session has no row.
  void setState(const SessionState& state);

  /// -1 when nothing is open.
  int currentRow() const { return current_; }
  bool hasPlanes() const { return hasSlices_ || hasFrames_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  struct Row {
    HistoryStep step;     ///< sequence 0 for the beginning
    uint64_t target = 0;  ///< of the last automatic step after it, or its own
  };

  static std::vector<Row> rowsOf(const SessionState& state);
  /// Whether rows came, went or changed.
  bool changeRows(const std::vector<Row>& rows);
  QString text(const Row& row, int column) const;
  QString planeText(const HistoryStep& step) const;
  QString toolTip(const Row& row) const;

  std::vector<Row> rows_;
  int current_ = -1;
  bool hasSlices_ = false;
  bool hasFrames_ = false;
};

}  // namespace cyto::ui
