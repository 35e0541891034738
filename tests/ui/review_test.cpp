// Proposals, states and classes in the real window: review by keyboard, table, verified objects, import and export.

#include <gmock/gmock.h>

#include <QAction>
#include <QComboBox>
#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QTableView>
#include <QUrl>

#include "tests/ui/window_fixture.h"
#include "ui/models/reading_order.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/panels/objects/review_bar.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;

class ReviewTest : public WindowFixture {
 protected:
  /// Labels for the six squares of picture(): ids 1 to 6 in reading order.
  QString labels(const char* name = "cellpose Zählung.tif") {
    Array pixels = *Array::create(Dtype::kUint32, {1, 1, 100, 150});
    for (int64_t y = 0; y < 100; ++y) {
      for (int64_t x = 0; x < 150; ++x) {
        if (!isInSquare(y, x)) continue;
        pixels.as<uint32_t>()[static_cast<size_t>(y * 150 + x)] = static_cast<uint32_t>(1 + y / 50 * 3 + x / 50);
      }
    }
    EXPECT_TRUE(io::writeLabelTiff(folder_ / name, pixels, {}));
    return pathText(folder_ / name);
  }

  void startWithProposals() {
    startWith(picture());
    execute("import proposals '" + labels() + "'");
    ASSERT_EQ(counts().proposals, 6) << told().toStdString();
    sentences_.clear();
  }

  void execute(const QString& command) {
    window().bridge().execute(command);
    ASSERT_TRUE(rests());
  }

  ObjectCounts counts() { return countObjects(state().document.objects); }
  ObjectState stateOf(uint32_t id) { return state().document.objects.at(id)->state; }
  ReviewBar& bar() { return *window().findChild<ReviewBar*>(); }
  ObjectPanel& panel() { return *window().findChild<ObjectPanel*>(); }
  QTableView& table() { return *panel().findChild<QTableView*>(); }

  QString textIn(QWidget& part) {
    QStringList texts;
    for (const QLabel* label : part.findChildren<QLabel*>()) texts.append(label->text());
    return texts.join(QLatin1Char('|'));
  }

  QPushButton* button(QWidget& part, const QString& text) {
    for (QPushButton* button : part.findChildren<QPushButton*>()) {
      if (button->isVisible() && button->text().startsWith(text)) return button;
    }
    return nullptr;
  }

  void press(QPushButton* button) {
    ASSERT_TRUE(button);
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(rests());
  }
};

// --- on screen -------------------------------------------------------------------------------------------------------

TEST_F(ReviewTest, ProposalsAreDrawnUntilTheirLayerIsHidden) {
  startWith(picture());
  const QColor plain = colourAt(25, 25);
  execute("import proposals '" + labels() + "'");
  const QColor proposed = colourAt(25, 25);
  EXPECT_NE(proposed, plain);
  key("Shift+H");
  EXPECT_EQ(colourAt(25, 25), plain);
  key("Shift+H");
  EXPECT_EQ(colourAt(25, 25), proposed);
}

TEST_F(ReviewTest, TheSelectToolPicksAProposalWhereNoObjectIs) {
  startWithProposals();
  key("V");
  click(25, 75);
  EXPECT_EQ(selected(), 2u);
  EXPECT_EQ(panel().selected(), 2u);
  click(5, 5);
  EXPECT_EQ(selected(), 0u);
  execute("paint 0 0 25 75 3 90");
  click(25, 75);
  EXPECT_EQ(selected(), 90u) << "the object lies above the proposal";
  key("Shift+H");
  click(25, 25);
  EXPECT_EQ(selected(), 0u) << "what is hidden cannot be picked";
}

TEST_F(ReviewTest, ABrushStrokeOnASelectedProposalMakesAnObject) {
  startWithProposals();
  key("V");
  click(25, 25);
  key("B");
  click(5, 5);
  EXPECT_EQ(counts().objects, 1) << told().toStdString();
  EXPECT_EQ(counts().proposals, 6);
}

// --- review ----------------------------------------------------------------------------------------------------------

TEST_F(ReviewTest, KeysWorkThroughAllProposalsInReadingOrder) {
  startWithProposals();
  key("A");
  EXPECT_EQ(selected(), 1u) << "the first press goes to where the review begins";
  EXPECT_EQ(counts().proposals, 6);
  key("A");
  EXPECT_EQ(stateOf(1), ObjectState::kAccepted);
  EXPECT_EQ(selected(), 2u);
  key("D");
  EXPECT_FALSE(state().document.objects.contains(2));
  EXPECT_EQ(selected(), 3u);
  key("J");
  EXPECT_EQ(selected(), 4u);
  key("Shift+J");
  EXPECT_EQ(selected(), 3u);
  key("Ctrl+Z");
  EXPECT_EQ(counts().proposals, 5);
}

TEST_F(ReviewTest, KeysThatComeFasterThanAnswersDecideAboutOneProposalEach) {
  startWithProposals();
  key("J");
  for (int i = 0; i < 3; ++i) tap("A");
  tap("D");
  ASSERT_TRUE(rests());
  EXPECT_EQ(counts().objects, 3) << told().toStdString();
  EXPECT_EQ(counts().proposals, 2);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(selected(), 5u);
}

TEST_F(ReviewTest, AProposalThatCannotBeAcceptedIsShownAgain) {
  startWithProposals();
  execute("paint 0 0 25 25 20 90");
  execute("verify 90");
  window().selectObject(1, false);
  ASSERT_EQ(stateOf(1), ObjectState::kProposal);
  key("A");
  EXPECT_EQ(stateOf(1), ObjectState::kProposal);
  EXPECT_EQ(selected(), 1u);
  EXPECT_THAT(told().toStdString(), HasSubstr("object 90 keeps its pixels"));
}

TEST_F(ReviewTest, TheBarIsThereWhileThereAreProposals) {
  startWith(picture());
  EXPECT_FALSE(bar().isVisible());
  execute("import proposals '" + labels() + "'");
  ASSERT_TRUE(bar().isVisible());
  EXPECT_THAT(textIn(bar()).toStdString(), HasSubstr("6 proposals"));
  EXPECT_TRUE(button(bar(), "Accept (A)"));
  EXPECT_TRUE(button(bar(), "Reject (D)"));
  press(button(bar(), "Accept ("));
  press(button(bar(), "Accept ("));
  EXPECT_THAT(textIn(bar()).toStdString(), HasSubstr("5 proposals"));
  press(button(bar(), "Reject all"));
  EXPECT_FALSE(bar().isVisible());
  EXPECT_EQ(counts().objects, 1);
  key("Ctrl+Z");
  EXPECT_TRUE(bar().isVisible());
  key("Ctrl+Shift+A");
  EXPECT_FALSE(bar().isVisible());
  EXPECT_EQ(counts().objects, 6);
}

TEST_F(ReviewTest, WhatIsKeptIsChosenInTheBarAndRemembered) {
  startWithProposals();
  execute("paint 0 0 25 25 30 90");
  auto* modes = bar().findChild<QComboBox*>();
  modes->setCurrentIndex(static_cast<int>(PreserveMode::kNone));
  window().selectObject(1, false);
  window().focusView();
  key("A");
  EXPECT_EQ(labelAt(25, 25), 1u) << told().toStdString();
  closeWindow();
  startWindow();
  EXPECT_EQ(bar().findChild<QComboBox*>()->currentIndex(), static_cast<int>(PreserveMode::kNone));
}

TEST_F(ReviewTest, UnverifiedObjectsCanBeGoneThrough) {
  startWithProposals();
  key("Ctrl+Shift+A");
  key("U");
  EXPECT_EQ(selected(), 1u);
  key("Y");
  EXPECT_EQ(stateOf(1), ObjectState::kVerified);
  key("U");
  EXPECT_EQ(selected(), 2u);
  execute("verify all");
  key("U");
  ASSERT_TRUE(rests());
  EXPECT_THAT(told().toStdString(), HasSubstr("Every object is verified"));
}

TEST_F(ReviewTest, ARecordedReviewReplaysWithoutAWindow) {
  const QString image = picture();
  startWindow();
  record();
  open(image);
  execute("import proposals '" + labels() + "'");
  key("J");
  for (const char* each : {"A", "A", "D", "A"}) key(each);
  window().selectObject(1, false);
  key("Y");
  EXPECT_EQ(window().commands().run("class", {"mitotic", "late"}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(state().document.objects.at(1)->className, "mitotic late");
  EXPECT_EQ(window().commands().run("merge", {"2", "4"}), "");
  ASSERT_TRUE(rests());
  const std::string hash = stateHash(state().document);
  closeWindow();
  EXPECT_EQ(replayedHash(), hash);
}

TEST(ReadingOrder, GoesLineByLineAndRoundAgain) {
  ObjectTable objects;
  const auto add = [&](uint32_t id, int64_t t, int64_t y, int64_t x, ObjectState state) {
    auto record = std::make_shared<ObjectRecord>();
    record->id = id;
    record->state = state;
    record->bounds = {{t, 0, y, x}, {t + 1, 1, y + 10, x + 10}};
    objects.set(id, record);
  };
  add(1, 0, 35, 500, ObjectState::kProposal);
  add(2, 0, 38, 20, ObjectState::kProposal);  // further down, but in the same line and further left
  add(3, 0, 300, 5, ObjectState::kProposal);
  add(4, 1, 0, 0, ObjectState::kProposal);
  add(5, 0, 38, 30, ObjectState::kAccepted);
  const ReadingOrder order(objects);
  std::vector<uint32_t> ids;
  ReadingPlace from{0, 0, -1};
  for (int i = 0; i < 5; ++i) {
    ids.push_back(*order.next(ObjectState::kProposal, from, true, {}));
    from = order.placeOf(*objects.at(ids.back()));
  }
  EXPECT_EQ(ids, (std::vector<uint32_t>{2, 1, 3, 4, 2}));
  EXPECT_EQ(order.next(ObjectState::kProposal, from, false, {}), 4u);
  EXPECT_EQ(order.next(ObjectState::kProposal, from, true, {1, 3}), 4u);
  EXPECT_EQ(order.next(ObjectState::kVerified, from, true, {}), std::nullopt);
}

// --- table -----------------------------------------------------------------------------------------------------------

TEST_F(ReviewTest, TheTableFiltersByStateAndCounts) {
  startWithProposals();
  execute("accept 1 2 3");
  execute("verify 1");
  EXPECT_THAT(textIn(panel()).toStdString(), HasSubstr("3 objects, 1 verified, 3 proposals"));
  auto* states = panel().findChild<QComboBox*>();
  const auto shownRows = [&](int index) {
    states->setCurrentIndex(index);
    return table().model()->rowCount();
  };
  EXPECT_EQ(shownRows(1), 3);
  EXPECT_EQ(shownRows(2), 2);
  EXPECT_THAT(textIn(panel()).toStdString(), HasSubstr("2 shown of 3 objects, 1 verified, 3 proposals"));
  EXPECT_EQ(shownRows(3), 1);
  panel().findChild<QLineEdit*>()->setText("#5");
  EXPECT_EQ(table().model()->rowCount(), 0);
  press(button(panel(), "Show all"));
  EXPECT_EQ(table().model()->rowCount(), 6);
}

TEST_F(ReviewTest, KeysActInTheTableOnAllSelectedRows) {
  startWithProposals();
  table().setFocus();
  table().selectRow(1);
  QTest::keyClick(&table(), Qt::Key_Down, Qt::ShiftModifier);
  EXPECT_EQ(panel().selectedIds(), (QList<quint32>{2, 3}));
  key("A");
  EXPECT_EQ(stateOf(2), ObjectState::kAccepted) << told().toStdString();
  EXPECT_EQ(stateOf(3), ObjectState::kAccepted);
  EXPECT_EQ(counts().objects, 2);
  EXPECT_TRUE(table().hasFocus());
  EXPECT_EQ(selected(), 4u);
}

TEST_F(ReviewTest, AClassIsEditedInPlace) {
  startWithProposals();
  execute("accept all");
  window().selectObject(2, false);
  key("F2");
  auto* editor = table().findChild<QLineEdit*>();
  ASSERT_TRUE(editor);
  EXPECT_TRUE(editor->hasFocus());
  QTest::keyClicks(editor, "daughter a");  // letters that are keys of commands
  QTest::keyClick(editor, Qt::Key_Return);
  // The editor hands over in a later turn of the event loop.
  EXPECT_TRUE(waitFor([&] { return state().document.objects.at(2)->className == "daughter a"; }));
  ASSERT_TRUE(rests());
  EXPECT_EQ(counts().objects, 6) << "no key went past the editor";
  EXPECT_TRUE(table().hasFocus()) << "to go on with the next row";
}

TEST_F(ReviewTest, MergeTakesTheNextClickAndEscGivesUp) {
  startWithProposals();
  execute("accept all");
  key("V");
  click(25, 25);
  key("M");
  key("Escape");
  click(25, 75);
  EXPECT_EQ(counts().objects, 6);
  click(25, 25);
  key("M");
  click(25, 75);
  EXPECT_EQ(labelAt(25, 75), 1u) << told().toStdString();
  EXPECT_EQ(counts().objects, 5);
  window().selectObject(1, false);
  key("Shift+K");
  EXPECT_EQ(counts().objects, 6);
}

// --- verified objects ------------------------------------------------------------------------------------------------

TEST_F(ReviewTest, WhatAVerifiedObjectForbidsIsSaidWithAWayOut) {
  startWithProposals();
  execute("accept all");
  execute("verify 1");
  key("V");
  click(25, 25);
  key("Delete");
  EXPECT_EQ(labelAt(25, 25), 1u);
  EXPECT_THAT(notice().toStdString(), HasSubstr("Object 1 is verified; unverify it first"));
  press(button(window().notices(), "Unverify object 1"));
  EXPECT_EQ(stateOf(1), ObjectState::kAccepted);
  key("Y");
  sentences_.clear();
  key("E");
  click(25, 25);
  EXPECT_THAT(told().toStdString(), HasSubstr("object 1 is verified"));
  sentences_.clear();
  window().selectObject(2, false);
  key("B");
  click(25, 25);
  EXPECT_THAT(told().toStdString(), HasSubstr("object 1 is verified")) << "the brush did nothing";
}

TEST_F(ReviewTest, AVerifiedObjectIsMarkedOnItsContour) {
  startWithProposals();
  execute("accept all");
  const QImage before = view().grab().toImage();
  execute("verify 1");
  EXPECT_NE(view().grab().toImage(), before);
  execute("unverify 1");
  EXPECT_EQ(view().grab().toImage(), before);
}

// --- automatic -------------------------------------------------------------------------------------------------------

TEST_F(ReviewTest, AllObjectsAreSegmentedAsProposals) {
  startWith(picture());
  EXPECT_EQ(window().commands().run("auto", {}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(counts().proposals, 6);
  EXPECT_THAT(told().toStdString(), HasSubstr("Found 6 proposals"));
  EXPECT_EQ(state().undoLabel, "6 proposals");
  execute("undo");
  EXPECT_EQ(counts().proposals, 0);
}

// --- import and export -----------------------------------------------------------------------------------------------

TEST_F(ReviewTest, ImportIsAJobThatSaysWhatCameIn) {
  startWith(picture());
  execute("paint 0 0 25 25 3 1");
  EXPECT_EQ(window().commands().run("import", {"objects", labels()}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(counts().objects, 7);
  EXPECT_THAT(told().toStdString(), HasSubstr("6 objects came in"));
  EXPECT_THAT(told().toStdString(), HasSubstr("left out"));
  const SessionJob& job = window().bridge().jobs().back();
  EXPECT_EQ(job.outcome, "Imported 6 objects");
  EXPECT_EQ(job.name, "Importing cellpose Zählung.tif");
  sentences_.clear();
  EXPECT_EQ(window().commands().run("import", {"objects", pathText(folder_ / "none.tif")}), "");
  ASSERT_TRUE(rests());
  EXPECT_TRUE(window().bridge().jobs().back().hasFailed);
  EXPECT_EQ(sentences_.size(), 1) << told().toStdString();
}

TEST_F(ReviewTest, AChosenFileIsOfferedAsProposalsOrObjects) {
  startWith(picture());
  EXPECT_EQ(window().commands().run("import", {labels()}), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(counts().proposals, 0);
  press(button(window().notices(), "Import as proposals"));
  EXPECT_EQ(counts().proposals, 6);
  window().notices().clear();
  EXPECT_EQ(window().commands().run("import", {stack()}), "");
  ASSERT_TRUE(rests());
  EXPECT_THAT(notice().toStdString(), HasSubstr("take labels that were made for this image"));
}

TEST_F(ReviewTest, ADroppedLabelImageIsOfferedAndEverythingElseIsOpened) {
  startWith(picture());
  const auto drop = [&](const QString& path) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&view(), &enter);
    QDropEvent event({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&view(), &event);
    ASSERT_TRUE(rests());
  };
  const auto image = state().reference.path;
  drop(labels());
  EXPECT_EQ(state().reference.path, image);
  EXPECT_THAT(notice().toStdString(), HasSubstr("as large as the image"));
  press(button(window().notices(), "Import as objects"));
  EXPECT_EQ(counts().objects, 6);
  window().notices().clear();
  drop(labels());
  press(button(window().notices(), "Open it instead"));
  EXPECT_NE(state().reference.path, image);
  drop(stack());
  EXPECT_EQ(state().reference.path, (folder_ / "stack.zarr"));
}

TEST_F(ReviewTest, ExportKnowsAllFormatsAndWritesProvenanceBesideThem) {
  startWithProposals();
  execute("accept all");
  for (const auto& [format, name] : {std::pair{"tiff", "a ä.tif"}, std::pair{"png", "a.png"}, std::pair{"npy", "a.npy"},
                                     std::pair{"ome-zarr", "a.zarr"}, std::pair{"micro-sam", "b.zarr"}}) {
    EXPECT_EQ(window().commands().run("export", {format, pathText(folder_ / name)}), "");
    ASSERT_TRUE(rests());
    EXPECT_TRUE(std::filesystem::exists(folder_ / name)) << name;
    EXPECT_FALSE(std::filesystem::exists(folder_ / (std::string(name) + ".provenance.json")));
  }
  EXPECT_EQ(window().commands().run("export.provenance", {"on"}), "");
  EXPECT_EQ(window().commands().run("export", {pathText(folder_ / "c.tif")}), "");
  ASSERT_TRUE(rests());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "c.tif.provenance.json"));
  EXPECT_NE(window().commands().run("export", {"doc", pathText(folder_ / "d")}), "");
}

}  // namespace
}  // namespace cyto::ui
