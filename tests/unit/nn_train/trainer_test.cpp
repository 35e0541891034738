#include "core/nn/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/train/training_log.h"
#include "core/nn/train/training_run.h"
#include "tests/support/file_bytes.h"
#include "tests/support/shared_data.h"
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
  std::vector<TrainedNetwork> replicas;
  replicas.push_back(trainedCytoSmall(createCytoSmall(options.seed)));
  LearnedWeights learned(replicas.front().prompted->namedTensors(), {}, options.seed);
  return TrainingRun(std::move(replicas), std::move(learned), {{true, true}}, options, at::kFloat);
}

bool equal(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second.equal(y.second); });
}

TEST(Trainer, OverfitsOneCrop) {
  const AnnotatedImage image = *annotate(test::syntheticCells());
  Random random(3);
  const std::vector<TrainingCrop> crops = {drawCrop(image, 128, 192, {}, random)};
  const TrainedNetwork network = trainedCytoSmall(createCytoSmall(1));
  const NamedTensors weights = network.prompted->namedTensors();
  for (const auto& [name, weight] : weights) weight.set_requires_grad(true);
  Optimiser optimiser(weights);
  EpisodeOptions options;
  options.subIterations = 1;
  options.objectsPerImage = 2;
  const auto step = [&](double learningRate) {
    Random same(9);  // the same prompts each time, so that losses can be compared
    std::vector<at::Tensor> gradients;
    for (const auto& [name, weight] : weights) at::Tensor(weight).mutable_grad().reset();
    const Features features = encodeCrops(*network.prompted, crops, options);
    const double loss = runEpisode(network, features, crops, options, 1, same).loss;
    for (const auto& [name, weight] : weights) gradients.push_back(weight.grad());
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
  const test::SyntheticDataset dataset(3);
  const AnnotatedSamples images(dataset, false, 1 << 20);
  const TrainingOptions options = smallTraining(folder.path(), 4);
  TrainingRun whole = makeRun(options);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(whole.step(images));

  TrainingRun first = makeRun(options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(first.step(images));
  ASSERT_TRUE(first.save());
  TrainingOptions other = options;
  TrainingRun second = makeRun(other);
  ASSERT_TRUE(second.canResume());
  ASSERT_TRUE(second.resume());
  EXPECT_EQ(second.steps(), 2);
  EXPECT_NEAR(second.seconds(), first.seconds(), 1e-3);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(second.step(images));
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
    const auto report = trainModel(test::SyntheticDataset(), options, {}, {});
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
  const auto report = trainModel(test::SyntheticDataset(), options, {}, job);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(reported, 2);
  TrainingRun run = makeRun(options);
  ASSERT_TRUE(run.resume());
  EXPECT_EQ(run.steps(), 2);
}

TEST(Trainer, AKilledRunEndsWithTheSameBytesAsOneThatWasNot) {
  const test::TemporaryFolder folder;
  const test::SyntheticDataset dataset(3, 1);
  const auto trained = [&](const std::string& name, const std::vector<int>& killedAt) {
    TrainingOptions options = smallTraining(folder / name, 6);
    options.validationSteps = 3;
    options.exportPath = folder / (name + ".safetensors");
    for (const int steps : killedAt) {
      // What kill -9 leaves: the checkpoint that was written last.
      const AnnotatedSamples samples(dataset, false, 1 << 20);
      TrainingRun run = makeRun(options);
      if (run.canResume()) EXPECT_TRUE(run.resume());
      std::filesystem::create_directories(options.checkpointFolder);
      while (run.steps() < steps) EXPECT_TRUE(run.step(samples));
      EXPECT_TRUE(run.save());
      EXPECT_TRUE(run.step(samples)) << "lost";
    }
    const auto report = trainModel(dataset, options, {}, {});
    EXPECT_TRUE(report) << report.error().message();
    return test::readFile(options.exportPath);
  };
  EXPECT_TRUE(trained("whole", {}) == trained("killed", {2, 5}));
}

TEST(Trainer, ALossThatIsNoNumberStopsAndNamesTheImages) {
  const test::TemporaryFolder folder;
  const test::SyntheticDataset dataset;
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  TrainingRun run = makeRun(smallTraining(folder.path(), 100));
  ASSERT_TRUE(run.step(samples));
  ASSERT_TRUE(run.save());
  const std::string kept = test::readFile(folder / "latest.safetensors");

  TrainingOptions options = smallTraining(folder.path(), 100);
  options.learningRate = 1e30;  // the weights of the next step are not finite
  const auto report = trainModel(dataset, options, {}, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(report.error().message(), testing::HasSubstr("'discs 0'"));
  EXPECT_THAT(report.error().message(), testing::HasSubstr("not a finite number"));
  EXPECT_TRUE(test::readFile(folder / "latest.safetensors") == kept) << "the last good checkpoint is gone";
}

TEST(Trainer, StopsWhenTheScoreDoesNotRiseAndExportsTheBest) {
  const test::TemporaryFolder folder;
  TrainingOptions options = smallTraining(folder.path(), 1000);
  options.startWeights = test::inRepository("models/cyto-small.safetensors");
  options.learningRate = 0.05;  // ruins the weights
  options.warmUpSteps = 1;
  options.validationSteps = 1;
  options.patience = 2;
  options.exportPath = folder / "model.safetensors";
  std::vector<size_t> previews;
  TrainingObserver observer;
  observer.preview = [&](const std::vector<TrainingPreview>& shown) -> Status {
    previews.push_back(shown.size());
    return {};
  };
  const auto report = trainModel(test::SyntheticDataset(1, 1), options, observer, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->stoppedEarly);
  EXPECT_LT(report->steps, 1000);
  EXPECT_EQ(report->before.objects, 4);
  EXPECT_GT(report->before.boxIou, 0.5) << "the weights that come with the program find discs";
  ASSERT_FALSE(previews.empty());
  EXPECT_EQ(previews[0], 1U);
  const auto exported = readCheckpoint(options.exportPath), best = readCheckpoint(folder / "best.safetensors");
  ASSERT_TRUE(exported);
  ASSERT_TRUE(best);
  EXPECT_TRUE(equal(exported->model, best->model));
}

TEST(Trainer, OnAPlateauTheRateFallsAfterThreeValidationsInVain) {
  ScoreHistory history;
  EXPECT_TRUE(history.add(0.5));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(history.add(0.4));
  EXPECT_EQ(history.rateFactor, 1);
  EXPECT_FALSE(history.add(0.5));
  EXPECT_EQ(history.rateFactor, 0.9);
  EXPECT_TRUE(history.add(0.6));
  EXPECT_EQ(history.validationsSince, 0);
  EXPECT_EQ(history.rateFactor, 0.9);
}

TEST(Trainer, APieceEndsAndTheNextOneGoesOn) {
  const test::TemporaryFolder folder;
  TrainingOptions options = smallTraining(folder.path(), 4);
  options.pieceMinutes = 1e-9;
  int pieces = 0;
  for (bool finished = false; !finished && pieces < 10; ++pieces) {
    const auto report = trainModel(test::SyntheticDataset(), options, {}, {});
    ASSERT_TRUE(report) << report.error().message();
    finished = report->finished;
    options.pieceMinutes = pieces == 0 ? 1e-9 : 0;  // an end of each kind
  }
  EXPECT_GT(pieces, 1);
}

TEST(Trainer, TheLogForgetsStepsThatAreTakenAgain) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "log.csv";
  std::ofstream(path) << "seconds,steps,learning_rate\n1,5,0\n2,9,0\n3,12,0\n";
  const TrainingLog log(path, 9);
  const std::string text = test::readFile(path);
  EXPECT_THAT(text, testing::HasSubstr("\n2,9,0\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("12,0")));
}

TEST(Trainer, MeasuringKeepsNothingAndAddsUpToAllTheTime) {
  const test::TemporaryFolder folder;
  const auto profile = measureTraining(test::SyntheticDataset(), smallTraining(folder / "none", 100), 2, {});
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_GT(profile->stepSeconds, 0);
  EXPECT_NEAR(profile->network + profile->data + profile->optimiser + profile->waiting, 1, 1e-6);
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST(Trainer, RefusesWhatCannotWork) {
  const test::TemporaryFolder folder;
  const auto codeOf = [&](const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options = smallTraining(folder.path(), 1);
    change(options);
    const auto report = trainModel(test::SyntheticDataset(), options, {}, {});
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
  const auto report = trainModel(test::SyntheticDataset(), smallTraining(folder.path(), 1), {}, {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), testing::HasSubstr("latest.safetensors"));
}

}  // namespace
}  // namespace cyto::nn
