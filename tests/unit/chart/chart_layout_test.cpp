#include "core/chart/chart_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyto {
namespace {

/// Remembers what is drawn.
class RecordingCanvas : public Canvas {
 public:
  struct Line {
    std::vector<PagePoint> points;
    Stroke stroke;
  };
  struct Words {
    PagePoint at;
    std::string words;
  };

  void line(const std::vector<PagePoint>& points, const Stroke& stroke) override { lines.push_back({points, stroke}); }
  void polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke&) override {
    fills.push_back(fill);
    for (const PagePoint& corner : corners) this->corners.push_back(corner);
  }
  void text(const PagePoint& at, const std::string& words, const TextStyle&) override { texts.push_back({at, words}); }

  int64_t count(const std::string& words) const {
    return std::count_if(texts.begin(), texts.end(), [&](const Words& text) { return text.words == words; });
  }
  std::vector<Line> withWidth(double width) const {
    std::vector<Line> found;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
                 [&](const Line& line) { return line.stroke.width == width; });
    return found;
  }

  std::vector<Line> lines;
  std::vector<Words> texts;
  std::vector<Colour> fills;
  std::vector<PagePoint> corners;
};

ChartPanel panel(std::vector<ChartSeries> series) {
  return {"title", "prompts", "mean IoU", {1, 2, 4}, 0, 1, std::move(series)};
}

RecordingCanvas drawn(const LineChart& chart) {
  RecordingCanvas canvas;
  ChartLayout(chart).draw(canvas);
  return canvas;
}

constexpr double kThin = 1.7, kThick = 2.6;

TEST(AxisTicks, AreRoundNumbers) {
  EXPECT_THAT(axisTicks(0, 1), testing::Pointwise(testing::DoubleNear(1e-12), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_THAT(axisTicks(0.5, 0.95), testing::Pointwise(testing::DoubleNear(1e-12), {0.5, 0.6, 0.7, 0.8, 0.9}));
  EXPECT_THAT(axisTicks(-30, 120), testing::Pointwise(testing::DoubleNear(1e-9), {0.0, 50.0, 100.0}));
  EXPECT_THAT(axisTicks(3, 3), testing::ElementsAre(3));
}

TEST(ChartLayout, PlacesValuesOnTheirAxes) {
  const LineChart chart{"chart", {panel({{"a", {{1, 0}, {2, 0.5}, {4, 1}}, SeriesStyle::kLine, ""}})}};
  const auto lines = drawn(chart).withWidth(kThin);
  ASSERT_EQ(lines.size(), 2u) << "the series and its key";
  const std::vector<PagePoint>& points = lines[0].points;
  ASSERT_EQ(points.size(), 3u);
  EXPECT_NEAR(points[1].x, points[0].x + (points[2].x - points[0].x) / 3, 1e-9);
  EXPECT_NEAR(points[1].y, (points[0].y + points[2].y) / 2, 1e-9);
  EXPECT_LT(points[2].y, points[0].y) << "more is higher";
}

TEST(ChartLayout, LeavesOutWhatIsOutsideOfTheAxes) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const LineChart chart{
      "chart", {panel({{"a", {{1, 0.5}, {2, 1.5}, {3, nothing}, {9, 0.5}, {4, 0.6}}, SeriesStyle::kLine, ""}})}};
  EXPECT_EQ(drawn(chart).withWidth(kThin)[0].points.size(), 2u);
}

TEST(ChartLayout, OneNameIsOneColourAndOneEntry) {
  const ChartSeries a{"a", {{1, 0.1}}, SeriesStyle::kLine, ""}, b{"b", {{1, 0.2}}, SeriesStyle::kLine, ""};
  const ChartSeries ofA{"a again", {{1, 0.3}}, SeriesStyle::kDashed, "a"};
  const RecordingCanvas canvas = drawn({"chart", {panel({a, b}), panel({b, a, ofA})}});
  EXPECT_EQ(canvas.count("a"), 1);
  EXPECT_EQ(canvas.count("b"), 1);
  EXPECT_EQ(canvas.count("a again"), 1);
  const auto lines = canvas.withWidth(kThin);
  ASSERT_EQ(lines.size(), 8u) << "five lines and three keys";
  EXPECT_EQ(lines[0].stroke.colour, lines[3].stroke.colour);
  EXPECT_EQ(lines[1].stroke.colour, lines[2].stroke.colour);
  EXPECT_NE(lines[0].stroke.colour, lines[1].stroke.colour);
  EXPECT_EQ(lines[4].stroke.colour, lines[0].stroke.colour);
  EXPECT_TRUE(lines[4].stroke.isDashed);
}

TEST(ChartLayout, TheEmphasisedSeriesIsBlackAndOnTop) {
  const ChartSeries all{"all", {{1, 0.1}, {2, 0.2}}, SeriesStyle::kEmphasised, ""};
  const ChartSeries part{"part", {{1, 0.3}, {2, 0.2}}, SeriesStyle::kLine, ""};
  const RecordingCanvas canvas = drawn({"chart", {panel({all, part})}});
  const auto thick = canvas.withWidth(kThick);
  ASSERT_FALSE(thick.empty());
  EXPECT_EQ(thick[0].stroke.colour, (Colour{0, 0, 0}));
  const auto position = [&](double width) {
    return std::find_if(canvas.lines.begin(), canvas.lines.end(),
                        [&](const auto& line) { return line.stroke.width == width; });
  };
  EXPECT_LT(position(kThin), position(kThick));
}

TEST(ChartLayout, EverythingLiesOnThePage) {
  LineChart chart{"chart", {}};
  for (int p = 0; p < 2; ++p) {
    ChartPanel filled = panel({});
    for (int i = 0; i < 30; ++i) {
      filled.series.push_back(
          {"series " + std::string(static_cast<size_t>(i * 3), 'x'), {{1, 0}, {4, 1}}, SeriesStyle::kLine, ""});
    }
    chart.panels.push_back(filled);
  }
  const PageSize size = ChartLayout(chart).size();
  const RecordingCanvas canvas = drawn(chart);
  for (const auto& text : canvas.texts) {
    EXPECT_LT(text.at.y, size.height) << text.words;
    EXPECT_LE(text.words.size(), 42u) << "long names are cut";
  }
  for (const PagePoint& corner : canvas.corners) {
    EXPECT_GE(corner.x, 0);
    EXPECT_LE(corner.x, size.width);
    EXPECT_GE(corner.y, 0);
    EXPECT_LE(corner.y, size.height);
  }
}

}  // namespace
}  // namespace cyto
