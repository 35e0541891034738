#include "core/chart/chart_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace cyto {

namespace {

// Points.
constexpr double kPlotWidth = 330, kPlotHeight = 270;
constexpr double kLeft = 58, kRight = 18, kTop = 62, kBottom = 52;
constexpr double kPanelWidth = kLeft + kPlotWidth + kRight;
constexpr double kLegendLine = 20, kLegendKey = 30;
constexpr double kMarkerRadius = 3.6;
constexpr double kLetterWidth = 0.58;  // of the height of a line, on average
constexpr size_t kLongestName = 42;

constexpr Colour kInk{40, 40, 40}, kPale{225, 225, 225}, kAxis{120, 120, 120}, kWhite{255, 255, 255};
constexpr Colour kEmphasis{0, 0, 0};
// Okabe and Ito, "Color universal design" (2008), without black and without the yellow that white swallows.
constexpr std::array<Colour, 6> kColours = {
    {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {86, 180, 233}, {230, 159, 0}}};

std::string tickText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// A character for each that is seen, whatever its number of bytes.
size_t letters(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string shortened(const std::string& name) {
  if (letters(name) <= kLongestName) return name;
  std::string start;
  size_t count = 0;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++count > kLongestName - 3) break;
    start += c;
  }
  return start + "...";
}

std::vector<PagePoint> markerAt(const PagePoint& at, size_t look) {
  // Circle, square, triangle, diamond: as polygons with their first corner at this part of a turn.
  struct Kind {
    int corners;
    double firstCorner, radius;
  };
  constexpr std::array<Kind, 4> kKinds = {{{20, 0, 1}, {4, 0.125, 1.25}, {3, 0.75, 1.4}, {4, 0, 1.35}}};
  const Kind& kind = kKinds[look % kKinds.size()];
  std::vector<PagePoint> corners;
  for (int i = 0; i < kind.corners; ++i) {
    const double angle = 2 * std::numbers::pi * (kind.firstCorner + static_cast<double>(i) / kind.corners);
    const double radius = kMarkerRadius * kind.radius;
    corners.push_back({at.x + radius * std::cos(angle), at.y + radius * std::sin(angle)});
  }
  return corners;
}

constexpr size_t kEmphasisedLook = 0;

Colour colourOf(size_t look) { return look == kEmphasisedLook ? kEmphasis : kColours[(look - 1) % kColours.size()]; }

void drawMarker(Canvas& canvas, const PagePoint& at, size_t look, SeriesStyle style) {
  const bool isHollow = style == SeriesStyle::kMarkers || style == SeriesStyle::kDashed;
  const Colour colour = colourOf(look);
  canvas.polygon(markerAt(at, look), isHollow ? kWhite : colour, {isHollow ? colour : kWhite, isHollow ? 1.4 : 0.7});
}

void drawLine(Canvas& canvas, const std::vector<PagePoint>& points, size_t look, SeriesStyle style) {
  if (style == SeriesStyle::kMarkers) return;
  canvas.line(points, {colourOf(look), style == SeriesStyle::kEmphasised ? 2.6 : 1.7, style == SeriesStyle::kDashed});
}

/// A short piece of the line with one marker, as the legend shows it.
void drawKey(Canvas& canvas, const PagePoint& left, size_t look, SeriesStyle style) {
  const double right = left.x + kLegendKey - 6;
  const PagePoint middle{(left.x + right) / 2, left.y};
  drawLine(canvas, {left, {right, left.y}}, look, style);
  drawMarker(canvas, middle, look, style);
}

double share(double value, double least, double most) { return most > least ? (value - least) / (most - least) : 0; }

}  // namespace

std::vector<double> axisTicks(double least, double most) {
  if (!(most > least)) return {least};
  const double rough = (most - least) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= rough * 0.999) {
      step = power * factor;
      break;
    }
  }
  std::vector<double> ticks;
  const auto first = static_cast<int64_t>(std::ceil(least / step - 1e-9));
  const auto last = static_cast<int64_t>(std::floor(most / step + 1e-9));
  for (int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

ChartLayout::ChartLayout(const LineChart& chart) : chart_(chart) { collectLegend(); }

void ChartLayout::collectLegend() {
  size_t looks = kEmphasisedLook;
  for (const ChartPanel& panel : chart_.panels) {
    for (const ChartSeries& series : panel.series) {
      const auto known = [&](const std::string& name) {
        return std::find_if(legend_.begin(), legend_.end(), [&](const LegendEntry& e) { return e.name == name; });
      };
      if (known(series.name) != legend_.end()) continue;
      const auto other = series.colourOf.empty() ? legend_.end() : known(series.colourOf);
      const size_t look = other != legend_.end()                     ? other->look
                          : series.style == SeriesStyle::kEmphasised ? kEmphasisedLook
                                                                     : ++looks;
      legend_.push_back({series.name, series.style, look});
      const double width = static_cast<double>(letters(shortened(series.name))) * 11 * kLetterWidth;
      legendWidth_ = std::max(legendWidth_, kLegendKey + width + 20);
    }
  }
}

size_t ChartLayout::lookOf(const ChartSeries& series) const {
  const auto found =
      std::find_if(legend_.begin(), legend_.end(), [&](const LegendEntry& entry) { return entry.name == series.name; });
  return found->look;
}

PageSize ChartLayout::size() const {
  const double ofLegend = kTop + static_cast<double>(legend_.size()) * kLegendLine + 12;
  return {std::ceil(kPanelWidth * static_cast<double>(chart_.panels.size()) + legendWidth_),
          std::ceil(std::max(kTop + kPlotHeight + kBottom, ofLegend))};
}

void ChartLayout::draw(Canvas& canvas) const {
  canvas.text({kLeft, 24}, chart_.title, {15, true, TextAnchor::kStart, false, kInk});
  for (size_t i = 0; i < chart_.panels.size(); ++i) {
    const PagePoint corner{kPanelWidth * static_cast<double>(i) + kLeft, kTop};
    drawAxes(canvas, chart_.panels[i], corner);
    drawSeries(canvas, chart_.panels[i], corner);
  }
  drawLegend(canvas);
}

void ChartLayout::drawAxes(Canvas& canvas, const ChartPanel& panel, const PagePoint& corner) const {
  const double bottom = corner.y + kPlotHeight, right = corner.x + kPlotWidth;
  for (const double tick : axisTicks(panel.yLeast, panel.yMost)) {
    const double y = bottom - kPlotHeight * share(tick, panel.yLeast, panel.yMost);
    canvas.line({{corner.x, y}, {right, y}}, {kPale, 0.8});
    canvas.text({corner.x - 8, y + 4}, tickText(tick), {11, false, TextAnchor::kEnd, false, kInk});
  }
  for (const double tick : panel.xTicks) {
    const double x = corner.x + kPlotWidth * share(tick, panel.xTicks.front(), panel.xTicks.back());
    canvas.line({{x, bottom}, {x, bottom + 4}}, {kAxis, 1});
    canvas.text({x, bottom + 18}, tickText(tick), {11, false, TextAnchor::kMiddle, false, kInk});
  }
  canvas.line({{corner.x, corner.y}, {corner.x, bottom}, {right, bottom}}, {kAxis, 1});
  canvas.text({corner.x, corner.y - 12}, panel.title, {12, true, TextAnchor::kStart, false, kInk});
  canvas.text({(corner.x + right) / 2, bottom + 38}, panel.xLabel, {12, false, TextAnchor::kMiddle, false, kInk});
  canvas.text({corner.x - 40, corner.y + kPlotHeight / 2}, panel.yLabel, {12, false, TextAnchor::kMiddle, true, kInk});
}

// The emphasised one comes last, on top of the others.
void ChartLayout::drawSeries(Canvas& canvas, const ChartPanel& panel, const PagePoint& corner) const {
  for (const bool isEmphasised : {false, true}) {
    for (const ChartSeries& series : panel.series) {
      if ((series.style == SeriesStyle::kEmphasised) != isEmphasised) continue;
      std::vector<PagePoint> points;
      for (const ChartPoint& point : series.points) {
        const double x = share(point.x, panel.xTicks.front(), panel.xTicks.back());
        const double y = share(point.y, panel.yLeast, panel.yMost);
        if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) continue;
        points.push_back({corner.x + kPlotWidth * x, corner.y + kPlotHeight * (1 - y)});
      }
      if (points.empty()) continue;
      drawLine(canvas, points, lookOf(series), series.style);
      for (const PagePoint& point : points) drawMarker(canvas, point, lookOf(series), series.style);
    }
  }
}

void ChartLayout::drawLegend(Canvas& canvas) const {
  const double left = kPanelWidth * static_cast<double>(chart_.panels.size());
  double y = kTop + 8;
  for (const LegendEntry& entry : legend_) {
    drawKey(canvas, {left, y}, entry.look, entry.style);
    canvas.text({left + kLegendKey, y + 4}, shortened(entry.name), {11, false, TextAnchor::kStart, false, kInk});
    y += kLegendLine;
  }
}

}  // namespace cyto
