#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QUrl>
#include <QWheelEvent>

#include "ui/panels/axes_text.h"
#include "ui/panels/axis_bar.h"
#include "ui/panels/header_bar.h"
#include "ui/panels/jobs_popover.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/remaining_time.h"
#include "ui/panels/start_page.h"
#include "ui/panels/status_readout.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/window/command_palette.h"
#include "ui/window/command_registry.h"
#include "ui/window/key_map_sheet.h"

namespace cyto::ui {
namespace {

using testing::ElementsAre;

/// The child with this accessible name; fails the test when there is none.
template <typename T>
T* childNamed(const QWidget& parent, const QString& name) {
  for (T* child : parent.findChildren<T*>()) {
    if (child->accessibleName() == name) return child;
  }
  ADD_FAILURE() << "no child is called " << name.toStdString();
  return nullptr;
}

template <typename T>
T* buttonWithText(const QWidget& parent, const QString& text) {
  for (T* child : parent.findChildren<T*>()) {
    if (child->text() == text) return child;
  }
  ADD_FAILURE() << "no button says " << text.toStdString();
  return nullptr;
}

void turnWheel(QWidget* widget, int eighths, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
  QWheelEvent event(QPointF(2, 2), widget->mapToGlobal(QPointF(2, 2)), QPoint(), QPoint(0, eighths), Qt::NoButton,
                    modifiers, Qt::NoScrollPhase, false);
  QApplication::sendEvent(widget, &event);
}

TEST(Theme, TextIsReadableInBothThemes) {
  for (const Theme theme : {Theme::kLight, Theme::kDark}) {
    applyTheme(*qApp, theme);
    const ThemeColours& colours = themeColours();
    EXPECT_EQ(colours.isDark, theme == Theme::kDark);
    for (const QColor& background : {colours.window, colours.panel, colours.raised}) {
      EXPECT_GE(contrast(colours.text, background), 7) << background.name().toStdString();
      for (const QColor& text : {colours.muted, colours.warning, colours.danger, colours.success, colours.accent}) {
        EXPECT_GE(contrast(text, background), 4.5)
            << text.name().toStdString() << " " << background.name().toStdString();
      }
    }
    EXPECT_GE(contrast(colours.onAccent, colours.accent), 4.5);
    EXPECT_GE(contrast(colours.text, colours.accentSoft), 4.5);
    EXPECT_GE(contrast(colours.accent, colours.accentSoft), 3) << "checked icons";
  }
}

TEST(Theme, IconsFollowTheThemeAndTheScreen) {
  const auto colourIn = [](const QPixmap& pixmap) {
    const QImage image = pixmap.toImage();
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        if (image.pixelColor(x, y).alpha() == 255) return image.pixelColor(x, y).rgb();
      }
    }
    return QRgb(0);
  };
  applyTheme(*qApp, Theme::kLight);
  const QIcon icon = themedIcon(QStringLiteral("commit"));
  EXPECT_EQ(colourIn(icon.pixmap(QSize(96, 96))), themeColours().text.rgb());
  applyTheme(*qApp, Theme::kDark);
  EXPECT_EQ(colourIn(icon.pixmap(QSize(96, 96))), themeColours().text.rgb());
  EXPECT_EQ(colourIn(icon.pixmap(QSize(96, 96), QIcon::Disabled)), themeColours().disabled.rgb());
  EXPECT_EQ(colourIn(icon.pixmap(QSize(96, 96), QIcon::Normal, QIcon::On)), themeColours().accent.rgb());
  EXPECT_EQ(icon.pixmap(QSize(24, 24), 3.0).size(), QSize(72, 72));
  EXPECT_TRUE(themedIcon(QStringLiteral("no such icon")).isNull());
}

TEST(Theme, EveryIconDrawsSomething) {
  loadIconResources();
  const QStringList files = QDir(QStringLiteral(":/icons")).entryList(QDir::Files);
  EXPECT_GE(files.size(), 40);
  for (const QString& file : files) {
    const QImage image = themedIcon(file.chopped(4)).pixmap(QSize(24, 24)).toImage();
    int painted = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) painted += image.pixelColor(x, y).alpha() > 128;
    }
    EXPECT_GT(painted, 8) << file.toStdString();
  }
}

TEST(AxesText, NamesOnlyTheAxesThatExist) {
  const cyto::PixelScale scale{30, 0.5, 0.108, 0.108, "micrometer", "second"};
  EXPECT_EQ(axesText({61, 41, 2048, 2048}, 2, scale),
            QStringLiteral("T 61 × 30 s · C 2 · Z 41 × 0.5 µm · Y 2048 × 0.108 µm · X 2048 × 0.108 µm"));
  EXPECT_EQ(axesText({1, 1, 512, 700}, 1, {}), QStringLiteral("Y 512 · X 700"));
  EXPECT_EQ(axesText({1, 8, 64, 64}, 1, {0, 0, 1, 1, "pixel", ""}), QStringLiteral("Z 8 · Y 64 · X 64"));
  EXPECT_EQ(axesText({9, 1, 64, 64}, 1, {2.5, 0, 0.32, 0.33, "um", "minute"}),
            QStringLiteral("T 9 × 2.5 min · Y 64 × 0.32 µm · X 64 × 0.33 µm"));
}

TEST(AxesText, KnowsWhetherThePixelSizeIsStated) {
  EXPECT_TRUE(hasPixelSize({0, 0, 0.1, 0.1, "micrometer", ""}));
  EXPECT_FALSE(hasPixelSize({0, 0, 1, 1, "pixel", ""}));
  EXPECT_FALSE(hasPixelSize({0, 0, 0.1, 0, "micrometer", ""}));
  EXPECT_EQ(pixelSizeText({0, 0, 0.1, 0.1, "micron", ""}), QStringLiteral("0.1 µm/px"));
  EXPECT_EQ(pixelSizeText({0, 0, 4, 5, "nanometer", ""}), QStringLiteral("4 × 5 nm/px"));
}

TEST(HeaderBar, AsksForThePixelSizeOnlyWhenItIsMissing) {
  HeaderBar bar;
  bar.show();
  auto* button = childNamed<QPushButton>(bar, QStringLiteral("Set the pixel size"));
  ASSERT_TRUE(button);
  EXPECT_FALSE(button->isVisible());
  const int height = bar.sizeHint().height();
  bar.setAxes({1, 1, 64, 64}, 1, {});
  EXPECT_TRUE(button->isVisible());
  EXPECT_EQ(bar.sizeHint().height(), height);
  QSignalSpy asked(&bar, &HeaderBar::scaleRequested);
  button->click();
  EXPECT_EQ(asked.count(), 1);
  bar.setAxes({1, 1, 64, 64}, 1, {0, 0, 0.5, 0.5, "micrometer", ""});
  EXPECT_FALSE(button->isVisible());
}

TEST(HeaderBar, ShowsModelAndDeviceAsButtons) {
  HeaderBar bar;
  QSignalSpy clicked(&bar, &HeaderBar::modelClicked);
  bar.setModel(QStringLiteral("cyto-small"), QString());
  auto* chip = childNamed<QPushButton>(bar, QStringLiteral("Model: cyto-small"));
  ASSERT_TRUE(chip);
  chip->click();
  EXPECT_EQ(clicked.count(), 1);
}

TEST(AxisBar, ShowsOnlyTheAxesThatExist) {
  AxisBar bar;
  bar.show();
  bar.setExtent(1, 1);
  EXPECT_FALSE(bar.isVisible());
  bar.setExtent(1, 41);
  EXPECT_TRUE(bar.isVisible());
  EXPECT_FALSE(childNamed<QSlider>(bar, QStringLiteral("Time"))->isVisible());
  EXPECT_TRUE(childNamed<QSlider>(bar, QStringLiteral("Slice"))->isVisible());
}

TEST(AxisBar, MovesByWheelKeysAndNumber) {
  AxisBar bar;
  bar.setExtent(1, 41);
  bar.setSlice(0, 11);
  QSignalSpy moved(&bar, &AxisBar::sliceChanged);
  auto* slider = childNamed<QSlider>(bar, QStringLiteral("Slice"));
  auto* number = childNamed<QSpinBox>(bar, QStringLiteral("Slice number"));
  ASSERT_TRUE(slider && number);
  EXPECT_EQ(number->value(), 12) << "slices are counted from 1 where people read them";
  turnWheel(slider, 60);
  EXPECT_EQ(moved.count(), 0) << "half a notch";
  turnWheel(slider, 60);
  EXPECT_EQ(bar.z(), 12);
  turnWheel(number, 120, Qt::ShiftModifier);
  EXPECT_EQ(bar.z(), 22);
  QTest::keyClick(slider, Qt::Key_Left);
  EXPECT_EQ(bar.z(), 21);
  QTest::keyClick(slider, Qt::Key_End);
  EXPECT_EQ(bar.z(), 40);
  bar.step(AxisBar::Axis::kSlice, 5);
  EXPECT_EQ(bar.z(), 40);
  EXPECT_EQ(moved.count(), 4) << "a step beyond the end is none";
  number->setValue(1);
  ASSERT_EQ(moved.count(), 5);
  EXPECT_EQ(moved.last()[1].toLongLong(), 0);
}

TEST(AxisBar, IsSilentWhenItIsSetAndKeepsThePositionInside) {
  AxisBar bar;
  QSignalSpy moved(&bar, &AxisBar::sliceChanged);
  bar.setExtent(5, 9);
  bar.setSlice(99, 8);
  EXPECT_EQ(bar.t(), 4);
  bar.setExtent(5, 3);
  EXPECT_EQ(bar.z(), 2);
  EXPECT_EQ(moved.count(), 0);
}

TEST(AxisBar, PlaysOneAxisAtATimeAndStartsOver) {
  AxisBar bar;
  bar.setExtent(2, 3);
  QSignalSpy moved(&bar, &AxisBar::sliceChanged);
  bar.setPlaying(AxisBar::Axis::kSlice, true);
  bar.setPlaying(AxisBar::Axis::kTime, true);
  EXPECT_FALSE(bar.isPlaying(AxisBar::Axis::kSlice));
  while (moved.count() < 2) ASSERT_TRUE(moved.wait());
  EXPECT_EQ(moved[0][0].toLongLong(), 1);
  EXPECT_EQ(moved[1][0].toLongLong(), 0);
  childNamed<QToolButton>(bar, QStringLiteral("Stop playing Time"))->click();
  EXPECT_FALSE(bar.isPlaying(AxisBar::Axis::kTime));
}

/// Drags files over a page and drops them.
void dropOn(StartPage* page, const QList<QUrl>& urls) {
  QMimeData data;
  data.setUrls(urls);
  QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(page, &enter);
  if (!enter.isAccepted()) return;
  QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(page, &drop);
}

TEST(StartPage, OpensTheFirstDroppedFileAndSaysSo) {
  StartPage page;
  QSignalSpy dropped(&page, &StartPage::fileDropped);
  dropOn(&page, {QUrl(QStringLiteral("https://example.org/a.tif"))});
  EXPECT_EQ(dropped.count(), 0);
  dropOn(&page,
         {QUrl::fromLocalFile(QStringLiteral("/data/a.tif")), QUrl::fromLocalFile(QStringLiteral("/data/b.tif"))});
  ASSERT_EQ(dropped.count(), 1);
  EXPECT_EQ(dropped[0][0].toString(), QStringLiteral("/data/a.tif"));
  EXPECT_TRUE(buttonWithText<QLabel>(page, QStringLiteral("Opening the first of the 2 files")));
}

TEST(StartPage, OpensRecentProjectsByKeyAndMouse) {
  StartPage page;
  page.resize(900, 700);
  page.setRecent({{QStringLiteral("one"), QStringLiteral("/p/one.cyto"), QDateTime::currentDateTime(), QImage(), false},
                  {QStringLiteral("two"), QStringLiteral("/p/two.cyto"), QDateTime(), QImage(), true}});
  page.show();
  QSignalSpy asked(&page, &StartPage::projectRequested);
  auto* list = childNamed<QListWidget>(page, QStringLiteral("Recent projects"));
  list->setFocus();
  list->setCurrentRow(0);
  QTest::keyClick(list, Qt::Key_Right);
  QTest::keyClick(list, Qt::Key_Return);
  ASSERT_EQ(asked.count(), 1);
  EXPECT_EQ(asked[0][0].toString(), QStringLiteral("/p/two.cyto"));
  QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::NoModifier, list->visualItemRect(list->item(0)).center());
  ASSERT_EQ(asked.count(), 2);
  EXPECT_EQ(asked[1][0].toString(), QStringLiteral("/p/one.cyto"));
}

TEST(JobsButton, ListsJobsAndCancelsWithoutChangingItsSize) {
  QWidget window;
  window.resize(800, 600);
  JobsButton button(&window, &window);
  window.show();
  const QSize size = button.sizeHint();
  EXPECT_EQ(button.text(), QStringLiteral("No jobs"));
  EXPECT_TRUE(buttonWithText<QLabel>(*button.popover(), QStringLiteral("No jobs")));
  QSignalSpy cancelled(&button, &JobsButton::cancelRequested);
  button.setJobs(
      {{QStringLiteral("7"), QStringLiteral("Precompute"), QStringLiteral("tile 1 of 4"), 1, 4, false, false, true}});
  EXPECT_EQ(button.text(), QStringLiteral("1 job running"));
  EXPECT_EQ(button.sizeHint(), size);
  button.click();
  EXPECT_TRUE(button.isPopoverVisible());
  auto* cancel = childNamed<QToolButton>(*button.popover(), QStringLiteral("Cancel Precompute"));
  ASSERT_TRUE(cancel);
  cancel->click();
  ASSERT_EQ(cancelled.count(), 1);
  EXPECT_EQ(cancelled[0][0].toString(), QStringLiteral("7"));
  QTest::keyClick(button.popover(), Qt::Key_Escape);
  EXPECT_FALSE(button.isPopoverVisible());
  EXPECT_FALSE(button.isChecked());
}

TEST(JobsButton, FinishedJobsSayWhatTheyDidAndOfferTheirResult) {
  QWidget window;
  window.resize(800, 600);
  JobsButton button(&window, &window);
  window.show();
  QSignalSpy asked(&button, &JobsButton::resultRequested);
  JobRow job{
      QStringLiteral("1"), QStringLiteral("Export"), QStringLiteral("212 objects written"), 5, 5, true, false, true};
  job.link = QStringLiteral("Show file");
  button.setJobs({job});
  button.setPopoverVisible(true);
  EXPECT_EQ(button.text(), QStringLiteral("No jobs"));
  EXPECT_FALSE(childNamed<QToolButton>(*button.popover(), QStringLiteral("Cancel Export"))->isVisible());
  buttonWithText<QPushButton>(*button.popover(), QStringLiteral("Show file"))->click();
  EXPECT_EQ(asked.count(), 1);
  job.hasFailed = true;
  button.setJobs({job});
  EXPECT_EQ(button.text(), QStringLiteral("1 job failed"));
}

TEST(RemainingTime, FollowsTheSpeedOfTheLastMinute) {
  RemainingTime time;
  time.add(0, 100, 0);
  EXPECT_FALSE(time.seconds());
  time.add(10, 100, 10'000);
  EXPECT_EQ(time.seconds(), 90);
  for (int i = 1; i <= 80; ++i) time.add(10 + i / 2, 100, 10'000 + i * 1000);
  ASSERT_TRUE(time.seconds());
  EXPECT_NEAR(static_cast<double>(*time.seconds()), 100, 4);
  time.add(0, 50, 200'000);
  EXPECT_FALSE(time.seconds()) << "another job starts over";
  EXPECT_EQ(durationText(7), QStringLiteral("7 s"));
  EXPECT_EQ(durationText(44), QStringLiteral("40 s"));
  EXPECT_EQ(durationText(170), QStringLiteral("3 min"));
  EXPECT_EQ(durationText(7800), QStringLiteral("2 h 10 min"));
}

TEST(NoticeBar, ShowsOneMessageAtATime) {
  QWidget host;
  host.resize(800, 600);
  NoticeBar bar(&host);
  host.show();
  QSignalSpy actions(&bar, &NoticeBar::actionTriggered);
  Notice error{Notice::Severity::kError,
               QStringLiteral("The folder is read-only."),
               QStringLiteral("EACCES"),
               {{QStringLiteral("saveAs"), QStringLiteral("Save elsewhere…")}}};
  bar.post(error);
  bar.post(error);
  EXPECT_EQ(bar.count(), 1) << "the same message is not queued twice";
  bar.post({Notice::Severity::kInfo, QStringLiteral("Exported."), {}, {}});
  EXPECT_EQ(bar.count(), 2);
  EXPECT_EQ(bar.accessibleName(), QStringLiteral("Error: The folder is read-only."));
  EXPECT_FALSE(bar.findChild<QTimer*>()->isActive()) << "errors stay";
  EXPECT_LE(bar.geometry().bottom(), host.height());
  childNamed<QToolButton>(bar, QStringLiteral("Copy the message"))->click();
  EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("The folder is read-only.\n\nEACCES"));
  auto* details = buttonWithText<QPushButton>(bar, QStringLiteral("Details"));
  details->click();
  EXPECT_TRUE(bar.findChild<QPlainTextEdit*>()->isVisible());
  buttonWithText<QPushButton>(bar, QStringLiteral("Save elsewhere…"))->click();
  ASSERT_EQ(actions.count(), 1);
  EXPECT_EQ(actions[0][0].toString(), QStringLiteral("saveAs"));
  EXPECT_EQ(bar.accessibleName(), QStringLiteral("Information: Exported."));
  EXPECT_TRUE(bar.findChild<QTimer*>()->isActive()) << "information goes by itself";
  bar.dismiss();
  EXPECT_FALSE(bar.isVisible());
  EXPECT_EQ(bar.count(), 0);
}

TEST(StatusReadout, KeepsItsWidthWhileValuesChange) {
  StatusReadout readout;
  readout.resize(1200, 24);
  readout.show();
  readout.setImage({1, 41, 2048, 2048}, {0, 0.5, 0.1, 0.1, "micrometer", ""}, QStringLiteral("65535"));
  const QWidget* position = childNamed<QWidget>(readout, QStringLiteral("Position under the pointer"));
  const QSize size = position->sizeHint();
  readout.setPosition(StatusReadout::Position{0, 11, 123, 1456});
  EXPECT_EQ(position->accessibleDescription(), QStringLiteral("y 123 x 1456 z 12"));
  EXPECT_EQ(position->sizeHint(), size);
  readout.setObject(12, QStringLiteral("mitotic"), QStringLiteral("verified"));
  const QWidget* object = childNamed<QWidget>(readout, QStringLiteral("Object under the pointer"));
  EXPECT_EQ(object->accessibleDescription(), QStringLiteral("object 12 · mitotic · verified"));
  readout.setPosition(std::nullopt);
  EXPECT_EQ(object->accessibleDescription().trimmed(), QStringLiteral("object"));
  readout.setZoom(0.3333);
  const QWidget* zoom = childNamed<QWidget>(readout, QStringLiteral("Zoom"));
  EXPECT_EQ(zoom->accessibleDescription(), QStringLiteral("33.3 %"));
  readout.resize(220, 24);
  EXPECT_FALSE(object->isVisible()) << "left out rather than cut";
  EXPECT_TRUE(position->isVisible());
}

/// A window with three commands and the overlays that show them.
class OverlayTest : public testing::Test {
 protected:
  OverlayTest() : view_(new QWidget(&window_)), registry_(&window_) {
    window_.resize(900, 600);
    view_->setFocusPolicy(Qt::StrongFocus);
    view_->setGeometry(0, 0, 200, 200);
    add("view.zoomIn", "Zoom in", "View", "Ctrl++");
    add("segment", "Segment", "Prompts", "S");
    add("segment.all", "Segment through all slices", "Prompts", "Shift+S");
    registry_.setViewWidget(view_);
    window_.show();
    window_.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window_));
    view_->setFocus();
  }

  void add(const char* name, const char* title, const char* group, const char* key) {
    Command command;
    command.name = QString::fromLatin1(name);
    command.title = QString::fromLatin1(title);
    command.group = QString::fromLatin1(group);
    command.keys = {QKeySequence(QString::fromLatin1(key))};
    command.scope = Command::Scope::kView;
    registry_.add(command, [this, name](const QStringList&) {
      ran_.append(QString::fromLatin1(name));
      focusAtRun_ = QApplication::focusWidget();
      return QString();
    });
  }

  QWidget window_;
  QWidget* view_;
  CommandRegistry registry_;
  QStringList ran_;
  QWidget* focusAtRun_ = nullptr;
};

TEST_F(OverlayTest, PaletteFindsByLettersAndRunsWithTheFormerFocus) {
  CommandPalette palette(&registry_, &window_);
  palette.open();
  EXPECT_EQ(palette.listedCommands().size(), 3);
  auto* query = palette.findChild<QLineEdit*>();
  QTest::keyClicks(query, QStringLiteral("seg"));
  EXPECT_THAT(palette.listedCommands(), ElementsAre(QStringLiteral("segment"), QStringLiteral("segment.all")));
  EXPECT_THAT(ran_, testing::IsEmpty()) << "the letters belong to the query";
  QTest::keyClick(query, Qt::Key_Down);
  QTest::keyClick(query, Qt::Key_Return);
  EXPECT_THAT(ran_, ElementsAre(QStringLiteral("segment.all")));
  EXPECT_EQ(focusAtRun_, view_);
  EXPECT_FALSE(palette.isVisible());
  palette.open();
  EXPECT_EQ(query->text(), QStringLiteral("seg")) << "the last query is kept";
  QTest::keyClicks(query, QStringLiteral("prompts"));
  EXPECT_EQ(palette.listedCommands().size(), 2) << "typing replaces it; groups are found too";
}

TEST_F(OverlayTest, PaletteFindsObjectsAndClosesByEscape) {
  CommandPalette palette(&registry_, &window_);
  QSignalSpy objects(&palette, &CommandPalette::objectRequested);
  palette.open();
  auto* query = palette.findChild<QLineEdit*>();
  QTest::keyClick(query, Qt::Key_Escape);
  EXPECT_FALSE(palette.isVisible());
  EXPECT_EQ(QApplication::focusWidget(), view_);
  palette.open();
  QTest::keyClicks(query, QStringLiteral("#123"));
  QTest::keyClick(query, Qt::Key_Return);
  ASSERT_EQ(objects.count(), 1);
  EXPECT_EQ(objects[0][0].toLongLong(), 123);
  EXPECT_THAT(ran_, testing::IsEmpty());
}

TEST_F(OverlayTest, PaletteListsWhatIsNotAvailableLastAndSaysWhy) {
  CommandPalette palette(&registry_, &window_);
  registry_.action(QStringLiteral("segment"))->setEnabled(false);
  QSignalSpy problems(&registry_, &CommandRegistry::problem);
  palette.open();
  auto* query = palette.findChild<QLineEdit*>();
  QTest::keyClicks(query, QStringLiteral("seg"));
  EXPECT_EQ(palette.listedCommands().last(), QStringLiteral("segment"));
  QTest::keyClick(query, Qt::Key_Up);
  QTest::keyClick(query, Qt::Key_Return);
  EXPECT_EQ(problems.count(), 1);
}

TEST_F(OverlayTest, KeyMapNamesEveryKeyAndClosesByEscape) {
  KeyMapSheet sheet(&registry_, &window_);
  registry_.setKeys(QStringLiteral("segment"), {QKeySequence(QStringLiteral("G"))});
  sheet.open();
  EXPECT_TRUE(childNamed<QWidget>(sheet, QStringLiteral("Segment: G")));
  EXPECT_TRUE(childNamed<QWidget>(sheet, QStringLiteral("Zoom in: Ctrl++")));
  QTest::keyClick(&sheet, Qt::Key_G);
  EXPECT_THAT(ran_, testing::IsEmpty());
  QTest::keyClick(&sheet, Qt::Key_Escape);
  EXPECT_FALSE(sheet.isVisible());
  EXPECT_EQ(QApplication::focusWidget(), view_);
}

}  // namespace
}  // namespace cyto::ui
