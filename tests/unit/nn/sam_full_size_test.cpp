#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "core/nn/mask_upscaling.h"
#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"

namespace cyto::nn {
namespace {

using test::Fixture;

std::filesystem::path keys(const std::string& name) { return test::inRepository("tests/golden/sam1/" + name); }

/// Compares every s-th element, s being stored with the fixture.
void expectSample(const at::Tensor& actual, const Fixture& fixture, const std::string& name, double absolute = 2e-4,
                  double relative = 1e-4) {
  SCOPED_TRACE(name);
  const at::Tensor shape = fixture[name + "_shape"];
  ASSERT_EQ(actual.dim(), shape.numel());
  for (int64_t i = 0; i < actual.dim(); ++i) EXPECT_EQ(actual.size(i), shape[i].item<int64_t>());
  const at::Tensor flat = actual.contiguous().flatten();
  const at::Tensor sampled = flat.slice(0, 0, flat.numel(), fixture.integer(name + "_stride"));
  test::expectClose(sampled, fixture[name + "_sample"], absolute, relative);
}

/// Compares masks in the image's resolution with the reference's logits, except where those are as good as zero.
void expectMasksOf(const at::Tensor& lowResolution, const Fixture& fixture, const std::string& name,
                   const MaskGeometry& geometry) {
  const at::Tensor expected = fixture[name + "_sample"];
  const int64_t stride = fixture.integer(name + "_stride");
  const int64_t pixels = geometry.originalSize.y * geometry.originalSize.x;
  std::vector<UpscaledMask> masks;
  for (int64_t i = 0; i < lowResolution.size(1); ++i) {
    const at::Tensor logits = lowResolution[0][i].contiguous();
    masks.push_back(upscaleMask({logits.const_data_ptr<float>(), static_cast<size_t>(logits.numel())}, geometry));
  }
  int64_t compared = 0;
  for (int64_t i = 0; i < expected.numel(); ++i) {
    const float logit = expected[i].item<float>();
    if (std::abs(logit) < 5e-4f) continue;
    const int64_t index = i * stride, y = index % pixels / geometry.originalSize.x, x = index % geometry.originalSize.x;
    const UpscaledMask& mask = masks.at(static_cast<size_t>(index / pixels));
    const bool isInside = mask.box.contains(y, x) &&
                          mask.mask[static_cast<size_t>((y - mask.box.y0) * mask.box.width() + x - mask.box.x0)] != 0;
    ASSERT_EQ(isInside, logit > 0) << "at row " << y << ", column " << x;
    ++compared;
  }
  EXPECT_GT(compared, expected.numel() / 2);
}

TEST(Formula, GivesThePublishedTestVectors) {
  const at::Tensor weight = test::formulaWeight("image_encoder.patch_embed.proj.weight", {768, 3, 16, 16}).flatten();
  EXPECT_NEAR(weight[0].item<double>(), -0.04914029, 1e-8);
  EXPECT_NEAR(weight[2].item<double>(), 0.01445975, 1e-8);
  const at::Tensor bias = test::formulaWeight("image_encoder.patch_embed.proj.bias", {768});
  EXPECT_NEAR(bias[1].item<double>(), 0.01922516, 1e-8);
  const at::Tensor norm = test::formulaWeight("image_encoder.neck.1.weight", {256});
  EXPECT_NEAR(norm[0].item<double>(), 0.9542072, 1e-7);
}

TEST(FullSize, VitBFromPixelsToMasks) {
  const auto path = test::sharedData("golden/sam1/full_vit_b_formula.npz");
  if (!path) GTEST_SKIP() << test::kNoSharedData;
  const c10::InferenceMode inference;
  const Fixture fixture(*path);
  const NamedTensors weights = test::formulaWeights(keys("sam_vit_b.txt"));
  auto model = makeSamModel("vit_b", weights, at::kFloat);
  ASSERT_TRUE(model) << model.error().message();
  const Features features = (*model)->encode(test::formulaInput("sam1_vit_b_image", {1, 3, 1024, 1024}, -2, 2));
  expectSample(features[0], fixture, "embedding");
  PromptTensors prompts;
  prompts.points = fixture["points"];
  prompts.pointLabels = fixture["labels"];
  const PreparedPtr prepared = (*model)->prepare(features);
  const DecodedMasks three = (*model)->decodePrepared(*prepared, prompts, MaskSelection::kAllAlternatives);
  WeightTable table(weights);
  const PromptEncoder promptEncoder(*samConfiguration("vit_b"), table);
  expectSample(promptEncoder.densePositions(), fixture, "dense_pe", 1e-5, 0);
  expectSample(promptEncoder.sparse(prompts), fixture, "sparse", 1e-5, 0);
  expectSample(three.logits, fixture, "low_res_multi");
  expectMasksOf(three.logits, fixture, "post_683x1024_to_480x720", {256, 1024, {683, 1024}, {480, 720}});
  test::expectClose(three.predictedIou, fixture["iou_multi"]);
  const DecodedMasks one = (*model)->decodePrepared(*prepared, prompts, MaskSelection::kSingle);
  expectSample(one.logits, fixture, "low_res_single");
  test::expectClose(one.predictedIou, fixture["iou_single"]);
}

TEST(FullSize, MobileSamEncoder) {
  const auto path = test::sharedData("golden/sam1/full_mobilesam_tinyvit_formula.npz");
  if (!path) GTEST_SKIP() << test::kNoSharedData;
  const c10::InferenceMode inference;
  const Fixture fixture(*path);
  WeightTable table(test::formulaWeights(keys("mobilesam_image_encoder.txt")));
  const auto encoder = makeTinyVitEncoder(*samConfiguration("vit_t"), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");
  expectSample((*encoder)(test::formulaInput("mobilesam_image", {1, 3, 1024, 1024}, -2, 2), {}), fixture, "embedding");
}

TEST(FullSize, MobileSamInBandsAndWithKernelsIsTheSameAsPlainly) {
  const NamedTensors weights = test::formulaWeights(keys("mobilesam_image_encoder.txt"));
  const at::Tensor frame = test::formulaInput("mobilesam_image", {1, 3, 1024, 1024}, -2, 2);
  at::Tensor encoded[2];
  for (const bool withGradients : {false, true}) {  // with them all at once and by LibTorch alone
    const c10::AutoGradMode mode(withGradients);
    WeightTable table(weights);
    encoded[withGradients] = (*makeTinyVitEncoder(*samConfiguration("vit_t"), table, at::kFloat))(frame, {});
  }
  test::expectClose(encoded[0], encoded[1], 2e-4, 1e-4);
}

TEST(FullSize, ReducedPrecisionStaysCloseToFullPrecision) {
  const c10::InferenceMode inference;
  const NamedTensors weights = test::formulaWeights(keys("sam_vit_b.txt"));
  const at::Tensor frame = test::formulaInput("sam1_vit_b_image", {1, 3, 1024, 1024}, -2, 2);
  const at::Tensor full = (*makeSamModel("vit_b", weights, at::kFloat))->encode(frame)[0];
  const at::Tensor reduced = (*makeSamModel("vit_b", weights, at::kBFloat16))->encode(frame)[0];
  const double cosine = at::cosine_similarity(full.flatten(), reduced.flatten(), 0).item<double>();
  EXPECT_GE(cosine, 0.999);
}

TEST(FullSize, KeyListsOfRealCheckpointsFitWithoutAMissingOrUnexpectedKey) {
  WeightTable table(test::formulaWeights(keys("sam_vit_b.txt")));
  const SamModel model(*samConfiguration("vit_b"), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");
  EXPECT_EQ(model.namedTensors().size(), 314u);
}

}  // namespace
}  // namespace cyto::nn
