#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/sam/instance_decoder_weights.h"
#include "core/nn/sam/instance_unetr.h"
#include "core/nn/train/trainer.h"
#include "core/nn/train/training_run.h"
#include "core/nn/train/training_setup.h"
#include "core/nn/train/validation.h"
#include "core/nn/weights/safetensors.h"
#include "core/nn/weights/torch_writer.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn_train/reduced_sam.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

constexpr Lesson kPrompts{true, false}, kInstances{false, true};

bool equal(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second.equal(y.second); });
}

TrainingOptions options(const std::filesystem::path& folder = {}) {
  TrainingOptions options;
  options.architecture = "vit_b";
  options.startWeights = "given";
  options.checkpointFolder = folder;
  options.steps = 1000;
  options.batchImages = 2;
  options.objectsPerImage = 2;
  options.subIterations = 2;
  options.learningRate = 1e-3;
  options.warmUpSteps = 1;
  options.threads = 1;
  options.precision = Precision::kFp32;
  return options;
}

NamedTensors samWithDecoder() { return joined({test::reducedSamWeights(), randomInstanceDecoder(32, 5)}); }

TrainingRun samRun(const TrainingOptions& options, const std::vector<Lesson>& lessons,
                   const LearningChoice& choice = {}) {
  return TrainingRun(test::makeReducedSam, LearnedWeights(samWithDecoder(), choice, 3), lessons, options, at::kFloat);
}

/// Of each part of the network, whether any of its weights has changed.
std::map<std::string, bool> changedParts(const NamedTensors& before, const NamedTensors& after) {
  std::map<std::string, bool> changed;
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].first, after[i].first);
    bool& part = changed[before[i].first.substr(0, before[i].first.find('.'))];
    part = part || !before[i].second.equal(after[i].second);
  }
  return changed;
}

const test::SyntheticDataset& images() {
  static const test::SyntheticDataset dataset(3, 2);
  return dataset;
}

TEST(RandomInstanceDecoder, HasTheKeysAndShapesOfThePublishedOnes) {
  const NamedTensors weights = randomInstanceDecoder(256, 1);
  int64_t entries = 0;
  for (const auto& [name, weight] : weights) entries += weight.numel();
  EXPECT_EQ(weights.size(), 66U);
  EXPECT_EQ(entries, 9'593'159);
  const auto unetr = InstanceUnetr::create(weights);
  ASSERT_TRUE(unetr) << unetr.error().message();
  EXPECT_EQ((*unetr)->embeddingChannels(), 256);
  EXPECT_TRUE(equal(randomInstanceDecoder(32, 7), randomInstanceDecoder(32, 7)));
  EXPECT_FALSE(equal(randomInstanceDecoder(32, 7), randomInstanceDecoder(32, 8)));
}

TEST(InstanceTraining, JointlyEveryPartLearnsInTwoLessonsAStep) {
  const AnnotatedSamples samples(images(), false, 1 << 20);
  TrainingRun run = samRun(options(), {kPrompts, kInstances});
  const auto step = run.step(samples);
  ASSERT_TRUE(step) << step.error().message();
  EXPECT_EQ(run.steps(), 1);
  EXPECT_GT(step->instanceLoss, 0);
  EXPECT_LE(step->instanceLoss, 3);
  EXPECT_GT(step->loss, step->instanceLoss) << "the prompts have a loss too";
  for (const auto& [part, changed] : changedParts(samWithDecoder(), run.averaged())) EXPECT_TRUE(changed) << part;
}

TEST(InstanceTraining, AloneLeavesWhatAnswersPrompts) {
  const AnnotatedSamples samples(images(), false, 1 << 20);
  TrainingRun run = samRun(options(), {kInstances});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run.step(samples));
  const std::map<std::string, bool> expected = {
      {"image_encoder", true}, {"instance_decoder", true}, {"mask_decoder", false}, {"prompt_encoder", false}};
  EXPECT_EQ(changedParts(samWithDecoder(), run.averaged()), expected);
}

TEST(InstanceTraining, AFrozenEncoderStaysAndGivesTheSameStepWithEmbeddingsComputedOnce) {
  const AnnotatedSamples samples(images(), false, 1 << 20);
  TrainingRun run = samRun(options(), {kPrompts, kInstances}, {{"image_encoder"}, "", 4});
  ASSERT_TRUE(run.step(samples));
  const std::map<std::string, bool> expected = {
      {"image_encoder", false}, {"instance_decoder", true}, {"mask_decoder", true}, {"prompt_encoder", true}};
  EXPECT_EQ(changedParts(samWithDecoder(), run.averaged()), expected);
}

TEST(InstanceTraining, TheDecoderSeesOneEmbeddingAtATime) {
  const AnnotatedSamples samples(images(), false, 1 << 20);
  test::expectSameOneByOneAndTogether(samples, [&](int together) {
    TrainingOptions chosen = options();
    chosen.imagesTogether = together;
    return samRun(chosen, {kInstances});
  });
}

TEST(InstanceTraining, AResumedJointRunTakesTheSameSteps) {
  const test::TemporaryFolder folder;
  const AnnotatedSamples samples(images(), false, 1 << 20);
  const std::vector<Lesson> lessons = {kPrompts, kInstances};
  TrainingRun whole = samRun(options(folder.path()), lessons);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(whole.step(samples));
  TrainingRun first = samRun(options(folder.path()), lessons);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(first.step(samples));
  ASSERT_TRUE(first.save());
  TrainingRun second = samRun(options(folder.path()), lessons);
  ASSERT_TRUE(second.resume());
  EXPECT_EQ(second.steps(), 2);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(second.step(samples));
  EXPECT_TRUE(equal(whole.averaged(), second.averaged()));
}

TEST(InstanceTraining, ARunStoppedBetweenTwoLessonsGoesOnWithTheSecond) {
  const test::TemporaryFolder folder;
  const AnnotatedSamples samples(images(), false, 1 << 20);
  const std::vector<Lesson> lessons = {kPrompts, kInstances};
  TrainingRun whole = samRun(options(folder.path()), lessons);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(whole.step(samples));

  // The decoder's maker cancels: it is called anew for the second lesson of the second step.
  const CancelSource cancel;
  int made = 0;
  const auto make = [&](const NamedTensors& weights) {
    // One network at the start, then one for each of two images in each lesson.
    if (++made == 1 + 4 + 2 + 1) cancel.cancel();
    return test::makeReducedSam(weights);
  };
  TrainingRun stopped(make, LearnedWeights(samWithDecoder(), {}, 3), lessons, options(folder.path()), at::kFloat);
  ASSERT_TRUE(stopped.step(samples, cancel.token()));
  const auto second = stopped.step(samples, cancel.token());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(stopped.steps(), 1);
  EXPECT_FALSE(equal(stopped.averaged(), whole.averaged()));
  ASSERT_TRUE(stopped.save());

  TrainingRun resumed = samRun(options(folder.path()), lessons);
  ASSERT_TRUE(resumed.resume());
  ASSERT_TRUE(resumed.step(samples));
  EXPECT_EQ(resumed.steps(), 2);
  EXPECT_TRUE(equal(resumed.averaged(), whole.averaged()));
  TrainingRun withoutSecond = samRun(options(folder.path()), {kPrompts});
  EXPECT_FALSE(withoutSecond.resume());
}

TEST(InstanceTraining, TheDecoderOverfitsOneImage) {
  const test::SyntheticDataset one(1);
  const AnnotatedSamples samples(one, false, 1 << 20);
  TrainingOptions chosen = options();
  chosen.batchImages = 1;
  chosen.variation = {};
  chosen.learningRate = 5e-3;
  TrainingRun run = samRun(chosen, {kInstances});
  // Means, because some crops are harder than others.
  const auto meanLossOf = [&](int steps) {
    double sum = 0;
    for (int i = 0; i < steps; ++i) sum += run.step(samples)->loss;
    return sum / steps;
  };
  const double first = meanLossOf(3);
  meanLossOf(30);
  const double last = meanLossOf(20);
  RecordProperty("first", std::to_string(first));
  RecordProperty("last", std::to_string(last));
  EXPECT_LT(last, 0.8 * first) << first;
}

// cyto-small

TrainingOptions cytoOptions(const std::filesystem::path& folder, int64_t steps) {
  TrainingOptions chosen = options(folder);
  chosen.architecture = "cyto_small";
  chosen.startWeights = test::inRepository("models/cyto-small.safetensors");
  chosen.instanceDecoder = "only";
  chosen.steps = steps;
  chosen.learningRate = 3e-4;
  return chosen;
}

TEST(InstanceTraining, OfCytoSmallLeavesThePromptDecoderBitForBitAndIsJudgedByItsLoss) {
  const test::TemporaryFolder folder;
  TrainingOptions chosen = cytoOptions(folder / "run", 12);
  chosen.exportPath = folder / "model.safetensors";
  const auto report = trainModel(images(), chosen, {}, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->before.objects, 0);
  EXPECT_EQ(report->before.crops, 2);
  RecordProperty("before", std::to_string(report->before.instanceLoss));
  RecordProperty("after", std::to_string(report->after.instanceLoss));
  EXPECT_LT(report->after.instanceLoss, 0.9 * report->before.instanceLoss);
  EXPECT_DOUBLE_EQ(report->after.total(), -report->after.instanceLoss / 3);
  const auto before = readCheckpoint(chosen.startWeights), after = readCheckpoint(chosen.exportPath);
  ASSERT_TRUE(before);
  ASSERT_TRUE(after);
  std::map<std::string, at::Tensor> weights(after->model.begin(), after->model.end());
  int64_t decoderWeights = 0, changed = 0;
  for (const auto& [name, weight] : before->model) {
    ASSERT_TRUE(weights.contains(name)) << name;
    if (!weights[name].equal(weight)) ++changed;
    if (!name.starts_with("cyto.decoder.")) continue;
    EXPECT_TRUE(weights[name].equal(weight)) << name;
    ++decoderWeights;
  }
  EXPECT_GT(decoderWeights, 10);
  EXPECT_GT(changed, 10);
}

TEST(InstanceTraining, StopsWhenTheLossOnImagesKeptBackDoesNotFall) {
  const test::TemporaryFolder folder;
  TrainingOptions chosen = cytoOptions(folder / "run", 1000);
  chosen.learningRate = 0.05;  // ruins the weights
  chosen.validationSteps = 1;
  chosen.patience = 2;
  const auto report = trainModel(images(), chosen, {}, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->stoppedEarly);
  EXPECT_LT(report->steps, 20);
}

TEST(InstanceTraining, OfCytoSmallFromRandomWeightsOverfitsFourImages) {
  const test::SyntheticDataset four(4, 2);
  TrainingOptions chosen = cytoOptions({}, 30);
  chosen.startWeights.clear();
  chosen.learningRate = 2e-3;
  chosen.warmUpSteps = 5;
  chosen.variation.scale = chosen.variation.elastic = 0;
  const AnnotatedSamples samples(four, false, 1 << 20), kept(four, true, 1 << 20);
  const auto run = makeTrainingRun(chosen, {});
  ASSERT_TRUE(run) << run.error().message();
  ValidationOptions judging;
  judging.judgesPrompts = false;
  judging.judgesInstances = true;
  const auto lossNow = [&] { return validate((*run)->averagedReplicas(), kept, judging)->at("").instanceLoss; };
  const double before = lossNow();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE((*run)->step(samples));
  const double after = lossNow();
  RecordProperty("before", std::to_string(before));
  RecordProperty("after", std::to_string(after));
  EXPECT_LT(after, 0.7 * before) << before;
}

// What a run is made of

/// A MobileSAM of full size.
NamedTensors mobileSam() {
  const auto weightsOf = [](const char* list) {
    return test::formulaWeights(test::inRepository("tests/golden/sam1") / list);
  };
  NamedTensors weights = weightsOf("mobilesam_image_encoder.txt");
  for (auto& weight : weightsOf("sam_vit_b.txt")) {
    if (!weight.first.starts_with("image_encoder.")) weights.push_back(std::move(weight));
  }
  return weights;
}

TEST(TrainingSetup, ADecoderThatDoesNotLearnStaysOnlyWithTheEncoderItWasMadeFor) {
  const Checkpoint start{mobileSam(), randomInstanceDecoder(256, 9)};
  TrainingOptions chosen = options();
  chosen.architecture = "vit_t";
  chosen.instanceDecoder = "none";
  auto run = makeTrainingRun(chosen, start);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_TRUE(separated((*run)->averaged()).decoder.empty());
  chosen.frozenParts = {"image_encoder"};
  run = makeTrainingRun(chosen, start);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_TRUE(equal(separated((*run)->averaged()).decoder, start.decoder));
}

TEST(TrainingSetup, ADecoderThatLearnsBeginsAsGivenOrAtRandomAndMustFit) {
  Checkpoint start{mobileSam(), randomInstanceDecoder(256, 9)};
  TrainingOptions chosen = options();
  chosen.architecture = "vit_t";
  chosen.instanceDecoder = "joint";
  auto run = makeTrainingRun(chosen, start);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_TRUE(equal(separated((*run)->averaged()).decoder, start.decoder));
  start.decoder.clear();
  run = makeTrainingRun(chosen, start);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_TRUE(equal(separated((*run)->averaged()).decoder, randomInstanceDecoder(256, chosen.seed)));
  start.decoder = randomInstanceDecoder(32, 9);
  run = makeTrainingRun(chosen, start);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code(), ErrorCode::kModel);
}

TEST(TrainingSetup, WhetherTheDecoderLearnsIsDecidedByTheStartWeights) {
  const test::TemporaryFolder folder;
  TrainingOptions chosen = options();
  chosen.architecture.clear();
  chosen.startWeights = folder / "sam.pt";
  ASSERT_TRUE(writeTorchFile(chosen.startWeights, mobileSam()));
  TrainingOptions without = chosen, beside = chosen;
  ASSERT_TRUE(readStartWeights(without));
  EXPECT_EQ(without.architecture, "vit_t");
  EXPECT_EQ(without.instanceDecoder, "none");
  ASSERT_TRUE(writeTorchFile(folder / "sam_decoder.pt", randomInstanceDecoder(256, 9)));
  const auto start = readStartWeights(beside);
  ASSERT_TRUE(start) << start.error().message();
  EXPECT_EQ(beside.instanceDecoder, "joint");
  EXPECT_TRUE(equal(start->decoder, randomInstanceDecoder(256, 9)));
}

// Files

TEST(InstanceTraining, ATrainedDecoderIsReadBackFromBothKindsOfFiles) {
  const test::TemporaryFolder folder;
  const Checkpoint parts{test::reducedSamWeights(), randomInstanceDecoder(32, 5)};
  ASSERT_TRUE(writeTorchFile(folder / "model.pt", parts.model, parts.decoder));
  ASSERT_TRUE(writeSafetensors(folder / "model.safetensors", joined(parts)));
  for (const char* name : {"model.pt", "model.safetensors"}) {
    const auto read = readCheckpoint(folder / name);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(equal(read->model, parts.model)) << name;
    EXPECT_TRUE(equal(read->decoder, parts.decoder)) << name;
  }
}

}  // namespace
}  // namespace cyto::nn
