#pragma once

#include <QAbstractTableModel>
#include <cstddef>
#include <utility>
#include <vector>

namespace cyto::ui {

/// A run of neighbouring rows.
struct RowRun {
  int first = 0;
  int count = 0;
  bool operator==(const RowRun&) const = default;
};

/// What turns one list of rows into another: first take out `removed` (rows of the old list, from the back), then put
/// in `inserted` (rows of the new list, from the front). The other rows stay.
struct RowChanges {
  std::vector<RowRun> removed;
  std::vector<RowRun> inserted;
  size_t runs() const { return removed.size() + inserted.size(); }
};

/// A table whose rows follow a list by inserting and removing as few as it can.
class RowModel : public QAbstractTableModel {
 protected:
  using QAbstractTableModel::QAbstractTableModel;

  /// Makes `rows` have the rows of `wanted`; those that stay are not touched.
  template <typename Row>
  void insertAndRemove(const RowChanges& changes, const std::vector<Row>& wanted, std::vector<Row>& rows) {
    for (const RowRun& run : changes.removed) {
      beginRemoveRows({}, run.first, run.first + run.count - 1);
      rows.erase(rows.begin() + run.first, rows.begin() + run.first + run.count);
      endRemoveRows();
    }
    for (const RowRun& run : changes.inserted) {
      beginInsertRows({}, run.first, run.first + run.count - 1);
      rows.insert(rows.begin() + run.first, wanted.begin() + run.first, wanted.begin() + run.first + run.count);
      endInsertRows();
    }
  }
};

/// For lists that ascend strictly by `keyOf(row)`.
template <typename Row, typename KeyOf>
RowChanges rowChanges(const std::vector<Row>& before, const std::vector<Row>& after, KeyOf keyOf) {
  const auto put = [](std::vector<RowRun>& runs, size_t row) {
    const int place = static_cast<int>(row);
    if (!runs.empty() && runs.back().first + runs.back().count == place) {
      ++runs.back().count;
    } else {
      runs.push_back({place, 1});
    }
  };
  RowChanges changes;
  size_t i = 0, j = 0;
  while (i < before.size() || j < after.size()) {
    if (j == after.size() || (i < before.size() && keyOf(before[i]) < keyOf(after[j]))) {
      put(changes.removed, i++);
    } else if (i == before.size() || keyOf(after[j]) < keyOf(before[i])) {
      put(changes.inserted, j++);
    } else {
      ++i;
      ++j;
    }
  }
  return {{changes.removed.rbegin(), changes.removed.rend()}, std::move(changes.inserted)};
}

}  // namespace cyto::ui
