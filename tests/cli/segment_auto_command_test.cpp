#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/segmentation/truth_objects.h"
#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

class SegmentAutoCommand : public testing::Test {
 protected:
  SegmentAutoCommand() { fs::create_directories(folder_ / kDifficultName); }

  fs::path file(const std::string& name) const { return folder_ / kDifficultName / name; }

  ProgramRun segment(const std::vector<fs::path>& images, const fs::path& output,
                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"-q", "segment-auto"};
    for (const fs::path& image : images) words.push_back(image.string());
    words.insert(words.end(), {"-o", output.string()});
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  }

  TemporaryFolder folder_;
};

std::set<uint32_t> idsOf(const Array& labels) {
  std::set<uint32_t> ids(labels.as<uint32_t>().begin(), labels.as<uint32_t>().end());
  ids.erase(0);
  return ids;
}

TEST_F(SegmentAutoCommand, FindsTheNucleiOfTheSampleAndReportsThem) {
  const ProgramRun run = segment({sample("small-nuclei.png")}, file("labels.tif"), {"--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const Array labels = readLabels(file("labels.tif")), truth = readLabels(sample("small-nuclei_label.tif"));
  ASSERT_EQ(labels.shape(), (Shape{1, 1, 256, 256}));

  const json report = json::parse(run.out);
  EXPECT_EQ(report["mode"], "ais");
  EXPECT_THAT(report["model_hash"].get<std::string>(), testing::StartsWith("xxh128:"));
  const json& image = report["images"][0];
  EXPECT_EQ(image["status"], "complete");
  EXPECT_EQ(image["shape"], (json{1, 1, 256, 256}));
  EXPECT_EQ(image["objects"], idsOf(labels).size());
  EXPECT_EQ(*idsOf(labels).rbegin(), idsOf(labels).size()) << "ids are 1, 2, …";
  for (const char* key : {"embed", "decode", "objects", "total"}) EXPECT_GE(image["seconds"][key], 0.0) << key;

  int64_t matched = 0;
  const auto found = objectsOf(labels.as<uint32_t>(), 256, 256, 1),
             wanted = objectsOf(truth.as<uint32_t>(), 256, 256, 1);
  for (const TruthObject& object : wanted) {
    matched += std::any_of(found.begin(), found.end(), [&](const TruthObject& candidate) {
      return intersectionOverUnion(object.mask, candidate.mask) >= 0.5;
    });
  }
  const auto pairs = static_cast<double>(matched);
  const double accuracy = pairs / (static_cast<double>(found.size() + wanted.size()) - pairs);
  EXPECT_GT(accuracy, 0.6) << "segmentation accuracy at an IoU of one half";
  EXPECT_THAT(namesIn(folder_ / kDifficultName), ElementsAre("labels.tif"));
}

TEST_F(SegmentAutoCommand, AStoreGivesWhatEncodingGives) {
  const ProgramRun encoded = segment({sample("small-nuclei.png")}, file("encoded.npy"));
  ASSERT_EQ(encoded.exitCode, 0) << encoded.err;
  const ProgramRun stored = runProgram(
      {"-q", "precompute-embeddings", sample("small-nuclei.png").string(), "-o", file("store.zarr").string()});
  ASSERT_EQ(stored.exitCode, 0) << stored.err;
  const ProgramRun read = segment({sample("small-nuclei.png")}, file("read.npy"), {"-e", file("store.zarr").string()});
  ASSERT_EQ(read.exitCode, 0) << read.err;
  EXPECT_EQ(readText(file("read.npy")), readText(file("encoded.npy")));
  expectRefusal(segment({sample("histology-nuclei.png")}, file("other.npy"), {"-e", file("store.zarr").string()}),
                "store.zarr");
}

TEST_F(SegmentAutoCommand, ClicksOnAGridFindObjectsWithoutAnInstanceDecoder) {
  const ProgramRun run =
      segment({sample("fluorescence-nuclei.png")}, file("grid.tif"),
              {"--mode", "amg", "--param", "points_per_side=8", "--param", "stability_score_thresh=0.8", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["mode"], "amg");
  const Array labels = readLabels(file("grid.tif")), truth = readLabels(sample("fluorescence-nuclei_label.tif"));
  EXPECT_EQ(report["images"][0]["objects"], idsOf(labels).size());
  const Shape shape = truth.shape();
  const auto found = objectsOf(labels.as<uint32_t>(), shape.y, shape.x, 1);
  const auto wanted = objectsOf(truth.as<uint32_t>(), shape.y, shape.x, 1);
  ASSERT_FALSE(found.empty());
  for (const TruthObject& candidate : found) {
    EXPECT_TRUE(std::any_of(wanted.begin(), wanted.end(), [&](const TruthObject& object) {
      return intersectionOverUnion(object.mask, candidate.mask) >= 0.5;
    })) << "an object that is none";
  }
  expectRefusal(
      segment({sample("small-nuclei.png")}, file("none.tif"), {"--mode", "amg", "--param", "points_per_side=0"}),
      "points_per_side");
}

TEST_F(SegmentAutoCommand, ParametersChangeTheResult) {
  ASSERT_EQ(segment({sample("small-nuclei.png")}, file("all.tif"), {"--param", "min_size=0"}).exitCode, 0);
  ASSERT_EQ(segment({sample("small-nuclei.png")}, file("large.tif"),
                    {"--mode", "ais", "--param", "min_size=0", "--param", "min_size=150"})
                .exitCode,
            0);
  const Array all = readLabels(file("all.tif")), large = readLabels(file("large.tif"));
  EXPECT_LT(idsOf(large).size(), idsOf(all).size());
  for (const TruthObject& object : objectsOf(large.as<uint32_t>(), 256, 256, 1)) EXPECT_GE(object.mask.area(), 150);
}

TEST_F(SegmentAutoCommand, TilesGiveWholeObjects) {
  const ProgramRun run = segment({sample("small-nuclei.png")}, file("labels.tif"),
                                 {"--json", "--tile-shape", "128", "128", "--halo", "48", "48"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const Array labels = readLabels(file("labels.tif"));
  bool crosses = false;
  for (const TruthObject& object : objectsOf(labels.as<uint32_t>(), 256, 256, 1)) {
    crosses |= object.mask.box.x0 < 125 && object.mask.box.x1 > 131;
  }
  EXPECT_TRUE(crosses) << "an object lies on both sides of the border between the tiles";
}

TEST_F(SegmentAutoCommand, AFolderIsWorkedThroughAndOneBadImageDoesNotStopIt) {
  fs::create_directories(file("images/more"));
  fs::copy_file(sample("small-nuclei.png"), file("images/more/nuclei.png"));
  fs::copy_file(sample("small-nuclei_label.tif"), file("images/more/nuclei_label.tif"));
  writeText(file("images/broken.png"), "this is no picture");
  const ProgramRun run = segment({file("images")}, file("labels"), {"--json"});
  EXPECT_EQ(run.exitCode, 3);
  EXPECT_THAT(run.err, HasSubstr("broken.png"));
  const json report = json::parse(run.out);
  ASSERT_EQ(report["images"].size(), 2u) << "labels are no images";
  EXPECT_EQ(report["failed"], 1);
  EXPECT_EQ(report["images"][0]["status"], "failed");
  EXPECT_EQ(report["images"][1]["status"], "complete");
  EXPECT_THAT(namesIn(file("labels")), ElementsAre("more"));
  EXPECT_THAT(namesIn(file("labels/more")), ElementsAre("nuclei.tif"));

  const auto before = fs::last_write_time(file("labels/more/nuclei.tif"));
  const ProgramRun again = segment({file("images/more")}, file("labels/more"), {"--json", "--skip-existing"});
  ASSERT_EQ(again.exitCode, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["images"][0]["status"], "skipped");
  EXPECT_EQ(fs::last_write_time(file("labels/more/nuclei.tif")), before);
}

TEST_F(SegmentAutoCommand, RefusalsAreOneSentenceAndLeaveNothing) {
  const fs::path image = sample("small-nuclei.png");
  const fs::path output = file("labels.tif");
  expectRefusal(segment({file("absent.png")}, output), "absent.png");
  expectRefusal(segment({image}, file("labels.jpg")), "labels.jpg");
  expectRefusal(segment({image}, file("absent/labels.tif")), "absent");
  expectRefusal(segment({image}, output, {"--param", "min_sice=3"}), "min_sice");
  expectRefusal(segment({image}, output, {"--param", "min_size"}), "name=value");
  expectRefusal(segment({image}, output, {"--mode", "apg"}), "apg");
  expectRefusal(segment({image}, output, {"--halo", "8", "8"}), "--halo needs --tile-shape");
  expectRefusal(segment({image}, output, {"-e", file("absent.zarr").string()}), "absent.zarr");
  expectRefusal(segment({image, image}, file("labels")), "would both be written");
  fs::create_directories(file("empty"));
  expectRefusal(segment({file("empty")}, file("labels")), "no image");
  EXPECT_THAT(namesIn(folder_ / kDifficultName), ElementsAre("empty"));
}

bool hasLoadedTheEngine(pid_t pid) {
  return readText("/proc/" + std::to_string(pid) + "/maps").find("libcytoclick_engine") != std::string::npos;
}

TEST_F(SegmentAutoCommand, AnInterruptLeavesNoPartOfAResult) {
  Program program({"-q", "segment-auto", sample("fluorescence-nuclei.png").string(), "-o", file("labels.tif").string(),
                   "--tile-shape", "32", "32", "--halo", "8", "8"});
  while (program.isRunning() && !hasLoadedTheEngine(program.pid())) ::usleep(1000);
  program.send(SIGINT);
  const ProgramRun run = program.wait();
  EXPECT_EQ(run.exitCode, 130) << run.err;
  EXPECT_THAT(run.out, IsEmpty());
  EXPECT_THAT(namesIn(folder_ / kDifficultName), IsEmpty());
}

}  // namespace
}  // namespace cyto::test
