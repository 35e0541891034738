// Nothing that was acknowledged is lost when the program is killed at any moment: at random ones, and at each of its
// calls that change something on disk.
//
// CYTOCLICK_KILLS says how many random kills each of the two children gets (default 40; the long run of the issue is
// 1,000).

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/crash/random_project.h"
#include "tests/crash/random_session.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

/// A program that says lines.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      std::vector<char*> arguments;
      for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() { ::close(pipe_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Lets the child go on for a while, counted from its first line when that is wanted, kills it, and reads the rest.
  void killAfter(std::chrono::microseconds time, bool fromFirstLine) {
    if (fromFirstLine) readSome();
    std::thread reader([this] { readAll(); });
    std::this_thread::sleep_for(time);
    ::kill(pid_, SIGKILL);
    reader.join();
    EXPECT_TRUE(wasKilled());
  }

  /// Waits until it ends by itself; true when it killed itself.
  bool waitForEnd() {
    readAll();
    return wasKilled();
  }

  /// The words of the last whole line that was said; none when there is none.
  std::vector<std::string> lastLine() const {
    const size_t end = said_.rfind('\n');
    if (end == std::string::npos) return {};
    const size_t before = end == 0 ? std::string::npos : said_.rfind('\n', end - 1);
    const size_t begin = before == std::string::npos ? 0 : before + 1;
    std::istringstream line(said_.substr(begin, end - begin));
    return {std::istream_iterator<std::string>(line), {}};
  }

 private:
  bool readSome() {
    char block[4096];
    const ssize_t count = ::read(pipe_, block, sizeof block);
    if (count <= 0) return false;
    said_.append(block, static_cast<size_t>(count));
    return true;
  }

  void readAll() {
    while (readSome()) {
    }
  }

  bool wasKilled() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    const bool wasKilled = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(wasKilled || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        << "the child ended by itself: " << status;
    return wasKilled;
  }

  pid_t pid_ = 0;
  int pipe_ = -1;
  std::string said_;
};

int killCount() {
  const char* chosen = std::getenv("CYTOCLICK_KILLS");
  return chosen ? std::atoi(chosen) : 40;
}

std::unique_ptr<Project> openWhole(const fs::path& folder) {
  // Nothing is written at the end, so that the next child finds what the last one left.
  auto opened = Project::open(folder, {1000000, 1000000, uint64_t{1} << 40, false});
  EXPECT_TRUE(opened) << opened.error().message();
  if (!opened) return nullptr;
  EXPECT_THAT((*opened)->readOnlyReason(), IsEmpty());
  return *std::move(opened);
}

class KillTest : public testing::Test {
 protected:
  /// What killed_project said last, against what is there.
  void expectAcknowledged(const std::vector<std::string>& said) {
    const auto project = openWhole(project_);
    ASSERT_TRUE(project);
    const Status verified = project->verify({});
    ASSERT_TRUE(verified) << verified.error().message();
    if (said.empty()) return;
    ASSERT_EQ(said.size(), 6U);
    const uint64_t sequence = std::stoull(said[1]);
    ASSERT_GE(project->lastSequence(), sequence);
    // A step, or a group, may be on disk without having been said; without it, all is exactly what was acknowledged.
    constexpr uint64_t kMostInFlight = 5;
    ASSERT_LE(project->lastSequence(), sequence + kMostInFlight);
    ASSERT_TRUE(project->lastSequence() > sequence || test::stateOf(*project) == said[3]);
    const auto document = project->documentAt(std::stoull(said[2]));
    ASSERT_TRUE(document) << document.error().message();
    ASSERT_EQ(test::fingerprintOf(*document), said[4]);
    ASSERT_EQ(test::historyUpTo(*project, sequence), said[5]);
  }

  test::TemporaryFolder folder_;
  fs::path project_ = folder_ / "cells.cyto";
};

// The program above a project: prompts, masks and strokes of a session.
TEST_F(KillTest, ASessionAtRandomMoments) {
  const uint64_t seed = test::randomSeed(7);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const fs::path image = folder_ / "squares.png";
  test::writeSquares(image);
  constexpr int kKillsOfOneProject = 20;
  constexpr uint64_t kLongest_us = 60'000;
  for (int i = 0; i < killCount(); ++i) {
    SCOPED_TRACE("kill " + std::to_string(i));
    if (i % kKillsOfOneProject == 0) project_ = folder_ / ("session" + std::to_string(i) + ".cyto");
    Child child({CYTOCLICK_KILLED_SESSION, image, project_, std::to_string(random())});
    child.killAfter(std::chrono::microseconds(random() % kLongest_us), true);
    const std::vector<std::string> said = child.lastLine();
    ASSERT_EQ(said.size(), 3U);
    // One step may be on disk without having been said; without it, the state is exactly what was acknowledged.
    const fs::path cut = folder_ / "cut.cyto";
    fs::remove_all(cut);
    fs::copy(project_, cut, fs::copy_options::recursive);
    const fs::path journal = cut / "journal" / "00000001.log";
    ASSERT_GE(fs::file_size(journal), std::stoull(said[2]));
    fs::resize_file(journal, std::stoull(said[2]));
    ASSERT_EQ(test::fingerprintOf(openWhole(cut)->document()), said[1]);
    ASSERT_TRUE(openWhole(project_)) << "a torn end is cut";
  }
}

// Checkpoints and packing are under way most of the time, and some projects are of the first version: kills meet all
// of them.
TEST_F(KillTest, AProjectAtRandomMoments) {
  const uint64_t seed = test::randomSeed(8);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  constexpr int kKillsOfOneProject = 5;
  constexpr uint64_t kLongest_us = 40'000;
  for (int i = 0; i < killCount() && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("kill " + std::to_string(i));
    if (i % kKillsOfOneProject == 0) {
      fs::remove_all(project_);
      if (i % (2 * kKillsOfOneProject) == 0) {
        test::copyFirstVersion(project_);
      } else {
        ASSERT_TRUE(Project::create(project_, test::imageWithoutFile()));
      }
    }
    Child child({CYTOCLICK_KILLED_PROJECT, project_, std::to_string(random()),
                 random() % 3 == 0 ? "at-once" : "background", "0"});
    // A child that opens a project of the first version is killed while it does that.
    child.killAfter(std::chrono::microseconds(random() % kLongest_us), random() % 4 != 0);
    expectAcknowledged(child.lastLine());
  }
}

/// Kills children at each of their calls, each on a copy of the same project.
class KillAtEachCallTest : public KillTest {
 protected:
  void killAtEachCall(const fs::path& original, const std::string& when, int steps) {
    int kills = 0;
    for (int call = 1; !HasFatalFailure(); ++call) {
      SCOPED_TRACE("killed at call " + std::to_string(call));
      bool wasKilled = false;
      for (const int half : {1, -1}) {
        fs::remove_all(project_);
        fs::copy(original, project_, fs::copy_options::recursive);
        Child child(
            {CYTOCLICK_KILLED_PROJECT, project_, "17", when, std::to_string(steps), std::to_string(half * call)});
        wasKilled = child.waitForEnd() || wasKilled;
        countUnfinished();
        expectAcknowledged(child.lastLine());
      }
      if (!wasKilled) break;
      ++kills;
    }
    EXPECT_GT(kills, 20);
  }

  /// Counts what a killed child was writing.
  void countUnfinished() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(project_)) {
      const std::string name = entry.path().filename().string();
      checkpoints_ += name.starts_with(".checkpoint.") ? 1 : 0;
      packings_ += name.ends_with(".partial") ? 1 : 0;
      manifests_ += name.starts_with(".project.json.") ? 1 : 0;
    }
  }

  int checkpoints_ = 0;
  int packings_ = 0;
  int manifests_ = 0;
};

TEST_F(KillAtEachCallTest, EditsCheckpointsAndPacking) {
  ASSERT_TRUE(Project::create(folder_ / "original.cyto", test::imageWithoutFile()));
  killAtEachCall(folder_ / "original.cyto", "at-once", 9);
  EXPECT_GT(checkpoints_, 0);
  EXPECT_GT(packings_, 0);
}

TEST_F(KillAtEachCallTest, EditsWithCheckpointsAndPackingBesideThem) {
  ASSERT_TRUE(Project::create(folder_ / "original.cyto", test::imageWithoutFile()));
  killAtEachCall(folder_ / "original.cyto", "background", 9);
  EXPECT_GT(checkpoints_, 0);
  EXPECT_GT(packings_, 0);
}

TEST_F(KillAtEachCallTest, TheFirstOpeningOfAProjectOfTheFirstVersion) {
  test::copyFirstVersion(folder_ / "original.cyto");
  killAtEachCall(folder_ / "original.cyto", "at-once", 2);
  EXPECT_GT(manifests_, 0);
}

}  // namespace
}  // namespace cyto
