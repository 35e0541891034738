#include "core/session/history_tree.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HistoryStep stepAt(uint64_t sequence, bool isAutomatic = false) {
  HistoryStep step;
  step.sequence = sequence;
  step.time_us = static_cast<int64_t>(sequence) * 1000;
  step.label = "step " + std::to_string(sequence);
  step.isAutomatic = isAutomatic;
  return step;
}

/// The line from the beginning to the end of what redo would do.
std::vector<uint64_t> lineOf(const HistoryTree& tree) {
  std::vector<uint64_t> line;
  for (uint64_t step = tree.next(0); step != 0; step = tree.next(step)) line.push_back(step);
  return line;
}

std::vector<uint64_t> lineOf(const History& history) {
  std::vector<uint64_t> line;
  for (const HistoryStep& step : history.line(history.steps().size(), history.steps().size())) {
    line.push_back(step.sequence);
  }
  return line;
}

TEST(HistoryTree, OfAnEmptyHistory) {
  HistoryTree tree;
  EXPECT_EQ(tree.origin(), 0u);
  tree.follow(History());
  EXPECT_TRUE(tree.empty());
  EXPECT_NE(tree.origin(), 0u);
  EXPECT_EQ(tree.next(0), 0u);
  EXPECT_THAT(tree.children(0), IsEmpty());
  EXPECT_EQ(tree.find(0), nullptr);
  EXPECT_EQ(tree.find(7), nullptr);
}

TEST(HistoryTree, AStepMoreIsNoTurnAndABranchIsOne) {
  History history;
  HistoryTree tree;
  tree.follow(history);
  const uint64_t turn = tree.turn();
  history.add(stepAt(1));
  history.add(stepAt(2));
  tree.follow(history);
  history.moveTo(1);
  tree.follow(history);
  EXPECT_EQ(tree.turn(), turn);
  EXPECT_EQ(tree.current(), 1u);
  EXPECT_THAT(lineOf(tree), ElementsAre(1, 2));
  history.add(stepAt(3));
  tree.follow(history);
  EXPECT_NE(tree.turn(), turn);
  EXPECT_THAT(tree.children(1), ElementsAre(3, 2));
  EXPECT_EQ(tree.childCount(1), 2u);
  EXPECT_THAT(lineOf(tree), ElementsAre(1, 3));
  const uint64_t branched = tree.turn();
  history.moveTo(2);
  tree.follow(history);
  EXPECT_NE(tree.turn(), branched);
  EXPECT_THAT(lineOf(tree), ElementsAre(1, 2));
}

TEST(HistoryTree, ACopyStaysAsItWas) {
  History history;
  history.add(stepAt(1));
  HistoryTree tree;
  tree.follow(history);
  const HistoryTree copy = tree;
  history.moveTo(0);
  history.add(stepAt(2));
  tree.follow(history);
  EXPECT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy.next(0), 1u);
  EXPECT_THAT(copy.children(0), ElementsAre(1));
  EXPECT_THAT(tree.children(0), ElementsAre(2, 1));
}

TEST(HistoryTree, AnotherHistoryHasAnotherOrigin) {
  History history;
  history.add(stepAt(1));
  HistoryTree tree;
  tree.follow(history);
  const uint64_t origin = tree.origin();
  tree.follow(history);
  EXPECT_EQ(tree.origin(), origin);
  History other;
  other.add(stepAt(5));
  tree.follow(other);
  EXPECT_NE(tree.origin(), origin);
  EXPECT_THAT(lineOf(tree), ElementsAre(5));
  const uint64_t second = tree.origin();
  tree.clear();
  tree.follow(other);
  EXPECT_NE(tree.origin(), second) << "it was said to be another one";
}

TEST(HistoryTree, StepsThatWereTakenBackByAFailedGroupAreForgotten) {
  History history;
  history.add(stepAt(1));
  HistoryTree tree;
  const History::Mark mark = history.mark();
  history.add(stepAt(2));
  tree.follow(history);
  history.forgetSince(mark);
  tree.follow(history);
  EXPECT_EQ(tree.size(), 1u);
  EXPECT_EQ(tree.find(2), nullptr);
}

TEST(HistoryTree, FollowsAnyHistoryHoweverOftenItLooks) {
  const uint64_t seed = test::randomSeed(23);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  History history;
  HistoryTree tree;
  HistoryTree seldom;
  for (uint64_t sequence = 1; sequence <= 600; ++sequence) {
    if (random() % 3 != 0 || history.steps().empty()) {
      history.add(stepAt(sequence, random() % 3 == 0));
    } else {
      const auto& all = history.steps();
      history.moveTo(random() % 10 == 0 ? 0 : all[random() % all.size()].sequence);
    }
    tree.follow(history);
    ASSERT_EQ(lineOf(tree), lineOf(history)) << sequence;
    ASSERT_EQ(tree.current(), history.current());
  }
  seldom.follow(history);
  ASSERT_EQ(seldom.size(), history.steps().size());
  EXPECT_EQ(tree.size(), history.steps().size());
  std::map<uint64_t, std::vector<uint64_t>> children;
  for (const HistoryStep& step : history.steps()) {
    children[step.parent].insert(children[step.parent].begin(), step.sequence);
    EXPECT_EQ(tree.find(step.sequence)->label, step.label);
    EXPECT_EQ(tree.next(step.sequence), seldom.next(step.sequence));
  }
  for (const auto& [parent, expected] : children) {
    EXPECT_EQ(tree.children(parent), expected);
    EXPECT_EQ(seldom.children(parent), expected);
  }
}

}  // namespace
}  // namespace cyto
