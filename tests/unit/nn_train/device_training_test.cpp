#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/sam/instance_decoder_weights.h"
#include "core/nn/train/trainer.h"
#include "core/nn/train/training_run.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn/separate_device.h"
#include "tests/unit/nn_train/reduced_sam.h"
#include "tests/unit/nn_train/synthetic_cells.h"

/// Training as on a GPU, on a device that refuses what a GPU refuses (separate_device.h): the steps must be those of
/// the processor.
namespace cyto::nn {
namespace {

namespace separate = test::separate_device;

TrainingOptions optionsOn(const std::string& device, const std::string& architecture) {
  TrainingOptions options;
  options.architecture = architecture;
  options.device = device;
  options.startWeights = "given";
  options.steps = 1000;
  options.batchImages = 2;
  options.objectsPerImage = 2;
  options.subIterations = 3;
  options.learningRate = 1e-3;
  options.warmUpSteps = 1;
  options.threads = 1;
  options.precision = Precision::kFp32;
  return options;
}

TrainingRun samOn(const std::string& device, const LearningChoice& choice, const std::vector<Lesson>& lessons) {
  Checkpoint start{test::reducedSamWeights(), {}};
  if (lessons.size() > 1) start.decoder = randomInstanceDecoder(32, 5);
  LearnedWeights learned(onDevice(joined(std::move(start)), c10::Device(device)), choice, 3);
  return TrainingRun(test::makeReducedSam, std::move(learned), lessons, optionsOn(device, "vit_b"), at::kFloat);
}

TrainingRun cytoOn(const std::string& device) {
  std::vector<TrainedNetwork> replicas;
  replicas.push_back(trainedCytoSmall(
      *cytoSmallFromWeights(onDevice(createCytoSmall(4)->namedTensors(), c10::Device(device)), at::kFloat)));
  LearnedWeights learned(replicas.front().prompted->namedTensors(), {}, 4);
  return TrainingRun(std::move(replicas), std::move(learned), {{true, true}}, optionsOn(device, "cyto_small"),
                     at::kFloat);
}

void expectSameSteps(const std::function<TrainingRun(const std::string& device)>& makeRun, int steps) {
  const test::SyntheticDataset dataset(3);
  const AnnotatedSamples samples(dataset, false, 1 << 20);
  TrainingRun there = makeRun(separate::kName), here = makeRun("cpu");
  for (int i = 0; i < steps; ++i) {
    const auto expected = here.step(samples), step = there.step(samples);
    ASSERT_TRUE(step) << step.error().message();
    ASSERT_TRUE(expected) << expected.error().message();
    EXPECT_NEAR(step->loss, expected->loss, 2e-3 * std::abs(expected->loss)) << "step " << i;
    EXPECT_NEAR(step->instanceLoss, expected->instanceLoss, 2e-3 * std::abs(expected->instanceLoss));
    EXPECT_NEAR(step->gradientNorm, expected->gradientNorm, 2e-2 * expected->gradientNorm);
  }
  const NamedTensors weights = there.averaged();
  EXPECT_EQ(weights.front().second.device().type(), separate::device().type());
}

TEST(DeviceTraining, SamTakesTheStepsOfTheProcessor) {
  const std::vector<Lesson> prompts = {{true, false}};
  expectSameSteps([&](const std::string& device) { return samOn(device, {}, prompts); }, 3);
}

TEST(DeviceTraining, SamWithItsInstanceDecoderAndEveryMethod) {
  const std::vector<Lesson> lessons = {{true, false}, {false, true}};
  for (const char* method : {"lora", "fact", "ssf", "adaptformer"}) {
    expectSameSteps([&](const std::string& device) { return samOn(device, {{}, method, 2}, lessons); }, 2);
  }
}

TEST(DeviceTraining, CytoSmallTakesTheStepsOfTheProcessor) { expectSameSteps(cytoOn, 2); }

TEST(DeviceTraining, TheWholeTrainingRunsThereAndItsFilesAreReadHere) {
  const test::TemporaryFolder folder;
  const test::SyntheticDataset dataset(3, 1);
  TrainingOptions options = optionsOn(separate::kName, "cyto_small");
  options.startWeights.clear();
  options.checkpointFolder = folder.path() / "run";
  options.exportPath = folder.path() / "trained.safetensors";
  options.precision = Precision::kAuto;
  options.steps = 2;
  options.validationSteps = 2;
  int previews = 0;
  TrainingObserver observer;
  observer.preview = [&](const std::vector<TrainingPreview>& shown) -> Status {
    previews += static_cast<int>(shown.size());
    return {};
  };
  const auto report = trainModel(dataset, options, observer, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->finished);
  EXPECT_GT(report->after.objects, 0);
  EXPECT_GT(previews, 0);
  const auto weights = readCheckpoint(options.exportPath);
  ASSERT_TRUE(weights) << weights.error().message();
  EXPECT_EQ(detectArchitecture(weights->model), "cyto_small");

  options.steps = 3;  // goes on from its checkpoint, on the processor
  options.device = "cpu";
  const auto resumed = trainModel(dataset, options, {}, {});
  ASSERT_TRUE(resumed) << resumed.error().message();
  EXPECT_EQ(resumed->steps, 3);
}

TEST(DeviceTraining, TooLittleMemoryIsSaid) {
  const test::TemporaryFolder folder;
  const test::SyntheticDataset dataset(3);
  TrainingOptions options = optionsOn(separate::kName, "cyto_small");
  options.startWeights.clear();
  options.checkpointFolder = folder.path() / "run";
  separate::reset();
  separate::limitMemory(separate::peak_bytes() + (int64_t{200} << 20));
  const auto report = trainModel(dataset, options, {}, {});
  separate::reset();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kOutOfMemory);
}

}  // namespace
}  // namespace cyto::nn
