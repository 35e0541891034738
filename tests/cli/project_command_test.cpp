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

TEST_F(ProjectCommand, EveryFormatComesBackThroughImport) {
  const std::vector<std::vector<std::string>> targets{
      {"Kerne ü.tif"}, {"Kerne.png"}, {"Kerne.zarr"}, {"Kerne.npy"}, {"Kerne commit.zarr", "--format", "micro-sam"}};
  for (const auto& target : targets) {
    const fs::path labels = folder_ / target[0];
    std::vector<std::string> words = target;
    words[0] = labels.string();
    words.insert(words.begin(), "-o");
    const ProgramRun exported = run("export", words);
    ASSERT_EQ(exported.exitCode, 0) << exported.err;
    EXPECT_THAT(exported.out, HasSubstr("3 objects written to '" + labels.string() + "'; read back"));
    const fs::path fresh = folder_ / (target[0] + ".cyto");
    ASSERT_EQ(runProgram({"project", "create", fresh.string(), sample("small-nuclei.png").string()}).exitCode, 0);
    const ProgramRun imported = runProgram({"-q", "project", "import", fresh.string(), labels.string()});
    ASSERT_EQ(imported.exitCode, 0) << imported.err;
    EXPECT_EQ(imported.out, "3 objects came in from '" + labels.string() + "'\n");
    const json after = json::parse(runProgram({"project", "info", fresh.string(), "--json"}).out);
    EXPECT_EQ(after["state_hash"], hash_) << target[0];
    EXPECT_EQ(after["steps"], 1);
    ASSERT_EQ(runProgram({"project", "undo", fresh.string()}).exitCode, 0);
    EXPECT_EQ(json::parse(runProgram({"project", "info", fresh.string(), "--json"}).out)["objects"], 0);
  }
}

TEST_F(ProjectCommand, ExportReplacesNothingUnasked) {
  const fs::path labels = folder_ / "labels.tif";
  writeText(labels, "precious");
  expectRefusal(run("export", {labels.string()}), "exists already; choose another name, or add --overwrite");
  const fs::path story = folder_ / "story.json";
  writeText(story, "precious");
  expectRefusal(run("export", {(folder_ / "b.tif").string(), "--provenance", story.string()}), "story.json");
  EXPECT_FALSE(fs::exists(folder_ / "b.tif")) << "refused before the work";
  EXPECT_EQ(readText(labels), "precious");
  ASSERT_EQ(run("export", {labels.string(), "--overwrite", "--provenance", story.string()}).exitCode, 0);
  EXPECT_EQ(readLabels(labels).as<uint32_t>()[20 * 256 + 20], 1u);
  EXPECT_EQ(json::parse(readText(story))["objects"].size(), 3u);
  expectRefusal(run("export"), "name the label file once");
  expectRefusal(run("export", {"a.tif", "-o", "b.tif"}), "name the label file once");
  expectRefusal(run("export", {(folder_ / "c.tif").string(), "--format", "gif"}), "'gif' is no label format");
}

TEST_F(ProjectCommand, AFolderThatTakesNoFilesIsNamed) {
  fs::create_directory(folder_ / "disk");
  const SmallDisk disk(folder_ / "disk", "size=1m");
  if (!disk.isMounted()) GTEST_SKIP() << "mounting is not allowed here";
  disk.makeReadOnly();
  for (const char* name : {"l.tif", "l.png", "l.zarr", "l.npy"}) {
    expectRefusal(run("export", {(folder_ / "disk" / name).string()}), name);
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "disk"));
}

TEST_F(ProjectCommand, ImportsAsProposalsAndLeavesWhatIsThere) {
  const fs::path labels = folder_ / "labels.npy";
  ASSERT_EQ(run("export", {labels.string()}).exitCode, 0);
  const ProgramRun again = run("import", {labels.string()});
  ASSERT_EQ(again.exitCode, 0) << again.err;
  EXPECT_THAT(again.out, AllOf(StartsWith("no objects came in"), HasSubstr("all of 3 objects")));
  EXPECT_EQ(info()["steps"], 4) << "nothing came in, so there is no step";
  ASSERT_EQ(run("import", {labels.string(), "--as", "proposals"}).exitCode, 0);
  EXPECT_EQ(info()["objects"], 3);
  EXPECT_EQ(info()["proposals"], 3);
  const json report = json::parse(run("provenance", {"--json"}).out);
  EXPECT_EQ(report["objects"][3]["id"], 4);
  EXPECT_EQ(report["objects"][3]["state"], "proposal");
  EXPECT_EQ(report["objects"][3]["source"], labels.string());
  expectRefusal(run("import", {(folder_ / "gone.tif").string()}), "gone.tif");
  expectRefusal(run("import", {sample("histology-nuclei_label.tif").string()}), "(1, 1, 256, 320)");
}

TEST_F(ProjectCommand, TellsHowTheObjectsWereMade) {
  EXPECT_THAT(run("provenance").out, AllOf(StartsWith("object 1, accepted, "), HasSubstr("\nobject 3, accepted, ")));
  EXPECT_THAT(run("methods").out,
              AllOf(StartsWith("3 objects in the image 'small-nuclei.png' (256 × 256 pixels) were annotated with "
                               "cytoclick "),
                    HasSubstr(" 3 objects were painted by hand. None of them was marked as verified.")));
}

}  // namespace
}  // namespace cyto::test
