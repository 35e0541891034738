// A disk that refuses the n-th write, sync or cut, for every n: the operation is refused with words, nothing that was
// acknowledged changes, the session goes on, and reopening gives exactly the acknowledged state.

#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "tests/crash/random_session.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace {

/// What the next calls of the program to the operating system do.
struct FailingDisk {
  int failAt = 0;  // counted down; the call at which it reaches 0 fails; 0: none
  int code = ENOSPC;
  bool keepsFailing = false;
  bool writesHalf = false;
  int calls = 0;

  bool fails() {
    ++calls;
    if (failAt == 0) return false;
    if (failAt > 1) {
      --failAt;
      return false;
    }
    if (!keepsFailing) failAt = 0;
    return true;
  }
};

thread_local FailingDisk disk;

}  // namespace

// These take the place of the C library's, for everything that is linked into this program.
extern "C" ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
  if (disk.fails()) {
    if (!disk.writesHalf || count < 2) {
      errno = disk.code;
      return -1;
    }
    count /= 2;
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

extern "C" ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

extern "C" int ftruncate64(int descriptor, off64_t size) {
  if (disk.fails()) {
    errno = disk.code;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

extern "C" int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

extern "C" int fsync(int descriptor) {
  if (disk.fails()) {
    errno = disk.code;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int fdatasync(int descriptor) {
  if (disk.fails()) {
    errno = disk.code;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

namespace cyto {
namespace {

namespace fs = std::filesystem;

struct Fault {
  const char* name;
  int code;
  bool keepsFailing;
  bool writesHalf;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FailingDiskTest : public testing::TestWithParam<Fault> {
 protected:
  void SetUp() override {
    test::writeSquares(image_);
    disk = {};
  }
  void TearDown() override { disk = {}; }

  test::TemporaryFolder folder_;
  fs::path image_ = folder_ / "squares.png";
};

TEST_P(FailingDiskTest, EveryCallMayFail) {
  const Fault& fault = GetParam();
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  constexpr int kCommands = 12;
  constexpr int kMostCalls = 200;
  bool hasFailed = true;
  int refusals = 0;
  for (int n = 1; hasFailed && n < kMostCalls; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    std::mt19937_64 random(seed);
    const fs::path project = folder_ / ("project" + std::to_string(n) + ".cyto");
    std::string acknowledged;
    {
      test::RandomSession user;
      ASSERT_TRUE(user.open(image_, project));
      disk = {n, fault.code, fault.keepsFailing, fault.writesHalf, 0};
      for (int i = 0; i < kCommands; ++i) {
        acknowledged = test::fingerprintOf(user.session().document());
        const Status done = user.execute(test::randomCommand(random, user.session().nextId(), image_.parent_path()));
        if (!done) {
          ASSERT_EQ(test::fingerprintOf(user.session().document()), acknowledged) << done.error().message();
          refusals += done.error().code() == ErrorCode::kIo ? 1 : 0;
        }
      }
      hasFailed = disk.failAt != n - disk.calls;
      disk = {};
      acknowledged = test::fingerprintOf(user.session().document());
    }
    auto reopened = Project::open(project);
    ASSERT_TRUE(reopened) << reopened.error().message();
    ASSERT_EQ(test::fingerprintOf((*reopened)->document()), acknowledged);
  }
  EXPECT_GT(refusals, 0) << "no fault was met, so nothing was tested";
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingDiskTest,
                         testing::Values(Fault{"full", ENOSPC, false, false}, Fault{"stays_full", ENOSPC, true, false},
                                         Fault{"broken", EIO, false, false},
                                         Fault{"half_written", ENOSPC, false, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cyto
