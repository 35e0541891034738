#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/io/label_writer.h"
#include "tests/cli/command_files.h"
#include "tests/support/file_bytes.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// Bright discs of different places and sizes.
void writeCells(const fs::path& folder, int images) {
  fs::create_directories(folder);
  for (int i = 0; i < images; ++i) {
    Array image = *Array::create(Dtype::kUint8, {1, 1, 96, 96});
    Array labels = *Array::create(Dtype::kUint32, {1, 1, 96, 96});
    const auto pixels = image.as<uint8_t>();
    const auto ids = labels.as<uint32_t>();
    for (int64_t y = 0; y < 96; ++y) {
      for (int64_t x = 0; x < 96; ++x) {
        const auto at = static_cast<size_t>(y * 96 + x);
        const int64_t dy = y % 32 - 16, dx = (x + 3 * i) % 32 - 16;
        const bool isInside = dx * dx + dy * dy < 60 + 10 * i;
        pixels[at] = static_cast<uint8_t>((isInside ? 180 : 40) + (7 * x + 5 * y + i) % 11);
        ids[at] = isInside ? static_cast<uint32_t>(1 + y / 32 * 8 + (x + 3 * i) / 32) : 0;
      }
    }
    const std::string name = "cells " + std::to_string(i);
    ASSERT_TRUE(io::writePng(folder / (name + ".png"), image));
    ASSERT_TRUE(io::writeLabelTiff(folder / (name + "_label.tif"), labels, {}));
  }
}

/// A refusal after the data were read and reported: the last line is the one sentence.
void expectRefusalAtTheEnd(ProgramRun run, const std::string& sentence) {
  const size_t end = run.err.rfind('\n', run.err.size() - 2);
  if (end != std::string::npos) run.err.erase(0, end + 1);
  expectRefusal(run, sentence);
}

class TrainCommandTest : public testing::Test {
 protected:
  void SetUp() override { writeCells(images_, 4); }

  /// A short training; `more` wins over nothing, so give no option twice.
  std::vector<std::string> training(const std::string& run, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"train",
                                      "sam",
                                      "--images",
                                      images_.string(),
                                      "--batch-images",
                                      "1",
                                      "--objects-per-image",
                                      "2",
                                      "--prompts-per-object",
                                      "2",
                                      "--threads",
                                      "1",
                                      "--precision",
                                      "fp32",
                                      "--checkpoint-dir",
                                      (folder_ / run).string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  TemporaryFolder folder_;
  fs::path images_ = folder_ / kDifficultName;
};

TEST_F(TrainCommandTest, LeavesWeightsAPreviewALogAndItsRecipe) {
  const fs::path model = folder_ / "model.safetensors";
  const ProgramRun run =
      runProgram(training("run", {"--steps", "3", "--validation-steps", "2", "--export", model.string(), "--json"}));
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["steps"], 3);
  EXPECT_TRUE(report["finished"]);
  EXPECT_TRUE(report["before"].is_null()) << "it began with random weights";
  EXPECT_GT(report["after"]["objects"], 0);
  EXPECT_GT(report["network_share"], 0);
  for (const char* name : {"latest.safetensors", "best.safetensors", "log.csv", "recipe.json", "preview.png"}) {
    EXPECT_TRUE(fs::exists(folder_ / "run" / name)) << name;
  }
  EXPECT_TRUE(fs::exists(model));
  EXPECT_THAT(run.err, HasSubstr("kept back"));
  // The recipe beside the checkpoint goes on with the training.
  const ProgramRun again =
      runProgram({"train", "sam", "--config", (folder_ / "run" / "recipe.json").string(), "--steps", "4", "--json"});
  ASSERT_EQ(again.exitCode, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["steps"], 4);
}

// The recipe of the default model, for a short time and with fewer images a step.
TEST_F(TrainCommandTest, TheRecipeOfTheDefaultModelLearns) {
  const fs::path cells = folder_ / "synthetic";
  ASSERT_EQ(runProgram({"synthesize", "-o", cells.string(), "--kind", "fluorescence-nuclei", "--count", "12", "--size",
                        "160", "160"})
                .exitCode,
            0);
  const ProgramRun run = runProgram(
      {"train", "sam", "--config", inRepository("models/recipes/cyto-small.json").string(), "--images", cells.string(),
       "--batch-images", "2", "--prompts-per-object", "2", "--steps", "80", "--validation-steps", "20",
       "--warm-up-steps", "10", "--checkpoint-dir", (folder_ / "run").string(), "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  std::vector<double> scores;
  std::istringstream log(readFile(folder_ / "run" / "log.csv"));
  for (std::string line; std::getline(log, line);) {
    const size_t all = line.find(",all,");
    if (all != std::string::npos) scores.push_back(std::stod(line.substr(all + 5)));
  }
  ASSERT_GE(scores.size(), 3U);
  EXPECT_GT(scores.back(), scores.front() + 0.1) << "click IoU on what was kept back";
}

TEST_F(TrainCommandTest, AKilledTrainingGoesOnToTheSameBytes) {
  const auto words = [&](const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--steps", "5", "--export", (folder_ / (name + ".safetensors")).string()});
    return training(name, more);
  };
  ASSERT_EQ(runProgram(words("whole")).exitCode, 0);
  // Pieces of one step leave a checkpoint; then death at any time.
  ASSERT_EQ(runProgram(words("killed", {"--piece-minutes", "1e-9"})).exitCode, 0);
  ASSERT_EQ(runProgram(words("killed", {"--piece-minutes", "1e-9"})).exitCode, 0);
  for (const int milliseconds : {400, 1500, 2500}) {
    Program killed(words("killed"));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    if (killed.isRunning()) killed.send(SIGKILL);
    killed.wait();
  }
  const ProgramRun resumed = runProgram(words("killed"));
  ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
  const std::string whole = readFile(folder_ / "whole.safetensors");
  EXPECT_GT(whole.size(), 1000000U);
  EXPECT_TRUE(readFile(folder_ / "killed.safetensors") == whole);
}

TEST_F(TrainCommandTest, InterruptLeavesACheckpointThatGoesOn) {
  Program interrupted(training("run", {"--steps", "100000"}));
  const auto giveUp = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!fs::exists(folder_ / "run" / "log.csv") && std::chrono::steady_clock::now() < giveUp) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  interrupted.send(SIGINT);
  const ProgramRun run = interrupted.wait();
  EXPECT_EQ(run.exitCode, 130) << run.err;
  EXPECT_TRUE(fs::exists(folder_ / "run" / "latest.safetensors"));
  const ProgramRun next = runProgram(training("run", {"--piece-minutes", "0.0001", "--steps", "100000", "--json"}));
  ASSERT_EQ(next.exitCode, 0) << next.err;
  EXPECT_FALSE(json::parse(next.out)["finished"]);
}

TEST_F(TrainCommandTest, AFullDiskIsAnErrorThatKeepsTheLastCheckpoint) {
  const fs::path small = folder_ / "small";
  fs::create_directories(small);
  const SmallDisk disk(small, "size=200m");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: no tmpfs of its own";
  ASSERT_EQ(runProgram(training("small/run", {"--steps", "1"})).exitCode, 0);
  const std::string before = readFile(small / "run" / "latest.safetensors");
  disk.fill();
  const ProgramRun run = runProgram(training("small/run", {"--steps", "2"}));
  EXPECT_EQ(run.exitCode, 1);
  EXPECT_THAT(run.err, HasSubstr("free some space"));
  EXPECT_TRUE(readFile(small / "run" / "latest.safetensors") == before);
}

TEST_F(TrainCommandTest, PreflightReportsAndKeepsTheListOfImagesOnly) {
  const ProgramRun run = runProgram(training("none", {"--preflight", "--json"}));
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["images"], 4);
  EXPECT_EQ(report["image_types"]["uint8, 1 channel"], 4);
  EXPECT_GT(report["estimate"]["step_seconds"], 0);
  EXPECT_GT(report["estimate"]["memory_bytes"], 0);
  std::vector<std::string> kept;
  for (const auto& entry : fs::directory_iterator(folder_ / "none")) kept.push_back(entry.path().filename().string());
  EXPECT_THAT(kept, testing::ElementsAre("samples.csv"));
  const std::string samples = test::readFile(folder_ / "none" / "samples.csv");
  EXPECT_EQ(std::count(samples.begin(), samples.end(), '\n'), 5);
  EXPECT_THAT(samples, HasSubstr("cells 2"));
}

TEST_F(TrainCommandTest, PreflightNamesWhatIsWrongAndTrainingRefusesIt) {
  ASSERT_TRUE(io::writeLabelTiff(images_ / "cells 2_label.tif", *Array::create(Dtype::kUint32, {1, 1, 50, 96}), {}));
  const ProgramRun preflight = runProgram(training("none", {"--preflight"}));
  EXPECT_EQ(preflight.exitCode, 1);
  EXPECT_THAT(preflight.out, HasSubstr("PROBLEMS"));
  EXPECT_THAT(preflight.out, HasSubstr("cells 2"));
  expectRefusalAtTheEnd(runProgram(training("none", {"--steps", "1"})), "cells 2");
}

TEST_F(TrainCommandTest, RefusesInOneSentence) {
  writeText(folder_ / "wrong.json", R"({"stepps": 3})");
  expectRefusal(runProgram({"train", "sam", "--config", (folder_ / "wrong.json").string()}), "'stepps'");
  expectRefusal(runProgram({"train", "sam", "--images", (folder_ / "missing").string(), "--checkpoint-dir", "x"}),
                "missing");
  expectRefusal(runProgram({"train", "sam", "--images", images_.string()}), "--checkpoint-dir");
  expectRefusal(runProgram({"train", "sam", "--checkpoint-dir", (folder_ / "x").string()}), "--images");
  expectRefusal(runProgram(training("x", {"--vary", "wobble=1"})), "wobble");
  expectRefusalAtTheEnd(runProgram(training("x", {"--steps", "1", "--freeze", "tail"})), "tail");
  expectRefusalAtTheEnd(runProgram(training("x", {"--steps", "1", "--method", "blocks", "--blocks", "0", "1"})), "ViT");
  expectRefusal(runProgram(training("x", {"--steps", "1", "--start-weights", "vit_q"})), "vit_q");
}

TEST_F(TrainCommandTest, FineTuningSaysTheScoreBeforeAndAfter) {
  const fs::path recipe = inRepository("models/recipes/finetune-cyto-small.json");
  const ProgramRun run = runProgram(training("run", {"--config", recipe.string(), "--steps", "2", "--json"}));
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_GT(report["before"]["box_iou"], 0.3);
  EXPECT_GT(report["after"]["box_iou"], 0.3);
}

TEST_F(TrainCommandTest, InstanceIsJudgedByFindingAllObjectsAndGoesOnWithItsRecipe) {
  std::vector<std::string> words =
      training("run", {"--start-weights", "cyto-small", "--steps", "2", "--validation-share", "0.25", "--json"});
  words[1] = "instance";
  const ProgramRun run = runProgram(words);
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_GT(report["before"]["instance_loss"], 0);
  EXPECT_EQ(report["after"]["crops"], 1);
  EXPECT_FALSE(report["after"].contains("point_iou"));
  const std::string recipe = (folder_ / "run" / "recipe.json").string();
  for (const char* command : {"instance", "sam"}) {
    const ProgramRun again = runProgram({"train", command, "--config", recipe, "--steps", "3", "--json"});
    ASSERT_EQ(again.exitCode, 0) << again.err;
    EXPECT_EQ(json::parse(again.out)["steps"], 3);
  }
  // A training of everything cannot go on from one of a part.
  const ProgramRun other = runProgram({"train", "sam", "--config", recipe, "--instance-decoder", "joint"});
  expectRefusalAtTheEnd(other, "is not of this training");
}

TEST_F(TrainCommandTest, RefusesToTrainAnInstanceDecoderThatIsNotThere) {
  expectRefusalAtTheEnd(runProgram(training("x", {"--steps", "1", "--instance-decoder", "none"})),
                        "always learns to find all objects");
  expectRefusalAtTheEnd(runProgram(training("x", {"--steps", "1", "--instance-decoder", "wrong"})), "'wrong'");
  std::vector<std::string> words = training("x", {"--instance-decoder", "joint"});
  words[1] = "instance";
  EXPECT_EQ(runProgram(words).exitCode, 2);
}

TEST(Recipes, EveryOneIsUnderstood) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(inRepository("models/recipes"))) {
    if (entry.path().extension() != ".json") continue;
    ++count;
    // Without data every recipe ends with the same refusal, after it has been read.
    expectRefusal(runProgram({"train", "sam", "--config", entry.path().string(), "--start-weights", "",
                              "--checkpoint-dir", "/nowhere"}),
                  "--images");
  }
  EXPECT_GE(count, 5);
}

}  // namespace
}  // namespace cyto::test
