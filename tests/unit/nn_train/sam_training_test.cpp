#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/nn/train/training_run.h"
#include "tests/unit/nn_train/reduced_sam.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

const std::vector<Lesson> kPrompts = {{true, false}};

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
  LearnedWeights learned(test::reducedSamWeights(), choice, 3);
  TrainingRun run(test::makeReducedSam, std::move(learned), kPrompts, options(), at::kFloat);
  for (int i = 0; i < steps; ++i) {
    const auto step = run.step(samples);
    EXPECT_TRUE(step) << step.error().message();
  }
  std::map<std::string, bool> changed;
  const NamedTensors before = test::reducedSamWeights(), after = run.averaged();
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

TEST(SamTraining, AdaptformerLearnsItsBottlenecksAndLeavesTheEncoder) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  LearnedWeights learned(test::reducedSamWeights(), {{}, "adaptformer", 4}, 3);
  TrainingRun run(test::makeReducedSam, std::move(learned), kPrompts, options(), at::kFloat);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run.step(samples));
  const NamedTensors before = test::reducedSamWeights(), after = run.averaged();
  ASSERT_EQ(after.size(), before.size() + 4 * 4);
  for (size_t i = 0; i < before.size(); ++i) {
    if (!before[i].first.starts_with("image_encoder.")) continue;
    EXPECT_TRUE(before[i].second.equal(after[i].second)) << before[i].first;
  }
  for (size_t i = before.size(); i < after.size(); ++i) {
    if (after[i].first.ends_with("up_proj.weight")) EXPECT_GT(after[i].second.abs().max().item<double>(), 0);
  }
}

TEST(SamTraining, TheNetworkForUseIsTheOneThatWasTrained) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  LearnedWeights learned(test::reducedSamWeights(), {}, 3);
  TrainingRun run(test::makeReducedSam, std::move(learned), kPrompts, options(), at::kFloat);
  ASSERT_TRUE(run.step(samples));
  const c10::AutoGradMode withoutGradients(false);
  const at::Tensor frame = at::rand({1, 3, 128, 128});
  const at::Tensor used = run.averagedReplicas().front()->prompted->encode(frame)[0];
  const at::Tensor expected = test::makeReducedSam(run.averaged()).prompted->encode(frame)[0];
  EXPECT_TRUE(at::allclose(used, expected));
  EXPECT_FALSE(at::allclose(used, test::makeReducedSam(test::reducedSamWeights()).prompted->encode(frame)[0]));
  ASSERT_TRUE(run.step(samples)) << "it goes on after being used";
}

TEST(SamTraining, ImagesOneByOneGiveTheLossAndTheGradientsOfAllTogether) {
  const test::SyntheticDataset dataset(2);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  test::expectSameOneByOneAndTogether(samples, [&](int together) {
    TrainingOptions chosen = options();
    chosen.imagesTogether = together;
    LearnedWeights learned(test::reducedSamWeights(), {}, 3);
    return TrainingRun(test::makeReducedSam, std::move(learned), kPrompts, chosen, at::kFloat);
  });
}

}  // namespace
}  // namespace cyto::nn
