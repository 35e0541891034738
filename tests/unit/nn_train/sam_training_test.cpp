#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/nn/sam/sam_model.h"
#include "core/nn/train/training_run.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

/// The reduced network of the fixtures.
SamConfiguration reducedSam() {
  SamConfiguration configuration;
  configuration.frameSide = 128;
  configuration.channels = 32;
  configuration.width = 32;
  configuration.depth = 4;
  configuration.heads = 4;
  configuration.window = 4;
  configuration.globalBlocks = {1, 3};
  configuration.decoderHeads = 4;
  configuration.decoderMlp = 64;
  configuration.iouHidden = 32;
  return configuration;
}

NamedTensors reducedWeights() { return test::Fixture(test::inRepository("tests/golden/sam1/predictor.npz")).weights(); }

std::unique_ptr<PromptableModel> make(const NamedTensors& weights) {
  WeightTable table(weights);
  auto model = std::make_unique<SamModel>(reducedSam(), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");
  return model;
}

TrainingOptions options() {
  TrainingOptions options;
  options.architecture = "vit_b";
  options.startWeights = "given";
  options.steps = 1000;
  options.batchImages = 2;
  options.objectsPerImage = 2;
  options.subIterations = 2;
  options.learningRate = 1e-3;
  options.warmUpSteps = 1;
  options.precision = Precision::kFp32;
  return options;
}

std::map<std::string, bool> changedAfterSteps(const LearningChoice& choice, int steps) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  LearnedWeights learned(reducedWeights(), choice, 3);
  TrainingRun run(make, std::move(learned), options(), at::kFloat);
  for (int i = 0; i < steps; ++i) {
    const auto step = run.step(samples);
    EXPECT_TRUE(step) << step.error().message();
  }
  std::map<std::string, bool> changed;
  const NamedTensors before = reducedWeights(), after = run.averaged();
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].first, after[i].first);
    changed[before[i].first] = !before[i].second.equal(after[i].second);
  }
  return changed;
}

TEST(SamTraining, EveryPartLearnsAndBuffersStay) {
  const auto changed = changedAfterSteps({}, 2);
  for (const auto& [name, isChanged] : changed) {
    // An alternative learns when it is the best one, which two steps do not promise.
    if (name.find("output_hypernetworks_mlps") != std::string::npos) continue;
    EXPECT_EQ(isChanged, !name.ends_with("gaussian_matrix")) << name;
  }
}

TEST(SamTraining, AFrozenEncoderStaysAndTheDecoderLearns) {
  const auto changed = changedAfterSteps({{"image_encoder"}, "", 4}, 2);
  for (const auto& [name, isChanged] : changed) {
    if (name.starts_with("image_encoder.")) EXPECT_FALSE(isChanged) << name;
  }
  EXPECT_TRUE(changed.at("mask_decoder.iou_token.weight"));
}

TEST(SamTraining, LoraChangesQueriesAndValuesOfTheEncoderOnly) {
  const auto changed = changedAfterSteps({{}, "lora", 2}, 3);
  for (const auto& [name, isChanged] : changed) {
    if (name.starts_with("image_encoder.")) EXPECT_EQ(isChanged, name.ends_with("attn.qkv.weight")) << name;
  }
}

TEST(SamTraining, TheNetworkForUseIsTheOneThatWasTrained) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  LearnedWeights learned(reducedWeights(), {}, 3);
  TrainingRun run(make, std::move(learned), options(), at::kFloat);
  ASSERT_TRUE(run.step(samples));
  const c10::AutoGradMode withoutGradients(false);
  const at::Tensor frame = at::rand({1, 3, 128, 128});
  const at::Tensor used = run.averagedReplicas().front()->encode(frame)[0];
  const at::Tensor expected = make(run.averaged())->encode(frame)[0];
  EXPECT_TRUE(at::allclose(used, expected));
  EXPECT_FALSE(at::allclose(used, make(reducedWeights())->encode(frame)[0]));
  ASSERT_TRUE(run.step(samples)) << "it goes on after being used";
}

TEST(SamTraining, ImagesOneByOneGiveTheLossAndTheGradientsOfAllTogether) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  const auto lossWith = [&](int together) {
    TrainingOptions chosen = options();
    chosen.imagesTogether = together;
    LearnedWeights learned(reducedWeights(), {}, 3);
    TrainingRun run(make, std::move(learned), chosen, at::kFloat);
    const auto step = run.step(samples);
    EXPECT_TRUE(step) << step.error().message();
    return std::pair(step->loss, step->gradientNorm);
  };
  const auto [oneByOne, norm] = lossWith(1);
  const auto [together, normTogether] = lossWith(2);
  EXPECT_NEAR(oneByOne, together, 1e-4);
  EXPECT_NEAR(norm, normTogether, 1e-3 * norm);
}

}  // namespace
}  // namespace cyto::nn
