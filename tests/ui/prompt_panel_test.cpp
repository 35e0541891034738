#include "ui/panels/prompt_panel.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "tests/ui/shown_widgets.h"
#include "tests/unit/display/memory_source.h"
#include "ui/panels/prompt_table.h"

namespace cyto::ui {
namespace {

SessionState stateWithPrompts() {
  SessionState state;
  state.isOpen = true;
  state.nextId = 13;
  state.reference.shape = {1, 20, 64, 64};
  state.image = std::make_shared<test::MemorySource>(
      test::imageOf<uint8_t>(8, 8, 1, [](int64_t, int64_t, int64_t) { return 0; }));
  ObjectPrompts& prompts = state.document.draft.prompts;
  prompts.z = 11;
  prompts.points = {{123, 45.5, true}, {10, 20, false}};
  prompts.boxes = {{5, 6, 40.5, 30}};
  auto current = std::make_shared<CurrentObject>();
  current->mask = {{0, 0, 2, 3}, {1, 1, 1, 0, 1, 0}};
  current->predictedIou = 0.931F;
  state.current = current;
  return state;
}

class PromptPanelTest : public AmericanNumbersTest {
 protected:
  PromptPanelTest() {
    ModelEntry here{"cyto-small", "cyto_small", "", "", "CC0-1.0", "small", true, false, "/models/cyto-small"};
    ModelEntry other{"vit_b_lm", "vit_b", "", "", "", "micro-sam", false, false, "/models/vit_b_lm"};
    ModelEntry away{"vit_h", "vit_h", "", "", "", "", false, false, {}};
    panel_.setModels({here, other, away});
    shown(panel_);
    panel_.setState(stateWithPrompts());
  }

  QString cell(int row, int column) { return table_->item(row, column)->text(); }

  PromptPanel panel_;
  PromptTable* table_ = panel_.findChild<PromptTable*>();
  QComboBox* models_ = panel_.findChild<QComboBox*>();
};

TEST_F(PromptPanelTest, ListsPromptsWithCoordinates) {
  ASSERT_EQ(table_->rowCount(), 3);
  EXPECT_EQ(cell(0, 0), "+ point");
  EXPECT_EQ(cell(0, 1), "y 123.0");
  EXPECT_EQ(cell(0, 2), "x 45.5");
  EXPECT_EQ(cell(1, 0), "− point");
  EXPECT_EQ(cell(2, 0), "box");
  EXPECT_EQ(cell(2, 1), "y 5–41");
  EXPECT_TRUE(showsText(panel_, "New object 13"));
  EXPECT_TRUE(showsText(panel_, "z 12"));
  SessionState state = stateWithPrompts();
  state.document.draft.refines = 4;
  panel_.setState(state);
  EXPECT_TRUE(showsText(panel_, "Refine object 4"));
}

TEST_F(PromptPanelTest, PromptsAreRemovedAndToggled) {
  QSignalSpy points(&panel_, &PromptPanel::removePointRequested);
  QSignalSpy boxes(&panel_, &PromptPanel::removeBoxRequested);
  QSignalSpy toggles(&panel_, &PromptPanel::togglePointRequested);
  QToolButton* toggle = toolNamed(panel_, "Change the sign");
  QToolButton* remove = toolNamed(panel_, "Remove");
  EXPECT_FALSE(toggle->isEnabled());
  table_->selectRow(1);
  QTest::mouseClick(toggle, Qt::LeftButton);
  QTest::keyClick(table_, Qt::Key_Space);
  ASSERT_EQ(toggles.count(), 2);
  EXPECT_EQ(toggles[0][0].toInt(), 1);
  QTest::keyClick(table_, Qt::Key_Delete);
  ASSERT_EQ(points.count(), 1);
  EXPECT_EQ(points[0][0].toInt(), 1);
  table_->selectRow(2);
  EXPECT_FALSE(toggle->isEnabled());
  QTest::mouseClick(remove, Qt::LeftButton);
  ASSERT_EQ(boxes.count(), 1);
  EXPECT_EQ(boxes[0][0].toInt(), 0);
  // What is left keeps the place of the selection.
  SessionState state = stateWithPrompts();
  state.document.draft.prompts.boxes.clear();
  panel_.setState(state);
  EXPECT_EQ(table_->selectedPoint(), 1);
}

TEST_F(PromptPanelTest, ShowsTheMaskAndItsAlternatives) {
  EXPECT_TRUE(showsText(panel_, "Mask 1"));
  EXPECT_TRUE(showsText(panel_, "IoU 0.93 · 4 px"));
  QSignalSpy alternatives(&panel_, &PromptPanel::alternativeRequested);
  EXPECT_FALSE(toolNamed(panel_, "Previous")->isEnabled());
  QTest::mouseClick(toolNamed(panel_, "Next"), Qt::LeftButton);
  ASSERT_EQ(alternatives.count(), 1);
  EXPECT_EQ(alternatives[0][0].toInt(), 1);
  SessionState state = stateWithPrompts();
  state.isAnswering = true;
  panel_.setState(state);
  EXPECT_TRUE(showsText(panel_, "Segmenting…"));
  EXPECT_FALSE(toolNamed(panel_, "Next")->isEnabled());
}

TEST_F(PromptPanelTest, ButtonsAreEnabledWhenTheyDoSomething) {
  QSignalSpy segments(&panel_, &PromptPanel::segmentRequested);
  QSignalSpy commits(&panel_, &PromptPanel::commitRequested);
  QSignalSpy clears(&panel_, &PromptPanel::clearRequested);
  for (const char* name : {"Segment", "Commit", "Clear"}) QTest::mouseClick(buttonNamed(panel_, name), Qt::LeftButton);
  EXPECT_EQ(segments.count() + commits.count() + clears.count(), 3);
  SessionState readOnly = stateWithPrompts();
  readOnly.readOnlyReason = "another program has it open";
  panel_.setState(readOnly);
  EXPECT_FALSE(buttonNamed(panel_, "Commit")->isEnabled());
  panel_.setState({});
  for (const char* name : {"Segment", "Commit", "Clear"}) EXPECT_FALSE(buttonNamed(panel_, name)->isEnabled()) << name;
  EXPECT_TRUE(showsText(panel_, "No mask yet"));
}

TEST_F(PromptPanelTest, OffersTheModelsOfThisMachineAndAFile) {
  ASSERT_EQ(models_->count(), 4);  // with a separator
  EXPECT_EQ(models_->currentText(), "cyto-small (default)");
  QSignalSpy chosen(&panel_, &PromptPanel::modelChosen);
  QSignalSpy files(&panel_, &PromptPanel::fileModelRequested);
  models_->setCurrentIndex(1);
  Q_EMIT models_->activated(1);
  ASSERT_EQ(chosen.count(), 1);
  EXPECT_EQ(chosen[0][0].toString(), "vit_b_lm");
  models_->setCurrentIndex(3);
  Q_EMIT models_->activated(3);
  EXPECT_EQ(files.count(), 1);
  EXPECT_EQ(models_->currentText(), "vit_b_lm");
}

TEST_F(PromptPanelTest, SaysHowTheModelAndTheEmbeddingsAre) {
  ModelState state{ModelState::Phase::kLoading, "/somewhere/mine.pt", {}, {}};
  panel_.setModelState(state);
  EXPECT_EQ(models_->currentText(), "mine.pt");
  EXPECT_TRUE(showsText(panel_, "Loading mine.pt…"));
  state.phase = ModelState::Phase::kReady;
  state.identity.name = "vit_b";
  state.identity.precision = Precision::kBf16;
  state.identity.device = "cpu";
  state.identity.threads = 2;
  panel_.setModelState(state);
  EXPECT_TRUE(showsText(panel_, "bf16 on CPU, 2 threads"));
  state.phase = ModelState::Phase::kFailed;
  state.problem = "the checkpoint does not exist";
  panel_.setModelState(state);
  EXPECT_TRUE(showsText(panel_, "The checkpoint does not exist. vit_b stays in use."));
  panel_.setEmbeddingState({12, 90, true, {}});
  EXPECT_TRUE(showsText(panel_, "Embeddings 12 of 90 tiles"));
}

}  // namespace
}  // namespace cyto::ui
