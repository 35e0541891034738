#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/cli/evaluate/text_table.h"
#include "core/chart/line_chart.h"
#include "core/inference/model.h"
#include "core/measure/grouped_means.h"
#include "core/segmentation/simulated_user.h"

namespace cyto::cli {

/// One way through the rounds.
struct Course {
  FirstPrompt first = FirstPrompt::kPoint;
  bool feedsBackMask = true;
};

/// What is asked of every object, and what is reported of it (spec/micro-sam.md §10.2).
struct InteractiveProtocol {
  std::vector<Course> courses;
  std::vector<int> reported;  ///< rounds, ascending; the last is how many there are
  Corrections corrections = Corrections::kCentre;
  bool hasBaselines = false;

  bool asksFor(FirstPrompt first) const;
  /// The first course that begins so; there must be one.
  size_t courseOf(FirstPrompt first) const;

  /// Values of an object: those of the courses, round by round, then Otsu and ellipse where they are asked for.
  size_t measureOf(size_t course, size_t reportedRound) const { return course * reported.size() + reportedRound; }
  size_t baselineOf(FirstPrompt first) const;
  std::vector<std::string> courseMeasures() const;  ///< "point", "point_round_2", "box_round_8_without_mask", …
  std::vector<std::string> measures() const;        ///< the same and "otsu_at_click", "ellipse_in_box"
};

/// 1, 2, 3, 4, 8 as far as there are so many rounds, and the last round.
std::vector<int> reportedRounds(int rounds);

/// Measures of many objects, and how they are shown.
struct InteractiveResults {
  InteractiveProtocol protocol;
  ModelIdentity model;
  uint64_t seed = 0;
  GroupedMeans iou;  ///< items are objects
  GroupedMeans msa;  ///< items are images: mSA of all answers painted into one plane
};

nlohmann::json asJson(const InteractiveResults& results);
std::string asText(const InteractiveResults& results);
/// A row for each image, group and everything.
TextTable asTable(const InteractiveResults& results);
/// The table of a model card: a row for each group, then all objects, then the mean of the images.
TextTable asModelCard(const InteractiveResults& results);
LineChart asChart(const InteractiveResults& results);

}  // namespace cyto::cli
