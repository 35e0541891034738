#include "core/embedding/precompute.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "core/inference/fake_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/embedding/store_tree.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::MemoryImage;
using test::precomputeStore;
using test::TemporaryFolder;
using test::treeOf;
using testing::HasSubstr;

TEST(PlanLayoutTest, FollowsTheImageUnlessToldOtherwise) {
  const MemoryImage plane({1, 1, 20, 30});
  const MemoryImage volume({1, 4, 20, 30});
  EXPECT_FALSE(planLayout(plane.info(), {}, {})->isVolume);
  EXPECT_TRUE(planLayout(volume.info(), {}, {})->isVolume);
  EXPECT_TRUE(planLayout(plane.info(), {.ndim = 3}, {})->isVolume);
  EXPECT_EQ(planLayout(plane.info(), {.ndim = 3}, {})->slices, 1);
  EXPECT_THAT(planLayout(volume.info(), {.ndim = 2}, {}).error().message(), HasSubstr("4 slices"));
}

TEST(PlanLayoutTest, RefusesWhatMakesNoSense) {
  const MemoryImage plane({1, 1, 20, 30});
  const MemoryImage empty({1, 1, 0, 30});
  MemoryImage mask({1, 1, 20, 30});
  const MemoryImage otherMask({1, 1, 20, 31});
  const TileLayout tiles{{10, 10}, {2, 2}};
  EXPECT_THAT(planLayout(empty.info(), {}, {}).error().message(), HasSubstr("no pixels"));
  EXPECT_FALSE(planLayout(plane.info(), {.tiles = TileLayout{{0, 10}, {0, 0}}}, {}));
  EXPECT_FALSE(planLayout(plane.info(), {.tiles = TileLayout{{10, 10}, {-1, 0}}}, {}));
  EXPECT_THAT(planLayout(plane.info(), {.mask = &mask}, {}).error().message(), HasSubstr("tile shape"));
  EXPECT_THAT(planLayout(plane.info(), {.tiles = tiles, .mask = &otherMask}, {}).error().message(), HasSubstr("shape"));
  std::fill(mask.pixels().as<uint8_t>().begin(), mask.pixels().as<uint8_t>().end(), uint8_t{0});
  EXPECT_THAT(planLayout(plane.info(), {.tiles = tiles, .mask = &mask}, {}).error().message(),
              HasSubstr("no foreground"));
}

TEST(PlanLayoutTest, AMaskOfOnePlaneHoldsForAllSlices) {
  const MemoryImage volume({1, 2, 20, 30});
  MemoryImage mask({1, 1, 20, 30}, 1, 1, Dtype::kUint32);
  std::fill(mask.pixels().as<uint32_t>().begin(), mask.pixels().as<uint32_t>().end(), 0u);
  mask.pixels().as<uint32_t>()[30 * 11 + 11] = 70000;  // in block 4, within the halo of 0, 1 and 3
  const auto layout = planLayout(volume.info(), {.tiles = TileLayout{{10, 10}, {2, 2}}, .mask = &mask}, {});
  ASSERT_TRUE(layout);
  const std::vector<int64_t> tiles{0, 1, 3, 4};
  EXPECT_EQ(layout->tilesInMask, (std::vector{tiles, tiles}));
  EXPECT_EQ(layout->items().size(), 8u);
  EXPECT_TRUE(layout->contains({1, 3}));
  EXPECT_FALSE(layout->contains({1, 2}));
}

class PrecomputeTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path path_ = folder_ / "a.zarr";
  MemoryImage image_{{1, 6, 20, 30}};
  FakeModel model_;
};

TEST_F(PrecomputeTest, ProgressRisesToTheTotal) {
  std::vector<Progress> seen;
  JobContext job;
  job.progress = [&](const Progress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(precomputeStore(path_, image_, model_, {}, {}, job));
  ASSERT_FALSE(seen.empty());
  int64_t last = 0;
  for (const Progress& progress : seen) {
    EXPECT_EQ(progress.total, 6);
    EXPECT_GE(progress.done, last);
    last = progress.done;
  }
  EXPECT_EQ(last, 6);
}

TEST_F(PrecomputeTest, CancelLeavesAStoreThatResumes) {
  ASSERT_TRUE(precomputeStore(folder_ / "whole.zarr", image_, model_));
  FakeModel slow({.encodeTime = std::chrono::milliseconds(20)});
  const CancelSource cancel;
  JobContext job{cancel.token(), [&](const Progress& progress) {
                   if (progress.done >= 1) cancel.cancel();
                 }};
  const auto stopped = precomputeStore(path_, image_, slow, {}, {}, job);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  const auto store = *EmbeddingStore::openToRead(path_);
  EXPECT_FALSE(store->isComplete());
  EXPECT_GE(store->missingItems().size(), 1u);
  EXPECT_LE(store->missingItems().size(), 5u);
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  EXPECT_TRUE(treeOf(path_) == treeOf(folder_ / "whole.zarr"));
}

TEST_F(PrecomputeTest, APlaneThatCannotBeReadKeepsTheOthers) {
  image_.onRead = [](const Box& box) -> Status {
    if (box.begin.z == 3 && box.end.z == 4 && box.end.y == 20) return Error(ErrorCode::kFormat, "slice 3 is torn");
    return {};
  };
  MemoryImage whole({1, 6, 20, 30});
  const auto store = *EmbeddingStore::openToWrite(path_, test::describe(whole, model_));
  const auto report = precomputeEmbeddings(image_, *store, model_.encoder(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(), "slice 3 is torn");
  EXPECT_TRUE(store->has({2, 0}));
  EXPECT_FALSE(store->has({3, 0}));
}

/// The files of a store; the log of finished items, whose lines come as items are finished, in sorted order.
std::map<std::string, std::string> filesOf(const fs::path& store) {
  std::map<std::string, std::string> files = treeOf(store);
  for (auto& [name, content] : files) {
    if (!name.ends_with("chunks.log")) continue;
    std::istringstream stream(content);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    content.clear();
    for (const std::string& line : lines) content += line + "\n";
  }
  return files;
}

TEST_F(PrecomputeTest, ImagesInBatchesGiveTheFilesOfImagesOneByOne) {
  const MemoryImage image({1, 11, 20, 30});
  const LayoutRequest tiled{.tiles = TileLayout{{10, 15}, {2, 2}}};
  ASSERT_TRUE(precomputeStore(folder_ / "whole.zarr", image, model_, tiled));
  FakeModel batches({.imagesAtOnce = 5});
  int64_t last = 0;
  JobContext job;
  job.progress = [&](const Progress& progress) { last = progress.done; };
  const auto report = precomputeStore(path_, image, batches, tiled, {}, job);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(last, 44);
  EXPECT_EQ(batches.encodeCount(), 44);
  EXPECT_TRUE(filesOf(path_) == filesOf(folder_ / "whole.zarr"));
}

TEST_F(PrecomputeTest, WhatCanBeReadBeforeATornPlaneOfABatchIsKept) {
  image_.onRead = [](const Box& box) -> Status {
    if (box.begin.z == 2 && box.end.z == 3 && box.end.y == 20) return Error(ErrorCode::kFormat, "slice 2 is torn");
    return {};
  };
  FakeModel batches({.imagesAtOnce = 4});
  MemoryImage whole({1, 6, 20, 30});
  const auto store = *EmbeddingStore::openToWrite(path_, test::describe(whole, batches));
  const auto report = precomputeEmbeddings(image_, *store, batches.encoder(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(), "slice 2 is torn");
  EXPECT_TRUE(store->has({0, 0}));
  EXPECT_TRUE(store->has({1, 0}));
  EXPECT_FALSE(store->has({3, 0})) << "it is read after the torn one";
}

TEST_F(PrecomputeTest, ABatchThatFailsKeepsTheOnesBeforeIt) {
  FakeModel failing({.imagesAtOnce = 2, .failOnEncode = 4});
  const auto store = *EmbeddingStore::openToWrite(path_, test::describe(image_, failing));
  ASSERT_FALSE(precomputeEmbeddings(image_, *store, failing.encoder(), {}));
  EXPECT_TRUE(store->has({0, 0}));
  EXPECT_TRUE(store->has({1, 0}));
  EXPECT_FALSE(store->has({3, 0}));
}

/// Encodes 20 images one after the other, as the program does.
void precomputeMany(const fs::path& folder, std::chrono::milliseconds encodeTime) {
  FakeModel model({.encodeTime = encodeTime});
  for (uint32_t i = 0; i < 20; ++i) {
    const MemoryImage image({1, 1, 40, 50}, 1, i);
    const LayoutRequest tiled{.tiles = TileLayout{{40, 25}, {0, 4}}};
    const auto report = precomputeStore(folder / ("image" + std::to_string(i) + ".zarr"), image, model, tiled);
    if (!report) std::fprintf(stderr, "%s\n", report.error().message().c_str());
    if (!report) std::abort();
  }
}

TEST_F(PrecomputeTest, KilledAtAnyMomentItResumesToTheSameFiles) {
  const fs::path undisturbed = folder_ / "undisturbed";
  const fs::path killed = folder_ / "killed";
  precomputeMany(undisturbed, {});
  const uint32_t seed = std::random_device()();
  std::mt19937 random(seed);
  int kills = 0;
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      precomputeMany(killed, std::chrono::milliseconds(3));
      ::_exit(0);
    }
    // Not a wait for a result: the moment of the kill is what is varied.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 120'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    kills += WIFSIGNALED(status) ? 1 : 0;
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "seed " << seed;
  }
  EXPECT_GE(kills, 1);
  precomputeMany(killed, {});
  EXPECT_TRUE(treeOf(killed) == treeOf(undisturbed)) << "seed " << seed << ", " << kills << " kills";
}

/// A small file system of its own; only root may mount one.
class SmallDisk {
 public:
  SmallDisk(const fs::path& place, const std::string& size) : place_(place) {
    fs::create_directories(place);
    isMounted_ = ::mount("tmpfs", place.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (isMounted_) ::umount(place_.c_str());
  }
  bool isMounted() const { return isMounted_; }
  void grow(const std::string& size) { remount(0, size); }
  void makeReadOnly(const std::string& size) { remount(MS_RDONLY, size); }

 private:
  void remount(unsigned long flags, const std::string& size) {
    ASSERT_EQ(::mount("tmpfs", place_.c_str(), "tmpfs", MS_REMOUNT | flags, ("size=" + size).c_str()), 0);
  }

  fs::path place_;
  bool isMounted_ = false;
};

constexpr const char* kNoMount = "skipped: a small file system can be mounted by root only";

TEST_F(PrecomputeTest, AFullDiskLosesNothing) {
  ASSERT_TRUE(precomputeStore(folder_ / "whole.zarr", image_, model_));
  const auto whole = treeOf(folder_ / "whole.zarr");
  uintmax_t bytes = 0;
  for (const auto& [name, content] : whole) bytes += content.size() + 4096;
  SmallDisk disk(folder_ / "disk", std::to_string(bytes / 2));
  if (!disk.isMounted()) GTEST_SKIP() << kNoMount;
  path_ = folder_ / "disk" / "a.zarr";
  const auto stopped = precomputeStore(path_, image_, model_);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kIo);
  EXPECT_THAT(stopped.error().message(), HasSubstr("no space left on device"));
  EXPECT_THAT(stopped.error().message(), HasSubstr("free some space"));
  {
    const auto store = *EmbeddingStore::openToRead(path_);
    EXPECT_FALSE(store->isComplete());
    EXPECT_TRUE(store->verify());
    EXPECT_TRUE(store->get({0, 0})) << "what was written must be readable";
  }
  disk.grow(std::to_string(bytes * 2));
  FakeModel again;
  const auto resumed = precomputeStore(path_, image_, again);
  ASSERT_TRUE(resumed) << resumed.error().message();
  EXPECT_LT(again.encodeCount(), 6);
  EXPECT_TRUE(treeOf(path_) == whole);
}

TEST_F(PrecomputeTest, AReadOnlyStoreServesReaders) {
  SmallDisk disk(folder_ / "disk", "64m");
  if (!disk.isMounted()) GTEST_SKIP() << kNoMount;
  path_ = folder_ / "disk" / "a.zarr";
  FakeModel failing({.failOnEncode = 3});
  ASSERT_FALSE(precomputeStore(folder_ / "disk" / "unfinished.zarr", image_, failing));
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  disk.makeReadOnly("64m");
  EXPECT_TRUE((*EmbeddingStore::openToRead(path_))->verify());
  EXPECT_EQ(precomputeStore(path_, image_, model_)->encoded, 0);
  EXPECT_TRUE((*EmbeddingStore::openToRead(folder_ / "disk" / "unfinished.zarr"))->get({1, 0}));
  const auto unfinished = precomputeStore(folder_ / "disk" / "unfinished.zarr", image_, model_);
  ASSERT_FALSE(unfinished);
  EXPECT_THAT(unfinished.error().message(), HasSubstr("read-only file system"));
  const auto fresh = precomputeStore(folder_ / "disk" / "new.zarr", image_, model_);
  ASSERT_FALSE(fresh);
  EXPECT_THAT(fresh.error().message(), HasSubstr("cannot make the embedding store"));
  EXPECT_THAT(fresh.error().message(), HasSubstr("choose a place you may write to"));
}

TEST_F(PrecomputeTest, WithoutPermissionItIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "skipped: root may write everywhere; the read-only disk is tested instead";
  fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const auto report = precomputeStore(path_, image_, model_);
  fs::permissions(folder_.path(), fs::perms::owner_all);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("permission denied"));
}

}  // namespace
}  // namespace cyto
