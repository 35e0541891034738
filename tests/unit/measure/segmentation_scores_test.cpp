#include "core/measure/segmentation_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using Ids = std::vector<uint64_t>;

SegmentationScores score(const Ids& truth, const Ids& prediction,
                         const std::vector<double>& thresholds = segmentationThresholds()) {
  OverlapTable table;
  table.add(truth, prediction);
  return scoreSegmentation(table, thresholds);
}

void fill(Ids& row, size_t begin, size_t end, uint64_t id) {
  std::fill(row.begin() + static_cast<std::ptrdiff_t>(begin), row.begin() + static_cast<std::ptrdiff_t>(end), id);
}

TEST(SegmentationScores, ThresholdsAreThoseOfTheField) {
  const std::vector<double> thresholds = segmentationThresholds();
  ASSERT_EQ(thresholds.size(), 10u);
  EXPECT_EQ(thresholds[0], 0.5);
  EXPECT_EQ(thresholds[3], 0.65) << "exactly the nearest number, without the error of repeated addition";
  EXPECT_EQ(thresholds[9], 0.95);
}

// Three true objects: one met with IoU 8/10, one with 6/12, one missed; one predicted object too many.
TEST(SegmentationScores, OfASmallCaseAreThoseComputedByHand) {
  Ids truth(60), prediction(60);
  fill(truth, 0, 10, 100);
  fill(prediction, 0, 8, 5);
  fill(truth, 20, 30, 200);
  fill(prediction, 24, 32, 6);
  fill(truth, 40, 44, 300);
  fill(prediction, 50, 55, 7);
  const SegmentationScores scores = score(truth, prediction);
  EXPECT_EQ(scores.trueObjects, 3);
  EXPECT_EQ(scores.predictedObjects, 3);

  const DetectionScores& at50 = scores.atThreshold[0];
  EXPECT_EQ(at50.truePositives, 2) << "an IoU equal to the threshold matches";
  EXPECT_EQ(at50.falsePositives, 1);
  EXPECT_EQ(at50.falseNegatives, 1);
  EXPECT_DOUBLE_EQ(at50.segmentationAccuracy, 2.0 / 4);
  EXPECT_DOUBLE_EQ(at50.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(at50.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(at50.f1, 4.0 / 6);
  EXPECT_DOUBLE_EQ(at50.meanMatchedIou, (0.8 + 0.5) / 2);

  const DetectionScores& at80 = scores.atThreshold[6];
  EXPECT_DOUBLE_EQ(at80.threshold, 0.8);
  EXPECT_EQ(at80.truePositives, 1);
  EXPECT_DOUBLE_EQ(at80.segmentationAccuracy, 1.0 / 5);
  EXPECT_EQ(scores.atThreshold[7].truePositives, 0);
  EXPECT_DOUBLE_EQ(scores.atThreshold[7].meanMatchedIou, 0);

  EXPECT_DOUBLE_EQ(scores.meanSegmentationAccuracy, (0.5 + 6 * 0.2) / 10);
  EXPECT_DOUBLE_EQ(scores.meanIou, (0.8 + 0.5) / 3);
  EXPECT_DOUBLE_EQ(scores.meanDice, (16.0 / 18 + 12.0 / 18) / 3);
  EXPECT_DOUBLE_EQ(scores.foregroundDice, 2.0 * (8 + 6) / (24 + 21));
}

TEST(SegmentationScores, AtTheLowestThresholdAnObjectMayHaveTwoPartnersAndGetsOne) {
  // Two halves, each with an IoU of exactly 0.5.
  const SegmentationScores scores = score({1, 1, 1, 1}, {2, 2, 3, 3});
  EXPECT_EQ(scores.atThreshold[0].truePositives, 1);
  EXPECT_EQ(scores.atThreshold[0].falsePositives, 1);
  EXPECT_EQ(scores.atThreshold[0].falseNegatives, 0);
  EXPECT_DOUBLE_EQ(scores.meanIou, 0.5);
}

TEST(SegmentationScores, BelowOneHalfTheMatchingIsTheBestOne) {
  // The large prediction meets both true objects; only if it takes the second is there a partner for the first.
  Ids truth(30), prediction(30);
  fill(truth, 0, 10, 1);
  fill(truth, 10, 20, 2);
  fill(prediction, 0, 4, 8);
  fill(prediction, 4, 16, 9);
  const DetectionScores scores = score(truth, prediction, {0.3}).atThreshold[0];
  EXPECT_EQ(scores.truePositives, 2);
  EXPECT_DOUBLE_EQ(scores.meanMatchedIou, (4.0 / 10 + 6.0 / 16) / 2);
}

TEST(SegmentationScores, OfEmptySidesAreStated) {
  const Ids nothing(10, 0), something{0, 0, 0, 0, 0, 0, 0, 1, 1, 2};
  const SegmentationScores agree = score(nothing, nothing);
  EXPECT_DOUBLE_EQ(agree.meanSegmentationAccuracy, 1);
  EXPECT_DOUBLE_EQ(agree.atThreshold[0].precision, 1);
  EXPECT_DOUBLE_EQ(agree.atThreshold[0].recall, 1);
  EXPECT_DOUBLE_EQ(agree.meanIou, 1);
  EXPECT_DOUBLE_EQ(agree.foregroundDice, 1);
  for (const SegmentationScores& scores : {score(something, nothing), score(nothing, something)}) {
    EXPECT_DOUBLE_EQ(scores.meanSegmentationAccuracy, 0);
    EXPECT_DOUBLE_EQ(scores.atThreshold[0].precision, 0);
    EXPECT_DOUBLE_EQ(scores.atThreshold[0].recall, 0);
    EXPECT_DOUBLE_EQ(scores.atThreshold[0].f1, 0);
    EXPECT_DOUBLE_EQ(scores.atThreshold[0].meanMatchedIou, 0);
    EXPECT_DOUBLE_EQ(scores.meanIou, 0);
    EXPECT_DOUBLE_EQ(scores.meanDice, 0);
    EXPECT_DOUBLE_EQ(scores.foregroundDice, 0);
  }
}

class RandomLabels : public testing::Test {
 protected:
  /// Runs of random length: objects in pieces, that touch, and background.
  Ids labels(size_t size, uint64_t objects) {
    Ids ids;
    while (ids.size() < size) {
      const uint64_t id = random_() % (objects + 1);
      ids.insert(ids.end(), std::min(size - ids.size(), static_cast<size_t>(1 + random_() % 12)), id);
    }
    return ids;
  }

  /// The truth with some runs changed, so that all IoUs occur.
  Ids changed(Ids ids, uint64_t objects) {
    for (size_t begin = 0; begin < ids.size(); begin += 1 + random_() % 30) {
      fill(ids, begin, std::min(ids.size(), begin + static_cast<size_t>(random_() % 6)), random_() % (objects + 1));
    }
    return ids;
  }

  uint64_t seed_ = test::randomSeed(7);
  std::mt19937_64 random_{seed_};
};

TEST_F(RandomLabels, AnIdenticalPredictionIsPerfect) {
  SCOPED_TRACE(test::seedText(seed_));
  for (int round = 0; round < 20; ++round) {
    const Ids truth = labels(500, 12);
    const SegmentationScores scores = score(truth, truth);
    EXPECT_DOUBLE_EQ(scores.meanSegmentationAccuracy, 1);
    EXPECT_DOUBLE_EQ(scores.meanIou, 1);
    EXPECT_DOUBLE_EQ(scores.meanDice, 1);
    EXPECT_DOUBLE_EQ(scores.foregroundDice, 1);
  }
}

TEST_F(RandomLabels, MeasuresAreBoundedAndFallWithTheThreshold) {
  SCOPED_TRACE(test::seedText(seed_));
  for (int round = 0; round < 50; ++round) {
    const Ids truth = labels(500, 8);
    const SegmentationScores scores = score(truth, changed(truth, 8), {0.1, 0.3, 0.5, 0.7, 0.9});
    for (size_t i = 0; i < scores.atThreshold.size(); ++i) {
      const DetectionScores& at = scores.atThreshold[i];
      EXPECT_EQ(at.truePositives + at.falseNegatives, scores.trueObjects);
      EXPECT_EQ(at.truePositives + at.falsePositives, scores.predictedObjects);
      EXPECT_LE(at.segmentationAccuracy, std::min(at.precision, at.recall));
      EXPECT_GE(at.segmentationAccuracy, 0);
      EXPECT_LE(at.f1, std::max(at.precision, at.recall) + 1e-12);
      EXPECT_TRUE(at.truePositives == 0 || at.meanMatchedIou >= at.threshold);
      if (i > 0) {
        EXPECT_LE(at.truePositives, scores.atThreshold[i - 1].truePositives);
      }
    }
    EXPECT_GE(scores.meanDice, scores.meanIou);
    EXPECT_LE(scores.meanDice, 1);
  }
}

TEST_F(RandomLabels, TruthAndPredictionAreExchangeable) {
  SCOPED_TRACE(test::seedText(seed_));
  for (int round = 0; round < 50; ++round) {
    const Ids a = labels(400, 9), b = changed(a, 9);
    const SegmentationScores there = score(a, b, {0.25, 0.5, 0.75}), back = score(b, a, {0.25, 0.5, 0.75});
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(there.atThreshold[i].truePositives, back.atThreshold[i].truePositives);
      EXPECT_DOUBLE_EQ(there.atThreshold[i].segmentationAccuracy, back.atThreshold[i].segmentationAccuracy);
      EXPECT_DOUBLE_EQ(there.atThreshold[i].precision, back.atThreshold[i].recall);
      EXPECT_NEAR(there.atThreshold[i].meanMatchedIou, back.atThreshold[i].meanMatchedIou, 1e-9);
    }
    EXPECT_DOUBLE_EQ(there.foregroundDice, back.foregroundDice);
  }
}

TEST_F(RandomLabels, NamesOfObjectsDoNotMatter) {
  SCOPED_TRACE(test::seedText(seed_));
  for (int round = 0; round < 30; ++round) {
    const Ids truth = labels(400, 9), prediction = changed(truth, 9);
    std::map<uint64_t, uint64_t> names{{0, 0}};
    Ids renamed = prediction;
    for (uint64_t& id : renamed) {
      id = names.try_emplace(id, 4294967295 - 7919 * names.size()).first->second;
    }
    const SegmentationScores before = score(truth, prediction), after = score(truth, renamed);
    EXPECT_DOUBLE_EQ(before.meanSegmentationAccuracy, after.meanSegmentationAccuracy);
    EXPECT_NEAR(before.meanIou, after.meanIou, 1e-9);
    EXPECT_NEAR(before.meanDice, after.meanDice, 1e-9);
  }
}

TEST(SegmentationScores, OfAHundredThousandObjects) {
  constexpr size_t kObjects = 100000;
  Ids truth(kObjects * 4), prediction(kObjects * 4);
  for (size_t i = 0; i < kObjects; ++i) {
    fill(truth, i * 4, i * 4 + 3, 4000000000 - i);
    // Every other prediction is one pixel short: IoU 2/3.
    fill(prediction, i * 4, i * 4 + (i % 2 == 0 ? 3 : 2), i * 5 + 1);
  }
  const SegmentationScores scores = score(truth, prediction);
  EXPECT_EQ(scores.trueObjects, static_cast<int64_t>(kObjects));
  EXPECT_EQ(scores.atThreshold[3].truePositives, static_cast<int64_t>(kObjects));
  EXPECT_EQ(scores.atThreshold[4].truePositives, static_cast<int64_t>(kObjects / 2));
  EXPECT_NEAR(scores.meanIou, (1 + 2.0 / 3) / 2, 1e-9);
}

}  // namespace
}  // namespace cyto
