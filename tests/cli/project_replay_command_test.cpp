// Runs the program with the model that comes with it: the same steps give the same bits.

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/cli/command_files.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ReplayCommand : public testing::Test {
 protected:
  /// The recording is made once; every test has a copy, beside which the image lies as it did.
  static void SetUpTestSuite() {
    recording_ = std::make_unique<TemporaryFolder>();
    const fs::path picture = *recording_ / "nuclei.png";
    fs::copy_file(sample("small-nuclei.png"), picture);
    writeText(*recording_ / "script.txt", "open \"" + picture.string() +
                                              "\"\nlive on\nbox 0 0 66 125 89 146\ncommit\n"
                                              "box 0 0 151 81 169 102\nalternative 1\ncommit\n"
                                              "erase 0 0 78 135 3\nrefine 2\npoint 0 0 160 91 +\ncommit\n"
                                              "delete 1\nundo\npaint 0 0 20 20 5 9\npoint 0 0 200 200 +\n");
    const ProgramRun made = runProgram(
        {"-q", "run", (*recording_ / "script.txt").string(), "--project", (*recording_ / "nuclei.cyto").string()});
    ASSERT_EQ(made.exitCode, 0) << made.err;
    fs::remove(picture);
  }
  static void TearDownTestSuite() { recording_.reset(); }

  void SetUp() override {
    fs::create_directories(folder_ / kDifficultName);
    fs::copy_file(sample("small-nuclei.png"), image());
    fs::copy(*recording_ / "nuclei.cyto", project(), fs::copy_options::recursive);
  }

  fs::path image() const { return folder_ / kDifficultName / "nuclei.png"; }
  fs::path project() const { return folder_ / kDifficultName / "nuclei.cyto"; }
  fs::path again() const { return folder_ / "again.cyto"; }
  ProgramRun replay(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"-q", "project", "replay", project().string(), "-o", again().string()};
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  }
  static std::string hashOf(const fs::path& project) {
    const ProgramRun run = runProgram({"-q", "project", "info", project.string(), "--json"});
    return json::parse(run.out, nullptr, false)["state_hash"];
  }
  /// The weights of the program's own model with the last tensors changed a little.
  fs::path otherWeights() const {
    std::string bytes = readText(inRepository("models/cyto-small.safetensors"));
    for (size_t i = bytes.size() / 2; i + 4 < bytes.size(); i += 4096) {
      bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    }
    const fs::path path = folder_ / "other.safetensors";
    writeText(path, bytes);
    return path;
  }

  static std::unique_ptr<TemporaryFolder> recording_;
  TemporaryFolder folder_;
};

std::unique_ptr<TemporaryFolder> ReplayCommand::recording_;

TEST_F(ReplayCommand, TheSameModelGivesTheSameBits) {
  const ProgramRun run = replay();
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("result    identical"), HasSubstr("masks made again")));
  EXPECT_EQ(hashOf(again()), hashOf(project()));
  fs::remove_all(again());
  const ProgramRun part = replay({"--to", "2", "--json"});
  ASSERT_EQ(part.exitCode, 0) << part.err;
  const json document = json::parse(part.out, nullptr, false);
  EXPECT_EQ(document["steps"], 2);
  EXPECT_EQ(document["masks"], 1);
  EXPECT_EQ(document["identical"], true);
}

TEST_F(ReplayCommand, AnotherModelIsComparedObjectByObject) {
  const ProgramRun run = replay({"--model", otherWeights().string(), "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json document = json::parse(run.out, nullptr, false);
  EXPECT_EQ(document["recorded_model"], false);
  EXPECT_EQ(document["recorded_objects"], 3);
  EXPECT_GE(document["replayed_objects"], 1);
  EXPECT_TRUE(document["differences"].empty());
  const json& painted = document["objects"].back();
  EXPECT_EQ(painted["id"], 9);
  EXPECT_EQ(painted["iou"], 1.0);
  EXPECT_LE(document["worst_iou"], document["mean_iou"]);
}

TEST_F(ReplayCommand, FindsAMovedImageAndRefusesWithoutOne) {
  fs::rename(image(), folder_ / "nuclei.png");
  const ProgramRun moved = replay();
  EXPECT_EQ(moved.exitCode, 0) << moved.err;
  EXPECT_THAT(moved.out, HasSubstr("it was found at"));
  fs::remove_all(again());
  fs::remove(folder_ / "nuclei.png");
  expectRefusal(replay(), "image of the project is needed");
  EXPECT_FALSE(fs::exists(again()));
}

TEST_F(ReplayCommand, RefusesWhatItCannotDo) {
  expectRefusal(replay({"--to", "999"}), "no step 999");
  expectRefusal(replay({"--model", "no-such-model"}), "no-such-model");
  expectRefusal(runProgram({"-q", "project", "replay", project().string(), "-o", project().string()}),
                "exists already");
}

TEST_F(ReplayCommand, RelinkTakesTheImageAndNoOther) {
  const fs::path place = folder_ / "far" / "away" / "renamed.png";
  fs::create_directories(place.parent_path());
  fs::rename(image(), place);
  fs::copy_file(sample("small-nuclei.png"), folder_ / "other.png");
  writeText(folder_ / "other.png", readText(folder_ / "other.png") + "more");
  const auto relink = [&](const fs::path& to, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"project", "relink", project().string(), to.string()};
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  };
  expectRefusal(relink(folder_ / "gone.png"), "does not exist");
  expectRefusal(relink(folder_ / "other.png"), "--force");
  expectRefusal(relink(sample("fluorescence-nuclei.png"), {"--force"}), "the image of this project has");
  expectRefusal(relink(folder_ / kDifficultName), "not found in");
  const ProgramRun done = relink(place.parent_path());
  ASSERT_EQ(done.exitCode, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("renamed.png"));
  EXPECT_EQ(replay().exitCode, 0);
  const ProgramRun forced = relink(folder_ / "other.png", {"--force"});
  EXPECT_EQ(forced.exitCode, 0) << forced.err;
  EXPECT_THAT(forced.out, HasSubstr("warning"));
}

}  // namespace
}  // namespace cyto::test
