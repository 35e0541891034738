// What must not bring the window down: closing in the middle of work, broken and vanishing files, odd sizes.

#include <gmock/gmock.h>

#include <QDropEvent>
#include <QMimeData>
#include <QUrl>
#include <fstream>

#include "tests/ui/window_fixture.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;

class WindowHostileTest : public WindowFixture {
 protected:
  void drop(QWidget& target, const QStringList& paths) {
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& path : paths) urls.append(QUrl::fromLocalFile(path));
    data.setUrls(urls);
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&target, &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent event({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&target, &event);
    ASSERT_TRUE(rests());
  }

  void expectUsable() {
    sentences_.clear();
    click(25, 25);
    key("C");
    EXPECT_EQ(labelAt(25, 25), 1u) << told().toStdString();
  }
};

// --- closing ---------------------------------------------------------------------------------------------------------

TEST_F(WindowHostileTest, ClosingDuringASegmentationKeepsThePrompt) {
  model_.encodeTime = std::chrono::milliseconds(300);
  const QString image = picture();
  startWindow();
  window().open(image);
  ASSERT_TRUE(waitFor([&] { return state().isOpen && view().isSettled(); }));
  QTest::mouseClick(&view(), Qt::LeftButton, {}, place(25, 25));
  ASSERT_TRUE(waitFor([&] { return state().isAnswering; }));
  closeWindow();
  startWith(image);
  EXPECT_EQ(prompts().points.size(), 1u);
  EXPECT_THAT(told().toStdString(), HasSubstr("as you left it"));
}

TEST_F(WindowHostileTest, ClosingRightAfterManyRequestsCarriesThemOut) {
  const QString image = picture();
  startWith(image);
  for (int i = 1; i <= 20; ++i) window().bridge().execute(QStringLiteral("paint 0 0 %1 5 1 %2").arg(i * 4).arg(i));
  closeWindow();
  startWith(image);
  EXPECT_EQ(state().document.objects.size(), 20u);
}

TEST_F(WindowHostileTest, ClosingDuringAnExportFinishesTheFile) {
  startWith(stack({2, 3, 700, 900}));
  window().bridge().execute("paint 1 2 300 300 200 1");
  const auto path = folder_ / "labels.tif";
  EXPECT_EQ(window().commands().run("export", {pathText(path)}), "");
  closeWindow();
  const auto image = io::openImage(path);
  ASSERT_TRUE(image);
  const auto pixels = (*image)->read({{1, 2, 300, 300}, {2, 3, 301, 301}});
  ASSERT_TRUE(pixels);
  EXPECT_EQ(*pixels->as<uint16_t>().data(), 1u);
}

TEST_F(WindowHostileTest, ClosingWhileOpeningAndInADrag) {
  const QString image = picture();
  startWindow();
  window().open(image);
  closeWindow();
  startWith(image);
  key("B");
  press(20, 20);
  move(20, 60);
  closeWindow();
  startWith(image);
  EXPECT_TRUE(state().document.objects.empty()) << "a stroke that was not finished is none";
}

TEST_F(WindowHostileTest, AnotherImageInTheMiddleOfADrag) {
  startWith(picture());
  key("B");
  press(20, 20);
  move(20, 60);
  window().open(picture("other.png"));
  ASSERT_TRUE(rests());
  move(60, 60);
  release(60, 60);
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().document.objects.empty()) << "the stroke belonged to the image before";
}

// --- files -----------------------------------------------------------------------------------------------------------

TEST_F(WindowHostileTest, ADroppedTextFileIsASentence) {
  const auto notes = folder_ / "Notizen ü.txt";
  std::ofstream(notes) << "not an image\n";
  startWindow();
  drop(window(), {pathText(notes)});
  EXPECT_FALSE(state().isOpen);
  EXPECT_THAT(notice().toStdString(), HasSubstr("Notizen ü.txt"));
  drop(window(), {picture(), pathText(notes)});
  EXPECT_TRUE(state().isOpen);
  EXPECT_THAT(window().notices().count(), testing::Ge(2)) << "only the first of several was opened";
  window().notices().clear();
  drop(view(), {pathText(notes)});
  EXPECT_TRUE(state().isOpen);
  EXPECT_THAT(notice().toStdString(), HasSubstr("Notizen ü.txt"));
  window().focusView();
  expectUsable();
}

TEST_F(WindowHostileTest, BrokenFilesAreSentences) {
  const auto cut = folder_ / "cut.png";
  picture("whole.png");
  std::filesystem::copy_file(folder_ / "whole.png", cut);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  std::ofstream(folder_ / "empty.tif").close();
  std::filesystem::create_directories(folder_ / "empty.cyto");
  startWith(picture());
  for (const char* name : {"empty.tif", "empty.cyto", "gone.tif", ""}) {
    sentences_.clear();
    window().open(pathText(folder_ / name));
    ASSERT_TRUE(rests());
    EXPECT_NE(told(), "") << name;
    EXPECT_TRUE(state().isOpen) << "what was open stays";
  }
  window().open(pathText(cut));
  EXPECT_TRUE(rests());
  open(picture("other.png"));
  expectUsable();
}

TEST_F(WindowHostileTest, PixelsThatCannotBeReadAnyMoreAreASentence) {
  startWith(stack({1, 4, 600, 700}));
  spoilStack();
  key("Up");
  key("Up");
  EXPECT_EQ(view().z(), 2);
  EXPECT_NE(notice(), "");
  EXPECT_NE(told(), "");
  const auto before = sentences_.size();
  key("Ctrl+1");
  wheel(2);
  ASSERT_TRUE(rests());
  EXPECT_EQ(sentences_.size(), before) << told().toStdString();
  click(25, 25);
  EXPECT_GT(sentences_.size(), before) << "a mask cannot be made either";
  key("Ctrl+0");
  key("B");
  drag(100, 100, 100, 200);
  EXPECT_EQ(labelAt(100, 150, 0, 2), 1u) << "labels can still be painted";
}

TEST_F(WindowHostileTest, APictureThatCannotBeReadIsNotThatOfTheSliceBefore) {
  startWith(stack({1, 4, 600, 700}));
  leave();
  EXPECT_GT(colourAt(225, 225).lightness(), 60);
  spoilStack();
  key(".");
  EXPECT_LT(colourAt(225, 225).lightness(), 60);
}

TEST_F(WindowHostileTest, AnImageThatIsRemovedWhileItIsOpen) {
  const QString image = stack({1, 4, 600, 700});
  startWith(image);
  std::filesystem::remove_all(folder_ / "stack.zarr");
  key(".");
  EXPECT_THAT(notice().toStdString(), HasSubstr("is not there any more"));
  click(25, 25);
  key("B");
  drag(100, 100, 100, 200);
  EXPECT_EQ(labelAt(100, 150, 0, 1), 1u);
  const QString project = pathText(state().project);
  closeWindow();
  startWindow();
  window().open(project);
  ASSERT_TRUE(rests());
  EXPECT_TRUE(state().isOpen);
  EXPECT_FALSE(state().image);
  EXPECT_THAT(bannerText(), HasSubstr("The image of this project cannot be opened"));
  EXPECT_EQ(state().document.objects.size(), 1u);
  wheel(1);
  tap("Ctrl+0");
  tap(".");
  tap("Delete");
  QTest::mouseClick(&view(), Qt::LeftButton, {}, {50, 50});
  EXPECT_TRUE(rests());
}

TEST_F(WindowHostileTest, AProjectThatIsOpenElsewhereIsReadOnly) {
  startWith(picture());
  click(25, 25);
  key("C");
  const QString project = pathText(state().project);
  const std::string hash = stateHash(state().document);
  const std::unique_ptr<MainWindow> first = std::move(window_);
  startWith(project);
  EXPECT_NE(state().readOnlyReason, "");
  EXPECT_THAT(bannerText(), HasSubstr("Save a copy"));
  EXPECT_EQ(stateHash(state().document), hash);
  for (const char* name : {"undo", "commit", "segment", "clear", "delete", "refine"}) {
    EXPECT_FALSE(window().commands().action(name)->isEnabled()) << name;
  }
  sentences_.clear();
  key("B");
  drag(70, 70, 80, 80);
  EXPECT_NE(told(), "");
  key("V");
  click(25, 25);
  key("Delete");
  click(75, 75);
  EXPECT_EQ(stateHash(state().document), hash);
  closeWindow();
  EXPECT_EQ(stateHash(first->bridge().state().document), hash);
}

TEST_F(WindowHostileTest, OddPathsWork) {
  for (const char* name : {"Zellen äöüß.png", "细胞 图.png", "it's \"quoted\" # and \\ more.png", " leading.png"}) {
    SCOPED_TRACE(name);
    startWith(picture(name));
    click(25, 25);
    key("C");
    const auto path = folder_ / (std::string("out ") + name);
    EXPECT_EQ(window().commands().run("export", {pathText(path)}), "");
    ASSERT_TRUE(rests());
    EXPECT_TRUE(std::filesystem::exists(path)) << told().toStdString();
    EXPECT_EQ(window().windowTitle(), QString::fromUtf8(name) + QString::fromUtf8(" – Cytoclick"));
    closeWindow();
  }
}

// --- models ----------------------------------------------------------------------------------------------------------

TEST_F(WindowHostileTest, AModelThatCannotBeLoadedIsASentenceAndClicksSayItAgain) {
  modelProblem_ = "the weights are broken";
  startWith(picture());
  EXPECT_THAT(notice().toStdString(), HasSubstr("the weights are broken"));
  click(25, 25);
  EXPECT_THAT(told().toStdString(), HasSubstr("the weights are broken"));
  EXPECT_EQ(prompts().points.size(), 1u) << "the click is kept";
  key("B");
  drag(70, 70, 80, 80);
  EXPECT_EQ(state().document.objects.size(), 1u);
}

TEST_F(WindowHostileTest, AnEncoderThatFailsIsASentence) {
  model_.failOnEncode = 1;
  startWith(picture());
  click(25, 25);
  EXPECT_NE(told(), "");
  key("S");
  EXPECT_TRUE(state().current) << "the next try works";
}

TEST_F(WindowHostileTest, EscapeGivesUpAMaskThatTakesLong) {
  model_.encodeTime = std::chrono::milliseconds(300);
  startWindow();
  window().open(picture());
  ASSERT_TRUE(waitFor([&] { return state().isOpen && view().isSettled(); }));
  window().focusView();
  QTest::mouseClick(&view(), Qt::LeftButton, {}, place(25, 25));
  ASSERT_TRUE(waitFor([&] { return state().isAnswering; }));
  key("Escape");
  EXPECT_TRUE(prompts().isEmpty());
  EXPECT_EQ(told(), "") << "giving up is no failure";
}

// --- many, tiny, huge ------------------------------------------------------------------------------------------------

TEST_F(WindowHostileTest, AThousandPoints) {
  Array pixels = *Array::create(Dtype::kUint8, {1, 1, 100, 150});
  for (size_t i = 0; i < 15'000; ++i) pixels.as<uint8_t>()[i] = (i / 150 + i) % 2 == 0 ? 200 : 0;
  ASSERT_TRUE(io::writePng(folder_ / "chess.png", pixels));
  const QString image = pathText(folder_ / "chess.png");
  startWith(image);
  for (int i = 0; i < 1000; ++i) {
    window().bridge().execute(QStringLiteral("point 0 0 %1 %2 +").arg(i / 150 * 10).arg(i % 150));
  }
  int frames = 0;
  while (window().bridge().pending() > 0) {
    const int before = window().bridge().pending();
    ASSERT_TRUE(waitFor([&] { return window().bridge().pending() < before; }));
    wheel(frames % 2 == 0 ? -1 : 1);
    ++frames;
  }
  EXPECT_GT(frames, 5) << "the window moved on meanwhile";
  ASSERT_TRUE(rests());
  EXPECT_EQ(prompts().points.size(), 1000u) << told().toStdString();
  closeWindow();
  startWith(image);
  EXPECT_EQ(prompts().points.size(), 1000u);
}

TEST_F(WindowHostileTest, OddSizes) {
  startWith(picture());
  view().setMinimumSize(0, 0);
  for (const QSize size :
       {QSize(0, 0), QSize(1, 1), QSize(3000, 1), QSize(1, 3000), QSize(2500, 1500), QSize(900, 700)}) {
    view().resize(size);
    wheel(1, {}, {0, 0});
    view().grab();
    QCoreApplication::processEvents();
  }
  window().resize(1, 1);
  QCoreApplication::processEvents();
  window().resize(1200, 800);
  key("Ctrl+0");
  expectUsable();
}

TEST_F(WindowHostileTest, ZoomToTheEnds) {
  startWith(stack({1, 2, 600, 700}));
  for (const int direction : {1, -1, 1}) {
    for (int i = 0; i < 60; ++i) wheel(direction, {}, view().widgetPosition({225, 225}));
    ASSERT_TRUE(rests());
    EXPECT_FALSE(view().transform().visible().isEmpty());
    wheel(1000 * direction);
    ASSERT_TRUE(rests());
  }
  EXPECT_EQ(view().transform().zoom(), ViewTransform::kMaxZoom);
  key(".");
  key(",");
  key("Ctrl+0");
  expectUsable();
}

}  // namespace
}  // namespace cyto::ui
