#pragma once

#include <string>
#include <vector>

#include "core/chart/canvas.h"
#include "core/chart/line_chart.h"

namespace cyto {

/// Numbers for an axis from `least` to `most`: multiples of 1, 2 or 5 times a power of ten, some five of them.
std::vector<double> axisTicks(double least, double most);

/// Where everything of a chart goes on its page. The chart must outlive it.
class ChartLayout {
 public:
  explicit ChartLayout(const LineChart& chart);

  PageSize size() const;
  void draw(Canvas& canvas) const;

 private:
  struct LegendEntry {
    std::string name;
    SeriesStyle style;
    size_t look;  // position in the list of colours and markers
  };

  void collectLegend();
  size_t lookOf(const ChartSeries& series) const;
  void drawAxes(Canvas& canvas, const ChartPanel& panel, const PagePoint& corner) const;
  void drawSeries(Canvas& canvas, const ChartPanel& panel, const PagePoint& corner) const;
  void drawLegend(Canvas& canvas) const;

  const LineChart& chart_;
  std::vector<LegendEntry> legend_;
  double legendWidth_ = 0;
};

}  // namespace cyto
