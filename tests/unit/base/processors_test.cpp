#include "core/base/processors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

class Processors : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const auto file = folder_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  int usable() const { return usableProcessors(folder_.path()); }

  const int all_ = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  test::TemporaryFolder folder_;
};

TEST_F(Processors, WithoutGroupsAllThatTheProcessMayRunOn) {
  EXPECT_EQ(usable(), all_);
  EXPECT_GE(usableProcessors(), 1);
  EXPECT_LE(usableProcessors(), all_);
}

TEST_F(Processors, NoMoreThanAGroupOfVersion2PaysFor) {
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

TEST_F(Processors, NoMoreThanAGroupOfVersion1PaysFor) {
  write("proc/self/cgroup", "4:memory:/other\n1:cpu,cpuacct:/batch\n0::/");
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us", "-1");
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_period_us", "100000");
  EXPECT_EQ(usable(), all_);
  write("sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us", "100000");
  EXPECT_EQ(usable(), 1);
}

TEST_F(Processors, NonsenseLimitsNothing) {
  write("proc/self/cgroup", "nonsense\n0::/a\n::\n");
  for (const char* text : {"", "0 100000", "-5 100000", "100000", "many 100000", "100000 0"}) {
    write("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(usable(), all_) << text;
  }
}

}  // namespace
}  // namespace cyto
