#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/measure/overlap_table.h"

namespace cyto {

/// How well a prediction finds the objects of a truth at one threshold (spec/micro-sam.md §10.1). A true and a
/// predicted object match when their IoU is at least the threshold; the assignment has as many pairs as possible, and
/// among those the largest sum of IoUs. Above 0.5 at most one choice exists.
///
/// Where neither side has an object, everything is found: all ratios are 1. Where only one side has, they are 0.
struct DetectionScores {
  double threshold = 0;
  int64_t truePositives = 0;        ///< pairs
  int64_t falsePositives = 0;       ///< predicted objects without a partner
  int64_t falseNegatives = 0;       ///< true objects without a partner
  double segmentationAccuracy = 0;  ///< SA: TP / (TP + FP + FN)
  double precision = 0;             ///< TP / (TP + FP)
  double recall = 0;                ///< TP / (TP + FN)
  double f1 = 0;                    ///< 2 TP / (2 TP + FP + FN)
  double meanMatchedIou = 0;        ///< mean IoU of the pairs
};

/// All measures of one image. Ratios follow the rule of DetectionScores where a side is empty.
struct SegmentationScores {
  int64_t trueObjects = 0;
  int64_t predictedObjects = 0;
  std::vector<DetectionScores> atThreshold;  ///< in the order of the thresholds asked for
  double meanSegmentationAccuracy = 0;       ///< mSA: mean of the SA of all thresholds

  /// Mean over the true objects of the IoU with their partner in the assignment that has the largest sum of IoUs,
  /// however small; 0 for objects without any.
  double meanIou = 0;
  double meanDice = 0;        ///< the same pairs, 2 |A and B| / (|A| + |B|)
  double foregroundDice = 0;  ///< Dice of all labelled pixels together, objects not told apart
};

/// 0.5, 0.55, …, 0.95: the thresholds of mSA.
std::vector<double> segmentationThresholds();

/// Measures one image. `thresholds` lie in 0..1, 0 excluded; there must be at least one.
SegmentationScores scoreSegmentation(const OverlapTable& table, std::span<const double> thresholds);

}  // namespace cyto
