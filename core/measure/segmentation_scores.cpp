#include "core/measure/segmentation_scores.h"

#include <algorithm>

#include "core/measure/assignment.h"

namespace cyto {

namespace {

using Overlap = OverlapTable::Overlap;

/// A part of a whole; `ofNothing` where there is no whole.
double ratio(double part, double whole, double ofNothing) { return whole > 0 ? part / whole : ofNothing; }

int64_t areaOf(const std::vector<OverlapTable::Object>& objects) {
  int64_t sum = 0;
  for (const OverlapTable::Object& object : objects) sum += object.area;
  return sum;
}

class Scoring {
 public:
  explicit Scoring(const OverlapTable& table)
      : table_(table),
        trueObjects_(static_cast<int64_t>(table.truth().size())),
        predictedObjects_(static_cast<int64_t>(table.prediction().size())),
        ofNothing_(trueObjects_ == 0 && predictedObjects_ == 0 ? 1 : 0),
        overlaps_(table.overlaps()) {}

  SegmentationScores all(std::span<const double> thresholds) const {
    SegmentationScores scores;
    scores.trueObjects = trueObjects_;
    scores.predictedObjects = predictedObjects_;
    for (const double threshold : thresholds) {
      scores.atThreshold.push_back(at(threshold));
      scores.meanSegmentationAccuracy += scores.atThreshold.back().segmentationAccuracy;
    }
    scores.meanSegmentationAccuracy /= static_cast<double>(thresholds.size());
    addObjectMeans(scores);
    int64_t common = 0;
    for (const Overlap& overlap : overlaps_) common += overlap.area;
    scores.foregroundDice =
        ratio(2 * static_cast<double>(common),
              static_cast<double>(areaOf(table_.truth()) + areaOf(table_.prediction())), ofNothing_);
    return scores;
  }

 private:
  /// The pairs of the best assignment among overlaps of at least `threshold`.
  std::vector<Overlap> pairs(double threshold, AssignmentGoal goal) const {
    std::vector<Candidate> candidates;
    for (const Overlap& overlap : overlaps_) {
      if (overlap.iou >= threshold) candidates.push_back({overlap.truth, overlap.prediction, overlap.iou});
    }
    const std::vector<int64_t> partners = bestAssignment(trueObjects_, predictedObjects_, candidates, goal);
    std::vector<Overlap> chosen;
    for (const Overlap& overlap : overlaps_) {
      if (partners[static_cast<size_t>(overlap.truth)] == overlap.prediction) chosen.push_back(overlap);
    }
    return chosen;
  }

  DetectionScores at(double threshold) const {
    const std::vector<Overlap> matched = pairs(threshold, AssignmentGoal::kMostPairs);
    DetectionScores scores;
    scores.threshold = threshold;
    scores.truePositives = static_cast<int64_t>(matched.size());
    scores.falsePositives = predictedObjects_ - scores.truePositives;
    scores.falseNegatives = trueObjects_ - scores.truePositives;
    const auto found = static_cast<double>(scores.truePositives);
    const auto predicted = static_cast<double>(predictedObjects_);
    const auto wanted = static_cast<double>(trueObjects_);
    scores.segmentationAccuracy = ratio(found, predicted + wanted - found, ofNothing_);
    scores.precision = ratio(found, predicted, ofNothing_);
    scores.recall = ratio(found, wanted, ofNothing_);
    scores.f1 = ratio(2 * found, predicted + wanted, ofNothing_);
    double sum = 0;
    for (const Overlap& overlap : matched) sum += overlap.iou;
    scores.meanMatchedIou = ratio(sum, found, ofNothing_);
    return scores;
  }

  void addObjectMeans(SegmentationScores& scores) const {
    double ious = 0, dices = 0;
    for (const Overlap& overlap : pairs(0, AssignmentGoal::kLargestTotal)) {
      ious += overlap.iou;
      dices += 2 * overlap.iou / (1 + overlap.iou);
    }
    scores.meanIou = ratio(ious, static_cast<double>(trueObjects_), ofNothing_);
    scores.meanDice = ratio(dices, static_cast<double>(trueObjects_), ofNothing_);
  }

  const OverlapTable& table_;
  int64_t trueObjects_;
  int64_t predictedObjects_;
  double ofNothing_;
  std::vector<Overlap> overlaps_;
};

}  // namespace

std::vector<double> segmentationThresholds() {
  std::vector<double> thresholds;
  // Hundredths, so that each is the number nearest to its decimal fraction, as an IoU of 11 / 20 is.
  for (int hundredths = 50; hundredths <= 95; hundredths += 5) thresholds.push_back(hundredths / 100.0);
  return thresholds;
}

SegmentationScores scoreSegmentation(const OverlapTable& table, std::span<const double> thresholds) {
  return Scoring(table).all(thresholds);
}

}  // namespace cyto
