// The real window: what its commands, keys, wheel and overlays do. Tools are in window_tools_test.cpp.

#include <gmock/gmock.h>

#include <QAction>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolBar>

#include "tests/ui/window_fixture.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/window/command_palette.h"
#include "ui/window/key_map_sheet.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;

class WindowTest : public WindowFixture {
 protected:
  bool isEnabled(const char* name) { return window().commands().action(QString::fromLatin1(name))->isEnabled(); }

  /// The actions of all menus.
  QList<QAction*> menuActions() {
    QList<QAction*> all;
    for (const QAction* top : window().menuBar()->actions()) {
      if (top->menu()) all += top->menu()->actions();
    }
    return all;
  }
};

// --- commands --------------------------------------------------------------------------------------------------------

TEST_F(WindowTest, EveryCommandSaysWhatItIsAndIsInAMenu) {
  startWindow();
  const CommandRegistry& commands = window().commands();
  EXPECT_EQ(commands.conflicts(), QStringList());
  const QList<QAction*> menus = menuActions();
  for (const Command& command : commands.commands()) {
    SCOPED_TRACE(command.name.toStdString());
    EXPECT_FALSE(command.title.isEmpty());
    EXPECT_TRUE(command.help.endsWith('.')) << "a sentence";
    EXPECT_FALSE(command.group.isEmpty());
    QAction* action = commands.action(command.name);
    ASSERT_TRUE(action);
    EXPECT_FALSE(action->text().isEmpty());
    EXPECT_TRUE(action->toolTip().contains(command.help));
    EXPECT_EQ(action->whatsThis(), command.help);
    EXPECT_TRUE(menus.contains(action));
    EXPECT_TRUE(command.icon.isEmpty() || !action->icon().isNull());
  }
  for (const QAction* action : window().findChild<QToolBar*>()->actions()) {
    EXPECT_TRUE(action->isSeparator() || !action->icon().isNull()) << action->text().toStdString();
  }
}

TEST_F(WindowTest, WithoutAnImageOnlyWhatMakesSenseIsEnabled) {
  startWindow();
  ASSERT_TRUE(rests());
  for (const char* name : {"undo", "redo", "save-as", "export", "delete", "refine", "select-next", "select-previous",
                           "segment", "auto", "commit", "clear", "toggle-sign", "next-mask", "previous-mask"}) {
    EXPECT_FALSE(isEnabled(name)) << name;
  }
  for (const char* name :
       {"open", "open-project", "open-sample", "model.file", "quit", "view.theme", "palette", "keys", "tool.point"}) {
    EXPECT_TRUE(isEnabled(name)) << name;
  }
  for (const Command& command : window().commands().commands()) {
    if (command.takesArguments || command.name == "quit" || command.name.startsWith("open")) continue;
    EXPECT_THAT(window().commands().run(command.name).toStdString(), testing::AnyOf("", HasSubstr("not available now")))
        << command.name.toStdString();
  }
  ASSERT_TRUE(rests());
  EXPECT_EQ(told(), "");
}

TEST_F(WindowTest, WithAnImageTheRestFollows) {
  startWith(picture());
  for (const char* name :
       {"save-as", "export", "delete", "refine", "segment", "auto", "commit", "clear", "toggle-sign"}) {
    EXPECT_TRUE(isEnabled(name)) << name;
  }
  EXPECT_FALSE(isEnabled("undo"));
  click(25, 25);
  EXPECT_TRUE(isEnabled("undo"));
  EXPECT_FALSE(isEnabled("redo"));
  key("Ctrl+Z");
  EXPECT_FALSE(isEnabled("undo"));
  EXPECT_TRUE(isEnabled("redo"));
}

TEST_F(WindowTest, OpenSampleOpensTheSample) {
  startWindow();
  EXPECT_EQ(window().windowTitle(), "Cytoclick");
  EXPECT_EQ(window().commands().run("open-sample"), "");
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().isOpen);
  EXPECT_EQ(window().windowTitle(), "sample.png – Cytoclick");
}

TEST_F(WindowTest, ExportWritesTheLabels) {
  startWith(picture());
  click(25, 25);
  key("C");
  const auto path = folder_ / "Ergebnis ä.tif";
  EXPECT_EQ(window().commands().run("export", {pathText(path)}), "");
  ASSERT_TRUE(rests());
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_NE(window().commands().run("export", {pathText(folder_ / "labels.doc")}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(told(), "");
}

TEST_F(WindowTest, SaveAsGoesOnInTheCopy) {
  startWith(picture());
  click(25, 25);
  EXPECT_EQ(window().commands().run("save-as", {pathText(folder_ / "copy")}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(state().project, folder_ / "copy.cyto");
  key("C");
  EXPECT_EQ(labelAt(25, 25), 1u);
}

// --- tools by key ----------------------------------------------------------------------------------------------------

TEST_F(WindowTest, ToolsByKeyAndByCommand) {
  startWith(picture());
  const std::pair<const char*, const char*> all[] = {{"V", "select"}, {"R", "box"}, {"B", "brush"},
                                                     {"E", "eraser"}, {"Z", "pan"}, {"P", "point"}};
  for (const auto& [letter, name] : all) {
    key(letter);
    EXPECT_EQ(toolName(), name);
    for (const auto& other : all) {
      EXPECT_EQ(window().commands().action(QString("tool.") + other.second)->isChecked(), other.second == name);
    }
  }
  for (int i = 0; i < 2; ++i) {
    key("P");
    EXPECT_EQ(window().commands().run("tool.point"), "");
    EXPECT_EQ(toolName(), "point");
    EXPECT_TRUE(window().commands().action("tool.point")->isChecked()) << "chosen twice is chosen";
  }
  EXPECT_FALSE(window().tools().choose("hammer"));
}

TEST_F(WindowTest, SingleLettersDoNothingWhileAFieldHasTheKeyboard) {
  startWith(picture());
  click(25, 75);
  key("C");
  click(25, 25);
  auto* filter = window().findChild<ObjectPanel*>()->findChild<QLineEdit*>();
  ASSERT_TRUE(filter);
  filter->setFocus();
  ASSERT_TRUE(waitFor([&] { return filter->hasFocus(); }));
  for (const char letter : {'v', 'c', 'b', 's', 'x', 'h', '.', ',', '[', '?'}) QTest::keyClick(filter, letter);
  QTest::keyClick(filter, Qt::Key_Delete);
  ASSERT_TRUE(rests());
  EXPECT_EQ(filter->text(), "vcbsxh.,[?");
  EXPECT_EQ(toolName(), "point");
  EXPECT_EQ(prompts().points.size(), 1u);
  EXPECT_EQ(state().document.objects.size(), 1u);
  EXPECT_EQ(told(), "");
  key("F6");
  EXPECT_EQ(QApplication::focusWidget(), &view());
  key("C");
  EXPECT_EQ(state().document.objects.size(), 2u);
}

// --- objects ---------------------------------------------------------------------------------------------------------

TEST_F(WindowTest, NGoesThroughTheObjects) {
  startWith(stack());
  key("N");
  EXPECT_THAT(told().toStdString(), HasSubstr("There are no objects yet"));
  click(25, 25);
  key("C");
  key("Right");
  key(".");
  click(75, 75);
  key("C");
  ASSERT_EQ(state().document.objects.size(), 2u);
  key("N");
  EXPECT_EQ(selected(), 1u);
  EXPECT_EQ(view().t(), 0);
  EXPECT_EQ(view().z(), 0);
  EXPECT_EQ(window().findChild<ObjectPanel*>()->selected(), 1u);
  key("N");
  EXPECT_EQ(selected(), 2u);
  EXPECT_EQ(view().t(), 1);
  EXPECT_EQ(view().z(), 1);
  key("N");
  EXPECT_EQ(selected(), 1u);
  key("Shift+N");
  EXPECT_EQ(selected(), 2u);
  key("Shift+N");
  EXPECT_EQ(selected(), 1u);
}

TEST_F(WindowTest, AnotherImageHasItsOwnSelection) {
  startWith(picture());
  click(25, 25);
  key("C");
  key("N");
  EXPECT_EQ(selected(), 1u);
  const auto first = folder_ / "cells Zöllikofer 细胞.png";
  open(picture("another.png"));
  EXPECT_EQ(selected(), 0u);
  open(pathText(first));
  EXPECT_EQ(state().document.objects.size(), 1u);
  EXPECT_EQ(selected(), 0u);
}

TEST_F(WindowTest, HAndShiftFChangeHowObjectsLook) {
  startWith(picture());
  click(25, 25);
  key("C");
  leave();
  ASSERT_TRUE(rests());
  const auto shown = [&] { return view().grab().toImage(); };
  const QImage filled = shown();
  key("Shift+F");
  EXPECT_EQ(window().display().labelStyle().shape, LabelStyle::Shape::kContour);
  const QImage contour = shown();
  EXPECT_NE(contour, filled);
  key("H");
  EXPECT_FALSE(window().display().isVisible(DisplayModel::Layer::kObjects));
  EXPECT_NE(shown(), contour);
  key("H");
  EXPECT_EQ(shown(), contour);
  key("Shift+F");
  EXPECT_EQ(shown(), filled);
}

// What a state changed is on screen when the window says that it is idle.
TEST_F(WindowTest, IdleMeansDrawn) {
  startWith(picture());
  leave();
  const QColor before = colourAt(5, 5);
  bool wasIdleTooEarly = false;
  QObject::connect(&window().bridge(), &SessionBridge::settled, &window(),
                   [&] { wasIdleTooEarly = wasIdleTooEarly || window().isIdle(); });
  window().bridge().execute("paint 0 0 5 5 4 1");
  ASSERT_TRUE(rests());
  EXPECT_FALSE(wasIdleTooEarly);
  EXPECT_NE(colourAt(5, 5), before);
}

// --- slices, zoom, pan -----------------------------------------------------------------------------------------------

TEST_F(WindowTest, SlicesAndFramesByKey) {
  startWith(stack());
  const auto at = [&](int64_t t, int64_t z) {
    return view().t() == t && view().z() == z && window().axisBar().t() == t && window().axisBar().z() == z;
  };
  const std::tuple<const char*, int, int> steps[] = {{".", 0, 1},    {"Up", 0, 2},    {",", 0, 1},     {"Down", 0, 0},
                                                     {"Down", 0, 0}, {"Right", 1, 0}, {"Right", 2, 0}, {"Right", 2, 0},
                                                     {"Left", 1, 0}, {".", 1, 1}};
  for (const auto& [text, t, z] : steps) {
    key(text);
    EXPECT_TRUE(at(t, z)) << text << " at " << view().t() << ", " << view().z();
  }
}

TEST_F(WindowTest, SlicesAndFramesByWheel) {
  startWith(stack());
  wheel(-1, Qt::ControlModifier);
  wheel(-1, Qt::ControlModifier);
  EXPECT_EQ(view().z(), 2);
  wheel(1, Qt::ControlModifier);
  EXPECT_EQ(view().z(), 1);
  wheel(-1, Qt::ShiftModifier);
  EXPECT_EQ(view().t(), 1);
  EXPECT_EQ(view().z(), 1);
  wheel(5, Qt::ShiftModifier);
  EXPECT_EQ(view().t(), 0);
  ASSERT_TRUE(rests());
}

TEST_F(WindowTest, ATouchpadGoesThroughSlicesByWholeNotches) {
  startWith(stack());
  for (int i = 0; i < 7; ++i) wheel(-0.25, Qt::ControlModifier);
  EXPECT_EQ(view().z(), 1);
  wheel(-0.25, Qt::ControlModifier);
  EXPECT_EQ(view().z(), 2);
  for (int i = 0; i < 4; ++i) wheel(0.25, Qt::ControlModifier);
  EXPECT_EQ(view().z(), 1);
}

TEST_F(WindowTest, ASeriesWithoutSlicesTakesCtrlForFrames) {
  startWith(stack({5, 1, 100, 150}));
  wheel(-1, Qt::ControlModifier);
  EXPECT_EQ(view().t(), 1);
  key(".");
  EXPECT_EQ(view().z(), 0);
}

TEST_F(WindowTest, AnObjectIsShownInItsSliceOnly) {
  startWith(stack());
  click(25, 25);
  key(".");
  click(25, 75);
  EXPECT_EQ(prompts().points.size(), 1u) << "prompts of one object lie in one plane";
  EXPECT_THAT(notice().toStdString(), HasSubstr("another plane"));
}

TEST_F(WindowTest, TheWheelZoomsAroundThePointer) {
  startWith(picture());
  for (const double notches : {1.0, 2.0, -1.0, 0.5, -1.5}) {
    const QPointF at = view().widgetPosition({25, 125});
    const double before = view().transform().zoom();
    wheel(notches, {}, at);
    const QPointF now = view().widgetPosition({25, 125});
    EXPECT_NEAR(now.x(), at.x(), 1);
    EXPECT_NEAR(now.y(), at.y(), 1);
    EXPECT_EQ(view().transform().zoom() > before, notches > 0);
  }
  ASSERT_TRUE(rests());
}

TEST_F(WindowTest, ZoomByKey) {
  startWith(picture());
  const double fitting = view().transform().zoom();
  key("Ctrl+1");
  EXPECT_EQ(view().transform().zoom(), 1);
  key("Ctrl+=");
  EXPECT_EQ(view().transform().zoom(), 1.25);
  key("Ctrl++");
  key("Ctrl+-");
  EXPECT_EQ(view().transform().zoom(), 1.25);
  key("Ctrl+0");
  EXPECT_EQ(view().transform().zoom(), fitting);
  EXPECT_EQ(view().transform().visible(), (PlaneBox{0, 0, 100, 150}));
}

TEST_F(WindowTest, SpaceAndTheMiddleButtonPan) {
  startWith(picture());
  key("Ctrl+1");
  const auto origin = [&] { return QPoint(view().transform().originX(), view().transform().originY()); };
  const QPoint start = origin();
  const QPoint step = QPoint(30, -20) * view().devicePixelRatio();
  const QPoint from(200, 200);
  const auto pan = [&](Qt::MouseButton button) {
    QTest::mousePress(&view(), button, {}, from);
    QTest::mouseMove(&view(), from + QPoint(30, -20));
    QTest::mouseRelease(&view(), button, {}, from + QPoint(30, -20));
  };
  pan(Qt::MiddleButton);
  EXPECT_EQ(origin(), start + step);
  QTest::keyPress(&view(), Qt::Key_Space);
  EXPECT_EQ(view().cursor().shape(), Qt::OpenHandCursor);
  pan(Qt::LeftButton);
  QTest::keyRelease(&view(), Qt::Key_Space);
  EXPECT_EQ(origin(), start + 2 * step);
  EXPECT_NE(view().cursor().shape(), Qt::OpenHandCursor);
  key("Z");
  pan(Qt::LeftButton);
  EXPECT_EQ(origin(), start + 3 * step);
  ASSERT_TRUE(rests());
  EXPECT_TRUE(prompts().isEmpty());
}

// --- overlays --------------------------------------------------------------------------------------------------------

TEST_F(WindowTest, ThePaletteRunsACommand) {
  startWith(picture());
  key("Ctrl+K");
  auto* palette = window().findChild<CommandPalette*>();
  ASSERT_TRUE(palette->isVisible());
  QTest::keyClicks(QApplication::focusWidget(), "contours");
  tap("Return");
  ASSERT_TRUE(rests());
  EXPECT_FALSE(palette->isVisible());
  EXPECT_EQ(window().display().labelStyle().shape, LabelStyle::Shape::kContour);
  EXPECT_EQ(QApplication::focusWidget(), &view());
  click(25, 25);
  key("C");
  key("Ctrl+K");
  QTest::keyClicks(QApplication::focusWidget(), "#1");
  tap("Return");
  EXPECT_EQ(selected(), 1u);
  key("Ctrl+K");
  QTest::keyClicks(QApplication::focusWidget(), "#77");
  tap("Return");
  EXPECT_THAT(notice().toStdString(), HasSubstr("There is no object 77"));
}

TEST_F(WindowTest, TheKeyMapComesAndGoes) {
  startWith(picture());
  click(25, 25);
  auto* map = window().findChild<KeyMapSheet*>();
  window().grab();
  key("?");
  EXPECT_TRUE(map->isVisible());
  const auto* scroll = map->findChild<QScrollArea*>();
  ASSERT_TRUE(scroll);
  EXPECT_EQ(scroll->verticalScrollBar()->maximum(), 0) << "in a window of 1280 x 800 all keys are seen at once";
  key("C");
  EXPECT_TRUE(state().document.objects.empty()) << "keys stay with the sheet";
  key("Escape");
  EXPECT_FALSE(map->isVisible());
  EXPECT_EQ(prompts().points.size(), 1u);
  EXPECT_EQ(QApplication::focusWidget(), &view());
  key("?");
  key("?");
  EXPECT_FALSE(map->isVisible());
}

}  // namespace
}  // namespace cyto::ui
