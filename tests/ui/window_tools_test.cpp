// What the pointer does in the real window with each tool, and the keys that go with it.

#include <gmock/gmock.h>

#include "tests/ui/window_fixture.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;

class WindowToolsTest : public WindowFixture {
 protected:
  void SetUp() override {
    WindowFixture::SetUp();
    startWith(picture());
  }
};

// --- points ----------------------------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, ClicksArePointsAndTheirMaskIsCommitted) {
  EXPECT_EQ(toolName(), "point");
  click(25, 25);
  ASSERT_EQ(prompts().points.size(), 1u);
  EXPECT_TRUE(prompts().points[0].positive);
  EXPECT_NEAR(prompts().points[0].y, 25, 0.5);
  EXPECT_NEAR(prompts().points[0].x, 25, 0.5);
  ASSERT_TRUE(state().current);
  EXPECT_EQ(state().current->mask.area(), 400);
  click(25, 75);
  EXPECT_EQ(state().current->mask.area(), 800);
  click(25, 76, Qt::RightButton);
  click(25, 5, Qt::LeftButton, Qt::ControlModifier);
  ASSERT_EQ(prompts().points.size(), 4u);
  EXPECT_FALSE(prompts().points[2].positive);
  EXPECT_FALSE(prompts().points[3].positive);
  EXPECT_EQ(state().current->mask.area(), 400);
  key("C");
  EXPECT_TRUE(prompts().isEmpty());
  EXPECT_FALSE(state().current);
  EXPECT_EQ(state().document.objects.size(), 1u);
  EXPECT_EQ(labelAt(25, 25), 1u);
  EXPECT_EQ(labelAt(25, 75), 0u);
  click(75, 75);
  key("Return");
  EXPECT_EQ(labelAt(75, 75), 2u);
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, AClickBesideTheImageIsNoPoint) {
  view().zoomBy(-3);
  ASSERT_TRUE(rests());
  click(-10, -10);
  EXPECT_TRUE(prompts().isEmpty());
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, TTurnsTheSignOfClicks) {
  QAction* sign = window().commands().action("toggle-sign");
  click(25, 25);
  key("T");
  EXPECT_TRUE(sign->isChecked());
  click(25, 5);
  click(25, 75, Qt::RightButton);
  ASSERT_EQ(prompts().points.size(), 3u);
  EXPECT_FALSE(prompts().points[1].positive);
  EXPECT_TRUE(prompts().points[2].positive);
  key("T");
  EXPECT_FALSE(sign->isChecked());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(window().commands().run("toggle-sign", {"on"}), "");
    EXPECT_TRUE(sign->isChecked());
    EXPECT_TRUE(window().tools().point().isNegative()) << "on is on, however often it is said";
  }
  EXPECT_EQ(window().commands().run("toggle-sign", {"off"}), "");
  EXPECT_FALSE(window().tools().point().isNegative());
}

TEST_F(WindowToolsTest, ADragMovesAPointAndAClickOnItChangesNothing) {
  click(25, 25);
  drag(25, 25, 75, 125);
  ASSERT_EQ(prompts().points.size(), 1u);
  EXPECT_NEAR(prompts().points[0].y, 75, 0.5);
  EXPECT_NEAR(prompts().points[0].x, 125, 0.5);
  EXPECT_TRUE(state().current->mask.at(75, 125));
  EXPECT_EQ(state().undoLabel, "change of a point");
  click(75, 125);
  EXPECT_EQ(prompts().points.size(), 1u);
  EXPECT_EQ(state().undoLabel, "change of a point");
  drag(75, 125, 200, 300);
  EXPECT_EQ(prompts().points[0].y, 99) << "a point stays in the image";
  EXPECT_EQ(prompts().points[0].x, 149);
  EXPECT_EQ(told(), "");
}

// --- previews --------------------------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, APreviewShowsWhatAClickWouldGiveAndIsNoStep) {
  hover(25, 25);
  ASSERT_TRUE(waitFor([&] { return window().bridge().preview().has_value(); }));
  EXPECT_EQ(window().bridge().preview()->mask.area(), 400);
  hover(75, 126);
  ASSERT_TRUE(waitFor([&] {
    const auto& preview = window().bridge().preview();
    return preview && preview->mask.at(75, 125);
  }));
  leave();
  ASSERT_TRUE(waitFor([&] { return !window().bridge().preview(); }));
  EXPECT_TRUE(rests());
  EXPECT_TRUE(state().history.empty());
  EXPECT_TRUE(prompts().isEmpty());
  EXPECT_FALSE(window().commands().action("undo")->isEnabled());
}

TEST_F(WindowToolsTest, APreviewGoesWithItsToolAndItsImage) {
  const auto showPreview = [&] {
    hover(30, 30);
    hover(25, 25);
    ASSERT_TRUE(waitFor([&] { return window().bridge().preview().has_value(); }));
  };
  showPreview();
  key("B");
  EXPECT_TRUE(waitFor([&] { return !window().bridge().preview(); }));
  key("P");
  showPreview();
  open(picture("other.png"));
  EXPECT_TRUE(waitFor([&] { return !window().bridge().preview(); })) << "it belongs to the image before";
}

// --- boxes -----------------------------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, ADragWithTheBoxToolIsABoxWhoseCornersAndBordersMove) {
  key("R");
  EXPECT_EQ(toolName(), "box");
  drag(40, 40, 10, 10);
  ASSERT_EQ(prompts().boxes.size(), 1u);
  EXPECT_NEAR(prompts().boxes[0].y0, 10, 0.5);
  EXPECT_NEAR(prompts().boxes[0].x1, 40, 0.5);
  EXPECT_EQ(state().current->mask.area(), 400);
  drag(40, 40, 25, 25);
  EXPECT_NEAR(prompts().boxes[0].y1, 25, 0.5);
  EXPECT_NEAR(prompts().boxes[0].x1, 25, 0.5);
  EXPECT_NEAR(prompts().boxes[0].y0, 10, 0.5);
  EXPECT_LT(state().current->mask.area(), 200);
  drag(10, 17, 15, 27);  // by the upper border
  EXPECT_NEAR(prompts().boxes[0].y0, 15, 0.7);
  EXPECT_NEAR(prompts().boxes[0].x0, 20, 0.7);
  EXPECT_NEAR(prompts().boxes[0].y1, 30, 0.7);
  drag(15, 20, 50, 60);  // a corner over to the other side
  EXPECT_LT(prompts().boxes[0].y0, prompts().boxes[0].y1);
  EXPECT_LT(prompts().boxes[0].x0, prompts().boxes[0].x1);
  EXPECT_EQ(prompts().boxes.size(), 1u);
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, AClickThatSlippedIsNoBox) {
  key("R");
  click(25, 25);
  drag(60, 60, 60.3, 90);
  EXPECT_TRUE(prompts().isEmpty());
  EXPECT_TRUE(state().history.empty());
}

TEST_F(WindowToolsTest, ABoxOverTheBorderIsCut) {
  view().zoomBy(-3);
  key("R");
  drag(-5, -20, 40, 40);
  ASSERT_EQ(prompts().boxes.size(), 1u);
  EXPECT_EQ(prompts().boxes[0].y0, -0.5);
  EXPECT_EQ(prompts().boxes[0].x0, -0.5);
  EXPECT_EQ(state().current->mask.area(), 400);
}

// --- deleting --------------------------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, DeleteTakesThePromptUnderThePointer) {
  click(25, 25);
  click(25, 75);
  key("R");
  drag(60, 10, 90, 140);
  hover(60, 60);
  key("Delete");
  EXPECT_TRUE(prompts().boxes.empty());
  EXPECT_EQ(prompts().points.size(), 2u);
  hover(25, 25);
  key("Backspace");
  ASSERT_EQ(prompts().points.size(), 1u);
  EXPECT_NEAR(prompts().points[0].x, 75, 0.5);
  key("Delete");
  EXPECT_EQ(prompts().points.size(), 1u) << "nothing is under the pointer any more";
  hover(25, 75);
  leave();
  key("Delete");
  EXPECT_EQ(prompts().points.size(), 1u) << "the pointer is not there any more";
  EXPECT_THAT(told().toStdString(), HasSubstr("Nothing is selected"));
}

TEST_F(WindowToolsTest, TheNearEdgeOfTheFirstPixelBelongsToIt) {
  window().bridge().execute(QStringLiteral("paint 0 0 0 0 3 1"));
  ASSERT_TRUE(rests());
  key("V");
  click(-0.5, -0.5);
  EXPECT_EQ(selected(), 1u);
  click(50, 50);
  EXPECT_EQ(selected(), 0u);
  click(2, -0.5);
  EXPECT_EQ(selected(), 1u);
}

TEST_F(WindowToolsTest, DeleteTakesTheSelectedObject) {
  click(25, 25);
  key("C");
  click(75, 75);
  key("C");
  key("V");
  click(75, 75);
  EXPECT_EQ(selected(), 2u);
  key("Delete");
  EXPECT_EQ(labelAt(75, 75), 0u);
  EXPECT_EQ(state().document.objects.size(), 1u);
  key("Ctrl+Z");
  EXPECT_EQ(labelAt(75, 75), 2u);
  click(5, 5);
  EXPECT_EQ(selected(), 0u);
  key("Delete");
  EXPECT_EQ(state().document.objects.size(), 2u);
  EXPECT_THAT(told().toStdString(), HasSubstr("Nothing is selected"));
}

// --- the object in the making ----------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, AlternativesByTabAndWheel) {
  click(25, 25);
  const auto alternative = [&] { return state().current ? state().current->alternative : -1; };
  EXPECT_EQ(alternative(), 0);
  key("Tab");
  EXPECT_EQ(alternative(), 1);
  EXPECT_EQ(QApplication::focusWidget(), &view()) << "the key must not wander";
  key("Tab");
  EXPECT_EQ(alternative(), 2);
  key("Shift+Tab");
  EXPECT_EQ(alternative(), 1);
  wheel(-1, Qt::AltModifier);
  ASSERT_TRUE(rests());
  EXPECT_EQ(alternative(), 2);
  wheel(1, Qt::AltModifier);
  wheel(0, Qt::AltModifier);
  ASSERT_TRUE(rests());
  EXPECT_EQ(alternative(), 1);
  key("Shift+Tab");
  key("Shift+Tab");
  EXPECT_EQ(alternative(), 0);
  tap("Tab");
  tap("Tab");
  ASSERT_TRUE(rests());
  EXPECT_EQ(alternative(), 2) << "the second press does not wait for the first answer";
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, EscapeAndShiftCClear) {
  for (const char* clear : {"Escape", "Shift+C"}) {
    click(25, 25);
    ASSERT_TRUE(state().current);
    key(clear);
    EXPECT_TRUE(prompts().isEmpty()) << clear;
    EXPECT_FALSE(state().current) << clear;
  }
  const uint64_t position = state().history.current();
  key("Escape");
  EXPECT_EQ(state().history.current(), position) << "nothing to clear is no step";
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, SSegmentsAgain) {
  click(25, 25);
  key("Tab");
  key("S");
  EXPECT_EQ(state().current->alternative, 0);
  EXPECT_EQ(state().undoLabel, "segmentation");
  key("Escape");
  key("S");
  EXPECT_THAT(told().toStdString(), HasSubstr("there are no prompts"));
  EXPECT_THAT(notice().toStdString(), HasSubstr("There are no prompts"));
}

TEST_F(WindowToolsTest, UndoAndRedoByAllTheirKeys) {
  click(25, 25);
  key("C");
  EXPECT_EQ(window().commands().action("undo")->text(), "Undo commit of object 1");
  key("Ctrl+Z");
  EXPECT_EQ(labelAt(25, 25), 0u);
  EXPECT_EQ(prompts().points.size(), 1u);
  EXPECT_EQ(window().commands().action("redo")->text(), "Redo commit of object 1");
  key("Ctrl+Shift+Z");
  EXPECT_EQ(labelAt(25, 25), 1u);
  key("Ctrl+Z");
  key("Ctrl+Y");
  EXPECT_EQ(labelAt(25, 25), 1u);
  key("Ctrl+Y");
  EXPECT_EQ(told(), "") << "a key without anything to do is quiet";
}

TEST_F(WindowToolsTest, ARefinedObjectKeepsItsId) {
  click(25, 25);
  key("C");
  key("X");
  EXPECT_THAT(told().toStdString(), HasSubstr("No object is selected"));
  key("V");
  click(25, 25);
  key("X");
  EXPECT_EQ(state().document.draft.refines, 1u);
  EXPECT_EQ(prompts().points.size(), 1u);
  key("P");
  click(25, 75);
  key("C");
  EXPECT_EQ(state().document.objects.size(), 1u);
  EXPECT_EQ(labelAt(25, 25), 1u);
  EXPECT_EQ(labelAt(25, 75), 1u);
}

// --- brushes ---------------------------------------------------------------------------------------------------------

TEST_F(WindowToolsTest, AStrokeMakesAnObjectAndTheNextGoesOnWithIt) {
  key("B");
  drag(10, 10, 10, 40);
  EXPECT_EQ(labelAt(10, 25), 1u);
  EXPECT_EQ(labelAt(14, 25), 1u) << "radius 5";
  EXPECT_EQ(labelAt(17, 25), 0u);
  EXPECT_EQ(selected(), 1u);
  drag(40, 10, 40, 40);
  EXPECT_EQ(labelAt(40, 25), 1u);
  EXPECT_EQ(state().document.objects.size(), 1u);
  EXPECT_EQ(state().history.size(), 2u) << "a stroke is one step";
  key("V");
  click(90, 90);
  key("B");
  drag(90, 90, 90, 100);
  EXPECT_EQ(labelAt(90, 95), 2u) << "none was selected, so a new one";
  key("V");
  click(5, 100);
  key("B");
  drag(10, 25, 10, 90);
  EXPECT_EQ(labelAt(10, 80), 1u) << "begun on an object, so on with it";
  click(60, 5);
  EXPECT_EQ(labelAt(60, 5), 1u) << "a click is a dab";
  EXPECT_EQ(told(), "");
}

TEST_F(WindowToolsTest, TheEraserTakesPixels) {
  key("B");
  drag(10, 10, 10, 40);
  key("E");
  drag(10, 25, 30, 25);
  EXPECT_EQ(labelAt(10, 25), 0u);
  EXPECT_EQ(labelAt(10, 12), 1u);
  EXPECT_EQ(state().undoLabel, "eraser stroke");
  drag(10, 0, 10, 60);
  EXPECT_TRUE(state().document.objects.empty()) << "an object without pixels is gone";
  key("X");
  EXPECT_THAT(told().toStdString(), HasSubstr("No object is selected"));
  key("B");
  drag(50, 50, 50, 60);
  EXPECT_EQ(labelAt(50, 55), 2u) << "the one that is gone is not gone on with";
}

TEST_F(WindowToolsTest, BracketsChangeTheBrush) {
  key("B");
  const double before = window().tools().brushRadius();
  key("]");
  EXPECT_DOUBLE_EQ(window().tools().brushRadius(), before * 1.25);
  key("[");
  key("[");
  EXPECT_DOUBLE_EQ(window().tools().brushRadius(), before / 1.25);
  for (int i = 0; i < 50; ++i) tap("[");
  EXPECT_DOUBLE_EQ(window().tools().brushRadius(), 0.5);
  drag(70, 70, 70, 80);
  EXPECT_EQ(labelAt(70, 75), 1u);
  EXPECT_EQ(labelAt(71, 75), 0u);
  for (int i = 0; i < 50; ++i) tap("]");
  EXPECT_DOUBLE_EQ(window().tools().brushRadius(), 500);
}

}  // namespace
}  // namespace cyto::ui
