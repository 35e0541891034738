#include "core/nn/cyto/cyto_small.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/nn/train/episode.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

PromptTensors clicks() {
  PromptTensors prompts;
  prompts.points = at::tensor({20.0F, 30.0F, 90.0F, 50.0F}).view({2, 1, 2});
  prompts.pointLabels = at::ones({2, 1}, at::kFloat);
  return prompts;
}

at::Tensor someFrame(int64_t side) {
  return at::rand({1, 3, side, side}, at::detail::createCPUGenerator(5), at::kFloat);
}

TEST(CytoSmall, GivesMapsAndMasksOfTheAgreedShapes) {
  const at::AutoGradMode withoutGradients(false);
  const auto model = createCytoSmall(1);
  const Features features = model->encode(someFrame(128));
  ASSERT_EQ(features.size(), 1 + model->extraFeatureNames().size());
  EXPECT_EQ(features[0].sizes(), at::IntArrayRef({1, 128, 8, 8}));
  EXPECT_EQ(features[1].sizes(), at::IntArrayRef({1, 64, 16, 16}));
  EXPECT_EQ(features[2].sizes(), at::IntArrayRef({1, 40, 32, 32}));
  EXPECT_EQ(features[3].sizes(), at::IntArrayRef({1, 8, 64, 64}));
  EXPECT_EQ(features.back().sizes(), at::IntArrayRef({1, DenseChannels::kCount, 32, 32}));
  const DecodedMasks three = model->decode(features, clicks(), true);
  EXPECT_EQ(three.logits.sizes(), at::IntArrayRef({2, 3, 64, 64}));
  EXPECT_EQ(asMaskPrompt(three.logits, 128).sizes(), at::IntArrayRef({2, 3, 32, 32}));
  EXPECT_EQ(three.predictedIou.sizes(), at::IntArrayRef({2, 3}));
  const DecodedMasks one = model->decode(features, clicks(), false);
  EXPECT_TRUE(one.logits.equal(three.logits.slice(1, 0, 1)));
}

TEST(CytoSmall, DecodesBoxesAndMasksWithoutPoints) {
  const at::AutoGradMode withoutGradients(false);
  const auto model = createCytoSmall(1);
  const Features features = model->encode(someFrame(128));
  PromptTensors prompts;
  prompts.boxes = at::tensor({10.0F, 10.0F, 60.0F, 50.0F}).view({1, 4});
  const at::Tensor box = model->decode(features, prompts, false).logits;
  prompts.masks = at::randn({1, 1, 32, 32}, at::detail::createCPUGenerator(3), at::kFloat);
  const at::Tensor boxAndMask = model->decode(features, prompts, false).logits;
  EXPECT_FALSE(box.equal(boxAndMask));
  prompts.boxes.reset();
  EXPECT_TRUE(model->decode(features, prompts, false).logits.isfinite().all().item<bool>());
}

TEST(CytoSmall, PaddingPointsChangeNothing) {
  const at::AutoGradMode withoutGradients(false);
  const auto model = createCytoSmall(1);
  const Features features = model->encode(someFrame(128));
  PromptTensors prompts = clicks();
  const at::Tensor before = model->decode(features, prompts, true).logits;
  prompts.points = at::cat({prompts.points, at::full({2, 1, 2}, 70.0F)}, 1);
  prompts.pointLabels = at::cat({prompts.pointLabels, at::full({2, 1}, -1.0F)}, 1);
  EXPECT_TRUE(at::allclose(before, model->decode(features, prompts, true).logits, 1e-4, 1e-5));
}

TEST(CytoSmall, Bfloat16IsCloseToFp32) {
  const at::AutoGradMode withoutGradients(false);
  const auto model = createCytoSmall(1);
  const at::Tensor exact = model->encode(someFrame(128))[0];
  const at::Tensor coarse = model->encode(someFrame(128).to(at::kBFloat16))[0];
  ASSERT_EQ(coarse.scalar_type(), at::kBFloat16);
  const double error = (exact - coarse.to(at::kFloat)).norm().item<double>() / exact.norm().item<double>();
  EXPECT_LT(error, 0.1);
}

TEST(CytoSmall, DecodesPreparedMapsInItsOwnPrecision) {
  const at::AutoGradMode withoutGradients(false);
  const NamedTensors weights = createCytoSmall(1)->namedTensors();
  const auto exact = *cytoSmallFromWeights(weights);
  const auto reduced = *cytoSmallFromWeights(weights, at::kBFloat16);
  const Features features = exact->encode(someFrame(128));
  const PreparedPtr prepared = reduced->prepare(features);
  const at::Tensor wanted = exact->decode(features, clicks(), true).logits;
  const at::Tensor given = reduced->decodePrepared(*prepared, clicks(), MaskSelection::kAllAlternatives).logits;
  EXPECT_LT((wanted - given).norm().item<double>() / wanted.norm().item<double>(), 0.05);
  EXPECT_FALSE(given.equal(wanted)) << "the decoder still ran in fp32";
}

TEST(CytoSmall, ItsKernelsGiveWhatLibTorchGives) {
  const auto model = createCytoSmall(1);
  const Features wanted = model->encode(someFrame(160));  // with gradients, so by LibTorch
  const at::Tensor masks = model->decode(wanted, clicks(), true).logits;
  const at::AutoGradMode withoutGradients(false);
  const Features given = model->encode(someFrame(160));
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_LT((wanted[i] - given[i]).norm().item<double>() / wanted[i].norm().item<double>(), 1e-5) << i;
  }
  const PreparedPtr prepared = model->prepare(given);
  const DecodedMasks fast = model->decodePrepared(*prepared, clicks(), MaskSelection::kAllAlternatives);
  EXPECT_LT((masks - fast.logits).norm().item<double>() / masks.norm().item<double>(), 1e-4);
}

TEST(CytoSmall, GradientsReachEveryWeight) {
  const TrainedNetwork network = trainedCytoSmall(createCytoSmall(1));
  const NamedTensors weights = network.prompted->namedTensors();
  for (const auto& [name, weight] : weights) weight.set_requires_grad(true);
  Random random(4);
  const AnnotatedImage image = *annotate(test::syntheticCells());
  const std::vector<TrainingCrop> crops = {drawCrop(image, 128, 256, {}, random),
                                           drawCrop(image, 128, 256, {}, random)};
  EpisodeOptions options;
  options.subIterations = 2;
  options.objectsPerImage = 3;
  options.shareOfMean = 0.5;  // else alternatives that are not the best one have no gradients
  runEpisode(network, encodeCrops(*network.prompted, crops, options), crops, options, 0, random);
  for (const auto& [name, weight] : weights) {
    ASSERT_TRUE(weight.grad().defined()) << name;
    EXPECT_TRUE(weight.grad().isfinite().all().item<bool>()) << name;
    EXPECT_GT(weight.grad().abs().max().item<double>(), 0) << name;
  }
}

TEST(CytoSmall, WeightsOfTheFirstVersionAnswerAtStride4AndCanLearnTheRest) {
  const at::AutoGradMode withoutGradients(false);
  NamedTensors weights = createCytoSmall(1)->namedTensors();
  const size_t all = weights.size();
  std::erase_if(weights, [](const auto& weight) {
    return weight.first.find("project2") != std::string::npos || weight.first.find("edges") != std::string::npos;
  });
  ASSERT_EQ(weights.size(), all - 10);
  const auto first = *cytoSmallFromWeights(weights);
  const Features features = first->encode(someFrame(128));
  EXPECT_EQ(features.size(), 1 + first->extraFeatureNames().size());
  EXPECT_EQ(features.size(), 4u);
  const DecodedMasks coarse = first->decode(features, clicks(), true);
  EXPECT_EQ(coarse.logits.sizes(), at::IntArrayRef({2, 3, 32, 32}));
  const auto begun = *cytoSmallStartingFrom(weights, 7);
  EXPECT_EQ(begun->namedTensors().size(), all);
  const DecodedMasks fine = begun->decode(begun->encode(someFrame(128)), clicks(), true);
  const at::Tensor difference = asMaskPrompt(fine.logits, 128) - coarse.logits;
  EXPECT_LT(difference.norm().item<double>() / coarse.logits.norm().item<double>(), 0.2) << "it begins where it was";
  weights.pop_back();
  EXPECT_TRUE(cytoSmallStartingFrom(weights, 7));
  weights.emplace_back("cyto.other", at::zeros({1}));
  EXPECT_FALSE(cytoSmallStartingFrom(weights, 7));
}

TEST(CytoSmall, RefusesWeightsThatDoNotFit) {
  NamedTensors weights = createCytoSmall(1)->namedTensors();
  EXPECT_TRUE(isCytoSmall(weights));
  ASSERT_TRUE(cytoSmallFromWeights(weights));
  NamedTensors extra = weights;
  extra.emplace_back("cyto.encoder.unknown", at::zeros({1}));
  const auto withExtra = cytoSmallFromWeights(extra);
  ASSERT_FALSE(withExtra);
  EXPECT_EQ(withExtra.error().code(), ErrorCode::kModel);
  const std::string missing = weights.back().first;
  weights.pop_back();
  const auto withMissing = cytoSmallFromWeights(weights);
  ASSERT_FALSE(withMissing);
  EXPECT_THAT(withMissing.error().message(), testing::HasSubstr(missing));
  weights.emplace_back(missing, at::zeros({77}));
  EXPECT_FALSE(cytoSmallFromWeights(weights));
}

}  // namespace
}  // namespace cyto::nn
