#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

TEST(ProgramContract, VersionAndHelpGoToStdoutAndEndWithZero) {
  const ProgramRun version = runProgram({"--version"});
  EXPECT_EQ(version.exitCode, 0);
  EXPECT_THAT(version.out, StartsWith("cytoclick "));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"segment", "--help"},
                                             {"precompute-embeddings", "--help"},
                                             {"train", "--help"},
                                             {"models", "add", "--help"},
                                             {"evaluate", "--help"},
                                             {"benchmark", "--help"},
                                             {"run", "--help"}}) {
    const ProgramRun help = runProgram(words);
    EXPECT_EQ(help.exitCode, 0) << words[0];
    EXPECT_THAT(help.out, HasSubstr("--help")) << words[0];
    EXPECT_THAT(help.err, IsEmpty()) << words[0];
  }
}

TEST(ProgramContract, WrongUseIsOneSentenceOnStderrAndEndsWithTwo) {
  struct Case {
    std::vector<std::string> words;
    std::string sentence;
  };
  for (const Case& wrong : std::vector<Case>{{{}, "cytoclick --help"},
                                             {{"segmnt"}, "'segmnt' is not a command"},
                                             {{"inspect"}, "required"},
                                             {{"info", "--jsn"}, "--jsn"},
                                             {{"benchmark", "--device", "tpu"}, "tpu"}}) {
    const ProgramRun run = runProgram(wrong.words);
    EXPECT_EQ(run.exitCode, 2);
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.err, StartsWith("cytoclick: "));
    EXPECT_THAT(run.err, HasSubstr(wrong.sentence));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

TEST(ProgramContract, ALogFileThatCannotBeWrittenIsSaid) {
  const ProgramRun run = runProgram({"--log-file", "/proc/no/such/log", "models", "list"});
  EXPECT_EQ(run.exitCode, 1);
  EXPECT_THAT(run.err, HasSubstr("/proc/no/such/log"));
}

TEST(ProgramContract, ErrorsAreInTheLogToo) {
  const TemporaryFolder folder;
  const fs::path log = folder / "für den Support.log";
  EXPECT_EQ(runProgram({"--log-file", log.string(), "models", "show", "absent"}).exitCode, 1);
  std::ifstream stream(log);
  std::string line;
  std::getline(stream, line);
  EXPECT_THAT(line, HasSubstr("error there is no model named 'absent'"));
}

TEST(ProgramContract, AClosedStandardOutputIsAFailureNotACrash) {
  const TemporaryFolder folder;
  const ProgramRun run = runProgram({"models", "list"}, {{"CYTOCLICK_MODELS", (folder / "absent").string()}});
  EXPECT_EQ(run.exitCode, 1);
  EXPECT_THAT(run.err, HasSubstr("registry.json"));
}

TEST(InfoCommand, NamesDevicesThreadsAndMemory) {
  const ProgramRun run = runProgram({"info", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json info = json::parse(run.out);
  EXPECT_GT(info["threads"].get<int>(), 0);
  EXPECT_GT(info["memory_bytes"].get<int64_t>(), 0);
  EXPECT_THAT(info["engine"].get<std::string>(), HasSubstr("LibTorch"));
  bool hasProcessor = false;
  for (const json& device : info["devices"]) {
    if (device["name"] == "cpu") hasProcessor = device["usable"].get<bool>();
    EXPECT_FALSE(device["detail"].get<std::string>().empty());
  }
  EXPECT_TRUE(hasProcessor);
  EXPECT_THAT(runProgram({"info"}).out, HasSubstr("device   cpu"));
}

class ModelsCommand : public ::testing::Test {
 protected:
  ProgramRun models(std::vector<std::string> words) {
    words.insert(words.begin(), "models");
    return runProgram(words, {{"XDG_DATA_HOME", (folder_ / "data").string()}});
  }
  TemporaryFolder folder_;
};

TEST_F(ModelsCommand, TheEmbeddedModelIsListedSoundAndDefault) {
  const json models_listed = json::parse(models({"list", "--json"}).out);
  const auto found = std::find_if(models_listed.begin(), models_listed.end(),
                                  [](const json& entry) { return entry["name"] == "cyto-small"; });
  ASSERT_NE(found, models_listed.end());
  EXPECT_TRUE((*found)["available"].get<bool>());
  EXPECT_TRUE((*found)["default"].get<bool>());
  const ProgramRun verified = models({"verify", "cyto-small", "--json"});
  EXPECT_EQ(verified.exitCode, 0) << verified.err;
  EXPECT_EQ(json::parse(verified.out)[0]["hash"], (*found)["hash"]);
}

TEST_F(ModelsCommand, AUsersModelIsAddedCheckedAndRemoved) {
  const std::string weights = inRepository("models/cyto-small.safetensors").string();
  const ProgramRun added = models({"add", "meine Kerne", weights});
  ASSERT_EQ(added.exitCode, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("cyto_small"));
  EXPECT_EQ(models({"add", "meine Kerne", weights}).exitCode, 2);
  EXPECT_EQ(models({"verify", "meine Kerne"}).exitCode, 0);
  EXPECT_EQ(models({"remove", "meine Kerne"}).exitCode, 0);
  EXPECT_EQ(models({"show", "meine Kerne"}).exitCode, 1);
}

TEST_F(ModelsCommand, AFileThatIsNoModelIsRefusedAndNotKept) {
  const fs::path junk = folder_ / "junk.pt";
  std::ofstream(junk) << "this is not a checkpoint";
  const ProgramRun run = models({"add", "junk", junk.string()});
  EXPECT_EQ(run.exitCode, 1);
  EXPECT_THAT(run.err, HasSubstr("junk.pt"));
  EXPECT_EQ(models({"show", "junk"}).exitCode, 1);
}

TEST_F(ModelsCommand, TheEmbeddedModelCannotBeRemoved) {
  const ProgramRun run = models({"remove", "cyto-small"});
  EXPECT_EQ(run.exitCode, 2);
  EXPECT_THAT(run.err, HasSubstr("cannot be removed"));
}

}  // namespace
}  // namespace cyto::test
