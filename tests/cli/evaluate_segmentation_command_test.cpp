#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/io/label_writer.h"
#include "core/segmentation/label_export.h"
#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// A row of pixels of ids.
Array row(const std::vector<uint32_t>& ids, const Shape& shape) {
  Array labels = *Array::create(Dtype::kUint32, shape);
  std::copy(ids.begin(), ids.end(), labels.as<uint32_t>().begin());
  return labels;
}

Array row(const std::vector<uint32_t>& ids) { return row(ids, {1, 1, 1, static_cast<int64_t>(ids.size())}); }

class EvaluateSegmentation : public testing::Test {
 protected:
  EvaluateSegmentation() { fs::create_directory(data()); }
  fs::path data() const { return folder_ / kDifficultName; }

  fs::path write(const fs::path& name, const Array& labels) const {
    const fs::path path = data() / name;
    fs::create_directories(path.parent_path());
    const auto format = labelFormatFromPath(path);
    const Status written = writeLabels(path, *format, labels, {});
    EXPECT_TRUE(written) << written.error().message();
    return path;
  }

  ProgramRun evaluate(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-q", "evaluate", "segmentation"});
    return runProgram(words);
  }

  json figures(std::vector<std::string> words) const {
    words.push_back("--json");
    const ProgramRun run = evaluate(words);
    EXPECT_EQ(run.exitCode, 0) << run.err;
    return json::parse(run.out);
  }

  TemporaryFolder folder_;
  // One object met with an IoU of 3/4, one missed, one too many.
  const Array truth_ = row({0, 5, 5, 5, 5, 0, 9, 9});
  const Array prediction_ = row({0, 70000, 70000, 70000, 0, 3, 0, 0});
};

TEST_F(EvaluateSegmentation, MeasuresAreThoseComputedByHand) {
  const fs::path truth = write("truth.tif", truth_), prediction = write("prediction.tif", prediction_);
  const json report = figures({prediction.string(), "--labels", truth.string()});
  EXPECT_EQ(report["images"], 1);
  EXPECT_EQ(report["true_objects"], 2);
  EXPECT_EQ(report["predicted_objects"], 2);
  EXPECT_DOUBLE_EQ(report["sa50"].get<double>(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(report["sa75"].get<double>(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(report["msa"].get<double>(), 6.0 / 3 / 10);
  EXPECT_DOUBLE_EQ(report["precision"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(report["recall"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(report["f1"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(report["mean_iou"].get<double>(), 0.75 / 2);
  EXPECT_DOUBLE_EQ(report["mean_matched_iou"].get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(report["mean_dice"].get<double>(), 6.0 / 7 / 2);
  EXPECT_DOUBLE_EQ(report["foreground_dice"].get<double>(), 6.0 / 10);
  EXPECT_EQ(report["thresholds"].size(), 10u);
  EXPECT_EQ(report["sa"].size(), 10u);
  EXPECT_EQ(report["sa"][6], 0);
}

TEST_F(EvaluateSegmentation, EveryFormatIsTheSame) {
  const fs::path truth = write("truth.tif", truth_);
  const json wanted = figures({write("a.tif", prediction_).string(), "--truth", truth.string()});
  EXPECT_EQ(figures({write("a.npy", prediction_).string(), "--truth", truth.string()}), wanted);
  EXPECT_EQ(figures({write("a.zarr", prediction_).string(), "--truth", write("t.npy", truth_).string()}), wanted);
  const fs::path small = write("small.png", row({0, 7, 7, 7, 0, 3, 0, 0}));
  EXPECT_EQ(figures({small.string(), "--truth", truth.string()}), wanted);
}

TEST_F(EvaluateSegmentation, SlicesBelongTogetherAndFramesDoNot) {
  // Two planes: the object of the first is found, that of the second is missed.
  const std::vector<uint32_t> truth{1, 1, 0, 0, 0, 2, 2, 0}, prediction{1, 1, 0, 0, 0, 0, 0, 0};
  const Shape volume{1, 2, 1, 4}, series{2, 1, 1, 4};
  const json ofVolume = figures(
      {write("p.tif", row(prediction, volume)).string(), "--labels", write("t.tif", row(truth, volume)).string()});
  EXPECT_EQ(ofVolume["images"], 1);
  EXPECT_DOUBLE_EQ(ofVolume["msa"].get<double>(), 0.5);
  const json ofSeries = figures(
      {write("ps.tif", row(prediction, series)).string(), "--labels", write("ts.tif", row(truth, series)).string()});
  EXPECT_EQ(ofSeries["images"], 2);
  EXPECT_DOUBLE_EQ(ofSeries["msa"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(ofSeries["recall"].get<double>(), 0.5);
}

TEST_F(EvaluateSegmentation, MasksWithoutIdsAreTakenApart) {
  const fs::path mask = write("mask.png", row({255, 255, 0, 255, 255, 255}));
  const fs::path prediction = write("prediction.png", row({1, 1, 0, 2, 2, 2}));
  EXPECT_EQ(figures({prediction.string(), "--labels", mask.string()})["true_objects"], 1);
  const json apart = figures({prediction.string(), "--labels", mask.string(), "--components"});
  EXPECT_EQ(apart["true_objects"], 2);
  EXPECT_EQ(apart["msa"], 1);
}

TEST_F(EvaluateSegmentation, FoldersArePairedByNameAndGrouped) {
  write("truth/one, two/a_label.tif", truth_);
  write("truth/three/b_label.tif", truth_);
  fs::copy(sample("small-nuclei.png"), data() / "truth" / "three" / "b.png");  // images beside labels are none
  write("result/one, two/a.npy", prediction_);
  write("result/three/b.npy", truth_);
  const fs::path csv = folder_ / "measures.csv", svg = folder_ / "plot.svg", png = folder_ / "plot.png";
  const json report = figures({(data() / "result").string(), "--labels", (data() / "truth").string(), "--csv",
                               csv.string(), "--plot", svg.string()});
  EXPECT_EQ(report["images"], 2);
  EXPECT_EQ(report["groups"]["three"]["msa"], 1);
  EXPECT_DOUBLE_EQ(report["groups"]["one, two"]["msa"].get<double>(), 0.2);
  EXPECT_DOUBLE_EQ(report["msa"].get<double>(), 0.6) << "images weigh alike";
  const std::string table = readText(csv);
  EXPECT_THAT(table, testing::StartsWith("level,name,group,images,true_objects,predicted_objects,msa,"));
  EXPECT_THAT(table, HasSubstr("group,\"one, two\",\"one, two\",1,2,2,0.2"));
  EXPECT_THAT(table, HasSubstr("\nall,,,2,4,4,0.6"));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 2 + 2 + 1);
  EXPECT_THAT(readText(svg), testing::AllOf(HasSubstr("one, two"), HasSubstr("IoU threshold")));
  const ProgramRun text =
      evaluate({(data() / "result").string(), "--labels", (data() / "truth").string(), "--plot", png.string()});
  EXPECT_THAT(text.out, testing::AllOf(HasSubstr("one, two"), HasSubstr("0.600"), HasSubstr("SA50")));
  EXPECT_GT(fs::file_size(png), 1000u);
}

TEST_F(EvaluateSegmentation, AFileFindsItsTruthInAFolderAndAColumnGroups) {
  write("truth/a_label.tif", truth_);
  write("truth/b_label.tif", truth_);
  writeText(data() / "truth" / "index.csv", "file_stem,stain\na,DAPI\nb,Hoechst\n");
  const fs::path a = write("a.tif", prediction_), b = write("other/b_label.tif", truth_);
  const json report = figures({a.string(), b.string(), "--labels", (data() / "truth").string(), "--group-by", "stain"});
  EXPECT_EQ(report["groups"]["DAPI"]["images"], 1);
  EXPECT_EQ(report["groups"]["Hoechst"]["msa"], 1);
}

TEST_F(EvaluateSegmentation, AnImageWithoutObjectsIsMeasured) {
  const fs::path empty = write("empty.tif", row({0, 0, 0})), full = write("full.tif", row({1, 1, 0}));
  EXPECT_EQ(figures({empty.string(), "--labels", empty.string()})["msa"], 1);
  EXPECT_EQ(figures({full.string(), "--labels", empty.string()})["msa"], 0);
  EXPECT_EQ(figures({empty.string(), "--labels", full.string()})["mean_iou"], 0);
}

TEST_F(EvaluateSegmentation, BadInputIsOneSentence) {
  const fs::path truth = write("truth/a_label.tif", truth_), other = write("truth/b_label.tif", truth_);
  const fs::path result = write("result/a.tif", prediction_);
  const std::string truths = (data() / "truth").string(), results = (data() / "result").string();
  expectRefusal(evaluate({result.string()}), "--labels");
  expectRefusal(evaluate({"gone.tif", "--labels", truth.string()}), "gone.tif");
  expectRefusal(evaluate({result.string(), "--labels", "gone.tif"}), "gone.tif");
  expectRefusal(evaluate({results, "--labels", "gone"}), "gone");
  expectRefusal(evaluate({results, "--labels", truths}), "1 of 2 files have no prediction of the same name");
  expectRefusal(evaluate({results, "--labels", truth.string()}), "not a folder");
  expectRefusal(evaluate({result.string(), result.string(), "--labels", truth.string()}), "several predictions");
  write("result/b.tif", truth_);
  write("result/c.tif", truth_);
  expectRefusal(evaluate({results, "--labels", truths}), "1 of 3 files have no ground truth of the same name");
  expectRefusal(evaluate({write("c.tif", truth_).string(), "--labels", truths}), "has no ground truth");
  write("result/b.npy", truth_);
  expectRefusal(evaluate({results, "--labels", truths}), "have the same name");
  expectRefusal(evaluate({write("short.tif", row({1, 2})).string(), "--labels", truth.string()}),
                "have the shape (1, 1, 1, 2) and the image has (1, 1, 1, 8)");
  expectRefusal(evaluate({result.string(), "--labels", truth.string(), "--plot", "plot.pdf"}), "plot.pdf");
}

}  // namespace
}  // namespace cyto::test
