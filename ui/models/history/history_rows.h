#pragma once

#include <QSet>
#include <vector>

#include "core/session/history_tree.h"

namespace cyto::ui {

/// A user's step with the automatic ones that followed it, or the beginning.
struct HistoryRow {
  uint64_t first = 0;    ///< the user's step; 0 is the beginning
  uint64_t last = 0;     ///< the last of its automatic steps, to which a jump leads
  int depth = 0;         ///< 0: on the line that the document stands on
  int alternatives = 0;  ///< other branches that begin behind it
  bool isOpen = false;   ///< and are listed below it
  bool isStart = false;  ///< it begins a listed branch
  bool operator==(const HistoryRow&) const = default;
};

/// Which branches are listed besides the line.
struct OpenForks {
  bool areAllOpen = false;
  QSet<quint64> open;  ///< HistoryRow::first of the forks
  bool contains(uint64_t first) const { return areAllOpen || open.contains(first); }
};

/// All rows, from the beginning on. Below a fork that is open come its other branches, the newest first, each to its
/// end; then the line goes on.
std::vector<HistoryRow> historyRows(const HistoryTree& tree, const OpenForks& forks);

/// Adds the steps at the end of the line that are not in `rows` yet. Returns whether the row that was last has become
/// longer. Only for rows of the same `HistoryTree::turn` whose last row is on the line.
bool extendHistoryRows(const HistoryTree& tree, std::vector<HistoryRow>& rows);

}  // namespace cyto::ui
