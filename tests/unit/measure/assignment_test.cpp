#include "core/measure/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

struct Value {
  int64_t pairs = 0;
  double total = 0;
};

/// Also checks that it is an assignment, made of candidates.
Value valueOf(const std::vector<int64_t>& columns, const std::vector<Candidate>& candidates) {
  Value value;
  std::set<int64_t> taken;
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    EXPECT_TRUE(taken.insert(columns[row]).second) << "column " << columns[row] << " is given twice";
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      return candidate.row == static_cast<int64_t>(row) && candidate.column == columns[row];
    });
    if (found == candidates.end()) {
      ADD_FAILURE() << "row " << row << " and column " << columns[row] << " are no candidate";
      continue;
    }
    ++value.pairs;
    value.total += found->worth;
  }
  return value;
}

bool isBetter(const Value& a, const Value& b, AssignmentGoal goal) {
  if (goal == AssignmentGoal::kMostPairs && a.pairs != b.pairs) return a.pairs > b.pairs;
  return a.total > b.total;
}

/// Tries everything.
Value bestByForce(int64_t rows, const std::vector<Candidate>& candidates, AssignmentGoal goal, int64_t row = 0,
                  std::set<int64_t> taken = {}) {
  if (row == rows) return {};
  Value best = bestByForce(rows, candidates, goal, row + 1, taken);
  for (const Candidate& candidate : candidates) {
    if (candidate.row != row || taken.contains(candidate.column)) continue;
    std::set<int64_t> also = taken;
    also.insert(candidate.column);
    Value value = bestByForce(rows, candidates, goal, row + 1, std::move(also));
    value.pairs += 1;
    value.total += candidate.worth;
    if (isBetter(value, best, goal)) best = value;
  }
  return best;
}

TEST(Assignment, OfNothingIsNothing) {
  EXPECT_TRUE(bestAssignment(0, 5, {}, AssignmentGoal::kMostPairs).empty());
  EXPECT_EQ(bestAssignment(2, 0, {}, AssignmentGoal::kMostPairs), (std::vector<int64_t>{-1, -1}));
}

TEST(Assignment, GivesWayWhereThatIsBetterForAll) {
  // Each row alone would take column 0.
  const std::vector<Candidate> candidates{{0, 0, 0.9}, {0, 1, 0.8}, {1, 0, 0.7}};
  EXPECT_EQ(bestAssignment(2, 2, candidates, AssignmentGoal::kMostPairs), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(bestAssignment(2, 2, candidates, AssignmentGoal::kLargestTotal), (std::vector<int64_t>{1, 0}));
}

TEST(Assignment, TheGoalsDifferWhereAPairCostsMoreThanItIsWorth) {
  const std::vector<Candidate> candidates{{0, 0, 0.1}, {0, 1, 0.9}, {1, 1, 0.1}};
  EXPECT_EQ(bestAssignment(2, 2, candidates, AssignmentGoal::kMostPairs), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(bestAssignment(2, 2, candidates, AssignmentGoal::kLargestTotal), (std::vector<int64_t>{1, -1}));
}

TEST(Assignment, ALaterRowTakesTheColumnOfAnEarlierOneThatIsWorthLess) {
  const std::vector<Candidate> candidates{{0, 0, 0.5}, {1, 0, 0.6}};
  EXPECT_EQ(bestAssignment(2, 1, candidates, AssignmentGoal::kMostPairs), (std::vector<int64_t>{-1, 0}));
}

TEST(Assignment, IsAsGoodAsTheBestOfAllAssignments) {
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 400; ++round) {
    const auto rows = static_cast<int64_t>(random() % 6), columns = static_cast<int64_t>(random() % 6);
    const uint64_t percent = 20 + random() % 80;
    std::vector<Candidate> candidates;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        // Few different worths, so that ties are frequent.
        if (random() % 100 < percent) candidates.push_back({row, column, static_cast<double>(random() % 9) / 8});
      }
    }
    std::shuffle(candidates.begin(), candidates.end(), random);
    for (const AssignmentGoal goal : {AssignmentGoal::kMostPairs, AssignmentGoal::kLargestTotal}) {
      const Value found = valueOf(bestAssignment(rows, columns, candidates, goal), candidates);
      const Value best = bestByForce(rows, candidates, goal);
      EXPECT_NEAR(found.total, best.total, 1e-9) << "round " << round;
      if (goal == AssignmentGoal::kMostPairs) {
        EXPECT_EQ(found.pairs, best.pairs) << "round " << round;
      }
    }
  }
}

TEST(Assignment, OfALongChainIsExact) {
  // Row i may have column i or i + 1; the last row only its own, so everyone has to stay or to move together.
  constexpr int64_t kRows = 70000;
  std::vector<Candidate> candidates;
  for (int64_t row = 0; row < kRows; ++row) {
    candidates.push_back({row, row, 0.25});
    if (row + 1 < kRows) candidates.push_back({row, row + 1, 0.75});
  }
  std::vector<int64_t> own(kRows);
  std::iota(own.begin(), own.end(), 0);
  EXPECT_EQ(bestAssignment(kRows, kRows, candidates, AssignmentGoal::kMostPairs), own);
}

}  // namespace
}  // namespace cyto
