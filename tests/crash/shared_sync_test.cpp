// Commands of a window that wait behind one another share one sync: none of them is shown or acknowledged before it,
// and all of them are taken back when it fails.

#include <gmock/gmock.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <mutex>

#include "core/session/live_session.h"
#include "tests/crash/disk_calls.h"
#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;
using Kind = test::DiskCall::Kind;

class SharedSyncTest : public test::SessionFixture {
 protected:
  LiveSession::Listener listener() {
    LiveSession::Listener result;
    result.stateChanged = [this](const std::shared_ptr<const SessionState>& state) {
      const std::lock_guard lock(mutex_);
      last_ = state;
      shownUnsafe_ = shownUnsafe_ || unsynced_ > 0;
    };
    result.noticed = [this](const Notice& notice) {
      const std::lock_guard lock(mutex_);
      notices_.push_back(notice.text);
    };
    result.printed = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      printed_.push_back(line);
      shownUnsafe_ = shownUnsafe_ || unsynced_ > 0;
    };
    return result;
  }

  std::unique_ptr<LiveSession> start() {
    auto live = std::make_unique<LiveSession>(
        [](const std::string&, const JobContext&) { return std::unique_ptr<Model>(std::make_unique<FakeModel>()); },
        listener(), folder_ / "autosave");
    live->open(imagePath());
    live->waitUntilIdle();
    return live;
  }

  void execute(LiveSession& live, const std::string& command) {
    live.execute(command, [this](const Status& status) {
      const std::lock_guard lock(mutex_);
      answers_.push_back(status ? "done" : "failed");
    });
  }

  /// Asks for the commands behind the first while that is being made safe, and waits for all.
  void executeTogether(LiveSession& live, const std::vector<std::string>& commands) {
    syncs_ = 0;
    std::promise<void> isSyncing, allAreAskedFor;
    isSyncing_ = &isSyncing;
    allAreAskedFor_ = allAreAskedFor.get_future().share();
    execute(live, commands.front());
    ASSERT_EQ(isSyncing.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
    for (size_t i = 1; i < commands.size(); ++i) execute(live, commands[i]);
    allAreAskedFor.set_value();
    live.waitUntilIdle();
  }

  test::DiskAnswer answer(const test::DiskCall& call) {
    if (call.path.find("journal") == std::string::npos) return {};
    if (call.kind == Kind::kWrite) ++unsynced_;
    if (call.kind != Kind::kSync) return {};
    if (++syncs_ == 1) {
      isSyncing_->set_value();
      allAreAskedFor_.wait();
    }
    if (syncs_ == failing_) return {EIO};
    unsynced_ = 0;
    return {0, SIZE_MAX, true};
  }

  /// Strokes of three objects, one below the other.
  static std::vector<std::string> strokes(int count, int column = 75) {
    std::vector<std::string> result;
    for (int i = 0; i < count; ++i) {
      result.push_back("paint 0 0 " + std::to_string(5 + i) + " " + std::to_string(column) + " 2 " +
                       std::to_string(1 + i % 3));
    }
    return result;
  }

  std::mutex mutex_;
  std::shared_ptr<const SessionState> last_;
  std::vector<std::string> notices_, printed_, answers_;
  bool shownUnsafe_ = false;
  std::promise<void>* isSyncing_ = nullptr;
  std::shared_future<void> allAreAskedFor_;
  std::atomic<int> unsynced_ = 0;
  std::atomic<int> syncs_ = 0;
  int failing_ = -1;  // which sync
};

TEST_F(SharedSyncTest, FewSyncsForManyCommandsAndNothingIsShownBefore) {
  constexpr int kStrokes = 60;
  std::string shown;
  {
    const auto live = start();
    const test::DiskWatch watch(folder_.path(), [this](const test::DiskCall& call) { return answer(call); });
    executeTogether(*live, strokes(kStrokes));
    EXPECT_THAT(syncs_.load(), AllOf(Gt(1), Lt(kStrokes / 2)));
    executeTogether(*live, {"undo", "undo", "redo", "delete 2", "undo"});
    EXPECT_FALSE(shownUnsafe_);
    EXPECT_EQ(printed_.size(), kStrokes + 5u);
    EXPECT_THAT(answers_, testing::Each("done"));
    EXPECT_EQ(last_->history.size(), kStrokes + 1u);
    shown = stateHash(last_->document);
  }
  const auto reopened = start();
  EXPECT_EQ(stateHash(last_->document), shown);
}

TEST_F(SharedSyncTest, WhatCannotBeMadeSafeIsTakenBackTogether) {
  std::string before;
  {
    const auto live = start();
    const test::DiskWatch watch(folder_.path(), [this](const test::DiskCall& call) { return answer(call); });
    failing_ = 2;
    auto commands = strokes(4);
    commands.push_back("delete 99");
    executeTogether(*live, commands);
    EXPECT_THAT(answers_, ElementsAre("done", "failed", "failed", "failed", "failed"));
    EXPECT_EQ(notices_.size(), 2u) << "one for the disk, one for the object that is not there";
    EXPECT_FALSE(shownUnsafe_);
    EXPECT_EQ(last_->history.size(), 1u);
    EXPECT_EQ(last_->document.objects.size(), 1u);
    answers_.clear();
    failing_ = -1;
    executeTogether(*live, strokes(4, 25));
    EXPECT_THAT(answers_, testing::Each("done"));
    EXPECT_EQ(last_->document.objects.size(), 3u);
    before = stateHash(last_->document);
  }
  const auto reopened = start();
  EXPECT_EQ(stateHash(last_->document), before);
  EXPECT_THAT(last_->readOnlyReason, IsEmpty());
}

TEST_F(SharedSyncTest, AMaskThatFollowsAnUndoIsAskedForWhenTheUndoIsSafe) {
  const auto live = start();
  live->execute("point 0 0 25 25 +");
  live->execute("clear");
  live->waitUntilIdle();
  const test::DiskWatch watch(folder_.path(), [this](const test::DiskCall& call) { return answer(call); });
  executeTogether(*live, {"paint 0 0 5 75 2 1", "undo", "undo", "undo", "redo", "undo"});
  EXPECT_THAT(answers_, testing::Each("done"));
  EXPECT_FALSE(shownUnsafe_);
  EXPECT_THAT(notices_, IsEmpty());
}

}  // namespace
}  // namespace cyto
