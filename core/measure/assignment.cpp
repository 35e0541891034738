#include "core/measure/assignment.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace cyto {

namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();
constexpr double kFar = std::numeric_limits<double>::infinity();

/// Minimises the cost of an assignment in which a pair costs 1 - worth and a row that stays alone costs `aloneCost`.
/// Each row has a column of its own behind the real ones for staying alone, so a path to a free column always exists.
/// Prices (the dual variables) keep every cost of a row and a column, less both their prices, at 0 or above.
class SparseAssignment {
 public:
  SparseAssignment(size_t rows, size_t columns, std::span<const Candidate> candidates, double aloneCost)
      : columns_(columns),
        aloneCost_(aloneCost),
        candidates_(candidates.begin(), candidates.end()),
        rowBegin_(rows + 1),
        rowPrice_(rows),
        columnPrice_(columns + rows),
        rowOf_(columns + rows, kNone),
        columnOf_(rows, kNone),
        distance_(columns + rows, kFar),
        reachedFrom_(columns + rows, kNone),
        isSettled_(columns + rows) {
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return std::pair(a.row, a.column) < std::pair(b.row, b.column);
    });
    for (const Candidate& candidate : candidates_) ++rowBegin_[static_cast<size_t>(candidate.row) + 1];
    for (size_t row = 0; row < rows; ++row) rowBegin_[row + 1] += rowBegin_[row];
  }

  std::vector<int64_t> solve() {
    for (size_t row = 0; row < columnOf_.size(); ++row) place(row);
    std::vector<int64_t> columns;
    columns.reserve(columnOf_.size());
    for (const size_t column : columnOf_) columns.push_back(column < columns_ ? static_cast<int64_t>(column) : -1);
    return columns;
  }

 private:
  using Reached = std::pair<double, size_t>;  // distance, column

  /// Finds the cheapest way to give `first` a column, moving rows that have one already (Dijkstra).
  void place(size_t first) {
    touched_.clear();
    queue_ = {};
    settled_.clear();
    reachFrom(first, 0);
    size_t column = kNone;
    while (true) {
      const auto [distance, nearest] = queue_.top();
      queue_.pop();
      if (isSettled_[nearest]) continue;
      isSettled_[nearest] = true;
      settled_.push_back(nearest);
      column = nearest;
      if (rowOf_[nearest] == kNone) break;
      reachFrom(rowOf_[nearest], distance);
    }
    updatePrices(first, distance_[column]);
    while (column != kNone) {
      const size_t row = reachedFrom_[column];
      const size_t before = columnOf_[row];
      columnOf_[row] = column;
      rowOf_[column] = row;
      column = row == first ? kNone : before;
    }
    for (const size_t reached : touched_) {
      distance_[reached] = kFar;
      isSettled_[reached] = false;
    }
  }

  void reachFrom(size_t row, double distance) {
    for (size_t i = rowBegin_[row]; i < rowBegin_[row + 1]; ++i) {
      reach(row, static_cast<size_t>(candidates_[i].column), distance, 1 - candidates_[i].worth);
    }
    reach(row, columns_ + row, distance, aloneCost_);
  }

  void reach(size_t row, size_t column, double distance, double cost) {
    if (isSettled_[column]) return;
    // Never below 0 but for rounding.
    const double step = std::max(0.0, cost - rowPrice_[row] - columnPrice_[column]);
    if (distance + step >= distance_[column]) return;
    if (distance_[column] == kFar) touched_.push_back(column);
    distance_[column] = distance + step;
    reachedFrom_[column] = row;
    queue_.emplace(distance_[column], column);
  }

  void updatePrices(size_t first, double length) {
    rowPrice_[first] += length;
    for (const size_t column : settled_) {
      const double less = length - distance_[column];
      columnPrice_[column] -= less;
      if (rowOf_[column] != kNone) rowPrice_[rowOf_[column]] += less;
    }
  }

  size_t columns_;
  double aloneCost_;
  std::vector<Candidate> candidates_;  // by row
  std::vector<size_t> rowBegin_;       // where the candidates of a row begin
  std::vector<double> rowPrice_;
  std::vector<double> columnPrice_;
  std::vector<size_t> rowOf_;     // by column
  std::vector<size_t> columnOf_;  // by row

  // Of the search for one row, by column.
  std::vector<double> distance_;
  std::vector<size_t> reachedFrom_;
  std::vector<char> isSettled_;
  std::vector<size_t> touched_;
  std::vector<size_t> settled_;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> queue_;
};

}  // namespace

std::vector<int64_t> bestAssignment(int64_t rows, int64_t columns, std::span<const Candidate> candidates,
                                    AssignmentGoal goal) {
  // More than all pairs together can cost, so that no saving outweighs one pair less.
  const double aloneCost = goal == AssignmentGoal::kMostPairs ? static_cast<double>(rows) + 1 : 1;
  return SparseAssignment(static_cast<size_t>(rows), static_cast<size_t>(columns), candidates, aloneCost).solve();
}

}  // namespace cyto
