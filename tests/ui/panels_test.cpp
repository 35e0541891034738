#include <gtest/gtest.h>

#include <QApplication>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "tests/ui/shown_widgets.h"
#include "tests/unit/display/memory_source.h"
#include "ui/panels/channel_block.h"
#include "ui/panels/eye_button.h"
#include "ui/panels/layers_panel.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/panels/range_slider.h"

namespace cyto::ui {
namespace {

class ObjectPanelTest : public AmericanNumbersTest {};
class LayersPanelColourTest : public AmericanNumbersTest {};
class HistogramModelTest : public AmericanNumbersTest {};

std::shared_ptr<SessionState> stateWithObjects(uint32_t count) {
  auto state = std::make_shared<SessionState>();
  state->isOpen = true;
  state->reference.shape = {1, 1, 64, 64};
  for (uint32_t id = 1; id <= count; ++id) {
    auto record = std::make_shared<ObjectRecord>();
    record->id = id;
    record->area = 10 * id;
    state->document.objects.set(id, record);
  }
  return state;
}

TEST_F(ObjectPanelTest, CountsAndFilters) {
  ObjectPanel panel;
  shown(panel);
  EXPECT_TRUE(showsText(panel,
                        "No objects yet. Click a cell with the point tool, then press Enter. Or segment all objects: "
                        "Ctrl+Shift+F."));
  panel.setState(stateWithObjects(1234));
  EXPECT_TRUE(showsText(panel, "1,234 objects"));
  panel.findChild<QLineEdit*>()->setText("#12");
  EXPECT_TRUE(showsText(panel, "46 shown of 1,234 objects"));
  panel.findChild<QLineEdit*>()->setText("no such class");
  EXPECT_TRUE(showsText(panel, "No object matches the filter."));
  panel.setState(stateWithObjects(1));
  panel.findChild<QLineEdit*>()->clear();
  EXPECT_TRUE(showsText(panel, "1 object"));
}

TEST_F(ObjectPanelTest, SelectingByCodeIsSilentAndTakesAHidingFilterAway) {
  ObjectPanel panel;
  shown(panel).setState(stateWithObjects(300));
  QSignalSpy selections(&panel, &ObjectPanel::selectionChanged);
  panel.findChild<QLineEdit*>()->setText("#7");
  panel.select(250);
  EXPECT_EQ(panel.selected(), 250u);
  EXPECT_EQ(panel.selectedIds(), QList<quint32>{250});
  EXPECT_TRUE(panel.findChild<QLineEdit*>()->text().isEmpty());
  const auto* table = panel.findChild<QTableView*>();
  EXPECT_TRUE(table->viewport()->rect().contains(table->visualRect(table->currentIndex()).center()));
  panel.select(0);
  EXPECT_TRUE(panel.selectedIds().isEmpty());
  EXPECT_EQ(selections.count(), 0);
}

TEST_F(ObjectPanelTest, KeysAskForWhatTheySay) {
  ObjectPanel panel;
  shown(panel).setState(stateWithObjects(5));
  auto* table = panel.findChild<QTableView*>();
  QSignalSpy selections(&panel, &ObjectPanel::selectionChanged);
  QSignalSpy deletions(&panel, &ObjectPanel::deleteRequested);
  QSignalSpy activations(&panel, &ObjectPanel::objectActivated);
  QTest::keyClick(table, Qt::Key_Delete);
  EXPECT_EQ(deletions.count(), 0);
  table->selectRow(1);
  ASSERT_EQ(selections.count(), 1);
  EXPECT_EQ(selections[0][0].toUInt(), 2u);
  QTest::keyClick(table, Qt::Key_Return);
  ASSERT_EQ(activations.count(), 1);
  EXPECT_EQ(activations[0][0].toUInt(), 2u);
  QTest::keyClick(table, Qt::Key_Down, Qt::ShiftModifier);
  QTest::keyClick(table, Qt::Key_Delete);
  ASSERT_EQ(deletions.count(), 1);
  EXPECT_EQ(deletions[0][0].value<QList<quint32>>(), (QList<quint32>{2, 3}));
}

TEST_F(ObjectPanelTest, ADoubleClickGoesThereOnce) {
  ObjectPanel panel;
  shown(panel).setState(stateWithObjects(5));
  auto* table = panel.findChild<QTableView*>();
  QSignalSpy activations(&panel, &ObjectPanel::objectActivated);
  const QPoint at = table->visualRect(table->model()->index(2, 1)).center();
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, at);
  QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, at);
  ASSERT_EQ(activations.count(), 1);
  EXPECT_EQ(activations[0][0].toUInt(), 3u);
}

TEST_F(ObjectPanelTest, TheSelectionStaysWhileObjectsComeAndGoes) {
  ObjectPanel panel;
  auto state = stateWithObjects(5);
  shown(panel).setState(state);
  panel.findChild<QTableView*>()->selectRow(3);
  QSignalSpy selections(&panel, &ObjectPanel::selectionChanged);
  panel.setState(stateWithObjects(6));
  EXPECT_EQ(panel.selectedIds(), QList<quint32>{4});
  auto volume = stateWithObjects(6);  // other columns: the model is reset
  volume->reference.shape.z = 9;
  panel.setState(volume);
  EXPECT_EQ(panel.selectedIds(), QList<quint32>{4});
  EXPECT_EQ(selections.count(), 0);
  panel.setState(stateWithObjects(3));
  ASSERT_EQ(selections.count(), 1);
  EXPECT_EQ(selections[0][0].toUInt(), 0u);
}

class LayersPanelTest : public AmericanNumbersTest {
 protected:
  LayersPanelTest() {
    auto source = std::make_shared<test::MemorySource>(
        test::imageOf<uint16_t>(64, 64, 2, [](int64_t c, int64_t y, int64_t x) { return 100 * c + y * 8 + x % 3; }));
    display_.setImage(source);
    QSignalSpy ready(&display_, &DisplayModel::channelsChanged);
    EXPECT_TRUE(!display_.channels().empty() || ready.wait());
    shown(panel_);
  }

  template <typename Widget>
  Widget* inBlock(int channel) {
    return panel_.channelBlocks()[channel]->findChild<Widget*>();
  }

  DisplayModel display_;
  LayersPanel panel_{display_};
};

TEST_F(LayersPanelTest, EyesShowAndHideLayers) {
  using Layer = DisplayModel::Layer;
  for (const Layer layer : {Layer::kImage, Layer::kObjects, Layer::kCurrent, Layer::kPrompts}) {
    EXPECT_TRUE(panel_.eye(layer)->isChecked());
    QTest::mouseClick(panel_.eye(layer), Qt::LeftButton);
    EXPECT_FALSE(display_.isVisible(layer));
    display_.setVisible(layer, true);
    EXPECT_TRUE(panel_.eye(layer)->isChecked());
    EXPECT_FALSE(panel_.eye(layer)->accessibleName().isEmpty());
  }
}

TEST_F(LayersPanelTest, ShapeAndOpacityOfObjects) {
  QTest::mouseClick(toolNamed(panel_, "Contour"), Qt::LeftButton);
  EXPECT_EQ(display_.labelStyle().shape, LabelStyle::Shape::kContour);
  QTest::mouseClick(toolNamed(panel_, "Filled"), Qt::LeftButton);
  EXPECT_EQ(display_.labelStyle().shape, LabelStyle::Shape::kFilled);
  LabelStyle style = display_.labelStyle();
  style.shape = LabelStyle::Shape::kContour;
  style.opacity = 0.7;
  display_.setLabelStyle(style);
  EXPECT_TRUE(toolNamed(panel_, "Contour")->isChecked());
  EXPECT_TRUE(showsText(panel_, "70 %"));
  panel_.findChild<QSlider*>()->setValue(20);
  EXPECT_DOUBLE_EQ(display_.labelStyle().opacity, 0.2);
}

TEST_F(LayersPanelTest, AChannelIsShownAndChanged) {
  ASSERT_EQ(panel_.channelBlocks().size(), 2);
  QTest::mouseClick(inBlock<EyeButton>(1), Qt::LeftButton);
  EXPECT_FALSE(display_.channels()[1].isVisible);
  const auto boxes = panel_.channelBlocks()[0]->findChildren<QDoubleSpinBox*>();
  ASSERT_EQ(boxes.size(), 2);
  boxes[0]->setValue(20);
  EXPECT_EQ(display_.channels()[0].low, 20);
  // Past the other end: that moves along.
  boxes[0]->setValue(5000);
  EXPECT_EQ(display_.channels()[0].low, 5000);
  EXPECT_GT(display_.channels()[0].high, 5000);
  EXPECT_EQ(boxes[1]->value(), display_.channels()[0].high);
  ChannelDisplay channel = display_.channels()[0];
  channel.low = 33;
  channel.high = 44;
  display_.setChannel(0, channel);
  EXPECT_EQ(boxes[0]->value(), 33);
  EXPECT_EQ(inBlock<RangeSlider>(0)->high(), 44);
}

TEST_F(LayersPanelTest, GammaIsBehindMore) {
  ChannelBlock* block = panel_.channelBlocks()[0];
  auto* gamma = block->findChild<QSlider*>();
  EXPECT_FALSE(gamma->isVisible());
  QTest::mouseClick(toolNamed(*block, "More"), Qt::LeftButton);
  EXPECT_TRUE(gamma->isVisible());
  gamma->setValue(gamma->maximum());
  EXPECT_DOUBLE_EQ(display_.channels()[0].gamma, 5);
  gamma->setValue(1);
  EXPECT_EQ(display_.channels()[0].gamma, 1);
}

TEST_F(LayersPanelTest, AsksForAutoContrast) {
  QSignalSpy requests(&panel_, &LayersPanel::autoContrastRequested);
  QTest::mouseClick(buttonNamed(panel_, "Auto contrast"), Qt::LeftButton);
  EXPECT_EQ(requests.count(), 1);
  display_.setImage(nullptr);
  EXPECT_TRUE(panel_.channelBlocks().isEmpty());
  EXPECT_FALSE(buttonNamed(panel_, "Auto contrast")->isVisible());
  EXPECT_TRUE(showsText(panel_, "No image is open."));
}

TEST_F(LayersPanelTest, TabGoesThroughChannelsInTheirOrder) {
  QTest::qWait(0);
  panel_.activateWindow();
  inBlock<EyeButton>(0)->setFocus(Qt::TabFocusReason);
  QStringList names;
  for (int i = 0; i < 6; ++i) {
    names += QApplication::focusWidget()->accessibleName();
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
  }
  // Twice at the range: it has two handles.
  EXPECT_EQ(names.join(", ").toStdString(),
            "Channel 1 visible, Colour of Channel 1, More settings of Channel 1, Channel 1: contrast range, "
            "Channel 1: contrast range, Channel 1: black at");
}

TEST_F(LayersPanelColourTest, ColourImagesAreNotStretched) {
  auto source = std::make_shared<test::MemorySource>(
      test::imageOf<uint8_t>(32, 32, 3, [](int64_t c, int64_t y, int64_t x) { return c * 50 + y + x; }));
  source->info().isRgb = true;
  DisplayModel display;
  LayersPanel panel(display);
  shown(panel);
  QSignalSpy ready(&display, &DisplayModel::channelsChanged);
  display.setImage(source);
  ASSERT_TRUE(ready.wait());
  ASSERT_EQ(panel.channelBlocks().size(), 3);
  EXPECT_TRUE(showsText(panel, "Red"));
  EXPECT_FALSE(buttonNamed(panel, "Auto contrast")->isVisible());
}

TEST_F(HistogramModelTest, CountsInTheBackgroundAndOnlyWhatChanged) {
  auto source = std::make_shared<test::MemorySource>(
      test::imageOf<uint8_t>(16, 16, 2, [](int64_t c, int64_t, int64_t x) { return c == 0 ? x : 200; }));
  auto pyramid = std::make_shared<PixelPyramid>(source, 1'000'000);
  std::vector<ChannelDisplay> channels(2);
  HistogramModel histograms;
  QSignalSpy changes(&histograms, &HistogramModel::changed);
  histograms.request(pyramid, 0, 0, channels);
  while (changes.count() < 2) ASSERT_TRUE(changes.wait());
  ASSERT_EQ(histograms.counts(1).size(), static_cast<size_t>(HistogramModel::kBins));
  EXPECT_EQ(histograms.counts(1)[200 * HistogramModel::kBins / 255], 256);
  channels[0].rangeHigh = 31;
  histograms.request(pyramid, 0, 0, channels);
  ASSERT_TRUE(changes.wait());
  EXPECT_EQ(changes.count(), 3);
  EXPECT_EQ(changes[2][0].toInt(), 0);
  histograms.request(nullptr, 0, 0, {});
  EXPECT_TRUE(histograms.counts(0).empty());
}

class RangeSliderTest : public AmericanNumbersTest {
 protected:
  RangeSliderTest() {
    shown(slider_);
    slider_.resize(slider_.sizeHint());
    slider_.setRange(0, 1000, true);
    slider_.setValues(200, 800);
    slider_.activateWindow();
    slider_.setFocus(Qt::TabFocusReason);
  }

  QPoint at(double value) const { return {static_cast<int>(slider_.positionOf(value)), slider_.height() / 2}; }

  RangeSlider slider_;
  QSignalSpy changes_{&slider_, &RangeSlider::valuesChanged};
};

TEST_F(RangeSliderTest, KeysMoveTheActiveHandle) {
  QTest::keyClick(&slider_, Qt::Key_Right);
  EXPECT_EQ(slider_.low(), 201);
  QTest::keyClick(&slider_, Qt::Key_PageDown);
  EXPECT_EQ(slider_.low(), 191);
  QTest::keyClick(&slider_, Qt::Key_End);
  EXPECT_EQ(slider_.low(), 799);
  QTest::keyClick(&slider_, Qt::Key_Right);
  EXPECT_EQ(slider_.low(), 799);
  QTest::keyClick(&slider_, Qt::Key_Home);
  EXPECT_EQ(slider_.low(), 0);
  QTest::keyClick(&slider_, Qt::Key_Tab);
  EXPECT_EQ(slider_.activeHandle(), RangeSlider::Handle::kHigh);
  QTest::keyClick(&slider_, Qt::Key_Left);
  EXPECT_EQ(slider_.high(), 799);
  QTest::keyClick(&slider_, Qt::Key_Backtab);
  EXPECT_EQ(slider_.activeHandle(), RangeSlider::Handle::kLow);
}

TEST_F(RangeSliderTest, AHandleIsDraggedUpToTheOther) {
  QTest::mousePress(&slider_, Qt::LeftButton, {}, at(200));
  QTest::mouseMove(&slider_, at(400));
  EXPECT_NEAR(slider_.low(), 400, 8);
  QTest::mouseMove(&slider_, at(950));
  EXPECT_EQ(slider_.low(), 799);
  EXPECT_EQ(slider_.high(), 800);
  QTest::mouseRelease(&slider_, Qt::LeftButton, {}, at(950));
  EXPECT_GE(changes_.count(), 2);
}

TEST_F(RangeSliderTest, ThePartBetweenMovesBoth) {
  QTest::mousePress(&slider_, Qt::LeftButton, {}, at(500));
  QTest::mouseMove(&slider_, at(600));
  EXPECT_NEAR(slider_.low(), 300, 8);
  EXPECT_EQ(slider_.high() - slider_.low(), 600);
  QTest::mouseMove(&slider_, at(1000));
  EXPECT_EQ(slider_.high(), 1000);
  EXPECT_EQ(slider_.low(), 400);
  QTest::mouseRelease(&slider_, Qt::LeftButton, {}, at(1000));
}

TEST_F(RangeSliderTest, APressOutsideBringsTheNearerHandle) {
  QTest::mouseClick(&slider_, Qt::LeftButton, {}, at(900));
  EXPECT_NEAR(slider_.high(), 900, 8);
  EXPECT_EQ(slider_.low(), 200);
}

TEST_F(RangeSliderTest, SettingValuesIsSilentAndRefusesAnEmptyRange) {
  slider_.setValues(10, 20);
  slider_.setValues(30, 30);
  EXPECT_EQ(slider_.low(), 10);
  EXPECT_EQ(changes_.count(), 0);
}

}  // namespace
}  // namespace cyto::ui
