// Keys and buttons in the middle of drags, and a monkey: whatever happens, the window comes to rest in a state that its
// recording gives too.

#include <gmock/gmock.h>

#include <random>

#include "tests/support/random_seed.h"
#include "tests/ui/window_fixture.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;

class WindowDragTest : public WindowFixture {
 protected:
  bool isDragging() { return view().tool()->isDragging(); }

  /// Sentences that are right to be told when a key came at the wrong time.
  static bool isExpected(const QString& sentence) {
    for (const char* part : {"there is no mask to commit", "there are no prompts", "there is nothing to undo",
                             "Nothing is selected", "No object is selected", "There are no objects yet",
                             "the model sees no object", "the mask is empty", "all pixels of the mask"}) {
      if (sentence.contains(QString::fromLatin1(part))) return true;
    }
    return false;
  }
  void expectNoOtherSentences() {
    for (const QString& sentence : sentences_) EXPECT_TRUE(isExpected(sentence)) << sentence.toStdString();
    sentences_.clear();
  }

  void expectRecordingIsRight() {
    const std::string hash = stateHash(state().document);
    const size_t objects = state().document.objects.size();
    closeWindow();
    EXPECT_EQ(replayedHash(), hash) << objects << " objects";
  }
};

struct Drag {
  const char* tool;
  double y0, x0, y1, x1;
  friend std::ostream& operator<<(std::ostream& out, const Drag& drag) { return out << drag.tool; }
};

// A point, a box, a box in the making, a stroke, an eraser stroke, the image.
constexpr Drag kDrags[] = {{"point", 25, 25, 75, 75}, {"select", 60, 60, 80, 80}, {"box", 5, 105, 40, 145},
                           {"brush", 45, 5, 45, 60},  {"eraser", 45, 5, 25, 25},  {"pan", 50, 50, 60, 60}};

class KeyInADragTest : public WindowDragTest, public testing::WithParamInterface<Drag> {};

TEST_P(KeyInADragTest, EndsCleanly) {
  const Drag& drag = GetParam();
  startWindow();
  record();
  open(stack());
  for (const char* text : {"S", "C", "Return", "Escape", "Ctrl+Z", "Ctrl+Y", "Tab",   "Shift+Tab", "V",      "P",
                           "R", "B", "E",      "Z",      ".",      ",",      "Right", "Left",      "Delete", "X",
                           "N", "T", "H",      "[",      "Ctrl+0", "Ctrl+K", "?",     "Ctrl++"}) {
    SCOPED_TRACE(text);
    window().bridge().execute("clear");
    view().setSlice(0, 0);
    window().bridge().execute("point 0 0 25 25 +");
    window().bridge().execute("box 0 0 60 60 90 90");
    ASSERT_TRUE(rests());
    ASSERT_TRUE(window().tools().choose(drag.tool));
    press(drag.y0, drag.x0);
    ASSERT_TRUE(isDragging());
    move((drag.y0 + drag.y1) / 2, (drag.x0 + drag.x1) / 2);
    tap(text);
    move(drag.y1, drag.x1);
    ASSERT_TRUE(rests());
    move(drag.y1, drag.x1);
    release(drag.y1, drag.x1);
    ASSERT_TRUE(rests());
    EXPECT_FALSE(isDragging());
    if (QApplication::focusWidget() != &view()) tap("Escape");
    window().focusView();
  }
  expectNoOtherSentences();
  expectRecordingIsRight();
}

INSTANTIATE_TEST_SUITE_P(Tools, KeyInADragTest, testing::ValuesIn(kDrags),
                         [](const auto& drag) { return std::string(drag.param.tool); });

TEST_F(WindowDragTest, EscapeGivesUpTheDragAndNothingElse) {
  startWith(picture());
  click(25, 25);
  press(25, 25);
  move(75, 75);
  key("Escape");
  EXPECT_FALSE(isDragging());
  release(75, 75);
  ASSERT_TRUE(rests());
  ASSERT_EQ(prompts().points.size(), 1u);
  EXPECT_NEAR(prompts().points[0].y, 25, 0.5);
}

// The undo takes the prompt away that is being dragged; letting go must not ask for what is not there.
TEST_F(WindowDragTest, LettingGoOfAPromptThatIsGone) {
  startWith(picture());
  click(25, 25);
  press(25, 25);
  move(40, 40);
  key("Ctrl+Z");
  ASSERT_TRUE(prompts().isEmpty());
  release(40, 40);
  ASSERT_TRUE(rests());
  EXPECT_EQ(told(), "");
  EXPECT_TRUE(prompts().isEmpty());
}

TEST_F(WindowDragTest, AnotherButtonDoesNotEndADrag) {
  startWith(picture());
  key("B");
  for (const Qt::MouseButton other : {Qt::MiddleButton, Qt::RightButton}) {
    press(20, 20);
    move(20, 40);
    QTest::mousePress(&view(), other, {}, place(20, 40));
    QTest::mouseRelease(&view(), other, {}, place(20, 40));
    EXPECT_TRUE(isDragging());
    move(20, 60);
    release(20, 60);
    ASSERT_TRUE(rests());
    EXPECT_FALSE(isDragging());
    EXPECT_NE(labelAt(20, 55), 0u);
    key("Ctrl+Z");
  }
  // Let go in the other order.
  press(20, 20);
  QTest::mousePress(&view(), Qt::MiddleButton, {}, place(20, 40));
  release(20, 40);
  QTest::mouseRelease(&view(), Qt::MiddleButton, {}, place(20, 40));
  EXPECT_FALSE(isDragging());
  hover(90, 90);
  EXPECT_FALSE(isDragging());
  ASSERT_TRUE(rests());
}

// The id that a stroke was begun with may be taken, or gone, when it ends.
TEST_F(WindowDragTest, AStrokeIsItsOwnObjectWhateverHappensMeanwhile) {
  startWith(picture());
  click(25, 25);
  key("B");
  press(45, 5);
  move(45, 40);
  key("C");
  release(45, 60);
  ASSERT_TRUE(rests());
  EXPECT_EQ(labelAt(25, 25), 1u);
  EXPECT_EQ(labelAt(45, 30), 2u);
  EXPECT_EQ(selected(), 2u);
  press(55, 5);
  move(55, 40);
  key("Ctrl+Z");
  release(55, 60);
  ASSERT_TRUE(rests());
  EXPECT_EQ(labelAt(45, 30), 0u);
  EXPECT_EQ(labelAt(55, 30), 3u);
  EXPECT_EQ(told(), "");
}

// A dialog that opens in the middle of a drag gets the release.
TEST_F(WindowDragTest, LosingTheKeyboardGivesUpTheDrag) {
  startWith(picture());
  key("B");
  press(20, 20);
  move(20, 60);
  QWidget other;
  other.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&other));
  QApplication::setActiveWindow(&other);
  other.setFocus();
  ASSERT_TRUE(waitFor([&] { return QApplication::focusWidget() != &view(); }));
  EXPECT_FALSE(isDragging());
  other.close();
  activate(window());
  QTest::mouseRelease(&other, Qt::LeftButton);
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().document.objects.empty());
}

// A mask that was given up is not in the recording's state either, and undo counts the same steps.
TEST_F(WindowDragTest, AClickWhoseMaskWasGivenUpIsRecorded) {
  model_.encodeTime = std::chrono::milliseconds(200);
  startWindow();
  record();
  window().open(picture());
  ASSERT_TRUE(waitFor([&] { return state().isOpen && view().isSettled(); }));
  window().focusView();
  window().bridge().execute("paint 0 0 70 70 8 1");
  window().bridge().execute("point 0 0 25 25 +");
  ASSERT_TRUE(waitFor([&] { return state().isAnswering; }));
  tap("Escape");
  ASSERT_TRUE(rests());
  EXPECT_TRUE(prompts().isEmpty());
  window().bridge().execute("undo");
  window().bridge().execute("undo");
  ASSERT_TRUE(rests());
  EXPECT_EQ(state().document.objects.size(), 1u) << "the clearing and the point were taken back, the stroke was not";
  expectRecordingIsRight();
}

// --- monkey ----------------------------------------------------------------------------------------------------------

TEST_F(WindowDragTest, AMonkeyLeavesARecordingThatGivesItsLabels) {
  const uint64_t seed = cyto::test::randomSeed(20240);
  for (uint64_t round = 0; round < 3; ++round) {
    SCOPED_TRACE(cyto::test::seedText(seed + round));
    std::mt19937_64 random(seed + round);
    const auto upTo = [&](int last) { return std::uniform_int_distribution<int>(0, last)(random); };
    const char* const keys[] = {"S",      "C", "Return", "Escape", "Shift+C", "Ctrl+Z",  "Ctrl+Y", "Tab",    "V",
                                "P",      "R", "B",      "E",      "Z",       ".",       ",",      "Right",  "Left",
                                "Delete", "X", "N",      "T",      "H",       "[",       "]",      "Ctrl+0", "Ctrl+1",
                                "Ctrl+K", "?", "Ctrl++", "Ctrl+-", "F6",      "Shift+F", "Shift+N"};
    const Qt::MouseButton buttons[] = {Qt::LeftButton, Qt::LeftButton, Qt::RightButton, Qt::MiddleButton};
    model_.encodeTime = std::chrono::milliseconds(upTo(1) * 5);
    startWindow();
    record();
    open(stack());
    const auto somewhere = [&] { return QPoint(upTo(view().width()), upTo(view().height())); };
    const auto onTheImage = [&] { return place(upTo(99), upTo(149)); };
    for (int i = 0; i < 100; ++i) {
      switch (upTo(9)) {
        case 0:
        case 1: {
          const Qt::MouseButton button = buttons[upTo(3)];
          const QPoint at = onTheImage();
          if (view().rect().contains(at)) hoverAt(at);
          QTest::mousePress(&view(), button, {}, at);
          if (upTo(1) == 0) QTest::mouseMove(&view(), somewhere());
          if (upTo(3) == 0) tap(keys[upTo(std::size(keys) - 1)]);
          QTest::mouseMove(&view(), onTheImage());
          if (upTo(9) != 0) QTest::mouseRelease(&view(), button, {}, onTheImage());
          break;
        }
        case 2: QTest::mouseClick(&view(), buttons[upTo(3)], {}, onTheImage()); break;
        case 3: hoverAt(somewhere()); break;
        case 4:
          wheel(upTo(6) - 3, upTo(3) == 0 ? Qt::AltModifier : upTo(3) == 0 ? Qt::ControlModifier : Qt::NoModifier);
          break;
        case 5: window().resize(600 + upTo(800), 400 + upTo(500)); break;
        case 6: view().setSlice(upTo(4) - 1, upTo(5) - 1); break;
        case 7:
          window().bridge().execute(QStringLiteral("goto %1").arg(upTo(static_cast<int>(state().history.size()))));
          break;
        default: tap(keys[upTo(std::size(keys) - 1)]);
      }
      if (upTo(2) == 0) QCoreApplication::processEvents();
      const bool isAwaited = upTo(9) == 0;
      ASSERT_TRUE(!isAwaited || rests()) << "after event " << i;
    }
    for (const Qt::MouseButton button : buttons) QTest::mouseRelease(&view(), button, {}, place(5, 5));
    ASSERT_TRUE(rests());
    EXPECT_FALSE(isDragging());
    expectRecordingIsRight();
    std::filesystem::remove_all(autosaves());
    sentences_.clear();
  }
}

}  // namespace
}  // namespace cyto::ui
