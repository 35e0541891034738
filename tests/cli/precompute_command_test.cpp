#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/embedding/embedding_store.h"
#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::map<std::string, std::string> treeOf(const fs::path& folder) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) tree[fs::relative(entry.path(), folder).string()] = readText(entry.path());
  }
  return tree;
}

class PrecomputeCommand : public testing::Test {
 protected:
  PrecomputeCommand() { fs::create_directories(folder_ / kDifficultName); }

  fs::path file(const std::string& name) const { return folder_ / kDifficultName / name; }

  /// A small image with a bright square; `seed` moves it.
  std::string image(const std::string& name, int64_t seed = 0) const {
    std::vector<float> pixels(40 * 50, 10.0f);
    for (int64_t y = 5; y < 20; ++y) {
      for (int64_t x = 5; x < 20; ++x) pixels[static_cast<size_t>((y + seed % 10) * 50 + x + seed)] = 200.0f;
    }
    writeNpy(file(name), 40, 50, pixels);
    return file(name).string();
  }

  static std::vector<std::string> words(std::vector<std::string> more) {
    more.insert(more.begin(), {"-q", "precompute-embeddings"});
    return more;
  }
  static ProgramRun run(const std::vector<std::string>& more) { return runProgram(words(more)); }

  TemporaryFolder folder_;
};

TEST_F(PrecomputeCommand, OneImageGivesAStoreThatIsReused) {
  const std::vector<std::string> command{image("cells.v2.npy"), "-o", file("my cells").string(), "--json"};
  const ProgramRun first = run(command);
  ASSERT_EQ(first.exitCode, 0) << first.err;
  EXPECT_EQ(first.err, "");
  const json report = json::parse(first.out);
  EXPECT_EQ(report["failed"], 0);
  const json& entry = report["stores"][0];
  EXPECT_EQ(entry["store"], file("my cells.zarr").string());
  EXPECT_EQ(entry["status"], "complete");
  EXPECT_EQ(entry["items"], 1);
  EXPECT_EQ(entry["encoded"], 1);
  const auto store = EmbeddingStore::openToRead(file("my cells.zarr"));
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ((*store)->description().identity.modelHash, report["model"]["hash"]);
  const auto embedding = (*store)->get({0, 0});
  ASSERT_TRUE(embedding);
  EXPECT_EQ((*embedding)->originalSize, (Extent2{40, 50}));
  EXPECT_EQ((*embedding)->maps[0].name, "features");

  const auto before = treeOf(file("my cells.zarr"));
  const ProgramRun second = run(command);
  ASSERT_EQ(second.exitCode, 0) << second.err;
  EXPECT_EQ(json::parse(second.out)["stores"][0]["encoded"], 0);
  EXPECT_TRUE(treeOf(file("my cells.zarr")) == before);
}

TEST_F(PrecomputeCommand, SeveralImagesGiveAStoreEachAndFailuresAreNamed) {
  writeText(file("broken.tif"), "not a TIFF");
  const ProgramRun run = this->run(
      {image("a.b.npy"), file("broken.tif").string(), image("c.npy", 3), "-o", file("stores").string(), "--json"});
  EXPECT_EQ(run.exitCode, 3);
  EXPECT_THAT(run.err, HasSubstr(file("broken.tif").string()));
  const json report = json::parse(run.out);
  EXPECT_EQ(report["failed"], 1);
  EXPECT_EQ(report["stores"][1]["status"], "failed");
  EXPECT_TRUE((*EmbeddingStore::openToRead(file("stores") / "a.b.zarr"))->isComplete());
  EXPECT_TRUE((*EmbeddingStore::openToRead(file("stores") / "c.zarr"))->isComplete());
  EXPECT_EQ(namesIn(file("stores")).size(), 2u);
}

TEST_F(PrecomputeCommand, ImagesOfEqualNamesAreListed) {
  fs::create_directories(file("other"));
  const std::string first = image("a.npy");
  const std::string second = image("other/a.npy");
  const ProgramRun run = this->run({first, second, image("b.npy"), "-o", file("stores").string()});
  expectRefusal(run, first);
  EXPECT_THAT(run.err, HasSubstr(second));
  EXPECT_THAT(run.err, HasSubstr("would get the same store"));
  EXPECT_EQ(run.exitCode, 2);
  EXPECT_FALSE(fs::exists(file("stores")));
}

TEST_F(PrecomputeCommand, MistakesInTheCommandAreOneSentence) {
  const std::string picture = image("a.npy");
  const std::string store = file("a.zarr").string();
  expectRefusal(run({picture}), "-o STORE");
  expectRefusal(run({"-o", store}), "at least one image");
  expectRefusal(run({picture, "-o", store, "--tile-shape", "20", "20"}), "--halo");
  expectRefusal(run({picture, "-o", store, "--mask", picture}), "--tile-shape");
  expectRefusal(run({picture, "-o", store, "--ndim", "4"}), "--ndim");
  expectRefusal(run({file("absent.tif").string(), "-o", store}), "absent.tif");
  expectRefusal(run({picture, "-o", store, "-m", "no-such-model"}), "no-such-model");
  expectRefusal(run({"status", store}), "there is no embedding store");
  EXPECT_FALSE(fs::exists(store));
}

TEST_F(PrecomputeCommand, AStoreOfAnotherImageIsRefused) {
  const std::string store = file("a.zarr").string();
  ASSERT_EQ(run({image("a.npy"), "-o", store}).exitCode, 0);
  const auto before = treeOf(store);
  const ProgramRun other = run({image("b.npy", 7), "-o", store});
  expectRefusal(other, "data_signature");
  EXPECT_THAT(other.err, HasSubstr(store));
  EXPECT_EQ(other.exitCode, 2);
  EXPECT_TRUE(treeOf(store) == before);
}

TEST_F(PrecomputeCommand, AnotherPrecisionIsRefusedUnlessTheUserInsists) {
  const std::string picture = image("a.npy");
  const std::string store = file("a.zarr").string();
  ASSERT_EQ(run({picture, "-o", store, "--precision", "fp32"}).exitCode, 0);
  expectRefusal(run({picture, "-o", store, "--precision", "bf16"}), "precision is fp32 but bf16 is needed");
  EXPECT_EQ(run({picture, "-o", store, "--precision", "bf16", "--override-mismatch"}).exitCode, 0);
}

TEST_F(PrecomputeCommand, AMaskChoosesTiles) {
  std::vector<float> mask(40 * 50, 0.0f);
  mask[3 * 50 + 45] = 1;
  writeNpy(file("mask.npy"), 40, 50, mask);
  const std::string store = file("a.zarr").string();
  const ProgramRun run = this->run({image("a.npy"), "-o", store, "--tile-shape", "20", "25", "--halo", "4", "4",
                                    "--mask", file("mask.npy").string(), "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["stores"][0]["items"], 1);
  const auto opened = *EmbeddingStore::openToRead(store);
  EXPECT_EQ(opened->description().layout.tilesInMask, (std::vector<std::vector<int64_t>>{{1}}));
  const auto tile = opened->get({0, 1});
  ASSERT_TRUE(tile);
  EXPECT_EQ((*tile)->originalSize, (Extent2{24, 29}));
  EXPECT_FALSE(opened->get({0, 0}));
}

TEST_F(PrecomputeCommand, OddPixelsAreEncoded) {
  writeNpy(file("one.npy"), 1, 1, {5.0f});
  writeNpy(file("nan.npy"), 2, 3, {NAN, INFINITY, -INFINITY, 1, 2, 3});
  const ProgramRun run = this->run({file("one.npy").string(), file("nan.npy").string(), "-o", file("s").string()});
  EXPECT_EQ(run.exitCode, 0) << run.err;
  for (const char* name : {"one.zarr", "nan.zarr"}) {
    const auto embedding = (*EmbeddingStore::openToRead(file("s") / name))->get({0, 0});
    ASSERT_TRUE(embedding);
    const std::vector<float>& values = (*embedding)->maps[0].values;
    EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) << name;
  }
}

TEST_F(PrecomputeCommand, StatusAndVerifyTellTheState) {
  const std::string store = file("a.zarr").string();
  ASSERT_EQ(run({image("a.npy"), "-o", store}).exitCode, 0);
  const ProgramRun status = run({"status", store, "--json"});
  ASSERT_EQ(status.exitCode, 0) << status.err;
  EXPECT_EQ(json::parse(status.out)["complete"], true);
  EXPECT_EQ(json::parse(status.out)["finished"], 1);
  EXPECT_EQ(run({"verify", store}).exitCode, 0);
  fs::resize_file(fs::path(store) / "features" / "0.0.0.0", 1000);
  expectRefusal(run({"verify", store}), "truncated or damaged");
}

TEST_F(PrecomputeCommand, AFullDiskIsSaid) {
  const SmallDisk disk(folder_ / "disk", "size=600k");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: a small file system can be mounted by root only";
  const std::string store = (folder_ / "disk" / "a.zarr").string();
  expectRefusal(run({image("a.npy"), "-o", store}), "no space left on device");
  EXPECT_EQ(json::parse(run({"status", store, "--json"}).out)["complete"], false);
}

TEST_F(PrecomputeCommand, AReadOnlyPlaceIsSaidAndACompleteStoreServesThere) {
  const SmallDisk disk(folder_ / "disk", "size=64m");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: a small file system can be mounted by root only";
  const std::string picture = image("a.npy");
  ASSERT_EQ(run({picture, "-o", (folder_ / "disk" / "a.zarr").string()}).exitCode, 0);
  disk.makeReadOnly();
  EXPECT_EQ(run({picture, "-o", (folder_ / "disk" / "a.zarr").string()}).exitCode, 0);
  expectRefusal(run({picture, "-o", (folder_ / "disk" / "b.zarr").string()}), "read-only file system");
}

/// Twenty images and the words that precompute them into `target`.
class PrecomputeOfTwenty : public PrecomputeCommand {
 protected:
  PrecomputeOfTwenty() {
    for (int i = 0; i < kImages; ++i) images_.push_back(image("image" + std::to_string(i) + ".npy", i));
  }

  std::vector<std::string> wordsInto(const fs::path& target) const {
    std::vector<std::string> all = images_;
    all.insert(all.end(), {"-o", target.string(), "--json"});
    return words(all);
  }

  /// Waits until the store of an image exists, which is when the program works on it.
  static void waitForStore(Program& program, const fs::path& store) {
    while (program.isRunning() && !fs::exists(store)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  static constexpr int kImages = 20;
  std::vector<std::string> images_;
};

TEST_F(PrecomputeOfTwenty, KilledAndInterruptedItResumesToTheSameFiles) {
  const fs::path undisturbed = file("undisturbed");
  const ProgramRun whole = runProgram(wordsInto(undisturbed));
  ASSERT_EQ(whole.exitCode, 0) << whole.err;

  const fs::path disturbed = file("disturbed");
  for (const int at : {3, 9}) {
    Program program(wordsInto(disturbed));
    waitForStore(program, disturbed / ("image" + std::to_string(at) + ".zarr"));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().exitCode, 128 + SIGKILL);
  }
  Program program(wordsInto(disturbed));
  waitForStore(program, disturbed / "image14.zarr");
  program.send(SIGINT);
  const ProgramRun interrupted = program.wait();
  EXPECT_EQ(interrupted.exitCode, 130);
  EXPECT_THAT(interrupted.err, HasSubstr("run the same command again"));
  EXPECT_EQ(interrupted.out, "");

  const ProgramRun resumed = runProgram(wordsInto(disturbed));
  ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
  int64_t encoded = 0;
  const json report = json::parse(resumed.out);
  for (const json& entry : report["stores"]) encoded += entry["encoded"].get<int64_t>();
  EXPECT_GE(encoded, 1);
  EXPECT_LE(encoded, kImages - 14 + 1);
  EXPECT_TRUE(treeOf(disturbed) == treeOf(undisturbed));
}

}  // namespace
}  // namespace cyto::test
