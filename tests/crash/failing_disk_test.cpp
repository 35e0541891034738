// A disk that refuses the n-th call, for every n, once or from then on: the operation is refused with words or tried
// again later, nothing that was acknowledged changes, the session goes on, and reopening gives exactly the acknowledged
// state. When the disk is well again, everything that failed succeeds.

#include <gmock/gmock.h>

#include <cerrno>

#include "tests/crash/disk_calls.h"
#include "tests/crash/random_project.h"
#include "tests/crash/random_session.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;
using Kind = test::DiskCall::Kind;

struct Fault {
  const char* name;
  int code;
  bool keepsFailing = false;
  bool writesHalf = false;
  std::optional<Kind> only = std::nullopt;  // nothing else fails
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

constexpr test::DiskAnswer kWithoutWaiting{0, SIZE_MAX, true};

/// Lets the n-th call fail while it lives.
class FailingDisk {
 public:
  FailingDisk(const fs::path& folder, const Fault& fault, int n)
      : fault_(fault), left_(n), watch_(folder, [this](const test::DiskCall& call) { return answer(call); }) {}

  /// False when there were fewer calls.
  bool hasFailed() const { return hasFailed_; }

 private:
  test::DiskAnswer answer(const test::DiskCall& call) {
    if (fault_.only && *fault_.only != call.kind) return kWithoutWaiting;
    const bool fails = left_ == 1 || (fault_.keepsFailing && left_ < 1);
    --left_;
    if (!fails) return kWithoutWaiting;
    hasFailed_ = true;
    const bool writesHalf = fault_.writesHalf && call.kind == Kind::kWrite && call.bytes.size() > 1;
    return writesHalf ? test::DiskAnswer{0, call.bytes.size() / 2, false} : test::DiskAnswer{fault_.code};
  }

  Fault fault_;
  int left_;
  bool hasFailed_ = false;
  test::DiskWatch watch_;
};

class FailingDiskTest : public testing::TestWithParam<Fault> {
 protected:
  /// Makes a project with some history, calls `prepare`, lets the n-th call of `attempt` fail, for every n, and has
  /// `check` look at what is left.
  struct Case {
    std::function<void(const fs::path& project)> prepare;
    std::function<Status(const fs::path& project)> attempt;
    std::function<void(const fs::path& project, const Status& attempted)> check;
  };

  void failEverywhere(const Case& tried) {
    constexpr int kMostCalls = 400;
    int failures = 0;
    bool hasFailed = true;
    for (int n = 1; hasFailed && !HasFatalFailure(); ++n) {
      SCOPED_TRACE("call " + std::to_string(n) + " fails");
      ASSERT_LT(n, kMostCalls);
      const fs::path project = folder_ / ("project" + std::to_string(n) + ".cyto");
      prepare(tried, project);
      Status attempted;
      {
        const FailingDisk disk(folder_.path(), GetParam(), n);
        attempted = tried.attempt(project);
        hasFailed = disk.hasFailed();
      }
      EXPECT_TRUE(attempted || !attempted.error().message().empty());
      failures += hasFailed ? 1 : 0;
      const test::DiskWatch fast = withoutWaiting();
      tried.check(project, attempted);
      fs::remove_all(project);
    }
    EXPECT_TRUE(failures > 0 || GetParam().only) << "no fault was met, so nothing was tested";
  }

  void prepare(const Case& tried, const fs::path& project) const {
    const test::DiskWatch fast = withoutWaiting();
    tried.prepare(project);
  }

  /// Whether the real disk is slow is not what is tested.
  test::DiskWatch withoutWaiting() const {
    return {folder_.path(), [](const test::DiskCall&) { return kWithoutWaiting; }};
  }

  void makeProject(const fs::path& folder) const {
    std::mt19937_64 random(12);
    ASSERT_TRUE(Project::create(folder, test::imageWithoutFile()));
    const auto project = Project::open(folder, test::busyUpkeep(false)).value();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(test::randomStep(*project, random));
  }

  /// The state of a project on a disk that is well, where it must be writable and whole.
  std::string stateIn(const fs::path& folder) const {
    const auto opened = Project::open(folder);
    EXPECT_TRUE(opened) << opened.error().message();
    if (!opened) return {};
    EXPECT_THAT((*opened)->readOnlyReason(), IsEmpty());
    const Status verified = (*opened)->verify({});
    EXPECT_TRUE(verified) << verified.error().message();
    for (const char* inside : {"", "journal"}) {
      for (const fs::directory_entry& entry : fs::directory_iterator(folder / inside)) {
        EXPECT_NE(entry.path().filename().string().front(), '.') << "left over: " << entry.path();
        EXPECT_NE(entry.path().extension(), ".partial") << "left over: " << entry.path();
      }
    }
    return test::stateOf(**opened);
  }

  test::TemporaryFolder folder_;
};

// Single steps and groups, with checkpoints and packing between them: what fails is taken back as a whole.
TEST_P(FailingDiskTest, EditsGroupsAndUpkeep) {
  const uint64_t seed = test::randomSeed(13);
  SCOPED_TRACE(test::seedText(seed));
  std::string acknowledged;
  int refusals = 0;
  std::unique_ptr<Project> project;
  const auto work = [&](const fs::path&) -> Status {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 10; ++i) {
      acknowledged = test::stateOf(*project);
      const Status done = test::randomStep(*project, random);
      if (done) continue;
      ++refusals;
      EXPECT_EQ(done.error().code(), ErrorCode::kIo) << done.error().message();
      EXPECT_EQ(test::stateOf(*project), acknowledged) << done.error().message();
    }
    acknowledged = test::stateOf(*project);
    return {};
  };
  failEverywhere({[&](const fs::path& folder) {
                    makeProject(folder);
                    project = Project::open(folder, test::busyUpkeep(false)).value();
                  },
                  work,
                  [&](const fs::path& folder, const Status&) {
                    const Status compacted = project->compact();
                    EXPECT_TRUE(compacted) << compacted.error().message();
                    project.reset();
                  }});
  EXPECT_EQ(refusals == 0, GetParam().only == Kind::kRename) << "renaming is for the upkeep alone";
}

// The same through all of the program that stands above a project.
TEST_P(FailingDiskTest, ASession) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  const fs::path image = folder_ / "squares.png";
  test::writeSquares(image);
  std::unique_ptr<test::RandomSession> user;
  std::string acknowledged;
  const auto work = [&](const fs::path&) -> Status {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 12; ++i) {
      acknowledged = test::fingerprintOf(user->session().document());
      const Status done = user->execute(test::randomCommand(random, user->session().nextId(), image.parent_path()));
      EXPECT_TRUE(done || test::fingerprintOf(user->session().document()) == acknowledged) << done.error().message();
    }
    acknowledged = test::fingerprintOf(user->session().document());
    return {};
  };
  failEverywhere({[&](const fs::path& project) {
                    user = std::make_unique<test::RandomSession>();
                    ASSERT_TRUE(user->open(image, project));
                  },
                  work,
                  [&](const fs::path& project, const Status&) {
                    user.reset();
                    const auto reopened = Project::open(project);
                    ASSERT_TRUE(reopened) << reopened.error().message();
                    ASSERT_EQ(test::fingerprintOf((*reopened)->document()), acknowledged);
                  }});
}

TEST_P(FailingDiskTest, Creation) {
  const auto create = [](const fs::path& project) -> Status {
    CYTO_ASSIGN(const auto made, Project::create(project, test::imageWithoutFile()));
    EXPECT_THAT(made->readOnlyReason(), IsEmpty());
    return {};
  };
  failEverywhere({[](const fs::path&) {}, create,
                  [&](const fs::path& project, const Status& made) {
                    if (!made) {
                      // A disk that takes nothing any more cannot take back either.
                      EXPECT_TRUE(GetParam().keepsFailing || !fs::exists(project));
                      if (fs::exists(project)) return;
                      const Status again = create(project);
                      ASSERT_TRUE(again) << again.error().message();
                    }
                    stateIn(project);
                  }});
}

TEST_P(FailingDiskTest, ACopy) {
  makeProject(folder_ / "original.cyto");
  const auto original = Project::open(folder_ / "original.cyto").value();
  const auto copy = [&](const fs::path& project) { return original->copyTo(project); };
  failEverywhere({[](const fs::path&) {}, copy,
                  [&](const fs::path& project, const Status& copied) {
                    if (!copied) {
                      EXPECT_TRUE(GetParam().keepsFailing || !fs::exists(project));
                      if (fs::exists(project)) return;
                      const Status again = copy(project);
                      ASSERT_TRUE(again) << again.error().message();
                    }
                    EXPECT_EQ(stateIn(project), test::stateOf(*original));
                  }});
}

TEST_P(FailingDiskTest, Compacting) {
  std::unique_ptr<Project> project;
  std::string acknowledged;
  failEverywhere({[&](const fs::path& folder) {
                    makeProject(folder);
                    project = Project::open(folder).value();
                    acknowledged = test::stateOf(*project);
                  },
                  [&](const fs::path&) { return project->compact(); },
                  [&](const fs::path& folder, const Status&) {
                    EXPECT_EQ(test::stateOf(*project), acknowledged);
                    const Status verified = project->verify({});
                    EXPECT_TRUE(verified) << verified.error().message();
                    const Status again = project->compact();
                    EXPECT_TRUE(again) << again.error().message();
                    EXPECT_EQ(fs::exists(folder / "checkpoint"), true);
                    project.reset();
                    EXPECT_EQ(stateIn(folder), acknowledged);
                  }});
}

/// Opens a project and looks at it; when it cannot be written it says why.
Status look(const fs::path& folder, const std::string& expected) {
  CYTO_ASSIGN(const auto project, Project::open(folder));
  EXPECT_EQ(test::stateOf(*project), expected);
  if (project->readOnlyReason().empty()) return {};
  EXPECT_THAT(project->notices(), Not(IsEmpty()));
  return Error(ErrorCode::kIo, project->readOnlyReason());
}

TEST_P(FailingDiskTest, TheFirstOpeningOfAProjectOfTheFirstVersion) {
  test::copyFirstVersion(folder_ / "same.cyto");
  const std::string expected = stateIn(folder_ / "same.cyto");
  failEverywhere({[](const fs::path& project) { test::copyFirstVersion(project); },
                  [&](const fs::path& project) { return look(project, expected); },
                  [&](const fs::path& project, const Status&) { EXPECT_EQ(stateIn(project), expected); }});
}

TEST_P(FailingDiskTest, OpeningAfterATornRecord) {
  makeProject(folder_ / "torn.cyto");
  const std::string expected = stateIn(folder_ / "torn.cyto");
  fs::path last;
  for (int i = 1; fs::exists(folder_ / "torn.cyto" / "journal" / ("0000000" + std::to_string(i) + ".log")); ++i) {
    last = fs::path("journal") / ("0000000" + std::to_string(i) + ".log");
  }
  const auto tear = [&](const fs::path& project) {
    fs::copy(folder_ / "torn.cyto", project, fs::copy_options::recursive);
    fs::resize_file(project / last, fs::file_size(project / last) + 40);
  };
  failEverywhere({tear, [&](const fs::path& project) { return look(project, expected); },
                  [&](const fs::path& project, const Status&) { EXPECT_EQ(stateIn(project), expected); }});
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingDiskTest,
                         testing::Values(Fault{"full", ENOSPC}, Fault{"stays_full", ENOSPC, true}, Fault{"broken", EIO},
                                         Fault{"stays_broken", EIO, true}, Fault{"read_only", EROFS, true},
                                         Fault{"half_written", ENOSPC, false, true},
                                         Fault{"does_not_rename", EXDEV, true, false, Kind::kRename},
                                         Fault{"forbids_renaming", EPERM, true, false, Kind::kRename},
                                         Fault{"cannot_sync", EINVAL, true, false, Kind::kSync}),
                         [](const auto& info) { return info.param.name; });

class UnsyncedFoldersTest : public testing::TestWithParam<int> {};

// As some network file systems are.
TEST_P(UnsyncedFoldersTest, AFileSystemThatCannotSyncFoldersIsGoodEnough) {
  const test::TemporaryFolder folder;
  const test::DiskWatch watch(folder.path(), [](const test::DiskCall& call) {
    const bool isRefused = call.kind == Kind::kSync && fs::is_directory(call.path);
    return isRefused ? test::DiskAnswer{GetParam()} : test::DiskAnswer{};
  });
  std::mt19937_64 random(14);
  ASSERT_TRUE(Project::create(folder / "cells.cyto", test::imageWithoutFile()));
  const auto project = Project::open(folder / "cells.cyto", test::busyUpkeep(false)).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(test::randomStep(*project, random));
  ASSERT_TRUE(project->compact());
  ASSERT_TRUE(project->copyTo(folder / "copy.cyto"));
  EXPECT_EQ(test::stateOf(*Project::open(folder / "copy.cyto").value()), test::stateOf(*project));
}

INSTANTIATE_TEST_SUITE_P(Codes, UnsyncedFoldersTest, testing::Values(EINVAL, EBADF, ENOTSUP));

// While the file of a new segment can be there in part, a torn end of the segment before could not be told from damage.
TEST(FailingSegmentTest, ASegmentThatCannotBeTakenBackIsRemovedBeforeTheNextRecord) {
  const test::TemporaryFolder folder;
  std::mt19937_64 random(16);
  const auto project = Project::create(folder / "cells.cyto", test::imageWithoutFile()).value();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test::randomStep(*project, random));
  const std::string acknowledged = test::stateOf(*project);
  const fs::path second = folder / "cells.cyto" / "journal" / "00000002.log";
  {
    const test::DiskWatch broken(folder.path(), [&](const test::DiskCall& call) {
      const bool isHit = call.path == second && call.kind != Kind::kCreate;
      return test::DiskAnswer{isHit ? EIO : 0};
    });
    EXPECT_FALSE(project->compact());
    const Status refused = project->perform({});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(second.string()));
    EXPECT_EQ(test::stateOf(*project), acknowledged);
    EXPECT_TRUE(fs::exists(second));
  }
  EXPECT_TRUE(project->perform({}));
  EXPECT_FALSE(fs::exists(second));
  EXPECT_TRUE(project->compact());
}

// Compacting makes safe what a group holds, so a later failure must not take it back in memory alone.
TEST(FailingGroupTest, CompactingEndsAGroup) {
  const test::TemporaryFolder folder;
  const auto project = Project::create(folder / "cells.cyto", test::imageWithoutFile()).value();
  const auto step = [&](const char* label) {
    Edit edit;
    edit.label = label;
    return project->perform(edit);
  };
  project->beginGroup();
  ASSERT_TRUE(step("first"));
  ASSERT_TRUE(project->compact());
  {
    const test::DiskWatch broken(
        folder.path(), [](const test::DiskCall& call) { return test::DiskAnswer{call.kind == Kind::kSync ? EIO : 0}; });
    EXPECT_FALSE(step("second") && project->endGroup());
  }
  EXPECT_EQ(project->history().steps().size(), 1U);
  EXPECT_TRUE(step("third"));
  EXPECT_TRUE(project->verify({}));
}

}  // namespace
}  // namespace cyto
