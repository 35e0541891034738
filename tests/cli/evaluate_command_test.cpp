#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

class EvaluateCommand : public testing::Test {
 protected:
  // Two groups: a folder each, and other ones in index.csv.
  EvaluateCommand() {
    for (const char* group : {"first", "second"}) fs::create_directories(data() / group);
    for (const char* suffix : {".png", "_label.tif"}) {
      fs::copy(sample(std::string("small-nuclei") + suffix), data() / "first" / (std::string("a") + suffix));
      fs::copy(sample(std::string("fluorescence-nuclei") + suffix), data() / "second" / (std::string("b") + suffix));
    }
    fs::copy(sample("histology-nuclei.png"), data() / "second" / "unlabelled.png");
    writeText(data() / "index.csv", "file_stem,stain\na,DAPI\nb,Hoechst\n");
  }
  fs::path data() const { return folder_ / kDifficultName; }

  ProgramRun evaluate(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-q", "evaluate", "interactive"});
    return runProgram(words);
  }

  TemporaryFolder folder_;
};

TEST_F(EvaluateCommand, ReportsClickBoxAndBaselinesByGroup) {
  const ProgramRun run = evaluate({data().string(), "--max-objects-per-image", "3", "--seed", "5", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["images"], 2) << "images without labels are left out";
  EXPECT_EQ(report["objects"], 6);
  EXPECT_EQ(report["groups"]["first"]["objects"], 3);
  EXPECT_EQ(report["groups"]["second"]["objects"], 3);
  for (const char* measure : {"point", "otsu_at_click", "box", "ellipse_in_box"}) {
    const double mean = report["mean_iou"][measure];
    EXPECT_GE(mean, 0.0) << measure;
    EXPECT_LE(mean, 1.0) << measure;
    const double ofGroups = (report["groups"]["first"]["mean_iou"][measure].get<double>() +
                             report["groups"]["second"]["mean_iou"][measure].get<double>()) /
                            2;
    EXPECT_NEAR(mean, ofGroups, 1e-9) << measure << ": three objects each";
    EXPECT_NEAR(report["mean_of_image_means"][measure].get<double>(), ofGroups, 1e-9);
  }
  EXPECT_GT(report["mean_iou"]["ellipse_in_box"], 0.6) << "nuclei are nearly ellipses";
}

TEST_F(EvaluateCommand, GroupsByAColumnAndCountsCorrections) {
  const ProgramRun run = evaluate({data().string(), "--max-objects-per-image", "2", "--group-by", "stain", "--start",
                                   "point", "--iterations", "2", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_TRUE(report["groups"].contains("DAPI"));
  EXPECT_TRUE(report["groups"].contains("Hoechst"));
  EXPECT_TRUE(report["mean_iou"].contains("point_round_2"));
  EXPECT_FALSE(report["mean_iou"].contains("box"));
}

TEST_F(EvaluateCommand, TheTableNamesItsColumns) {
  const ProgramRun run =
      evaluate({sample("small-nuclei.png").string(), "--max-objects-per-image", "2", "--start", "box"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(run.out,
              testing::AllOf(HasSubstr("ellipse_in_box"), HasSubstr("all objects"), HasSubstr("mean of image means")));
}

TEST_F(EvaluateCommand, BadInputIsOneSentence) {
  expectRefusal(evaluate({"gone"}), "'gone': there is no such file");
  expectRefusal(evaluate({sample("").string() + "small-nuclei.prompts.json"}), "has no labels");
  fs::create_directory(folder_ / "empty");
  expectRefusal(evaluate({(folder_ / "empty").string()}), "there is no image with labels");
  expectRefusal(evaluate({data().string(), "--group-by", "colour"}), "has no column 'colour'");
  expectRefusal(evaluate({(data() / "first").string(), "--group-by", "stain"}), "index.csv");
  expectRefusal(evaluate({data().string(), "--labels", (data() / "first" / "a_label.tif").string()}),
                "--labels names one file");
  expectRefusal(evaluate({data().string(), "--start", "lasso"}), "--start");
}

TEST_F(EvaluateCommand, LabelsOfAnotherSizeAreRefused) {
  const ProgramRun run =
      evaluate({sample("small-nuclei.png").string(), "--labels", sample("histology-nuclei_label.tif").string()});
  expectRefusal(run, "have 256 x 320 pixels, but the image has 256 x 256");
}

TEST(BenchmarkCommand, MeasuresEveryKeyOfTheContract) {
  const ProgramRun run = runProgram(
      {"-q", "benchmark", "--image", sample("small-nuclei.png").string(), "--encodes", "1", "--clicks", "2", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json figures = json::parse(run.out);
  for (const char* key :
       {"encode_s", "point_ms", "box_ms", "point_p95_ms", "embed_load_ms", "model_load_s", "rss_mb"}) {
    EXPECT_GT(figures[key].get<double>(), 0) << key;
  }
  EXPECT_GE(figures["point_p95_ms"], figures["point_ms"]);
  EXPECT_EQ(figures["image_shape"], (json{256, 256}));
  EXPECT_FALSE(figures["device"].get<std::string>().empty());
  EXPECT_FALSE(figures["precision"].get<std::string>().empty());
  EXPECT_GT(figures["threads"], 0);
}

TEST(BenchmarkCommand, AMissingImageIsOneSentence) {
  expectRefusal(runProgram({"benchmark", "--image", "gone.png"}), "gone.png");
}

}  // namespace
}  // namespace cyto::test
