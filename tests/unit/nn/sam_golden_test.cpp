#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "core/inference/preprocessing.h"
#include "core/nn/failures.h"
#include "core/nn/frame.h"
#include "core/nn/sam/positional_attention.h"
#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn/reduced_configuration.h"

namespace cyto::nn {
namespace {

using test::expectClose;
using test::Fixture;
using test::reducedSam;

std::filesystem::path golden(const std::string& name) { return test::inRepository("tests/golden/sam1/" + name); }

class SamGolden : public ::testing::Test {
 protected:
  const c10::InferenceMode inference_;
};

TEST_F(SamGolden, ImageEncoderWithWindowsThatDivideTheGridAndWithPaddedOnes) {
  for (const auto& [file, window] : {std::pair{"image_encoder_a.npz", 4}, {"image_encoder_b.npz", 3}}) {
    SCOPED_TRACE(file);
    const Fixture fixture(golden(file));
    WeightTable table(fixture.weights("image_encoder."));
    const auto encoder = makeVitEncoder(reducedSam(window), table, at::kFloat);
    EXPECT_EQ(table.complaint(), "");
    expectClose((*encoder)(fixture["x"], {}), fixture["y"]);
    int steps = 0;
    expectClose((*encoder)(fixture["x"], [&] { ++steps; }), fixture["y"]);
    EXPECT_GE(steps, 4 * 4) << "of four blocks";
  }
}

TEST_F(SamGolden, ImageEncoderStopsWhenCancelled) {
  const Fixture fixture(golden("image_encoder_a.npz"));
  WeightTable table(fixture.weights("image_encoder."));
  const auto encoder = makeVitEncoder(reducedSam(4), table, at::kFloat);
  const CancelSource cancel;
  cancel.cancel();
  EXPECT_THROW((*encoder)(fixture["x"], stoppedBy(cancel.token())), Cancelled);
}

TEST_F(SamGolden, TinyVitEncoder) {
  const auto path = test::sharedData("golden/sam1/mobilesam_tinyvit_small.npz");
  if (!path) GTEST_SKIP() << test::kNoSharedData;
  SamConfiguration configuration;
  configuration.frameSide = 128;
  configuration.depth = 0;
  configuration.stageWidths = {16, 32, 40, 48};
  configuration.stageDepths = {2, 2, 2, 2};
  configuration.stageHeads = {1, 2, 4, 6};
  configuration.stageWindows = {7, 7, 8, 7};
  configuration.mergeStrides = {2, 2, 1};
  const Fixture fixture(*path);
  for (const bool folded : {true, false}) {
    c10::AutoGradMode gradients(!folded);  // with gradients the norms stay apart from the convolutions
    WeightTable table(fixture.weights("image_encoder."));
    const auto encoder = makeTinyVitEncoder(configuration, table, at::kFloat);
    EXPECT_EQ(table.complaint(), "");
    expectClose((*encoder)(fixture["x"], {}), fixture["y"]);
  }
}

TEST_F(SamGolden, PromptEncoder) {
  const Fixture fixture(golden("prompt_encoder.npz"));
  WeightTable table(fixture.weights("prompt_encoder."));
  const PromptEncoder encoder(reducedSam(4), table);
  EXPECT_EQ(table.complaint(), "");
  expectClose(encoder.densePositions(), fixture["dense_pe"], 1e-5, 0);
  for (const std::string name : {"points", "box", "mask", "points_box", "points_box_mask", "none"}) {
    SCOPED_TRACE(name);
    PromptTensors prompts;
    if (name.find("points") != std::string::npos) {
      prompts.points = fixture["points"];
      prompts.pointLabels = fixture["labels"];
    }
    if (name.find("box") != std::string::npos) prompts.boxes = fixture["boxes"];
    if (name.find("mask") != std::string::npos) prompts.masks = fixture["masks"];
    const at::Tensor sparse = encoder.sparse(prompts);
    EXPECT_EQ(sparse.size(1), fixture[name + "_sparse"].size(1));
    if (sparse.numel() > 0) expectClose(sparse, fixture[name + "_sparse"], 1e-5, 0);
    const at::Tensor expected = fixture[name + "_dense"];
    const at::Tensor dense = prompts.masks ? encoder.dense(*prompts.masks) : encoder.noMask().view({1, -1, 1, 1});
    expectClose(dense.expand_as(expected), expected);
  }
}

TEST_F(SamGolden, MaskDecoderWithPointsAndWithBoxAndMask) {
  const Fixture fixture(golden("mask_decoder.npz"));
  WeightTable table(fixture.weights("mask_decoder."));
  const MaskDecoder decoder(reducedSam(4), table);
  EXPECT_EQ(table.complaint(), "");
  for (const std::string set : {"points", "boxmask"}) {
    SCOPED_TRACE(set);
    const ImageSide image = decoder.prepare(fixture["image_embeddings"] + fixture[set + "_dense"], fixture["image_pe"]);
    const DecodedMasks three = decoder(image, fixture[set + "_sparse"], MaskSelection::kAllAlternatives);
    expectClose(three.logits, fixture[set + "_multi1_masks"]);
    expectClose(three.predictedIou, fixture[set + "_multi1_iou"]);
    const DecodedMasks one = decoder(image, fixture[set + "_sparse"], MaskSelection::kSingle);
    expectClose(one.logits, fixture[set + "_multi0_masks"]);
    expectClose(one.predictedIou, fixture[set + "_multi0_iou"]);
  }
  const ImageSide image = decoder.prepare(fixture["tr_src_in"], fixture["image_pe"]);
  const auto [tokens, keys] = decoder.transform(image, fixture["tr_tokens_in"]);
  expectClose(tokens, fixture["tr_hs"]);
  expectClose(keys, fixture["tr_src_out"]);
  for (int64_t prompt = 0; prompt < fixture["tr_tokens_in"].size(0) && decoder.streaming(); ++prompt) {
    const at::Tensor own =
        fixture["tr_src_in"].size(0) == 1 ? fixture["tr_src_in"] : fixture["tr_src_in"].narrow(0, prompt, 1);
    const auto [streamed, cells] =
        decoder.streaming()->transform(decoder.prepare(own, fixture["image_pe"]), fixture["tr_tokens_in"][prompt]);
    expectClose(streamed, fixture["tr_hs"][prompt]);
    expectClose(cells, fixture["tr_src_out"][prompt]);
  }
}

TEST_F(SamGolden, TheBestAlternativeIsTheSameWhetherChosenBeforeOrAfterUpscaling) {
  const Fixture fixture(golden("mask_decoder.npz"));
  WeightTable table(fixture.weights("mask_decoder."));
  const MaskDecoder decoder(reducedSam(4), table);
  for (int64_t prompt = 0; prompt < 3; ++prompt) {
    const at::Tensor dense = fixture["points_dense"].narrow(0, prompt, 1);
    const ImageSide image = decoder.prepare(fixture["image_embeddings"] + dense, fixture["image_pe"]);
    const at::Tensor sparse = fixture["points_sparse"].narrow(0, prompt, 1);
    const DecodedMasks best = decoder(image, sparse, MaskSelection::kBestAlternative);
    const at::Tensor expectedIou = fixture["points_multi1_iou"][prompt];
    const int64_t index = expectedIou.argmax().item<int64_t>();
    expectClose(best.predictedIou.flatten(), expectedIou.narrow(0, index, 1));
    expectClose(best.logits[0][0], fixture["points_multi1_masks"][prompt][index]);
  }
}

TEST_F(SamGolden, WholePredictorFromPixelsToLogits) {
  const Fixture fixture(golden("predictor.npz"));
  WeightTable table(fixture.weights());
  SamModel model(reducedSam(4), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");

  const at::Tensor pixels = fixture["image"].to(at::kByte).contiguous();
  const uint8_t* data = pixels.const_data_ptr<uint8_t>();
  const RgbImage image{100, 150, {data, data + pixels.numel()}};
  const std::vector<uint8_t> resized = resizeLikePillow(image.pixels, {100, 150}, {85, 128}, 3);
  const at::Tensor expectedResized = fixture["resized"].to(at::kByte).contiguous().flatten();
  EXPECT_TRUE(std::equal(resized.begin(), resized.end(), expectedResized.const_data_ptr<uint8_t>()));
  const Frame frame = makeFrame(image, 128);
  EXPECT_EQ(frame.inputSize, (Extent2{85, 128}));
  expectClose(frame.pixels, fixture["preprocessed"], 1e-5, 1e-6);
  const Features features = model.encode(frame.pixels);
  expectClose(features[0], fixture["embedding"]);

  const PreparedPtr prepared = model.prepare(features);
  PromptTensors points;
  points.points = fixture["pts_coords_in_frame"].unsqueeze(0);
  points.pointLabels = fixture["point_labels"].unsqueeze(0);
  const DecodedMasks three = model.decodePrepared(*prepared, points, MaskSelection::kAllAlternatives);
  expectClose(three.logits[0], fixture["pts_low"]);
  expectClose(three.predictedIou[0], fixture["pts_iou"]);

  PromptTensors refined = points;
  refined.boxes = fixture["box_in_frame"];
  refined.masks = fixture["pts_low"][fixture.integer("best_index")].view({1, 1, 32, 32});
  const DecodedMasks single = model.decodePrepared(*prepared, refined, MaskSelection::kSingle);
  expectClose(single.logits[0], fixture["ref_low"]);
  expectClose(single.predictedIou[0], fixture["ref_iou"]);

  PromptTensors box;
  box.boxes = fixture["box_in_frame"];
  expectClose(model.decodePrepared(*prepared, box, MaskSelection::kSingle).logits[0], fixture["box_low"]);
  expectClose(model.decode(features, box, false).logits[0], fixture["box_low"]);
}

TEST_F(SamGolden, RelativePositionsAreResampledForOtherSizes) {
  const Fixture fixture(golden("relative_positions.npz"));
  for (const auto& [queries, keys] : {std::pair{8, 8}, {14, 14}, {4, 8}}) {
    const std::string name = "rel_pos_q" + std::to_string(queries) + "_k" + std::to_string(keys);
    expectClose(relativePositions(fixture["rel_pos_table"], queries, keys), fixture[name], 1e-5, 1e-5);
  }
}

TEST_F(SamGolden, WeightsThatDoNotFitAreNamed) {
  NamedTensors weights = Fixture(golden("predictor.npz")).weights();
  weights.erase(weights.begin());
  weights.emplace_back("image_encoder.blocks.99.norm1.weight", at::zeros({32}));
  const auto failed = makeSamModel("vit_b", weights, at::kFloat);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kModel);
  EXPECT_NE(failed.error().message().find("unexpected weights: image_encoder.blocks.99.norm1.weight"),
            std::string::npos);
  EXPECT_NE(failed.error().message().find("missing weights"), std::string::npos);
}

/// Without inference mode the networks take their other path: plain operations that gradients pass.
TEST(SamGradients, ReachTheWeightsAndTheNumbersAreTheSame) {
  const Fixture fixture(golden("predictor.npz"));
  NamedTensors weights = fixture.weights();
  for (auto& [name, tensor] : weights) tensor.set_requires_grad(true);
  WeightTable table(weights);
  SamModel model(reducedSam(4), table, at::kFloat);
  const Features features = model.encode(fixture["preprocessed"]);
  expectClose(features[0].detach(), fixture["embedding"]);
  PromptTensors prompts;
  prompts.points = fixture["pts_coords_in_frame"].unsqueeze(0);
  prompts.pointLabels = fixture["point_labels"].unsqueeze(0);
  const DecodedMasks decoded = model.decode(features, prompts, true);
  expectClose(decoded.logits[0].detach(), fixture["pts_low"]);
  (decoded.logits.square().sum() + decoded.predictedIou.sum()).backward();
  for (const auto& [name, tensor] : weights) {
    const bool isUsed =
        name.find("mask_downscaling") == std::string::npos && name.find("point_embeddings.2") == std::string::npos &&
        name.find("point_embeddings.3") == std::string::npos &&
        name.find("output_hypernetworks_mlps.0") == std::string::npos && name.find("gaussian") == std::string::npos;
    if (!isUsed) continue;
    ASSERT_TRUE(tensor.grad().defined()) << name;
    EXPECT_TRUE(tensor.grad().isfinite().all().item<bool>()) << name;
  }
}

}  // namespace
}  // namespace cyto::nn
