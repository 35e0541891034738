#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/io/label_writer.h"
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
  const ProgramRun run = evaluate(
      {data().string(), "--max-objects-per-image", "3", "--seed", "5", "--iterations", "1", "--baselines", "--json"});
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
  EXPECT_GT(report["msa"]["box"], 0.1) << "boxes of nuclei are answered with nuclei";
  EXPECT_FALSE(report["msa"].contains("ellipse_in_box"));
}

TEST_F(EvaluateCommand, GroupsByAColumnAndCountsCorrections) {
  const ProgramRun run = evaluate({data().string(), "--max-objects-per-image", "2", "--group-by", "stain", "--start",
                                   "point", "--iterations", "5", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_TRUE(report["groups"].contains("DAPI"));
  EXPECT_TRUE(report["groups"].contains("Hoechst"));
  EXPECT_EQ(report["prompts"], (json{1, 2, 3, 4, 5}));
  EXPECT_TRUE(report["mean_iou"].contains("point_round_5"));
  EXPECT_FALSE(report["mean_iou"].contains("box"));
  EXPECT_FALSE(report["mean_iou"].contains("otsu_at_click")) << "baselines are asked for";
}

TEST_F(EvaluateCommand, WithAndWithoutMaskBeginAlikeAndRandomCorrectionsRepeat) {
  const std::vector<std::string> words{sample("small-nuclei.png").string(),
                                       "--max-objects-per-image",
                                       "2",
                                       "--mask",
                                       "both",
                                       "--corrections",
                                       "random",
                                       "--iterations",
                                       "3",
                                       "--json"};
  const ProgramRun run = evaluate(words);
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json ious = json::parse(run.out)["mean_iou"];
  EXPECT_EQ(ious.size(), 12u);
  EXPECT_EQ(ious["point"], ious["point_without_mask"]);
  EXPECT_EQ(ious["box"], ious["box_without_mask"]);
  EXPECT_TRUE(ious.contains("point_round_3_without_mask"));
  EXPECT_EQ(evaluate(words).out, run.out);
}

TEST_F(EvaluateCommand, TheTextHasATableForEachStart) {
  const ProgramRun run = evaluate(
      {sample("small-nuclei.png").string(), "--max-objects-per-image", "2", "--iterations", "2", "--baselines"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(run.out, testing::AllOf(HasSubstr("IoU from one click"), HasSubstr("IoU from a box"), HasSubstr("Otsu"),
                                      HasSubstr("ellipse"), HasSubstr("all objects"), HasSubstr("mean of image means"),
                                      HasSubstr("mSA of the images")));
}

TEST_F(EvaluateCommand, PrintsTheTableOfTheModelCard) {
  const ProgramRun run =
      evaluate({data().string(), "--max-objects-per-image", "2", "--iterations", "3", "--table", "markdown"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(run.out, testing::StartsWith("| stratum | objects | click | Otsu component at the click | three clicks | "
                                           "box | ellipse in the box |\n|---|---|---|---|---|---|---|\n| first | 2 |"));
  EXPECT_THAT(run.out, HasSubstr("| **all objects** | 4 | **0."));
  EXPECT_EQ(std::count(run.out.begin(), run.out.end(), '\n'), 6);
}

TEST_F(EvaluateCommand, WritesTableAndPlotAndPictures) {
  const fs::path csv = folder_ / "measures.csv", svg = folder_ / "plot.svg", overlays = folder_ / "new" / "overlays";
  const ProgramRun run =
      evaluate({data().string(), "--max-objects-per-image", "2", "--iterations", "2", "--baselines", "--csv",
                csv.string(), "--plot", svg.string(), "--overlays", overlays.string(), "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);

  const std::string table = readText(csv);
  EXPECT_THAT(table, testing::StartsWith("level,name,group,images,objects,iou_point,iou_point_round_2,iou_box,"
                                         "iou_box_round_2,iou_otsu_at_click,iou_ellipse_in_box,msa_point,"));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 2 + 2 * 2 + 2) << "images, groups, all";
  const std::string all = table.substr(table.find("\"all, mean of objects\""));
  EXPECT_THAT(all, testing::StartsWith("\"all, mean of objects\",,,2,4,"));
  EXPECT_EQ(std::stod(all.substr(std::string("\"all, mean of objects\",,,2,4,").size())), report["mean_iou"]["point"])
      << "the file has every digit";

  EXPECT_THAT(readText(svg), testing::AllOf(HasSubstr("Start: one click"), HasSubstr("Start: a box"),
                                            HasSubstr(">first<"), HasSubstr("Otsu component at the click")));
  EXPECT_THAT(namesIn(overlays),
              testing::ElementsAre("first.a.box.png", "first.a.point.png", "second.b.box.png", "second.b.point.png"));
}

TEST_F(EvaluateCommand, MasksWithoutIdsAreTakenApart) {
  // Two squares of a mask with one value, beside a picture of them.
  Array picture = *Array::create(Dtype::kUint8, {1, 1, 64, 64});
  for (const int64_t left : {8, 36}) {
    for (int64_t y = 20; y < 40; ++y) {
      for (int64_t x = left; x < left + 20; ++x) picture.as<uint8_t>()[static_cast<size_t>(y * 64 + x)] = 255;
    }
  }
  const fs::path image = folder_ / "cells.png";
  ASSERT_TRUE(io::writePng(image, picture));
  ASSERT_TRUE(io::writePng(folder_ / "cells_mask.png", picture));
  fs::remove_all(data());
  std::vector<std::string> words{
      folder_.path().string(), "--labels-suffix", "_mask.png", "--iterations", "1", "--json"};
  EXPECT_EQ(json::parse(evaluate(words).out)["objects"], 1) << "a label is an object";
  words.push_back("--components");
  EXPECT_EQ(json::parse(evaluate(words).out)["objects"], 2);
}

TEST_F(EvaluateCommand, AChannelIsTakenAlone) {
  // The nuclei are in the second of two channels; the first is noise without them.
  const Array grey = readLabels(sample("small-nuclei.png"));
  const Shape& shape = grey.shape();
  std::vector<float> values(grey.as<uint32_t>().begin(), grey.as<uint32_t>().end());
  std::vector<float> channels(values.size());
  for (size_t i = 0; i < channels.size(); ++i) channels[i] = static_cast<float>(i * 7919 % 251);
  channels.insert(channels.end(), values.begin(), values.end());
  const fs::path image = folder_ / "channels.npy", plane = folder_ / "plane.npy", stack = folder_ / "stack.npy";
  writeNpy(plane, shape.y, shape.x, values);
  writeNpyOf(image, "(1, 2, 1, " + std::to_string(shape.y) + ", " + std::to_string(shape.x) + ")", channels);
  writeNpyOf(stack, "(2, " + std::to_string(shape.y) + ", " + std::to_string(shape.x) + ")", channels);
  const auto figures = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--labels", sample("small-nuclei_label.tif").string(), "--max-objects-per-image", "3",
                               "--iterations", "1", "--json"});
    const ProgramRun run = evaluate(words);
    EXPECT_EQ(run.exitCode, 0) << run.err;
    return json::parse(run.out)["mean_iou"];
  };
  const json alone = figures({plane.string()});
  EXPECT_EQ(figures({image.string(), "--channel", "1"}), alone);
  EXPECT_NE(figures({image.string(), "--channel", "0"}), alone);
  EXPECT_EQ(figures({stack.string(), "--channel", "1"}), alone) << "a stack with one plane of labels has channels";
  expectRefusal(evaluate({image.string(), "--labels", sample("small-nuclei_label.tif").string(), "--channel", "2"}),
                "there is no channel 2");
}

TEST_F(EvaluateCommand, PlanesOfAStackAreImagesOfTheirOwn) {
  const Array grey = readLabels(sample("small-nuclei.png")), labels = readLabels(sample("small-nuclei_label.tif"));
  const Shape& shape = grey.shape();
  const std::string stack = "(2, " + std::to_string(shape.y) + ", " + std::to_string(shape.x) + ")";
  const auto twice = [](const Array& plane) {
    const auto once = plane.as<uint32_t>();
    std::vector<float> values(once.begin(), once.end());
    values.insert(values.end(), once.begin(), once.end());
    return values;
  };
  writeNpyOf(folder_ / "stack.npy", stack, twice(grey));
  writeNpyOf(folder_ / "truth.npy", stack, twice(labels));
  const ProgramRun run = evaluate({(folder_ / "stack.npy").string(), "--labels", (folder_ / "truth.npy").string(),
                                   "--max-objects-per-image", "2", "--iterations", "1", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["images"], 2);
  EXPECT_EQ(json::parse(run.out)["objects"], 4);
}

TEST_F(EvaluateCommand, BadInputIsOneSentence) {
  expectRefusal(evaluate({"gone"}), "'gone': there is no such file");
  expectRefusal(evaluate({sample("").string() + "small-nuclei.prompts.json"}), "has no labels");
  fs::create_directory(folder_ / "empty");
  expectRefusal(evaluate({(folder_ / "empty").string()}), "there is no image with labels");
  expectRefusal(evaluate({data().string(), "--labels-suffix", "_mask.png"}), "STEM_mask.png");
  expectRefusal(evaluate({data().string(), "--group-by", "colour"}), "has no column 'colour'");
  expectRefusal(evaluate({(data() / "first").string(), "--group-by", "stain"}), "index.csv");
  expectRefusal(evaluate({data().string(), "--labels", (data() / "first" / "a_label.tif").string()}),
                "--labels names one file");
  expectRefusal(evaluate({data().string(), "--start", "lasso"}), "--start");
  expectRefusal(evaluate({data().string(), "--plot", "plot.pdf"}), "plot.pdf");
  expectRefusal(evaluate({data().string(), "--csv", (folder_ / "gone" / "a.csv").string()}), "a.csv");
  expectRefusal(evaluate({data().string(), "--overlays", (data() / "index.csv").string()}), "index.csv");
}

TEST_F(EvaluateCommand, LabelsOfAnotherSizeAreRefused) {
  const ProgramRun run =
      evaluate({sample("small-nuclei.png").string(), "--labels", sample("histology-nuclei_label.tif").string()});
  expectRefusal(run, "have the shape (1, 1, 256, 320) and the image has (1, 1, 256, 256)");
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
