// What the window shows of a project besides its pixels: the history with its branches and pictures, where objects come
// from, and what is wrong with it.

#include <gmock/gmock.h>

#include <QClipboard>
#include <QPlainTextEdit>
#include <QTableView>
#include <fstream>

#include "tests/ui/shown_widgets.h"
#include "tests/ui/window_fixture.h"
#include "ui/panels/history/history_panel.h"
#include "ui/panels/history/step_delegate.h"
#include "ui/panels/provenance/provenance_panel.h"
#include "ui/window/methods_dialog.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;
using testing::Not;

class WindowProjectTest : public WindowFixture {
 protected:
  // --- history

  QTableView& steps() { return *window().history().findChild<QTableView*>(); }
  void showHistory() {
    ASSERT_EQ(window().commands().run("panel.history").toStdString(), "");
    ASSERT_TRUE(rests());
  }
  QModelIndex rowNamed(const QString& label) {
    for (int row = 0; row < steps().model()->rowCount(); ++row) {
      const QModelIndex index = steps().model()->index(row, 0);
      if (index.data().toString() == label) return index;
    }
    return {};
  }
  void jumpByPointer(const QString& label) {
    const QModelIndex index = rowNamed(label);
    ASSERT_TRUE(index.isValid()) << label.toStdString();
    steps().scrollTo(index);
    const QPoint at = steps().visualRect(index).center();
    QTest::mouseClick(steps().viewport(), Qt::LeftButton, {}, at);
    QTest::mouseDClick(steps().viewport(), Qt::LeftButton, {}, at);
    ASSERT_TRUE(rests());
  }

  // --- damage

  /// An image with two objects whose project has one wrong byte in its first step. The window is closed.
  QString damagedProject() {
    const QString image = picture();
    startWith(image);
    click(25, 25);
    key("C");
    click(25, 75);
    key("C");
    const QString project = pathText(state().project);
    closeWindow();
    const auto journal = std::filesystem::path(project.toStdString()) / "journal" / "00000001.log";
    std::fstream file(journal, std::ios::in | std::ios::out | std::ios::binary);
    constexpr int kWithinTheFirstStep = 60;
    file.seekg(kWithinTheFirstStep);
    const int byte = file.get();
    file.seekp(kWithinTheFirstStep);
    file.put(static_cast<char>(byte ^ 4));
    return project;
  }
};

// --- history ---------------------------------------------------------------------------------------------------------

TEST_F(WindowProjectTest, AnyStepOfAnyBranchCanBeJumpedTo) {
  startWith(picture());
  click(25, 25);
  key("C");
  key("Ctrl+Z");
  key("Ctrl+Z");
  click(75, 75);
  key("C");
  showHistory();
  EXPECT_EQ(labelAt(25, 25), 0u);
  EXPECT_FALSE(rowNamed("Commit of object 1").isValid()) << "it lies on another branch";
  EXPECT_EQ(window().commands().run("history.branches").toStdString(), "");
  jumpByPointer("Commit of object 1");
  EXPECT_NE(labelAt(25, 25), 0u);
  EXPECT_EQ(labelAt(75, 75), 0u);
  jumpByPointer("Beginning");
  EXPECT_TRUE(state().document.objects.empty());
  steps().setFocus();
  tap("Ctrl+Y");
  ASSERT_TRUE(rests());
  tap("Ctrl+Y");
  ASSERT_TRUE(rests());
  EXPECT_NE(labelAt(25, 25), 0u) << "redo goes along the branch that was left last";
  jumpByPointer("Commit of object 2");
  EXPECT_NE(labelAt(75, 75), 0u);
  EXPECT_EQ(told().toStdString(), "");
}

TEST_F(WindowProjectTest, StepsHavePicturesOfWhatTheyDid) {
  startWith(picture());
  click(25, 25);
  key("C");
  showHistory();
  ASSERT_TRUE(waitFor([&] { return window().history().isSettled(); }));
  const QModelIndex commit = rowNamed("Commit of object 1");
  const auto& model = static_cast<const HistoryModel&>(*steps().model());
  const QImage* image = window().history().thumbnails().find(model.row(commit.row()));
  ASSERT_TRUE(image && !image->isNull());
  const QColor middle = image->pixelColor(image->rect().center());
  EXPECT_GT(middle.blue(), middle.red() + 40) << "the pixels that were given are tinted";
  const QColor corner = image->pixelColor(1, 1);
  EXPECT_EQ(corner.red(), corner.blue()) << "around them is the image";
  EXPECT_LT(corner.lightness(), 30);
}

TEST_F(WindowProjectTest, KeysWalkTheHistory) {
  startWith(picture());
  click(25, 25);
  key("C");
  showHistory();
  steps().setFocus();
  tap("Up");
  tap("Up");
  tap("Return");
  ASSERT_TRUE(rests());
  EXPECT_EQ(state().history.current(), 0u);
  EXPECT_EQ(steps().currentIndex().row(), 0);
}

// --- provenance ------------------------------------------------------------------------------------------------------

TEST_F(WindowProjectTest, TheSelectedObjectSaysWhereItComesFrom) {
  startWith(picture());
  click(25, 25);
  key("C");
  EXPECT_EQ(window().commands().run("panel.provenance").toStdString(), "");
  ProvenancePanel& panel = window().provenance();
  EXPECT_TRUE(showsText(panel, "Select an object to see how it was made."));
  EXPECT_THAT(window().commands().run("provenance.copy").toStdString(), HasSubstr("No object is selected"));
  key("V");
  click(25, 25);
  EXPECT_TRUE(showsText(panel, "Object 1"));
  EXPECT_TRUE(showsText(panel, "1 point"));
  const Provenance& made = state().document.objects.at(1)->provenance;
  EXPECT_TRUE(showsText(panel, QString::fromStdString(made.model)));
  EXPECT_TRUE(showsText(panel, QString::fromStdString(made.program)));
  QTest::mouseClick(buttonNamed(panel, "Copy as JSON"), Qt::LeftButton);
  const std::string json = QApplication::clipboard()->text().toStdString();
  EXPECT_THAT(json, HasSubstr("\"weights_hash\": \"" + made.weightsHash + "\""));
  EXPECT_THAT(json, HasSubstr("\"points\""));
  click(25, 25);  // back from the button to the image
  key("Delete");
  EXPECT_TRUE(showsText(panel, "Select an object to see how it was made."));
}

TEST_F(WindowProjectTest, TheMethodsParagraphCanBeCopied) {
  startWith(picture());
  click(25, 25);
  key("C");
  EXPECT_EQ(window().commands().run("methods").toStdString(), "");
  auto* dialog = window().findChild<MethodsDialog*>();
  ASSERT_TRUE(dialog);
  EXPECT_FALSE(dialog->isModal());
  const QString text = dialog->findChild<QPlainTextEdit*>()->toPlainText();
  EXPECT_THAT(text.toStdString(), HasSubstr("1 object"));
  QTest::mouseClick(buttonNamed(*dialog, "Copy"), Qt::LeftButton);
  EXPECT_EQ(QApplication::clipboard()->text(), text);
}

// --- what is wrong ---------------------------------------------------------------------------------------------------

TEST_F(WindowProjectTest, ADamagedProjectSaysSoAndGoesOnInARepairedCopy) {
  const QString project = damagedProject();
  startWindow();
  open(project);
  EXPECT_THAT(bannerText(), HasSubstr("The project is damaged, so it can only be looked at"));
  EXPECT_THAT(bannerText(), HasSubstr("00000001.log"));
  EXPECT_THAT(bannerText(), HasSubstr("at byte"));
  EXPECT_THAT(notice().toStdString(), Not(HasSubstr("can only be looked at"))) << "it is said once";
  for (const char* name : {"undo", "commit", "segment", "clear", "delete", "refine"}) {
    EXPECT_FALSE(window().commands().action(name)->isEnabled()) << name;
  }
  const std::string hash = stateHash(state().document);
  sentences_.clear();
  key("B");
  drag(70, 70, 80, 80);
  EXPECT_THAT(told().toStdString(), HasSubstr("damaged")) << "a refusal says why";
  EXPECT_EQ(stateHash(state().document), hash);
  window().notices().clear();
  QPushButton* details = buttonNamed(window().banner(), "Details");
  ASSERT_TRUE(details && details->isVisible());
  QTest::mouseClick(details, Qt::LeftButton);
  EXPECT_THAT(bannerText(), HasSubstr("byte " + std::to_string(state().damages[0].offset) + ":"));
  EXPECT_TRUE(buttonNamed(window().banner(), "Save a repaired copy"));
  EXPECT_EQ(window().commands().run("save-as", {pathText(folder_ / "repaired.cyto")}).toStdString(), "");
  ASSERT_TRUE(rests());
  EXPECT_EQ(state().project, folder_ / "repaired.cyto");
  EXPECT_EQ(stateHash(state().document), hash);
  EXPECT_FALSE(window().banner().isVisible());
  drag(70, 70, 80, 80);
  EXPECT_NE(stateHash(state().document), hash);
}

TEST_F(WindowProjectTest, AnImageWithDamagedWorkShowsIt) {
  damagedProject();
  startWith(pathText(folder_ / "cells Zöllikofer 细胞.png"));
  EXPECT_THAT(bannerText(), HasSubstr("damaged"));
}

TEST_F(WindowProjectTest, ACutTailIsToldAndTheProjectGoesOn) {
  startWith(picture());
  click(25, 25);
  key("C");
  const QString project = pathText(state().project);
  closeWindow();
  const auto journal = std::filesystem::path(project.toStdString()) / "journal" / "00000001.log";
  std::filesystem::resize_file(journal, std::filesystem::file_size(journal) - 3);
  startWindow();
  open(project);
  EXPECT_NE(told().toStdString(), "");
  EXPECT_FALSE(window().banner().isVisible());
  EXPECT_EQ(state().readOnlyReason, "");
}

TEST_F(WindowProjectTest, AProjectOfANewerProgramIsRefusedWithWords) {
  startWith(picture());
  const QString project = pathText(state().project);
  closeWindow();
  for (const char* name : {"project.json", "project.json.backup"}) {
    const auto path = std::filesystem::path(project.toStdString()) / name;
    std::ofstream(path) << R"({"format": "cytoclick-project", "version": 99, "created_by": "cytoclick 9"})";
  }
  startWindow();
  window().open(project);
  ASSERT_TRUE(rests());
  EXPECT_FALSE(state().isOpen);
  EXPECT_THAT(notice().toStdString(), HasSubstr("newer"));
  window().open(picture());
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().isOpen);
  EXPECT_THAT(told().toStdString(), HasSubstr("stays as it is")) << "what was there before is not passed over";
}

TEST_F(WindowProjectTest, AMovedImageIsAskedForWhileLabelsStayInSight) {
  const QString image = picture();
  startWith(image);
  click(25, 25);
  key("C");
  const QString project = pathText(state().project);
  closeWindow();
  const auto away = folder_ / "far" / "away" / "deep";
  std::filesystem::create_directories(away);
  std::filesystem::rename(image.toStdString(), away / "moved.png");
  startWindow();
  window().open(project);
  ASSERT_TRUE(rests());
  EXPECT_FALSE(state().image);
  EXPECT_THAT(bannerText(), HasSubstr("The image of this project cannot be opened"));
  EXPECT_THAT(bannerText(), HasSubstr("Find the image…"));
  leave();
  const QColor object = colourAt(25, 25);
  const QColor ground = colourAt(5, 5);
  EXPECT_NE(object, ground) << "objects are in sight";
  EXPECT_EQ(ground.hue(), colourAt(90, 140).hue());
  ASSERT_TRUE(io::writePng(folder_ / "other.png", *Array::create(Dtype::kUint8, {1, 1, 100, 150})));
  ASSERT_TRUE(io::writePng(folder_ / "small.png", *Array::create(Dtype::kUint8, {1, 1, 10, 10})));
  EXPECT_EQ(window().commands().run("image.find", {pathText(folder_ / "small.png")}).toStdString(), "");
  ASSERT_TRUE(rests());
  EXPECT_THAT(told().toStdString(), HasSubstr("has the size"));
  EXPECT_EQ(buttonNamed(window().banner(), "Use it all the same")->isVisible(), false);
  EXPECT_EQ(window().commands().run("image.find", {pathText(folder_ / "other.png")}).toStdString(), "");
  ASSERT_TRUE(rests());
  EXPECT_FALSE(state().image);
  EXPECT_THAT(bannerText(), HasSubstr("another content"));
  EXPECT_THAT(bannerText(), HasSubstr("Use it all the same"));
  EXPECT_EQ(window().commands().run("image.find", {pathText(away / "moved.png")}).toStdString(), "");
  ASSERT_TRUE(rests());
  ASSERT_TRUE(state().image);
  EXPECT_FALSE(window().banner().isVisible());
  EXPECT_EQ(labelAt(25, 25), 1u);
  window().focusView();
  key("P");
  click(75, 75);
  EXPECT_TRUE(state().current);
}

TEST_F(WindowProjectTest, AnImageOfAnotherContentIsUsedWhenTheUserSaysSo) {
  const QString image = picture();
  startWith(image);
  const QString project = pathText(state().project);
  closeWindow();
  std::filesystem::remove(image.toStdString());
  ASSERT_TRUE(io::writePng(folder_ / "other.png", *Array::create(Dtype::kUint8, {1, 1, 100, 150})));
  startWindow();
  window().open(project);
  ASSERT_TRUE(rests());
  EXPECT_EQ(window().commands().run("image.find", {pathText(folder_ / "other.png")}).toStdString(), "");
  ASSERT_TRUE(rests());
  QTest::mouseClick(buttonNamed(window().banner(), "Use it all the same"), Qt::LeftButton);
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().image) << told().toStdString();
  EXPECT_FALSE(window().banner().isVisible());
}

}  // namespace
}  // namespace cyto::ui
