#include "core/base/usable_resources.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

class UsableResources : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const auto file = folder_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  int usable() const { return usableProcessors(folder_.path()); }

  int64_t memory() const { return usableMemory_bytes(folder_.path()); }

  const int all_ = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  test::TemporaryFolder folder_;
};

TEST_F(UsableResources, WithoutGroupsAllProcessorsThatTheProcessMayRunOn) {
  EXPECT_EQ(usable(), all_);
  EXPECT_GE(usableProcessors(), 1);
  EXPECT_LE(usableProcessors(), all_);
}

TEST_F(UsableResources, NoMoreProcessorsThanAGroupOfVersion2PaysFor) {
  write("proc/self/cgroup", "0::/pod/box");
  write("sys/fs/cgroup/cpu.max", "max 100000");
  write("sys/fs/cgroup/pod/box/cpu.max", "max 100000");
  EXPECT_EQ(usable(), all_);
  write("sys/fs/cgroup/pod/box/cpu.max", "100000 100000");
  EXPECT_EQ(usable(), 1);
  write("sys/fs/cgroup/pod/box/cpu.max", "150000 100000");
  EXPECT_EQ(usable(), std::min(all_, 2)) << "a part of a processor counts as one";
  write("sys/fs/cgroup/pod/cpu.max", "50000 100000");
  EXPECT_EQ(usable(), 1) << "groups around it limit too";
}

TEST_F(UsableResources, NoMoreProcessorsThanAGroupOfVersion1PaysFor) {
  write("proc/self/cgroup", "4:memory:/other\n1:cpu,cpuacct:/batch\n0::/");
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us", "-1");
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_period_us", "100000");
  EXPECT_EQ(usable(), all_);
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us", "100000");
  EXPECT_EQ(usable(), 1);
}

TEST_F(UsableResources, NonsenseLimitsNothing) {
  write("proc/self/cgroup", "nonsense\n0::/a\n::\n");
  for (const char* text : {"", "0 100000", "-5 100000", "100000", "many 100000", "100000 0"}) {
    write("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(usable(), all_) << text;
  }
}

constexpr int64_t kGibibyte = int64_t{1} << 30;

TEST_F(UsableResources, TheMemoryOfTheMachineWithoutGroups) {
  EXPECT_EQ(memory(), 4 * kGibibyte) << "a guess";
  write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB");
  EXPECT_EQ(memory(), 16 * kGibibyte);
  EXPECT_GT(usableMemory_bytes(), 0);
}

TEST_F(UsableResources, NoMoreMemoryThanTheGroupsGrant) {
  write("proc/meminfo", "MemTotal: 16777216 kB");
  write("proc/self/cgroup", "3:cpu:/elsewhere\n2:memory:/batch/job\n0::/");
  write("sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(memory(), 16 * kGibibyte);
  write("sys/fs/cgroup/memory/batch/memory.limit_in_bytes", "2147483648");
  EXPECT_EQ(memory(), 2 * kGibibyte);
  write("sys/fs/cgroup/memory.max", "1073741824");
  EXPECT_EQ(memory(), kGibibyte) << "version 2 beside version 1";
  for (const char* text : {"max", "", "0", "-1", "much"}) {
    write("sys/fs/cgroup/memory.max", text);
    EXPECT_EQ(memory(), 2 * kGibibyte) << text;
  }
}

TEST_F(UsableResources, ACacheTakesAnEighthAtMost) {
  write("proc/meminfo", "MemTotal: 2097152 kB");
  EXPECT_EQ(cacheBudget_bytes(kGibibyte, folder_.path()), kGibibyte / 4);
  EXPECT_EQ(cacheBudget_bytes(1000, folder_.path()), 1000);
}

}  // namespace
}  // namespace cyto
