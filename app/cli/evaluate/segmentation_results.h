#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/cli/evaluate/text_table.h"
#include "core/chart/line_chart.h"
#include "core/measure/grouped_means.h"
#include "core/measure/segmentation_scores.h"

namespace cyto::cli {

/// Measures of many images, each of which weighs alike (spec/micro-sam.md §10.1), and how they are shown.
class SegmentationResults {
 public:
  /// `scores` are at `segmentationThresholds()`.
  void add(const std::string& image, const std::string& group, const SegmentationScores& scores);

  nlohmann::json asJson() const;
  std::string asText() const;
  /// A row for each image, group and everything.
  TextTable asTable() const;
  /// SA over thresholds.
  LineChart asChart() const;

 private:
  GroupedMeans means_;  // items are images
};

}  // namespace cyto::cli
