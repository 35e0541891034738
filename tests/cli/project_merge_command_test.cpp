#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class MergeCommand : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / kDifficultName);
    script("a", "open \"" + sample("small-nuclei.png").string() + "\"\npaint 0 0 20 20 5 1\npaint 0 0 60 60 5 2\n");
    fs::copy(project("a"), project("b"), fs::copy_options::recursive);
  }

  fs::path project(const std::string& name) const { return folder_ / kDifficultName / (name + ".cyto"); }
  void script(const std::string& name, const std::string& lines) const {
    const fs::path file = folder_ / "script.txt";
    writeText(file, lines);
    const ProgramRun run = runProgram({"-q", "run", file.string(), "--project", project(name).string()});
    ASSERT_EQ(run.exitCode, 0) << run.err;
  }
  ProgramRun merge(const std::string& a, const std::string& b, const std::string& target,
                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{
        "-q", "project", "merge", project(a).string(), project(b).string(), "-o", project(target).string()};
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  }
  json merged(const std::string& a, const std::string& b, const std::string& target) const {
    const ProgramRun run = merge(a, b, target, {"--json"});
    EXPECT_EQ(run.exitCode, 0) << run.err;
    return json::parse(run.out, nullptr, false);
  }
  json info(const std::string& name) const {
    return json::parse(runProgram({"-q", "project", "info", project(name).string(), "--json"}).out, nullptr, false);
  }

  TemporaryFolder folder_;
};

TEST_F(MergeCommand, BringsTwoAnnotatorsTogetherAlikeFromBothSides) {
  script("a", "paint 0 0 20 28 5 1\npaint 0 0 200 200 6 3\n");
  script("b", "erase 0 0 20 15 3\npaint 0 0 100 100 6 3\npaint 0 0 60 66 4 2\n");
  const json ab = merged("a", "b", "ab");
  const json ba = merged("b", "a", "ba");
  EXPECT_EQ(ab["state_hash"], ba["state_hash"]);
  EXPECT_EQ(ab["state_hash"], info("ab")["state_hash"]);
  EXPECT_EQ(ab["primary"], ba["primary"]);
  EXPECT_EQ(ab["agreement"]["both"], 2);
  EXPECT_EQ(ab["agreement"]["only_primary"], 1);
  EXPECT_EQ(ab["agreement"]["only_secondary"], 1);
  ASSERT_EQ(ab["conflicts"].size(), 1U);
  const json& conflict = ab["conflicts"][0];
  EXPECT_EQ(conflict["kind"], "changed-by-both");
  EXPECT_EQ(conflict["id"], 1);
  EXPECT_TRUE(conflict["proposal"].is_number());
  EXPECT_GT(conflict["iou"], 0.2);
  EXPECT_EQ(conflict["bounds"][0][0], 0);
  ASSERT_EQ(ab["renumbered"].size(), 1U);
  EXPECT_EQ(ab["renumbered"][0]["from"], 3);
  EXPECT_EQ(ab["renumbered"][0]["to"], 4);
  EXPECT_TRUE(ab["crowded"].empty());
  EXPECT_THAT(namesIn(folder_ / kDifficultName), ElementsAre("a.cyto", "ab.cyto", "b.cyto", "ba.cyto"));
}

TEST_F(MergeCommand, SaysItInWordsToo) {
  script("a", "paint 0 0 20 28 5 1\n");
  script("b", "delete 1\n");
  const ProgramRun run = merge("a", "b", "c");
  EXPECT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("beyond step 2"), HasSubstr("conflict  changed by one, deleted by the other"),
                             HasSubstr("columns 15 to 33"), HasSubstr("state     xxh128:")));
}

TEST_F(MergeCommand, AContinuedProjectIsTheMerge) {
  script("b", "paint 0 0 100 100 6 3\n");
  EXPECT_EQ(merged("a", "b", "c")["state_hash"], info("b")["state_hash"]);
  EXPECT_EQ(merged("b", "b", "d")["state_hash"], info("b")["state_hash"]);
  EXPECT_EQ(info("c")["sequence"], info("b")["sequence"]) << "nothing was to be brought in";
}

TEST_F(MergeCommand, RefusesWhatDoesNotBelongTogether) {
  const fs::path other = project("other");
  ASSERT_EQ(runProgram({"project", "create", other.string(), sample("fluorescence-nuclei.png").string()}).exitCode, 0);
  expectRefusal(merge("a", "other", "c"), "different images");
  expectRefusal(merge("a", "gone", "c"), "no Cytoclick project");
  expectRefusal(merge("a", "b", "a"), "exists already");
  expectRefusal(runProgram({"project", "merge", project("a").string()}), "B is required");
  EXPECT_FALSE(fs::exists(project("c")));
}

}  // namespace
}  // namespace cyto::test
