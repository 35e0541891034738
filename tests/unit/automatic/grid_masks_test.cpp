#include "core/segmentation/automatic/grid_masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/inference/fake_model.h"
#include "core/segmentation/automatic/instance_segmenter.h"
#include "core/segmentation/encoding_provider.h"
#include "tests/support/random_seed.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto {
namespace {

TEST(GridPoints, LieInTheMiddlesOfEqualParts) {
  const auto points = gridPoints({100, 200}, 2);
  EXPECT_EQ(points, (std::vector<PointPrompt>{{25, 50, true}, {25, 150, true}, {75, 50, true}, {75, 150, true}}));
  EXPECT_EQ(gridPoints({10, 10}, 32).size(), 1024u);
}

TEST(SuppressOverlapping, KeepsTheBestOfThoseThatOverlap) {
  const std::vector<PlaneBox> boxes = {{0, 0, 11, 11}, {0, 1, 11, 12}, {50, 50, 61, 61}, {0, 0, 11, 11}};
  EXPECT_EQ(suppressOverlapping(boxes, {0.5F, 0.9F, 0.1F, 0.5F}, 0.7), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(suppressOverlapping(boxes, {0.5F, 0.9F, 0.1F, 0.5F}, 0.9), (std::vector<size_t>{1, 0, 2}));
  EXPECT_TRUE(suppressOverlapping({}, {}, 0.7).empty());
  // One pixel wide: no area between the middles of its pixels.
  EXPECT_EQ(suppressOverlapping({{0, 0, 9, 1}, {0, 0, 9, 1}}, {1, 1}, 0.5).size(), 2u);
}

TEST(SuppressOverlapping, LeavesNoPairAboveTheThresholdAndExplainsWhatItDrops) {
  const uint64_t seed = test::randomSeed(3);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto between = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  std::vector<PlaneBox> boxes;
  std::vector<float> scores;
  for (int i = 0; i < 200; ++i) {
    const int64_t y = between(0, 60), x = between(0, 60);
    boxes.push_back({y, x, y + between(2, 40), x + between(2, 40)});
    scores.push_back(static_cast<float>(between(0, 20)) / 20);
  }
  const auto iou = [&](size_t a, size_t b) {
    const auto length = [](int64_t from, int64_t to) { return static_cast<double>(std::max<int64_t>(0, to - from)); };
    const auto area = [&](const PlaneBox& box) { return length(box.y0, box.y1 - 1) * length(box.x0, box.x1 - 1); };
    const double shared = length(std::max(boxes[a].y0, boxes[b].y0), std::min(boxes[a].y1, boxes[b].y1) - 1) *
                          length(std::max(boxes[a].x0, boxes[b].x0), std::min(boxes[a].x1, boxes[b].x1) - 1);
    return shared / (area(boxes[a]) + area(boxes[b]) - shared);
  };
  const auto kept = suppressOverlapping(boxes, scores, 0.4);
  for (size_t i = 0; i < kept.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_LE(iou(kept[i], kept[j]), 0.4);
      EXPECT_GE(scores[kept[j]], scores[kept[i]]);
    }
  }
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (std::find(kept.begin(), kept.end(), i) != kept.end()) continue;
    EXPECT_TRUE(std::any_of(kept.begin(), kept.end(),
                            [&](size_t better) { return scores[better] >= scores[i] && iou(better, i) > 0.4; }));
  }
}

/// Bright squares of 40 pixels on a dark ground, every 80 pixels; the fake model's masks are regions of one grey.
test::MemorySource squares(int64_t side) {
  return {{1, 1, side, side}, [](int64_t, int64_t, int64_t y, int64_t x) {
            return y % 80 >= 20 && y % 80 < 60 && x % 80 >= 20 && x % 80 < 60 ? 200 : 20;
          }};
}

TEST(SegmentByGrid, FindsEveryObjectOnceAndDropsTheBackground) {
  FakeModel model;
  const test::MemorySource source = squares(160);
  EncodingProvider embeddings(source, model.encoder());
  const auto found = segmentByGrid(embeddings, model.decoder(), {}, {});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->objects, 4u);
  EXPECT_NE(found->labels.at(0, 0, 40, 40), 0u);
  EXPECT_EQ(found->labels.at(0, 0, 0, 0), 0u) << "the ground covers more than anything else and is no object";
}

TEST(SegmentByGrid, JoinsWhatTilesSee) {
  FakeModel model;
  const test::MemorySource source = squares(320);
  EncodingProvider embeddings(source, model.encoder(), Tiling({320, 320}, {120, 120}, {60, 60}));
  const auto found = segmentByGrid(embeddings, model.decoder(), {}, {});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->objects, 16u);
}

TEST(SegmentByGrid, TellsHowManyPointsOfAllTilesAreDone) {
  FakeModel model;
  const test::MemorySource source = squares(320);
  EncodingProvider embeddings(source, model.encoder(), Tiling({320, 320}, {160, 320}, {0, 0}));
  std::vector<Progress> told;
  ASSERT_TRUE(segmentByGrid(embeddings, model.decoder(), {}, {{}, [&](const Progress& now) { told.push_back(now); }}));
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told.front().done, 0);
  EXPECT_EQ(told.back().done, 2 * 1024);
  for (size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].phase, "points");
    EXPECT_EQ(told[i].total, 2 * 1024);
    if (i > 0) EXPECT_GE(told[i].done, told[i - 1].done);
  }
}

TEST(SegmentByGrid, KeepsToItsParametersAndStopsWhenCancelled) {
  FakeModel model;
  const test::MemorySource source = squares(160);
  EncodingProvider embeddings(source, model.encoder());
  GridParameters sure;
  sure.minPredictedIou = 0.95;
  EXPECT_EQ(segmentByGrid(embeddings, model.decoder(), sure, {})->objects, 0u);
  GridParameters large;
  large.minSize = 1601;
  EXPECT_EQ(segmentByGrid(embeddings, model.decoder(), large, {})->objects, 0u);
  large.minSize = 1600;
  EXPECT_EQ(segmentByGrid(embeddings, model.decoder(), large, {})->objects, 4u);
  const CancelSource cancel;
  cancel.cancel();
  EXPECT_EQ(segmentByGrid(embeddings, model.decoder(), {}, {cancel.token(), {}}).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cyto
