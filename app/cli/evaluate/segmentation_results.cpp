#include "app/cli/evaluate/segmentation_results.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace cyto::cli {

using nlohmann::json;
using Means = GroupedMeans::Means;

namespace {

// What is kept of an image: these, then the SA at each threshold.
enum Measure : size_t {
  kTrueObjects,
  kPredictedObjects,
  kMsa,
  kSa50,
  kSa75,
  kPrecision,
  kRecall,
  kF1,
  kIou,
  kMatchedIou,
  kDice,
  kForegroundDice,
  kMeasures
};
constexpr std::array<const char*, kMeasures> kNames = {
    "true_objects", "predicted_objects", "msa",       "sa50",           "sa75", "precision", "recall", "f1",
    "mean_iou",     "mean_matched_iou",  "mean_dice", "foreground_dice"};
constexpr size_t kIndexOf75 = 5;

std::vector<double> valuesOf(const SegmentationScores& scores) {
  const DetectionScores& at50 = scores.atThreshold.front();
  std::vector<double> values{static_cast<double>(scores.trueObjects),
                             static_cast<double>(scores.predictedObjects),
                             scores.meanSegmentationAccuracy,
                             at50.segmentationAccuracy,
                             scores.atThreshold[kIndexOf75].segmentationAccuracy,
                             at50.precision,
                             at50.recall,
                             at50.f1,
                             scores.meanIou,
                             at50.meanMatchedIou,
                             scores.meanDice,
                             scores.foregroundDice};
  for (const DetectionScores& at : scores.atThreshold) values.push_back(at.segmentationAccuracy);
  return values;
}

/// Counts are kept as means of images; this is their sum.
int64_t sumOf(const Means& means, Measure measure) {
  return std::llround(means.ofItems[measure] * static_cast<double>(means.images));
}

json summary(const Means& means) {
  json object{{"images", means.images},
              {"true_objects", sumOf(means, kTrueObjects)},
              {"predicted_objects", sumOf(means, kPredictedObjects)}};
  for (size_t i = kMsa; i < kMeasures; ++i) object[kNames[i]] = means.ofItems[i];
  object["sa"] = std::vector<double>(means.ofItems.begin() + kMeasures, means.ofItems.end());
  return object;
}

ChartSeries seriesOf(const std::string& name, const Means& means, SeriesStyle style) {
  ChartSeries series{name, {}, style, ""};
  const std::vector<double> thresholds = segmentationThresholds();
  for (size_t i = 0; i < thresholds.size(); ++i) series.points.push_back({thresholds[i], means.ofItems[kMeasures + i]});
  return series;
}

}  // namespace

void SegmentationResults::add(const std::string& image, const std::string& group, const SegmentationScores& scores) {
  means_.add(image, group, valuesOf(scores));
}

json SegmentationResults::asJson() const {
  json document = summary(means_.all());
  document["thresholds"] = segmentationThresholds();
  document["groups"] = json::object();
  for (const auto& [group, means] : means_.groups()) document["groups"][group] = summary(means);
  return document;
}

std::string SegmentationResults::asText() const {
  TextTable table{{"mean of images", "images", "objects", "predicted", "mSA", "SA50", "SA75", "precision", "recall",
                   "F1", "IoU", "matched IoU", "Dice", "foreground Dice"},
                  {}};
  const auto add = [&](const std::string& name, const Means& means) {
    std::vector<std::string> row{name, std::to_string(means.images), std::to_string(sumOf(means, kTrueObjects)),
                                 std::to_string(sumOf(means, kPredictedObjects))};
    for (size_t i = kMsa; i < kMeasures; ++i) row.push_back(measureText(means.ofItems[i]));
    table.rows.push_back(std::move(row));
  };
  for (const auto& [group, means] : means_.groups()) add(group, means);
  add("all", means_.all());
  return alignedText(table);
}

TextTable SegmentationResults::asTable() const {
  TextTable table{{"level", "name", "group", "images"}, {}};
  for (const char* name : kNames) table.columns.emplace_back(name);
  for (const double threshold : segmentationThresholds()) table.columns.push_back("sa_" + figureText(threshold));
  const auto add = [&](std::vector<std::string> row, const std::vector<double>& values) {
    for (const double value : values) row.push_back(figureText(value));
    table.rows.push_back(std::move(row));
  };
  const auto addMeans = [&](const std::string& level, const std::string& name, const Means& means) {
    std::vector<double> values = means.ofItems;
    for (const Measure count : {kTrueObjects, kPredictedObjects})
      values[count] = static_cast<double>(sumOf(means, count));
    add({level, name, name, std::to_string(means.images)}, values);
  };
  for (const GroupedMeans::ImageMeans& image : means_.images())
    add({"image", image.image, image.group, "1"}, image.means);
  for (const auto& [group, means] : means_.groups()) addMeans("group", group, means);
  addMeans("all", "", means_.all());
  return table;
}

LineChart SegmentationResults::asChart() const {
  const Means all = means_.all();
  ChartPanel panel{
      "Segmentation accuracy (SA), mean of images", "IoU threshold", "SA", segmentationThresholds(), 0, 1, {}};
  panel.series.push_back(seriesOf("all", all, SeriesStyle::kEmphasised));
  for (const auto& [group, means] : means_.groups()) panel.series.push_back(seriesOf(group, means, SeriesStyle::kLine));
  return {std::to_string(sumOf(all, kTrueObjects)) + " objects of " + std::to_string(all.images) + " images, mSA " +
              measureText(all.ofItems[kMsa]),
          {std::move(panel)}};
}

}  // namespace cyto::cli
