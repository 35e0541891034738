#include "core/project/history.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void add(History& history, uint64_t sequence, bool isAutomatic = false) {
  HistoryStep step;
  step.sequence = sequence;
  step.label = "step " + std::to_string(sequence);
  step.isAutomatic = isAutomatic;
  history.add(std::move(step));
}

TEST(HistoryTest, EmptyHasNothingToUndoOrRedo) {
  const History history;
  EXPECT_EQ(history.current(), 0U);
  EXPECT_FALSE(history.undoTarget());
  EXPECT_FALSE(history.redoTarget());
  EXPECT_FALSE(history.undoLabel());
  EXPECT_FALSE(history.redoLabel());
  EXPECT_EQ(history.find(0), nullptr);
  EXPECT_TRUE(history.pathTo(0));
}

TEST(HistoryTest, LinearUndoAndRedo) {
  History history;
  add(history, 1);
  add(history, 2);
  add(history, 5);
  EXPECT_EQ(history.find(5)->parent, 2U);
  EXPECT_EQ(history.undoLabel(), "step 5");
  EXPECT_FALSE(history.redoTarget());
  for (const uint64_t expected : {2U, 1U, 0U}) {
    ASSERT_EQ(history.undoTarget(), expected);
    history.moveTo(expected);
  }
  EXPECT_FALSE(history.undoTarget());
  EXPECT_EQ(history.redoLabel(), "step 1");
  for (const uint64_t expected : {1U, 2U, 5U}) {
    ASSERT_EQ(history.redoTarget(), expected);
    history.moveTo(expected);
  }
  EXPECT_FALSE(history.redoTarget());
}

TEST(HistoryTest, AutomaticStepsGoWithTheUserStepBeforeThem) {
  History history;
  add(history, 1);
  add(history, 2);
  add(history, 3, true);
  add(history, 4, true);
  add(history, 5);
  history.moveTo(4);
  EXPECT_EQ(history.undoTarget(), 1U);
  EXPECT_EQ(history.undoLabel(), "step 2");
  history.moveTo(1);
  EXPECT_EQ(history.redoTarget(), 4U);
  EXPECT_EQ(history.redoLabel(), "step 2");
  history.moveTo(2);  // a jump may stop within a group
  EXPECT_EQ(history.undoTarget(), 1U);
  EXPECT_EQ(history.redoTarget(), 4U);
}

TEST(HistoryTest, AutomaticStepsAtTheBeginningCanBeUndone) {
  History history;
  add(history, 1, true);
  add(history, 2, true);
  EXPECT_EQ(history.undoTarget(), 0U);
  history.moveTo(0);
  EXPECT_EQ(history.redoTarget(), 2U);
}

/// 1 ─ 2 ─ 3
///  └─ 4 ─ 5
History branched() {
  History history;
  add(history, 1);
  add(history, 2);
  add(history, 3);
  history.moveTo(1);
  add(history, 4);
  add(history, 5);
  return history;
}

TEST(HistoryTest, EditAfterUndoKeepsTheOldBranch) {
  const History history = branched();
  ASSERT_EQ(history.steps().size(), 5U);
  EXPECT_EQ(history.find(4)->parent, 1U);
  EXPECT_EQ(history.find(3)->parent, 2U);
}

TEST(HistoryTest, RedoFollowsTheBranchLeftLast) {
  History history = branched();
  history.moveTo(1);
  EXPECT_EQ(history.redoTarget(), 4U);
  history.moveTo(3);
  history.moveTo(0);
  history.moveTo(1);
  EXPECT_EQ(history.redoTarget(), 2U);
  history.moveTo(5);
  history.moveTo(1);
  EXPECT_EQ(history.redoTarget(), 4U);
}

TEST(HistoryTest, PathAcrossBranches) {
  const History history = branched();
  const auto path = history.pathTo(3);
  ASSERT_TRUE(path);
  EXPECT_THAT(path->back, ElementsAre(5, 4));
  EXPECT_THAT(path->forward, ElementsAre(2, 3));
  EXPECT_THAT(history.pathTo(0)->back, ElementsAre(5, 4, 1));
  EXPECT_THAT(history.pathTo(5)->back, IsEmpty());
  EXPECT_THAT(history.pathTo(5)->forward, IsEmpty());
}

TEST(HistoryTest, UnknownTargetIsNotFound) {
  const History history = branched();
  const auto path = history.pathTo(77);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code(), ErrorCode::kNotFound);
}

/// Walks the path by the model's parents only; fails where a step does not lead on from the one before.
void expectLeads(const std::map<uint64_t, uint64_t>& parents, uint64_t from, uint64_t target,
                 const History::Path& path) {
  uint64_t at = from;
  std::set<uint64_t> undone;
  for (const uint64_t step : path.back) {
    ASSERT_EQ(step, at);
    undone.insert(step);
    at = parents.at(step);
  }
  for (const uint64_t step : path.forward) {
    ASSERT_EQ(parents.at(step), at);
    ASSERT_FALSE(undone.contains(step)) << "the way goes back further than it must";
    at = step;
  }
  ASSERT_EQ(at, target);
}

TEST(HistoryTest, PropertyPathsLeadToTheirTargets) {
  const uint64_t seed = test::randomSeed(20240731);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    History history;
    std::map<uint64_t, uint64_t> parents;
    std::map<uint64_t, uint64_t> redo;  // the next step on the branch left last
    std::vector<uint64_t> known{0};
    uint64_t at = 0;
    for (int turn = 0; turn < 150; ++turn) {
      if (random() % 3 != 0) {
        const uint64_t sequence = known.back() + 1 + random() % 3;
        add(history, sequence);
        parents[sequence] = at;
        known.push_back(sequence);
        at = sequence;
      } else {
        const uint64_t target = known[random() % known.size()];
        const auto path = history.pathTo(target);
        ASSERT_TRUE(path);
        ASSERT_NO_FATAL_FAILURE(expectLeads(parents, at, target, *path));
        history.moveTo(target);
        at = target;
      }
      for (uint64_t step = at; step != 0; step = parents[step]) redo[parents[step]] = step;
      ASSERT_EQ(history.current(), at);
      ASSERT_EQ(history.redoTarget().value_or(0), redo.contains(at) ? redo[at] : 0);
      ASSERT_EQ(history.undoTarget().has_value(), at != 0);
      ASSERT_EQ(history.undoTarget().value_or(0), at == 0 ? 0 : parents[at]);
    }
  }
}

}  // namespace
}  // namespace cyto
