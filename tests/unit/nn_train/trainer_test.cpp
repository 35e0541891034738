#include "core/nn/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/train/training_run.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn_train/synthetic_cells.h"

namespace cyto::nn {
namespace {

TrainingOptions smallTraining(const std::filesystem::path& folder, int64_t steps) {
  TrainingOptions options;
  options.checkpointFolder = folder;
  options.steps = steps;
  options.batchImages = 1;
  options.objectsPerImage = 2;
  options.subIterations = 1;
  options.threads = 1;
  options.precision = Precision::kFp32;
  return options;
}

TrainingRun makeRun(const TrainingOptions& options) {
  std::vector<std::unique_ptr<PromptableModel>> replicas;
  replicas.push_back(createCytoSmall(options.seed));
  return TrainingRun(std::move(replicas), options, at::kFloat);
}

bool equal(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second.equal(y.second); });
}

TEST(Trainer, OverfitsOneCrop) {
  const auto images = *annotate({test::syntheticCells()});
  Random random(3);
  const std::vector<TrainingCrop> crops = {drawCrop(images[0], 128, 192, random)};
  const auto model = createCytoSmall(1);
  for (const auto& [name, weight] : model->namedTensors()) weight.set_requires_grad(true);
  Optimiser optimiser(model->namedTensors());
  EpisodeOptions options;
  options.subIterations = 1;
  options.objectsPerImage = 2;
  const auto step = [&](double learningRate) {
    Random same(9);  // the same prompts each time, so that losses can be compared
    std::vector<at::Tensor> gradients;
    for (const auto& [name, weight] : model->namedTensors()) at::Tensor(weight).mutable_grad().reset();
    const double loss = runEpisode(*model, crops, options, 1, same).loss;
    for (const auto& [name, weight] : model->namedTensors()) gradients.push_back(weight.grad());
    optimiser.step(gradients, learningRate);
    return loss;
  };
  const double first = step(1e-3);
  double last = first;
  for (int i = 0; i < 30; ++i) last = step(1e-3);
  EXPECT_LT(last, 0.5 * first);
}

TEST(Trainer, AResumedRunTakesTheSameSteps) {
  const test::TemporaryFolder folder;
  const auto images = *annotate({test::syntheticCells()});
  const TrainingOptions options = smallTraining(folder.path(), 4);
  TrainingRun whole = makeRun(options);
  for (int i = 0; i < 4; ++i) whole.step(images);

  TrainingRun first = makeRun(options);
  for (int i = 0; i < 2; ++i) first.step(images);
  ASSERT_TRUE(first.save());
  TrainingOptions other = options;
  TrainingRun second = makeRun(other);
  ASSERT_TRUE(second.canResume());
  ASSERT_TRUE(second.resume());
  EXPECT_EQ(second.steps(), 2);
  EXPECT_NEAR(second.seconds(), first.seconds(), 1e-3);
  for (int i = 0; i < 2; ++i) second.step(images);
  EXPECT_TRUE(equal(whole.averaged(), second.averaged()));
}

TEST(Trainer, ExportsWeightsThatReloadToTheSameNetwork) {
  const at::AutoGradMode withoutGradients(false);
  const test::TemporaryFolder folder;
  TrainingOptions options = smallTraining(folder / "run", 2);
  options.exportPath = folder / "model.safetensors";
  at::Tensor averaged;
  {
    const at::AutoGradMode withGradients(true);
    const auto report = trainModel({test::syntheticCells()}, options, {});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->steps, 2);
    EXPECT_EQ(report->exported, options.exportPath);
  }
  TrainingRun run = makeRun(options);
  ASSERT_TRUE(run.resume());
  NamedTensors rounded = run.averaged();
  for (auto& [name, weight] : rounded) {
    if (weight.dim() > 1) weight = weight.to(at::kHalf).to(at::kFloat);
  }
  const auto checkpoint = readCheckpoint(options.exportPath);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(detectArchitecture(checkpoint->model), "cyto_small");
  const auto expected = *cytoSmallFromWeights(rounded), reloaded = *cytoSmallFromWeights(checkpoint->model);
  const at::Tensor frame = at::rand({1, 3, 64, 64}, at::detail::createCPUGenerator(1), at::kFloat);
  EXPECT_TRUE(expected->encode(frame)[0].equal(reloaded->encode(frame)[0]));
}

TEST(Trainer, CancellingLeavesACheckpointToResume) {
  const test::TemporaryFolder folder;
  const TrainingOptions options = smallTraining(folder.path(), 1000);
  const CancelSource cancel;
  JobContext job;
  job.cancel = cancel.token();
  int64_t reported = 0;
  job.progress = [&](const Progress& progress) {
    reported = progress.done;
    if (progress.done == 2) cancel.cancel();
  };
  const auto report = trainModel({test::syntheticCells()}, options, job);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(reported, 2);
  TrainingRun run = makeRun(options);
  ASSERT_TRUE(run.resume());
  EXPECT_EQ(run.steps(), 2);
}

TEST(Trainer, RefusesWhatCannotWork) {
  const test::TemporaryFolder folder;
  const auto codeOf = [&](const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options = smallTraining(folder.path(), 1);
    change(options);
    const auto report = trainModel({test::syntheticCells()}, options, {});
    return report ? std::optional<ErrorCode>() : report.error().code();
  };
  EXPECT_EQ(codeOf([](auto& options) { options.checkpointFolder.clear(); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) { options.steps = 0, options.minutes = 0; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) { options.batchImages = 0; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) { options.maskProbability = 2; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) { options.precision = Precision::kFp16; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) { options.architecture = "vit_b"; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf([](auto& options) {
              options.learningRate = 1e30;
              options.steps = 100;
            }),
            ErrorCode::kInternal);
}

TEST(Trainer, RefusesAForeignCheckpoint) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "latest.safetensors") << "no weights";
  const auto report = trainModel({test::syntheticCells()}, smallTraining(folder.path(), 1), {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), testing::HasSubstr("latest.safetensors"));
}

}  // namespace
}  // namespace cyto::nn
