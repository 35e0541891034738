#include "ui/models/history_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace cyto::ui {
namespace {

HistoryStep newStep(uint64_t sequence, std::string label, bool isAutomatic = false, EditKind kind = EditKind::kPrompt) {
  HistoryStep step;
  step.sequence = sequence;
  step.parent = sequence - 1;
  step.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(sequence) * 1'000'000;
  step.kind = kind;
  step.label = std::move(label);
  step.isAutomatic = isAutomatic;
  step.z = 11;
  step.t = 2;
  return step;
}

SessionState someSteps() {
  SessionState state;
  state.isOpen = true;
  state.reference.shape = {1, 1, 64, 64};
  state.history = {newStep(1, "point"), newStep(2, "segmentation", true, EditKind::kSegment), newStep(3, "point"),
                   newStep(4, "segmentation", true, EditKind::kSegment),
                   newStep(5, "commit of object 1", false, EditKind::kCommit)};
  state.historyPosition = 5;
  return state;
}

class HistoryModelTest : public testing::Test {
 protected:
  QString text(int row, int column = HistoryModel::kStep) { return model_.index(row, column).data().toString(); }
  quint64 target(int row) { return model_.index(row, 0).data(HistoryModel::kTargetRole).toULongLong(); }
  bool isUndone(int row) { return model_.index(row, 0).data(HistoryModel::kUndoneRole).toBool(); }

  HistoryModel model_;
  QAbstractItemModelTester tester_{&model_, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(HistoryModelTest, NothingOpenHasNoRow) {
  model_.setState({});
  EXPECT_EQ(model_.rowCount(), 0);
  EXPECT_EQ(model_.currentRow(), -1);
}

TEST_F(HistoryModelTest, AutomaticStepsBelongToTheStepBefore) {
  model_.setState(someSteps());
  ASSERT_EQ(model_.rowCount(), 4);
  EXPECT_EQ(text(0), "Beginning");
  EXPECT_EQ(text(1), "Point");
  EXPECT_EQ(text(2), "Point");
  EXPECT_EQ(text(3), "Commit of object 1");
  EXPECT_EQ(target(0), 0u);
  EXPECT_EQ(target(1), 2u);
  EXPECT_EQ(target(2), 4u);
  EXPECT_EQ(target(3), 5u);
  EXPECT_EQ(model_.index(0, 0).data(HistoryModel::kKindRole).toInt(), -1);
  EXPECT_EQ(model_.index(3, 0).data(HistoryModel::kKindRole).toInt(), static_cast<int>(EditKind::kCommit));
}

TEST_F(HistoryModelTest, AnAutomaticStepAtTheBeginningStandsForItself) {
  SessionState state = someSteps();
  state.history.erase(state.history.begin());
  model_.setState(state);
  ASSERT_EQ(model_.rowCount(), 4);
  EXPECT_EQ(text(1), "Segmentation");
  EXPECT_EQ(target(1), 2u);
}

TEST_F(HistoryModelTest, KnowsTheCurrentStepAndWhatIsUndone) {
  SessionState state = someSteps();
  state.historyPosition = 2;
  model_.setState(state);
  EXPECT_EQ(model_.currentRow(), 1);
  EXPECT_FALSE(isUndone(1));
  EXPECT_TRUE(isUndone(2));
  EXPECT_TRUE(isUndone(3));
  state.historyPosition = 1;  // within the group
  model_.setState(state);
  EXPECT_EQ(model_.currentRow(), 1);
  state.historyPosition = 0;
  model_.setState(state);
  EXPECT_EQ(model_.currentRow(), 0);
  EXPECT_TRUE(model_.index(0, 0).data(HistoryModel::kCurrentRole).toBool());
}

TEST_F(HistoryModelTest, AStepMoreIsOneInsertion) {
  SessionState state = someSteps();
  model_.setState(state);
  QSignalSpy inserts(&model_, &QAbstractItemModel::rowsInserted);
  QSignalSpy removals(&model_, &QAbstractItemModel::rowsRemoved);
  QSignalSpy resets(&model_, &QAbstractItemModel::modelReset);
  state.history.push_back(newStep(6, "point"));
  state.historyPosition = 6;
  model_.setState(state);
  EXPECT_EQ(inserts.count(), 1);
  EXPECT_EQ(removals.count() + resets.count(), 0);
  EXPECT_EQ(model_.currentRow(), 4);
  // Its mask follows and makes no row, but moves the target.
  state.history.push_back(newStep(7, "segmentation", true));
  state.historyPosition = 7;
  model_.setState(state);
  EXPECT_EQ(inserts.count(), 1);
  EXPECT_EQ(target(4), 7u);
}

TEST_F(HistoryModelTest, ALineThatMovesOnLosesItsOldestRowOnly) {
  SessionState state = someSteps();
  model_.setState(state);
  QSignalSpy removals(&model_, &QAbstractItemModel::rowsRemoved);
  QSignalSpy changes(&model_, &QAbstractItemModel::dataChanged);
  state.history.erase(state.history.begin(), state.history.begin() + 2);
  state.history.push_back(newStep(6, "deletion of object 1", false, EditKind::kDelete));
  state.historyPosition = 6;
  model_.setState(state);
  ASSERT_EQ(removals.count(), 1);
  EXPECT_EQ(removals[0][1].toInt(), 1);
  EXPECT_EQ(removals[0][2].toInt(), 1);
  EXPECT_EQ(text(model_.currentRow()), "Deletion of object 1");
  // The row before it is no longer the current one although the number of rows is as before.
  EXPECT_GE(changes.count(), 1);
}

TEST_F(HistoryModelTest, ANewBranchReplacesWhatWasUndone) {
  SessionState state = someSteps();
  state.historyPosition = 2;
  model_.setState(state);
  state.history.resize(2);
  state.history.push_back(newStep(8, "box"));
  state.historyPosition = 8;
  model_.setState(state);
  ASSERT_EQ(model_.rowCount(), 3);
  EXPECT_EQ(text(2), "Box");
  EXPECT_FALSE(isUndone(2));
}

TEST_F(HistoryModelTest, PlanesAreShownForAxesThatExist) {
  SessionState state = someSteps();
  model_.setState(state);
  EXPECT_FALSE(model_.hasPlanes());
  EXPECT_EQ(text(1, HistoryModel::kPlane), "");
  state.reference.shape.z = 20;
  model_.setState(state);
  EXPECT_TRUE(model_.hasPlanes());
  EXPECT_EQ(text(1, HistoryModel::kPlane), "z 12");
  state.reference.shape.t = 5;
  model_.setState(state);
  EXPECT_EQ(text(1, HistoryModel::kPlane), "z 12 t 3");
  EXPECT_EQ(text(0, HistoryModel::kPlane), "");
}

}  // namespace
}  // namespace cyto::ui
