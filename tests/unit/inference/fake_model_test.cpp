#include "core/inference/fake_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cyto {
namespace {

/// Grey squares of 8 pixels on black: values 100 at (8, 8) and 200 at (8, 24) in an image of 40 x 50 pixels.
RgbImage twoSquares() {
  RgbImage image{40, 50, std::vector<uint8_t>(40 * 50 * 3, 0)};
  const auto paint = [&](int64_t y0, int64_t x0, uint8_t value) {
    for (int64_t y = y0; y < y0 + 8; ++y) {
      for (int64_t x = x0; x < x0 + 8; ++x) {
        for (int64_t c = 0; c < 3; ++c) image.pixels[static_cast<size_t>((y * 50 + x) * 3 + c)] = value;
      }
    }
  };
  paint(8, 8, 100);
  paint(8, 24, 200);
  return image;
}

class FakeModelTest : public testing::Test {
 protected:
  MaskPrediction predict(const Prompts& prompts, DecodeOptions options = {}) {
    auto embedding = model_.encoder().encode(twoSquares(), {});
    auto prepared = model_.decoder().prepare(std::make_shared<Embedding>(*std::move(embedding)));
    return *model_.decoder().decode(**prepared, prompts, options);
  }

  FakeModel model_;
};

TEST_F(FakeModelTest, EmbeddingHasTheShapeOfSam) {
  const auto embedding = model_.encoder().encode(twoSquares(), {});
  ASSERT_TRUE(embedding);
  ASSERT_EQ(embedding->maps.size(), 1u);
  EXPECT_EQ(embedding->maps[0].channels, 256);
  EXPECT_EQ(embedding->maps[0].values.size(), 256u * 64 * 64);
  EXPECT_EQ(embedding->originalSize, (Extent2{40, 50}));
  EXPECT_EQ(embedding->inputSize, (Extent2{819, 1024}));
  EXPECT_EQ(model_.encodeCount(), 1);
}

TEST_F(FakeModelTest, PointGivesExactlyItsSquare) {
  const MaskPrediction prediction = predict({{{10, 26, true}}, {}, {}});
  ASSERT_EQ(prediction.candidates.size(), 1u);
  EXPECT_EQ(prediction.candidates[0].box, (PlaneBox{8, 24, 16, 32}));
  EXPECT_EQ(prediction.candidates[0].mask, std::vector<uint8_t>(64, 1));
}

TEST_F(FakeModelTest, BoxGivesTheBrightestAndNegativePointRemoves) {
  const Prompts both{{}, BoxPrompt{0, 0, 39, 49}, {}};
  EXPECT_EQ(predict(both).candidates[0].box, (PlaneBox{8, 24, 16, 32}));
  Prompts none = both;
  none.points.push_back({10, 26, false});
  EXPECT_TRUE(predict(none).candidates[0].box.isEmpty());
}

TEST_F(FakeModelTest, LowResolutionLogitsGiveTheSameMaskAgain) {
  const MaskCandidate first = predict({{{10, 10, true}}, {}, {}}).candidates[0];
  const MaskCandidate again = predict({{}, {}, first.lowResolution}).candidates[0];
  EXPECT_EQ(again.box, first.box);
  EXPECT_EQ(again.mask, first.mask);
}

TEST_F(FakeModelTest, AlternativesDifferInTolerance) {
  DecodeOptions options;
  options.allAlternatives = true;
  const MaskPrediction prediction = predict({{{10, 10, true}}, {}, {}}, options);
  ASSERT_EQ(prediction.candidates.size(), 3u);
  EXPECT_GT(prediction.candidates[0].predictedIou, prediction.candidates[1].predictedIou);
  EXPECT_EQ(prediction.candidates[0].box, (PlaneBox{8, 8, 16, 16}));
}

TEST_F(FakeModelTest, RefusesPromptsThatSayNothing) {
  auto embedding = model_.encoder().encode(twoSquares(), {});
  auto prepared = model_.decoder().prepare(std::make_shared<Embedding>(*std::move(embedding)));
  EXPECT_EQ(model_.decoder().decode(**prepared, {}, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(model_.decoder().decode(**prepared, {{{NAN, 1, true}}, {}, {}}, {}));
  EXPECT_FALSE(model_.decoder().decode(**prepared, {{}, {}, MaskPrompt{4, std::vector<float>(16)}}, {}));
}

TEST_F(FakeModelTest, CancelIsAnsweredWhileItWorks) {
  FakeModel slow({.encodeTime = std::chrono::hours(1)});
  CancelSource cancel;
  cancel.cancel();
  const auto embedding = slow.encoder().encode(twoSquares(), {cancel.token(), {}});
  ASSERT_FALSE(embedding);
  EXPECT_EQ(embedding.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cyto
