// The list of steps with real events: jumps, forks, pictures.

#include "ui/panels/history/history_panel.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>

#include "tests/ui/shown_widgets.h"
#include "tests/ui/some_history.h"
#include "ui/panels/history/step_delegate.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

using test::GrowingState;
using test::stepNamed;

class HistoryPanelTest : public AmericanNumbersTest {
 protected:
  QTableView& table() { return *panel_.findChild<QTableView*>(); }
  QPoint middleOf(int row) { return table().visualRect(table().model()->index(row, 0)).center(); }
  QPoint forkOf(int row) {
    const QModelIndex index = table().model()->index(row, 0);
    return StepDelegate::forkRect(table().visualRect(index), table().font(), index).center();
  }
  QPoint pictureOf(int row) {
    const QRect rect = table().visualRect(table().model()->index(row, 0));
    return {rect.left() + kGrid_px + StepDelegate::kPicture_px / 2, rect.center().y()};
  }

  void show(const GrowingState& steps) { panel_.setState(steps.state); }

  GrowingState steps_;
  HistoryPanel panel_;
};

TEST_F(HistoryPanelTest, ADoubleClickOrEnterAsksToJumpBehindAutomaticSteps) {
  for (uint64_t i = 1; i <= 4; ++i) steps_.add(stepNamed(i, "step " + std::to_string(i), i % 2 == 0));
  shown(panel_);
  show(steps_);
  EXPECT_EQ(table().currentIndex().row(), 2);
  EXPECT_TRUE(showsText(panel_, "4 steps"));
  QSignalSpy jumps(&panel_, &HistoryPanel::jumpRequested);
  QTest::mouseDClick(table().viewport(), Qt::LeftButton, {}, middleOf(2));
  EXPECT_EQ(jumps.count(), 0);  // it is there
  QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, middleOf(1));
  EXPECT_EQ(jumps.count(), 0) << "a click selects";
  QTest::mouseDClick(table().viewport(), Qt::LeftButton, {}, middleOf(1));
  ASSERT_EQ(jumps.count(), 1);
  EXPECT_EQ(jumps[0][0].toULongLong(), 2u);
  QTest::keyClick(&table(), Qt::Key_Up);
  EXPECT_EQ(jumps.count(), 1);
  QTest::keyClick(&table(), Qt::Key_Return);
  ASSERT_EQ(jumps.count(), 2);
  EXPECT_EQ(jumps[1][0].toULongLong(), 0u);
}

TEST_F(HistoryPanelTest, ForksOpenByPointerAndKeys) {
  steps_.add(stepNamed(1, "a")).add(stepNamed(2, "b")).moveTo(1).add(stepNamed(3, "c"));
  shown(panel_);
  show(steps_);
  QAbstractItemModel& rows = *table().model();
  ASSERT_EQ(rows.rowCount(), 3);
  QSignalSpy jumps(&panel_, &HistoryPanel::jumpRequested);
  QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, forkOf(1));
  ASSERT_EQ(rows.rowCount(), 4);
  QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, middleOf(2));
  QTest::mouseDClick(table().viewport(), Qt::LeftButton, {}, middleOf(2));
  ASSERT_EQ(jumps.count(), 1);
  EXPECT_EQ(jumps[0][0].toULongLong(), 2u);
  QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, forkOf(1));
  EXPECT_EQ(rows.rowCount(), 3);
  table().setFocus();
  table().setCurrentIndex(rows.index(1, 0));
  QTest::keyClick(&table(), Qt::Key_Right);
  EXPECT_EQ(rows.rowCount(), 4);
  QTest::keyClick(&table(), Qt::Key_Right);
  EXPECT_EQ(rows.rowCount(), 4) << "it is open already";
  QTest::keyClick(&table(), Qt::Key_Left);
  EXPECT_EQ(rows.rowCount(), 3);
  EXPECT_EQ(jumps.count(), 1);
}

TEST_F(HistoryPanelTest, AllBranchesByTheCheckBox) {
  shown(panel_);
  steps_.add(stepNamed(1, "a")).add(stepNamed(2, "b"));
  show(steps_);
  auto* all = panel_.findChild<QCheckBox*>();
  EXPECT_FALSE(all->isEnabled()) << "there is one branch";
  steps_.moveTo(0).add(stepNamed(3, "c"));
  show(steps_);
  ASSERT_TRUE(all->isEnabled());
  QTest::mouseClick(all, Qt::LeftButton, {}, {10, all->height() / 2});
  EXPECT_EQ(table().model()->rowCount(), 4);
  QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, forkOf(0));
  EXPECT_EQ(table().model()->rowCount(), 2);
  EXPECT_FALSE(all->isChecked());
}

TEST_F(HistoryPanelTest, TheCurrentStepIsInSightWhenTheListComesOnScreen) {
  constexpr uint64_t kSteps = 400;
  for (uint64_t i = 1; i <= kSteps; ++i) steps_.add(stepNamed(i, "step"));
  steps_.moveTo(kSteps / 2).add(stepNamed(kSteps + 1, "elsewhere"));
  QTabWidget tabs;
  auto* other = new QWidget;
  auto* panel = new HistoryPanel;
  tabs.addTab(other, "Objects");
  tabs.addTab(panel, "History");
  shown(tabs);
  panel->setState(steps_.state);
  panel->setAllOpen(true);
  tabs.setCurrentWidget(panel);
  auto* list = panel->findChild<QTableView*>();
  const auto isInSight = [&] {
    return list->viewport()->rect().contains(list->visualRect(list->currentIndex()).center());
  };
  EXPECT_TRUE(QTest::qWaitFor(isInSight, 1000));
  tabs.setCurrentWidget(other);
  steps_.moveTo(3);
  panel->setState(steps_.state);
  tabs.setCurrentWidget(panel);
  EXPECT_TRUE(QTest::qWaitFor(isInSight, 1000));
  steps_.moveTo(kSteps + 1);
  panel->setState(steps_.state);
  QFont larger = panel->font();
  larger.setPointSize(3 * larger.pointSize());
  panel->setFont(larger);
  EXPECT_TRUE(QTest::qWaitFor(isInSight, 1000)) << "rows are higher now";
}

TEST_F(HistoryPanelTest, PicturesAreAskedForRowsOnScreenOnlyAFewAtATime) {
  constexpr uint64_t kSteps = 3000;
  for (uint64_t i = 1; i <= kSteps; ++i) steps_.add(stepNamed(i, "step"));
  std::vector<StepThumbnailRequest> requests;
  QObject::connect(&panel_.thumbnails(), &StepThumbnails::requested, &panel_,
                   [&](const StepThumbnailRequest& request) { requests.push_back(request); });
  show(steps_);
  QTest::qWait(100);
  EXPECT_TRUE(requests.empty()) << "nobody sees them";
  shown(panel_);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !requests.empty(); }));
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests.front().last, kSteps);
  EXPECT_FALSE(panel_.isSettled());
  size_t answered = 0;
  while (answered < requests.size()) {
    const StepThumbnailRequest request = requests[answered++];
    const auto side = static_cast<size_t>(request.side_px);
    panel_.thumbnails().take({request.origin, request.last, request.ticket, request.side_px,
                              std::vector<uint32_t>(side * side, 0xFF00FF00u)});
  }
  EXPECT_TRUE(panel_.isSettled());
  EXPECT_GE(answered, 5u);
  EXPECT_LE(answered, 30u);
  const QImage picture = table().viewport()->grab().toImage();
  const QPoint at = pictureOf(table().currentIndex().row()) * picture.devicePixelRatio();
  EXPECT_EQ(picture.pixelColor(at), QColor(0, 255, 0));
}

TEST_F(HistoryPanelTest, PicturesOfAnotherHistoryAreDropped) {
  steps_.add(stepNamed(1, "a"));
  std::vector<StepThumbnailRequest> requests;
  QObject::connect(&panel_.thumbnails(), &StepThumbnails::requested, &panel_,
                   [&](const StepThumbnailRequest& request) { requests.push_back(request); });
  shown(panel_);
  show(steps_);
  ASSERT_TRUE(QTest::qWaitFor([&] { return requests.size() == 1; }));
  GrowingState other;
  other.add(stepNamed(1, "b"));
  show(other);
  const StepThumbnailRequest late = requests.front();
  const auto side = static_cast<size_t>(late.side_px);
  panel_.thumbnails().take(
      {late.origin, late.last, late.ticket, late.side_px, std::vector<uint32_t>(side * side, 0xFF00FF00u)});
  EXPECT_EQ(panel_.thumbnails().find({1, 1}), nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return requests.size() == 2; })) << "that of the new one is asked for";
  EXPECT_NE(requests[1].origin, late.origin);
}

}  // namespace
}  // namespace cyto::ui
