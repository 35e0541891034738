// The power goes at any moment: whatever of the unsynced changes a disk keeps, a project opens for writing, with a
// state that is the one acknowledged last or a later one that was on its way, and with all steps before it.
//
// CYTOCLICK_POWER_LOSSES says how many random choices of what is kept are tried at each call (default 1).

#include <gmock/gmock.h>

#include "tests/crash/lossy_disk.h"
#include "tests/crash/random_project.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

int choicesOfEachCall() {
  const char* chosen = std::getenv("CYTOCLICK_POWER_LOSSES");
  return chosen ? std::atoi(chosen) : 1;
}

/// Whether the real disk is slow is not what is tested.
constexpr test::DiskAnswer kWithoutWaiting{0, SIZE_MAX, true};

class PowerLossTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(disk_); }

  fs::path project() const { return disk_ / where_; }

  /// From here on every call is recorded. What is on the disk is safe.
  void beginRecording() {
    safe_.emplace(disk_);
    watch_.emplace(disk_, [this](const test::DiskCall& call) {
      calls_.push_back({call, std::string(call.bytes)});
      return kWithoutWaiting;
    });
  }

  void remember(const Project& project) { states_[project.lastSequence()] = test::stateOf(project); }

  /// From here on this state must survive.
  void acknowledge(const Project& project) {
    remember(project);
    acknowledged_[calls_.size()] = project.lastSequence();
  }

  void randomSteps(Project& project, std::mt19937_64& random, int count) {
    for (int i = 0; i < count; ++i) {
      const Status done = test::randomStep(project, random, [&] { remember(project); });
      ASSERT_TRUE(done) << done.error().message();
      acknowledge(project);
    }
  }

  /// Loses power before every call, and after the last.
  void loseEverywhere(std::mt19937_64& random) {
    watch_.reset();
    const test::DiskWatch fast(left_, [](const test::DiskCall&) { return kWithoutWaiting; });
    test::LossyDisk disk = *safe_;
    for (size_t call = 0; call <= calls_.size() && !HasFatalFailure(); ++call) {
      SCOPED_TRACE("before call " + std::to_string(call) + " of " + std::to_string(calls_.size()));
      for (int choice = 0; choice < 2 + 2 * choicesOfEachCall() && !HasFatalFailure(); ++choice) {
        const auto loss = choice < 2        ? static_cast<test::Loss>(choice)
                          : choice % 2 == 0 ? test::Loss::kLatest
                                            : test::Loss::kAnything;
        SCOPED_TRACE("what is left: choice " + std::to_string(choice));
        fs::remove_all(left_);
        disk.writeWhatIsLeft(loss, random, left_);
        checkWhatIsLeft(call);
      }
      if (call < calls_.size()) disk.carryOut(calls_[call]);
    }
  }

  void checkWhatIsLeft(size_t call) {
    const auto after = acknowledged_.upper_bound(call);
    const bool isPromised = after != acknowledged_.begin();
    const fs::path folder = left_ / where_;
    if (!isPromised && !fs::exists(folder)) return;
    auto opened = Project::open(folder, quiet_);
    ASSERT_TRUE(opened) << opened.error().message();
    const Project& project = **opened;
    ASSERT_THAT(project.damages(), IsEmpty()) << project.damages().front().text();
    ASSERT_THAT(project.readOnlyReason(), IsEmpty());
    if (isPromised) {
      ASSERT_GE(project.lastSequence(), std::prev(after)->second) << "something acknowledged is lost";
    }
    const auto state = states_.find(project.lastSequence());
    ASSERT_NE(state, states_.end()) << project.lastSequence();
    ASSERT_EQ(test::stateOf(project), state->second);
    const Status verified = project.verify({});
    ASSERT_TRUE(verified) << verified.error().message();
    goOn(**opened);
  }

  /// What was left can be worked on, and is whole afterwards, too.
  void goOn(Project& project) {
    std::mt19937_64 random(5);
    ASSERT_TRUE(test::randomStep(project, random));
  }

  test::TemporaryFolder folder_;
  fs::path disk_ = folder_ / "disk";
  fs::path left_ = folder_ / "left";
  fs::path where_ = "cells.cyto";
  UpkeepOptions quiet_{1000000, 1000000, 1000000, false};
  std::optional<test::LossyDisk> safe_;
  std::vector<test::RecordedCall> calls_;
  std::optional<test::DiskWatch> watch_;
  std::map<uint64_t, std::string> states_;   // by the last record
  std::map<size_t, uint64_t> acknowledged_;  // by how many calls had been made, the last record
};

TEST_F(PowerLossTest, ASessionWithCheckpointsPackingAndRelaunches) {
  const uint64_t seed = test::randomSeed(31);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  ASSERT_TRUE(Project::create(project(), test::imageWithoutFile()));
  beginRecording();
  for (int launch = 0; launch < 3; ++launch) {
    const auto opened = Project::open(project(), test::busyUpkeep(false)).value();
    acknowledge(*opened);
    randomSteps(*opened, random, 14);
    const Status compacted = launch == 1 ? opened->compact() : Status();
    ASSERT_TRUE(compacted) << compacted.error().message();
  }
  EXPECT_TRUE(fs::exists(project() / "journal" / "00000003.log")) << "there was nothing to pack";
  loseEverywhere(random);
}

TEST_F(PowerLossTest, TheCreationOfAProjectInNewFolders) {
  const uint64_t seed = test::randomSeed(32);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  where_ = "of/mine/cells.cyto";
  beginRecording();
  states_[0] = test::stateOf(*Project::inMemory(test::imageWithoutFile()));
  {
    const auto made = Project::create(project(), test::imageWithoutFile()).value();
    acknowledge(*made);
    randomSteps(*made, random, 3);
  }
  loseEverywhere(random);
}

TEST_F(PowerLossTest, TheFirstOpeningOfAProjectOfTheFirstVersion) {
  const uint64_t seed = test::randomSeed(33);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  test::copyFirstVersion(project());
  test::copyFirstVersion(folder_ / "same.cyto");
  {
    const auto same = Project::open(folder_ / "same.cyto").value();
    states_[same->lastSequence()] = test::stateOf(*same);
    acknowledged_[0] = same->lastSequence();
  }
  beginRecording();
  {
    const auto opened = Project::open(project(), test::busyUpkeep(false)).value();
    acknowledge(*opened);
    randomSteps(*opened, random, 6);
  }
  loseEverywhere(random);
}

TEST_F(PowerLossTest, ACopy) {
  const uint64_t seed = test::randomSeed(34);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto original = Project::create(folder_ / "original.cyto", test::imageWithoutFile()).value();
  for (int i = 0; i < 20; ++i) (void)test::randomStep(*original, random);
  remember(*original);
  beginRecording();
  ASSERT_TRUE(original->copyTo(project()));
  acknowledge(*original);
  loseEverywhere(random);
}

}  // namespace
}  // namespace cyto
