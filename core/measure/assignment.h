#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cyto {

/// A row and a column that may go together, and how much that is worth.
struct Candidate {
  int64_t row = 0;
  int64_t column = 0;
  double worth = 0;  ///< 0 to 1
};

/// What the best assignment is.
enum class AssignmentGoal {
  kMostPairs,     ///< as many pairs as possible, and among those assignments the largest sum of worths
  kLargestTotal,  ///< the largest sum of worths
};

/// Assigns each row at most one column and each column to at most one row, optimally (Hungarian assignment of a
/// sparse table, by shortest augmenting paths). Gives the column of each row, or -1. No pair may be listed twice.
/// Time is at most rows * candidates * log(candidates), and about the number of candidates where few compete.
std::vector<int64_t> bestAssignment(int64_t rows, int64_t columns, std::span<const Candidate> candidates,
                                    AssignmentGoal goal);

}  // namespace cyto
