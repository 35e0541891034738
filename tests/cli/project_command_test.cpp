#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class ProjectCommand : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / kDifficultName);
    writeText(folder_ / "script.txt", "open \"" + sample("small-nuclei.png").string() +
                                          "\"\npaint 0 0 20 20 5 1\npaint 0 0 60 60 5 2\ndelete 1\nundo\n"
                                          "paint 0 0 90 90 5 3\nhash\n");
    const ProgramRun made =
        runProgram({"-q", "run", (folder_ / "script.txt").string(), "--project", project().string()});
    ASSERT_EQ(made.exitCode, 0) << made.err;
    hash_ = made.out.substr(made.out.find("xxh128:"), 39);
  }

  fs::path project() const { return folder_ / kDifficultName / "nuclei.cyto"; }
  ProgramRun run(const std::string& what, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"-q", "project", what, project().string()};
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  }
  json info() const { return json::parse(run("info", {"--json"}).out); }

  TemporaryFolder folder_;
  std::string hash_;
};

TEST_F(ProjectCommand, InfoSaysWhereItStands) {
  const json document = info();
  EXPECT_EQ(document["sequence"], 5) << "four edits and an undo";
  EXPECT_EQ(document["steps"], 4);
  EXPECT_EQ(document["state_hash"], hash_);
  EXPECT_EQ(document["objects"], 3);
  EXPECT_EQ(document["verified"], 0);
  EXPECT_EQ(document["proposals"], 0);
  EXPECT_EQ(document["clean"], true);
  EXPECT_EQ(document["images"][0]["shape"], (json{1, 1, 256, 256}));
  EXPECT_THAT(run("info").out, AllOf(HasSubstr("objects   3"), HasSubstr(hash_)));
}

TEST_F(ProjectCommand, UndoAndRedoReachAcrossPrograms) {
  const ProgramRun undone = run("undo", {"2"});
  ASSERT_EQ(undone.exitCode, 0) << undone.err;
  EXPECT_EQ(info()["objects"], 1);
  expectRefusal(run("undo", {"7"}), "there is nothing to undo after 1 of 7 steps");
  ASSERT_EQ(run("redo", {"3"}).exitCode, 0);
  EXPECT_EQ(info()["state_hash"], hash_);
}

TEST_F(ProjectCommand, HistoryKeepsTheBranchThatWasLeft) {
  const json steps = json::parse(run("history", {"--json"}).out);
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[2]["label"], "deletion of object 1");
  EXPECT_EQ(steps[3]["parent"], steps[1]["sequence"]) << "the deletion was taken back";
  EXPECT_EQ(steps[3]["current"], true);
  EXPECT_THAT(run("history").out, HasSubstr("> 5  after 2"));
}

TEST_F(ProjectCommand, VerifyFindsAChangedByte) {
  EXPECT_THAT(run("verify").out, StartsWith("all 5 records and 4 steps are whole"));
  const fs::path journal = project() / "journal" / "00000001.log";
  std::string bytes = readText(journal);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  writeText(journal, bytes);
  expectRefusal(run("verify"), "00000001.log");
}

TEST_F(ProjectCommand, ExportsAndCreates) {
  const fs::path labels = folder_ / "labels.tif";
  ASSERT_EQ(run("export", {labels.string()}).exitCode, 0);
  const Array pixels = readLabels(labels);
  EXPECT_EQ(pixels.as<uint32_t>()[20 * 256 + 20], 1u);
  const fs::path fresh = folder_ / "fresh.cyto";
  ASSERT_EQ(runProgram({"project", "create", fresh.string(), sample("small-nuclei.png").string()}).exitCode, 0);
  expectRefusal(runProgram({"project", "create", fresh.string(), sample("small-nuclei.png").string()}),
                "exists already");
  expectRefusal(runProgram({"project", "info", (folder_ / "gone.cyto").string()}), "is no Cytoclick project");
  expectRefusal(run("export", {(folder_ / "labels.gif").string()}), ".gif");
}

}  // namespace
}  // namespace cyto::test
