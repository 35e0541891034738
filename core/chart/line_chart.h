#pragma once

#include <string>
#include <vector>

namespace cyto {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

/// How a series is drawn.
enum class SeriesStyle {
  kLine,
  kEmphasised,  ///< black and thick: the one that sums up the others
  kDashed,
  kMarkers,  ///< hollow markers without a line, for single values
};

/// Values that belong together. Series of one name have the same colour in all panels and one entry in the legend.
struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;  ///< by ascending x
  SeriesStyle style = SeriesStyle::kLine;
  /// The name whose colour this has; empty: its own.
  std::string colourOf;
};

/// Two axes and the series between them. Points outside of the axes are not drawn.
struct ChartPanel {
  std::string title;
  std::string xLabel;
  std::string yLabel;
  std::vector<double> xTicks;  ///< ascending, two at least; the axis goes from the first to the last
  double yLeast = 0;
  double yMost = 1;
  std::vector<ChartSeries> series;
};

/// Panels side by side with one legend.
struct LineChart {
  std::string title;
  std::vector<ChartPanel> panels;
};

}  // namespace cyto
