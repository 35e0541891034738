#include "ui/models/history/history_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <random>

#include "tests/support/random_seed.h"
#include "tests/ui/some_history.h"

namespace cyto::ui {
namespace {

using test::GrowingState;
using test::stepNamed;

class HistoryModelTest : public testing::Test {
 protected:
  QString text(int row) { return model_.index(row).data().toString(); }
  QString place(int row) { return model_.index(row).data(HistoryModel::kPlaceRole).toString(); }
  quint64 target(int row) { return model_.index(row).data(HistoryModel::kTargetRole).toULongLong(); }
  bool isUndone(int row) { return model_.index(row).data(HistoryModel::kUndoneRole).toBool(); }
  int depth(int row) { return model_.index(row).data(HistoryModel::kDepthRole).toInt(); }
  int forks(int row) { return model_.index(row).data(HistoryModel::kForksRole).toInt(); }
  void show() { model_.setState(steps_.state); }

  /// Depth and step of every row, "0:Beginning 0:Point 1:Box".
  QString outline() {
    QStringList rows;
    for (int row = 0; row < model_.rowCount(); ++row) rows.append(QString::number(depth(row)) + ":" + text(row));
    return rows.join(' ');
  }

  /// Two prompts with their masks and a commit.
  void addSomeSteps() {
    steps_.add(stepNamed(1, "point")).add(stepNamed(2, "segmentation", true, EditKind::kSegment));
    steps_.add(stepNamed(3, "point")).add(stepNamed(4, "segmentation", true, EditKind::kSegment));
    steps_.add(stepNamed(5, "commit of object 1", false, EditKind::kCommit));
  }

  /// a, then b c undone, then d e undone, then f.
  void addBranches() {
    steps_.add(stepNamed(1, "a")).add(stepNamed(2, "b")).add(stepNamed(3, "c")).moveTo(1);
    steps_.add(stepNamed(4, "d")).add(stepNamed(5, "e")).moveTo(1).add(stepNamed(6, "f"));
  }

  GrowingState steps_;
  HistoryModel model_;
  QAbstractItemModelTester tester_{&model_, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(HistoryModelTest, NothingOpenHasNoRow) {
  model_.setState({});
  EXPECT_EQ(model_.rowCount(), 0);
  EXPECT_EQ(model_.currentRow(), -1);
}

TEST_F(HistoryModelTest, WithoutStepsThereIsTheBeginning) {
  show();
  EXPECT_EQ(outline(), "0:Beginning");
  EXPECT_EQ(model_.currentRow(), 0);
  EXPECT_EQ(model_.index(0).data(HistoryModel::kKindRole).toInt(), -1);
}

TEST_F(HistoryModelTest, AutomaticStepsBelongToTheStepBefore) {
  addSomeSteps();
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:Point 0:Point 0:Commit of object 1");
  EXPECT_EQ(target(0), 0u);
  EXPECT_EQ(target(1), 2u);
  EXPECT_EQ(target(2), 4u);
  EXPECT_EQ(target(3), 5u);
  EXPECT_EQ(model_.index(3).data(HistoryModel::kKindRole).toInt(), static_cast<int>(EditKind::kCommit));
}

TEST_F(HistoryModelTest, AnAutomaticStepAtTheBeginningStandsForItself) {
  steps_.add(stepNamed(1, "segmentation", true)).add(stepNamed(2, "point"));
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:Segmentation 0:Point");
}

TEST_F(HistoryModelTest, KnowsTheCurrentStepAndWhatIsUndone) {
  addSomeSteps();
  steps_.moveTo(2);
  show();
  EXPECT_EQ(model_.currentRow(), 1);
  EXPECT_FALSE(isUndone(1));
  EXPECT_TRUE(isUndone(2));
  EXPECT_TRUE(isUndone(3));
  steps_.moveTo(1);  // within the group
  show();
  EXPECT_EQ(model_.currentRow(), 1);
  steps_.moveTo(0);
  show();
  EXPECT_EQ(model_.currentRow(), 0);
  EXPECT_TRUE(model_.index(0).data(HistoryModel::kCurrentRole).toBool());
}

TEST_F(HistoryModelTest, AStepMoreIsOneInsertion) {
  addSomeSteps();
  show();
  QSignalSpy inserts(&model_, &QAbstractItemModel::rowsInserted);
  QSignalSpy removals(&model_, &QAbstractItemModel::rowsRemoved);
  QSignalSpy resets(&model_, &QAbstractItemModel::modelReset);
  steps_.add(stepNamed(6, "point"));
  show();
  EXPECT_EQ(inserts.count(), 1);
  EXPECT_EQ(removals.count() + resets.count(), 0);
  EXPECT_EQ(model_.currentRow(), 4);
  // Its mask follows and makes no row, but moves the target.
  steps_.add(stepNamed(7, "segmentation", true));
  show();
  EXPECT_EQ(inserts.count(), 1);
  EXPECT_EQ(target(4), 7u);
}

TEST_F(HistoryModelTest, ANewBranchMovesWhatWasUndoneToAFork) {
  addSomeSteps();
  steps_.moveTo(2);
  show();
  steps_.add(stepNamed(8, "box"));
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:Point 0:Box");
  EXPECT_FALSE(isUndone(2));
  EXPECT_EQ(forks(1), 1);
  EXPECT_EQ(forks(0) + forks(2), 0);
  EXPECT_TRUE(model_.hasForks());
}

TEST_F(HistoryModelTest, AForkListsItsOtherBranchesTheNewestFirst) {
  addBranches();
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:A 0:F");
  EXPECT_EQ(forks(1), 2);
  model_.setOpen(1, true);
  EXPECT_EQ(outline(), "0:Beginning 0:A 1:D 1:E 1:B 1:C 0:F");
  EXPECT_EQ(target(5), 3u);
  EXPECT_EQ(model_.currentRow(), 6);
  EXPECT_FALSE(isUndone(4)) << "of another branch, which redo does not reach";
  EXPECT_TRUE(model_.index(4).data(HistoryModel::kStartRole).toBool());
  EXPECT_FALSE(model_.index(5).data(HistoryModel::kStartRole).toBool());
  steps_.add(stepNamed(7, "g"));
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:A 1:D 1:E 1:B 1:C 0:F 0:G");
  steps_.moveTo(2);
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:A 1:F 1:G 1:D 1:E 0:B 0:C") << "another branch is the line now";
  EXPECT_EQ(model_.currentRow(), 6);
  EXPECT_TRUE(isUndone(7));
  model_.setOpen(1, false);
  EXPECT_EQ(outline(), "0:Beginning 0:A 0:B 0:C");
}

TEST_F(HistoryModelTest, AllBranchesAreListedAtOnceAndBranchesOfBranchesToo) {
  addBranches();
  steps_.moveTo(2).add(stepNamed(7, "x")).moveTo(6);
  show();
  model_.setAllOpen(true);
  EXPECT_EQ(outline(), "0:Beginning 0:A 1:D 1:E 1:B 2:C 1:X 0:F");
  model_.setOpen(4, false);
  EXPECT_FALSE(model_.areAllOpen());
  EXPECT_EQ(outline(), "0:Beginning 0:A 1:D 1:E 1:B 1:X 0:F");
  model_.setAllOpen(false);
  EXPECT_EQ(outline(), "0:Beginning 0:A 0:F");
}

TEST_F(HistoryModelTest, BranchesAtTheBeginning) {
  steps_.add(stepNamed(1, "a")).moveTo(0).add(stepNamed(2, "b"));
  show();
  model_.setOpen(0, true);
  EXPECT_EQ(outline(), "0:Beginning 1:A 0:B");
}

TEST_F(HistoryModelTest, ABranchWithinAGroupIsAForkOfItsRow) {
  addSomeSteps();
  steps_.moveTo(1).add(stepNamed(9, "box"));
  show();
  EXPECT_EQ(outline(), "0:Beginning 0:Point 0:Box");
  EXPECT_EQ(forks(1), 1);
  model_.setOpen(1, true);
  EXPECT_EQ(outline(), "0:Beginning 0:Point 1:Segmentation 1:Point 1:Commit of object 1 0:Box");
}

TEST_F(HistoryModelTest, AnotherHistoryIsAnotherList) {
  addBranches();
  show();
  model_.setAllOpen(true);
  GrowingState other;
  other.add(stepNamed(1, "a"));
  model_.setState(other.state);
  EXPECT_EQ(outline(), "0:Beginning 0:A");
  EXPECT_EQ(model_.currentRow(), 1);
  model_.setState({});
  EXPECT_EQ(model_.rowCount(), 0);
}

TEST_F(HistoryModelTest, StatesThatWereSkippedMakeNoDifference) {
  const uint64_t seed = cyto::test::randomSeed(17);
  SCOPED_TRACE(cyto::test::seedText(seed));
  std::mt19937_64 random(seed);
  HistoryModel every;
  every.setAllOpen(true);
  uint64_t sequence = 0;
  for (int i = 0; i < 400; ++i) {
    const auto& all = steps_.history.steps();
    if (random() % 3 != 0 || all.empty()) {
      ++sequence;
      steps_.add(stepNamed(sequence, "s" + std::to_string(sequence), random() % 3 == 0));
    } else {
      steps_.moveTo(random() % 8 == 0 ? 0 : all[random() % all.size()].sequence);
    }
    every.setState(steps_.state);
    if (random() % 4 == 0) {
      show();
      model_.setAllOpen(random() % 2 == 0);
    }
  }
  show();
  model_.setAllOpen(true);
  HistoryModel fresh;
  HistoryTree tree;
  tree.follow(steps_.history);
  steps_.state.history = tree;
  fresh.setState(steps_.state);
  fresh.setAllOpen(true);
  ASSERT_EQ(fresh.rowCount(), model_.rowCount());
  ASSERT_EQ(fresh.rowCount(), every.rowCount());
  for (int row = 0; row < fresh.rowCount(); ++row) {
    EXPECT_EQ(fresh.row(row), model_.row(row)) << row;
    EXPECT_EQ(fresh.row(row), every.row(row)) << row;
  }
  EXPECT_EQ(fresh.currentRow(), model_.currentRow());
  EXPECT_EQ(fresh.currentRow(), every.currentRow());
}

TEST_F(HistoryModelTest, PlanesAreShownForAxesThatExist) {
  addSomeSteps();
  show();
  EXPECT_FALSE(place(1).contains("z"));
  EXPECT_NE(place(1), "");
  steps_.state.reference.shape.z = 20;
  show();
  EXPECT_TRUE(place(1).endsWith("z 12")) << place(1).toStdString();
  steps_.state.reference.shape.t = 5;
  show();
  EXPECT_TRUE(place(1).endsWith("t 3, z 12")) << place(1).toStdString();
  EXPECT_EQ(place(0), "");
}

}  // namespace
}  // namespace cyto::ui
