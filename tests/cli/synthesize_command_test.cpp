#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/io/image_source.h"
#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

std::map<std::string, std::string> filesIn(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const std::string& name : namesIn(folder)) files[name] = readText(folder / name);
  return files;
}

class SynthesizeCommand : public testing::Test {
 protected:
  SynthesizeCommand() { fs::create_directories(folder_ / kDifficultName); }

  fs::path file(const std::string& name) const { return folder_ / kDifficultName / name; }

  static std::vector<std::string> words(const fs::path& output, const std::string& kind,
                                        std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-q", "synthesize", "-o", output.string(), "--kind", kind});
    return more;
  }
  static ProgramRun synthesize(const fs::path& output, const std::string& kind, std::vector<std::string> more = {}) {
    return runProgram(words(output, kind, std::move(more)));
  }

  TemporaryFolder folder_;
};

TEST_F(SynthesizeCommand, WritesPairsAndAnIndex) {
  const fs::path output = file("new/samples");
  const ProgramRun run =
      synthesize(output, "blood,fluorescence-nuclei", {"--count", "3", "--size", "64", "80", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_THAT(namesIn(output), ElementsAre("blood-000000.png", "blood-000000_label.tif", "blood-000002.png",
                                           "blood-000002_label.tif", "fluorescence-nuclei-000001.png",
                                           "fluorescence-nuclei-000001_label.tif", "index.csv", "synthesis.json"));
  const json report = json::parse(run.out);
  EXPECT_EQ(report["samples"], 3);
  EXPECT_EQ(report["new"], 3);
  EXPECT_EQ(report["kinds"], (json{{"blood", 2}, {"fluorescence-nuclei", 1}}));
  std::istringstream index(readText(output / "index.csv"));
  std::string line;
  std::getline(index, line);
  EXPECT_EQ(line, "file,file_stem,kind,seed,objects");
  int64_t objects = 0;
  while (std::getline(index, line)) {
    std::istringstream cells(line);
    std::string image, stem, kind, seed, count;
    std::getline(cells, image, ','), std::getline(cells, stem, ','), std::getline(cells, kind, ',');
    std::getline(cells, seed, ','), std::getline(cells, count, ',');
    const Array labels = readLabels(output / (stem + "_label.tif"));
    EXPECT_EQ(labels.shape(), (Shape{1, 1, 64, 80}));
    const auto ids = labels.as<uint32_t>();
    EXPECT_EQ(*std::max_element(ids.begin(), ids.end()), static_cast<uint32_t>(std::stoi(count))) << image;
    EXPECT_EQ((*io::openImage(output / image))->info().shape, (Shape{1, 1, 64, 80}));
    objects += std::stoi(count);
  }
  EXPECT_EQ(report["objects"], objects);
}

TEST_F(SynthesizeCommand, ThreadsMakeNoDifference) {
  ASSERT_EQ(synthesize(file("one"), "all", {"--count", "20", "--size", "48", "48", "--threads", "1"}).exitCode, 0);
  ASSERT_EQ(synthesize(file("many"), "all", {"--count", "20", "--size", "48", "48", "--threads", "5"}).exitCode, 0);
  EXPECT_TRUE(filesIn(file("one")) == filesIn(file("many")));
  ASSERT_EQ(synthesize(file("other"), "all", {"--count", "20", "--size", "48", "48", "--seed", "2"}).exitCode, 0);
  EXPECT_EQ(namesIn(file("other")), namesIn(file("one")));
  EXPECT_FALSE(filesIn(file("one")) == filesIn(file("other")));
}

TEST_F(SynthesizeCommand, SeriesHaveTracksAndVolumesSlices) {
  ASSERT_EQ(synthesize(file("series"), "phase-contrast-rods", {"--count", "1", "--frames", "12", "--size", "96", "96"})
                .exitCode,
            0);
  EXPECT_THAT(namesIn(file("series")), testing::Contains("phase-contrast-rods-000000_man_track.txt"));
  EXPECT_EQ((*io::openImage(file("series/phase-contrast-rods-000000.tif")))->info().shape, (Shape{12, 1, 96, 96}));
  EXPECT_EQ((*io::openImage(file("series/phase-contrast-rods-000000_label.tif")))->info().shape,
            (Shape{12, 1, 96, 96}));
  std::istringstream tracks(readText(file("series/phase-contrast-rods-000000_man_track.txt")));
  int count = 0;
  for (int id, begin, end, parent; tracks >> id >> begin >> end >> parent; ++count) {
    EXPECT_EQ(id, count + 1);
    EXPECT_LE(begin, end);
    EXPECT_LT(end, 12);
    EXPECT_LT(parent, id);
  }
  EXPECT_GT(count, 0);
  ASSERT_EQ(
      synthesize(file("volume"), "membranes", {"--count", "1", "--slices", "9", "--pixel-type", "uint16"}).exitCode, 0);
  const auto volume = io::openImage(file("volume/membranes-000000.tif"));
  ASSERT_TRUE(volume) << volume.error().message();
  EXPECT_EQ((*volume)->info().shape, (Shape{1, 9, 256, 256}));
  EXPECT_EQ((*volume)->info().dtype, Dtype::kUint16);
}

TEST_F(SynthesizeCommand, ListsItsKinds) {
  const ProgramRun text = runProgram({"synthesize", "--kind", "list"});
  ASSERT_EQ(text.exitCode, 0) << text.err;
  const ProgramRun list = runProgram({"synthesize", "--kind", "list", "--json"});
  const json kinds = json::parse(list.out);
  EXPECT_GE(kinds.size(), 10u);
  for (const json& kind : kinds) EXPECT_THAT(text.out, HasSubstr(kind["name"].get<std::string>()));
}

TEST_F(SynthesizeCommand, GoesOnWhereItWasAndGrows) {
  const std::vector<std::string> more = {"--size", "48", "48", "--json"};
  const auto with = [&](const char* count) {
    std::vector<std::string> all = more;
    all.insert(all.end(), {"--count", count});
    return all;
  };
  ASSERT_EQ(synthesize(file("whole"), "blood,smear", with("6")).exitCode, 0);
  ASSERT_EQ(synthesize(file("grown"), "blood,smear", with("4")).exitCode, 0);
  fs::remove(file("grown/blood-000002.png"));
  writeText(file("grown/.smear-000003.png.123-0.tmp"), "left by a process that was killed");
  const ProgramRun run = synthesize(file("grown"), "blood,smear", with("6"));
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["new"], 3);
  EXPECT_TRUE(filesIn(file("whole")) == filesIn(file("grown")));
}

TEST_F(SynthesizeCommand, OtherFoldersAreLeftAlone) {
  fs::create_directories(file("mine"));
  writeText(file("mine/thesis.txt"), "important");
  expectRefusal(synthesize(file("mine"), "blood"), "is not empty and not a folder of 'cytoclick synthesize'");
  EXPECT_THAT(namesIn(file("mine")), ElementsAre("thesis.txt"));
  ASSERT_EQ(synthesize(file("a"), "blood", {"--count", "1", "--size", "48", "48"}).exitCode, 0);
  const auto before = filesIn(file("a"));
  expectRefusal(synthesize(file("a"), "smear", {"--count", "1", "--size", "48", "48"}), "other options");
  expectRefusal(synthesize(file("a"), "blood", {"--count", "1", "--size", "48", "48", "--seed", "2"}), "other options");
  EXPECT_TRUE(filesIn(file("a")) == before);
  writeText(file("a file"), "");
  expectRefusal(synthesize(file("a file"), "blood"), "a file");
}

TEST_F(SynthesizeCommand, SenselessOptionsAreRefusedBeforeAnythingIsWritten) {
  const fs::path output = file("nothing");
  expectRefusal(synthesize(output, "unicorns"), "no kind of image named 'unicorns'");
  expectRefusal(synthesize(output, ","), "--kind");
  expectRefusal(synthesize(output, "blood", {"--frames", "3"}), "'blood' has no frames");
  expectRefusal(synthesize(output, "blood", {"--slices", "3"}), "'blood' has no slices");
  expectRefusal(synthesize(output, "blood", {"--size", "10", "10"}), "--size");
  expectRefusal(synthesize(output, "blood", {"--count", "0"}), "--count");
  expectRefusal(synthesize(output, "blood", {"--pixel-type", "float32"}), "--pixel-type");
  expectRefusal(runProgram({"synthesize", "--kind", "blood"}), "-o FOLDER");
  EXPECT_FALSE(fs::exists(output));
}

TEST_F(SynthesizeCommand, AFullDiskIsSaidAndNothingIsHalfWritten) {
  const SmallDisk disk(folder_ / "disk", "size=600k");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: a small file system can be mounted by root only";
  const fs::path output = folder_ / "disk" / "samples";
  expectRefusal(synthesize(output, "fluorescence-nuclei", {"--count", "200"}), "no space left on device");
  for (const std::string& name : namesIn(output)) {
    EXPECT_FALSE(name.starts_with(".")) << name;
    if (name.ends_with(".png") || name.ends_with(".tif")) EXPECT_TRUE(io::openImage(output / name)) << name;
  }
}

TEST_F(SynthesizeCommand, AReadOnlyPlaceIsSaid) {
  const SmallDisk disk(folder_ / "disk", "size=8m");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: a small file system can be mounted by root only";
  disk.makeReadOnly();
  expectRefusal(synthesize(folder_ / "disk" / "samples", "blood"), "read-only file system");
}

TEST_F(SynthesizeCommand, KilledAndInterruptedItResumesToTheSameFiles) {
  const std::vector<std::string> more = {"--count", "60", "--size", "128", "128", "--threads", "2", "--json"};
  ASSERT_EQ(synthesize(file("undisturbed"), "all", more).exitCode, 0);
  const fs::path output = file("disturbed");
  for (const int signal : {SIGKILL, SIGINT}) {
    const size_t before = fs::exists(output) ? namesIn(output).size() : 0;
    Program program(words(output, "all", more));
    while (program.isRunning() && (!fs::exists(output) || namesIn(output).size() < before + 20)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    program.send(signal);
    const ProgramRun stopped = program.wait();
    EXPECT_EQ(stopped.exitCode, signal == SIGKILL ? 128 + SIGKILL : 130);
    EXPECT_THAT(stopped.out, IsEmpty());
    if (signal == SIGINT) EXPECT_THAT(stopped.err, HasSubstr("run the same command again"));
  }
  const ProgramRun resumed = synthesize(output, "all", more);
  ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
  EXPECT_LT(json::parse(resumed.out)["new"], 60);
  EXPECT_TRUE(filesIn(output) == filesIn(file("undisturbed")));
}

TEST_F(SynthesizeCommand, TwoDoNotWriteIntoOneFolder) {
  const std::vector<std::string> more = {"--count", "400", "--size", "128", "128"};
  Program first(words(file("a"), "all", more));
  while (first.isRunning() && (!fs::exists(file("a")) || namesIn(file("a")).size() < 4)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  expectRefusal(synthesize(file("a"), "all", more), "another process writes samples");
  first.send(SIGINT);
  EXPECT_EQ(first.wait().exitCode, 130);
}

TEST_F(SynthesizeCommand, WhatItWritesCanBeTrainedOn) {
  ASSERT_EQ(synthesize(file("samples"), "all", {"--count", "16", "--size", "96", "96"}).exitCode, 0);
  const ProgramRun trained =
      runProgram({"-q", "train", "sam", "--images", file("samples").string(), "--checkpoint-dir",
                  file("training").string(), "--steps", "1", "--batch-images", "1", "--threads", "1", "--json"});
  ASSERT_EQ(trained.exitCode, 0) << trained.err;
  EXPECT_EQ(json::parse(trained.out)["steps"], 1);
}

}  // namespace
}  // namespace cyto::test
