#include "tests/support/other_user.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

constexpr uid_t kNobody = 65534;

bool becomeOther() {
  if (::geteuid() != 0) return true;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
         ::setresuid(kNobody, kNobody, kNobody) == 0;
}

}  // namespace

bool holdsForOtherUser(const std::function<bool()>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool holds = becomeOther() && work();
    std::fflush(stdout);
    ::_exit(holds ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void makeReadOnly(const fs::path& folder) {
  constexpr auto kAllRead = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
  constexpr auto kAllEnter = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    fs::permissions(entry.path(), entry.is_directory() ? kAllRead | kAllEnter : kAllRead);
  }
  fs::permissions(folder, kAllRead | kAllEnter);
  fs::permissions(folder.parent_path(), kAllRead | kAllEnter, fs::perm_options::add);
}

}  // namespace cyto::test
