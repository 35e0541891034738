// Nothing that was acknowledged is lost when the program is killed at any moment.
//
// CYTOCLICK_KILLS says how many times (default 40; the long run of the issue is 1,000).

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/crash/random_session.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

/// What the child said last.
struct Acknowledged {
  std::string fingerprint;
  uint64_t journal_bytes = 0;
};

class Child {
 public:
  Child(const fs::path& image, const fs::path& project, uint64_t seed) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(CYTOCLICK_KILLED_SESSION, CYTOCLICK_KILLED_SESSION, image.c_str(), project.c_str(),
              std::to_string(seed).c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() { ::close(pipe_); }

  /// Waits for the first line, lets the child go on for a while, kills it, and reads the rest.
  Acknowledged killAfter(std::chrono::microseconds time) {
    readSome();
    std::thread reader([this] {
      while (readSome()) {
      }
    });
    std::this_thread::sleep_for(time);
    ::kill(pid_, SIGKILL);
    reader.join();
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself: " << status;
    return last();
  }

 private:
  bool readSome() {
    char block[4096];
    const ssize_t count = ::read(pipe_, block, sizeof block);
    if (count <= 0) return false;
    said_.append(block, static_cast<size_t>(count));
    return true;
  }

  Acknowledged last() const {
    const size_t end = said_.rfind('\n');
    if (end == std::string::npos) return {};
    const size_t before = said_.rfind('\n', end - 1);
    const size_t begin = before == std::string::npos ? 0 : before + 1;
    std::istringstream words(said_.substr(begin, end - begin));
    std::string ack;
    Acknowledged result;
    words >> ack >> result.fingerprint >> result.journal_bytes;
    return result;
  }

  pid_t pid_ = 0;
  int pipe_ = -1;
  std::string said_;
};

std::string stateIn(const fs::path& project) {
  auto opened = Project::open(project);
  EXPECT_TRUE(opened) << opened.error().message();
  if (!opened) return {};
  EXPECT_THAT((*opened)->readOnlyReason(), IsEmpty());
  return test::fingerprintOf((*opened)->document());
}

int killCount() {
  const char* chosen = std::getenv("CYTOCLICK_KILLS");
  return chosen ? std::atoi(chosen) : 40;
}

TEST(KillTest, WhatWasAcknowledgedIsThereAfterwards) {
  const uint64_t seed = test::randomSeed(7);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const test::TemporaryFolder folder;
  const fs::path image = folder / "squares.png";
  test::writeSquares(image);
  fs::path project;
  constexpr int kKillsOfOneProject = 20;
  constexpr uint64_t kLongest_us = 60'000;
  for (int i = 0; i < killCount(); ++i) {
    SCOPED_TRACE("kill " + std::to_string(i));
    if (i % kKillsOfOneProject == 0) project = folder / ("project" + std::to_string(i) + ".cyto");
    Child child(image, project, random());
    const Acknowledged last = child.killAfter(std::chrono::microseconds(random() % kLongest_us));
    ASSERT_FALSE(last.fingerprint.empty());
    // One step may be on disk without having been said; without it, the state is exactly what was acknowledged.
    const fs::path cut = folder / "cut.cyto";
    fs::remove_all(cut);
    fs::copy(project, cut, fs::copy_options::recursive);
    const fs::path journal = cut / "journal" / "00000001.log";
    ASSERT_GE(fs::file_size(journal), last.journal_bytes);
    fs::resize_file(journal, last.journal_bytes);
    ASSERT_EQ(stateIn(cut), last.fingerprint);
    ASSERT_FALSE(stateIn(project).empty()) << "a torn end is cut";
  }
}

}  // namespace
}  // namespace cyto
