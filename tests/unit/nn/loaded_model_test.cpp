#include "core/nn/loaded_model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/nn/failures.h"
#include "core/nn/memory_check.h"
#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn/reduced_configuration.h"

namespace cyto::nn {
namespace {

using test::Fixture;
using ::testing::HasSubstr;

/// The reduced predictor of the fixtures, behind the interface the program uses.
class LoadedModelTest : public ::testing::Test {
 protected:
  LoadedModelTest() : fixture_(test::inRepository("tests/golden/sam1/predictor.npz")) {
    WeightTable table(fixture_.weights());
    ModelIdentity identity;
    identity.name = "reduced";
    identity.device = "cpu";
    model_ = wrapModel(std::make_unique<SamModel>(test::reducedSam(), table, at::kFloat), identity);
    const at::Tensor pixels = fixture_["image"].to(at::kByte).contiguous();
    const uint8_t* data = pixels.const_data_ptr<uint8_t>();
    image_ = {100, 150, {data, data + pixels.numel()}};
  }

  std::unique_ptr<PreparedEmbedding> prepared(const RgbImage& image) {
    auto embedding = model_->encoder().encode(image, {});
    EXPECT_TRUE(embedding);
    return *model_->decoder().prepare(std::make_shared<const Embedding>(*std::move(embedding)));
  }

  Fixture fixture_;
  std::unique_ptr<Model> model_;
  RgbImage image_;
};

TEST_F(LoadedModelTest, GivesTheReferencesEmbeddingAndSizes) {
  const Embedding embedding = *model_->encoder().encode(image_, {});
  ASSERT_EQ(embedding.maps.size(), 1u);
  EXPECT_EQ(embedding.maps[0].name, "features");
  EXPECT_EQ(embedding.originalSize, (Extent2{100, 150}));
  EXPECT_EQ(embedding.inputSize, (Extent2{85, 128}));
  const at::Tensor expected = fixture_["embedding"].contiguous().flatten();
  ASSERT_EQ(static_cast<int64_t>(embedding.maps[0].values.size()), expected.numel());
  for (int64_t i = 0; i < expected.numel(); ++i) {
    ASSERT_NEAR(embedding.maps[0].values[static_cast<size_t>(i)], expected[i].item<float>(), 3e-4);
  }
}

TEST_F(LoadedModelTest, ABoxInImageCoordinatesGivesTheReferencesMask) {
  const at::Tensor box = fixture_["box"];  // x0, y0, x1, y1
  Prompts prompts;
  prompts.box = BoxPrompt{box[1].item<double>(), box[0].item<double>(), box[3].item<double>(), box[2].item<double>()};
  const MaskPrediction prediction = *model_->decoder().decode(*prepared(image_), prompts, {});
  ASSERT_EQ(prediction.candidates.size(), 1u);
  const MaskCandidate& candidate = prediction.candidates[0];
  EXPECT_NEAR(candidate.predictedIou, fixture_["box_iou"][0].item<float>(), 1e-3);
  const at::Tensor expected = fixture_["box_mask"][0];
  int64_t differing = 0;
  for (int64_t y = 0; y < 100; ++y) {
    for (int64_t x = 0; x < 150; ++x) {
      const bool inside =
          candidate.box.contains(y, x) &&
          candidate.mask[static_cast<size_t>((y - candidate.box.y0) * candidate.box.width() + x - candidate.box.x0)];
      differing += inside != (expected[y][x].item<float>() > 0);
    }
  }
  EXPECT_EQ(differing, 0);
}

TEST_F(LoadedModelTest, PointsGiveTheReferencesAlternativesBestFirst) {
  const at::Tensor points = fixture_["point_coords"];  // x, y
  Prompts prompts;
  for (int64_t i = 0; i < 2; ++i) {
    prompts.points.push_back(
        {points[i][1].item<double>(), points[i][0].item<double>(), fixture_["point_labels"][i].item<float>() > 0});
  }
  const MaskPrediction prediction = *model_->decoder().decode(*prepared(image_), prompts, {.allAlternatives = true});
  ASSERT_EQ(prediction.candidates.size(), 3u);
  EXPECT_GE(prediction.candidates[0].predictedIou, prediction.candidates[1].predictedIou);
  EXPECT_GE(prediction.candidates[1].predictedIou, prediction.candidates[2].predictedIou);
  EXPECT_NEAR(prediction.candidates[0].predictedIou, fixture_["pts_iou"].max().item<float>(), 1e-3);
}

TEST_F(LoadedModelTest, OnePositivePointTakesTheBestAlternativeAndMorePointsTheSingleMask) {
  const auto prepare = prepared(image_);
  Prompts one;
  one.points = {{50, 70, true}};
  const MaskPrediction best = *model_->decoder().decode(*prepare, one, {});
  const MaskPrediction all = *model_->decoder().decode(*prepare, one, {.allAlternatives = true});
  ASSERT_EQ(best.candidates.size(), 1u);
  EXPECT_FLOAT_EQ(best.candidates[0].predictedIou, all.candidates[0].predictedIou);
  EXPECT_EQ(best.candidates[0].mask, all.candidates[0].mask);
  Prompts two = one;
  two.points.push_back({10, 10, false});
  EXPECT_EQ(model_->decoder().decode(*prepare, two, {})->candidates.size(), 1u);
}

TEST_F(LoadedModelTest, ManyPromptsAreAnsweredAsEachByItselfAndFiltered) {
  const auto prepare = prepared(image_);
  std::vector<Prompts> prompts;
  for (int i = 0; i < 9; ++i) prompts.push_back({{{10.0 * i, 15.0 * i, true}}, {}, {}});
  const auto all = model_->decoder().decodeMany(*prepare, prompts, {}, {});
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const MaskPrediction alone = *model_->decoder().decode(*prepare, prompts[i], {.allAlternatives = true});
    ASSERT_EQ((*all)[i].size(), 3u);
    for (size_t j = 0; j < 3; ++j) {
      const MaskCandidate& candidate = (*all)[i][j];
      EXPECT_NEAR(candidate.predictedIou, alone.candidates[j].predictedIou, 1e-5);
      EXPECT_EQ(candidate.box, alone.candidates[j].box);
      EXPECT_EQ(candidate.mask, alone.candidates[j].mask);
      EXPECT_GE(candidate.stability, 0);
      EXPECT_LE(candidate.stability, 1);
    }
  }
  // The network is a small random one: a few of its masks are thought good, and one is stable at all.
  for (const MaskFilter& filter : {MaskFilter{0.45F, 0}, MaskFilter{0, 1e-5F}}) {
    const auto some = model_->decoder().decodeMany(*prepare, prompts, filter, {});
    size_t kept = 0;
    for (size_t i = 0; i < prompts.size(); ++i) {
      std::vector<std::vector<uint8_t>> expected, masks;
      for (const MaskCandidate& candidate : (*all)[i]) {
        const bool isGood = filter.minPredictedIou == 0 || candidate.predictedIou > filter.minPredictedIou;
        if (isGood && candidate.stability >= filter.minStability) expected.push_back(candidate.mask);
      }
      for (const MaskCandidate& candidate : (*some)[i]) masks.push_back(candidate.mask);
      EXPECT_TRUE(masks == expected) << "prompt " << i;
      kept += masks.size();
    }
    EXPECT_GT(kept, 0u);
    EXPECT_LT(kept, 3 * prompts.size());
  }
  const CancelSource cancel;
  cancel.cancel();
  EXPECT_EQ(model_->decoder().decodeMany(*prepare, prompts, {}, {cancel.token(), {}}).error().code(),
            ErrorCode::kCancelled);
  EXPECT_EQ(model_->decoder().decodeMany(*prepare, {Prompts{}}, {}, {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(LoadedModelTest, ItsOwnLogitsCanBeFedBackAsMaskPrompt) {
  const auto prepare = prepared(image_);
  Prompts prompts;
  prompts.points = {{50, 70, true}};
  prompts.mask = model_->decoder().decode(*prepare, prompts, {})->candidates[0].lowResolution;
  EXPECT_TRUE(model_->decoder().decode(*prepare, prompts, {}));
  prompts.mask->side = 16;
  EXPECT_THAT(model_->decoder().decode(*prepare, prompts, {}).error().message(), HasSubstr("32 rows"));
}

TEST_F(LoadedModelTest, WeightsThatAreNotNumbersAreSaid) {
  NamedTensors weights = fixture_.weights();
  for (auto& [name, tensor] : weights) {
    if (name == "image_encoder.neck.2.weight") tensor = at::full_like(tensor, std::nan(""));
  }
  WeightTable table(weights);
  ModelIdentity identity;
  identity.name = "broken";
  identity.device = "cpu";
  const auto broken = wrapModel(std::make_unique<SamModel>(test::reducedSam(), table, at::kFloat), identity);
  const auto failed = broken->encoder().encode(image_, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kModel);
  EXPECT_THAT(failed.error().message(), HasSubstr("'broken' gives values that are not numbers"));
}

TEST_F(LoadedModelTest, BadPromptsAreRefusedInWords) {
  const auto prepare = prepared(image_);
  EXPECT_EQ(model_->decoder().decode(*prepare, {}, {}).error().code(), ErrorCode::kInvalidArgument);
  Prompts notANumber;
  notANumber.points = {{NAN, 3, true}};
  EXPECT_THAT(model_->decoder().decode(*prepare, notANumber, {}).error().message(), HasSubstr("not a number"));
  Prompts outside;
  outside.points = {{-5000, 1e9, true}};
  EXPECT_TRUE(model_->decoder().decode(*prepare, outside, {}));
  Prompts turned;
  turned.box = BoxPrompt{80, 90, 20, 30};
  Prompts straight;
  straight.box = BoxPrompt{20, 30, 80, 90};
  EXPECT_EQ(model_->decoder().decode(*prepare, turned, {})->candidates[0].mask,
            model_->decoder().decode(*prepare, straight, {})->candidates[0].mask);
}

TEST_F(LoadedModelTest, SmallAndLongImagesWork) {
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 1}, {1, 700}, {900, 2}}) {
    const RgbImage image{rows, columns, std::vector<uint8_t>(static_cast<size_t>(rows * columns * 3), 100)};
    Prompts prompts;
    prompts.points = {{0, 0, true}};
    const auto prediction = model_->decoder().decode(*prepared(image), prompts, {});
    ASSERT_TRUE(prediction);
    const PlaneBox box = prediction->candidates[0].box;
    EXPECT_EQ(box.isEmpty() ? box : box.clippedTo({0, 0, rows, columns}), box);
  }
  EXPECT_EQ(model_->encoder().encode({0, 5, {}}, {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(LoadedModelTest, AnEmbeddingOfAnotherNetworkIsRefused) {
  Embedding embedding = *model_->encoder().encode(image_, {});
  embedding.maps.push_back(embedding.maps[0]);
  EXPECT_EQ(model_->decoder().prepare(std::make_shared<const Embedding>(embedding)).error().code(), ErrorCode::kModel);
}

TEST_F(LoadedModelTest, ACancelledEncodeSaysSo) {
  const CancelSource cancel;
  cancel.cancel();
  JobContext job;
  job.cancel = cancel.token();
  EXPECT_EQ(model_->encoder().encode(image_, job).error().code(), ErrorCode::kCancelled);
}

TEST(CheckMemory, RefusesAModelThatDoesNotFitAndSaysWhatHelps) {
  const NamedTensors weights = {{"large", at::zeros({1}).expand({300'000'000})}, {"small", at::zeros({10})}};
  ModelIdentity identity;
  identity.name = "vit_x";
  identity.device = "cpu";
  EXPECT_TRUE(checkMemory(weights, {}, identity, int64_t{1'700'000'000}));
  const Status refused = checkMemory(weights, {}, identity, int64_t{1'500'000'000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_THAT(refused.error().message(), HasSubstr("'vit_x' needs about 1.6 GB of memory in fp32"));
  EXPECT_THAT(refused.error().message(), HasSubstr("may use 1.5 GB; use a smaller model, --precision bf16"));
  identity.precision = Precision::kBf16;
  EXPECT_TRUE(checkMemory(weights, {}, identity, int64_t{1'100'000'000}));
  EXPECT_FALSE(checkMemory(weights, {}, identity, int64_t{1'000'000'000}));
  EXPECT_FALSE(checkMemory(weights, {{"decoder", at::zeros({10})}}, identity, int64_t{1'100'000'000}));
}

#ifndef __SANITIZE_ADDRESS__  // which ends the program at such a request
TEST(CatchFailures, MemoryThatTheSystemRefusesIsSaidInOneSentence) {
  // More than a process can address.
  const auto refused = catchFailures("trying", []() -> Status {
    at::empty({int64_t{1} << 46});
    return {};
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_THAT(refused.error().message(), ::testing::StartsWith("trying: not enough memory"));
}
#endif

}  // namespace
}  // namespace cyto::nn
