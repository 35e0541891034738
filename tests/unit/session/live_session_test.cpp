#include "core/session/live_session.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <fstream>
#include <sstream>

#include "core/session/autosave.h"
#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

/// Gathers what a session tells.
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<const SessionState>> states;
  std::vector<std::optional<ObjectMask>> previews;
  std::vector<SessionJob> jobs;
  std::vector<std::string> notices;
  std::vector<StepThumbnail> thumbnails;

  LiveSession::Listener listener() {
    LiveSession::Listener result;
    result.stateChanged = [this](auto state) { put([&] { states.push_back(std::move(state)); }); };
    result.previewChanged = [this](auto preview) { put([&] { previews.push_back(std::move(preview)); }); };
    result.jobChanged = [this](const SessionJob& job) { put([&] { jobs.push_back(job); }); };
    result.noticed = [this](const Notice& notice) { put([&] { notices.push_back(notice.text); }); };
    result.thumbnailMade = [this](StepThumbnail made) { put([&] { thumbnails.push_back(std::move(made)); }); };
    return result;
  }
  template <typename Change>
  void put(Change change) {
    const std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
  void waitForThumbnails(size_t count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return thumbnails.size() >= count; }));
  }
  std::shared_ptr<const SessionState> last() {
    const std::lock_guard lock(mutex);
    return states.empty() ? std::make_shared<const SessionState>() : states.back();
  }
};

class LiveSessionTest : public test::SessionFixture {
 protected:
  std::filesystem::path autosaves() const { return folder_ / "autosave äöü"; }
  std::unique_ptr<LiveSession> start() {
    return std::make_unique<LiveSession>(
        [](const std::string&, const JobContext&) { return std::unique_ptr<Model>(std::make_unique<FakeModel>()); },
        told_.listener(), autosaves());
  }

  Told told_;
};

TEST_F(LiveSessionTest, AClickIsShownAtOnceAndAnsweredThen) {
  const auto live = start();
  live->open(imagePath());
  live->execute("point 0 0 25 25 +");
  live->execute("commit");
  live->waitUntilIdle();
  EXPECT_THAT(told_.notices, IsEmpty());
  ASSERT_GE(told_.states.size(), 4u);
  const auto& asked = *told_.states[told_.states.size() - 3];
  EXPECT_TRUE(asked.isAnswering);
  EXPECT_EQ(asked.document.draft.prompts.points.size(), 1u);
  EXPECT_FALSE(asked.current);
  const auto& answered = *told_.states[told_.states.size() - 2];
  ASSERT_TRUE(answered.current);
  EXPECT_EQ(answered.undoLabel, "point");
  const auto last = told_.last();
  EXPECT_EQ(last->document.objects.size(), 1u);
  EXPECT_EQ(last->undoLabel, "commit of object 1");
  EXPECT_EQ(last->history.size(), 3u);
  EXPECT_GT(last->savedAt_us, 0);
  EXPECT_EQ(last->project.parent_path(), autosaves());
}

TEST_F(LiveSessionTest, OpeningAnImageAgainGoesOnWithItsWork) {
  {
    const auto live = start();
    live->open(imagePath());
    live->execute("point 0 0 25 25 +");
    live->execute("commit");
  }
  const std::string before = stateHash(told_.last()->document);
  const auto live = start();
  live->open(imagePath());
  live->waitUntilIdle();
  EXPECT_EQ(stateHash(told_.last()->document), before);
  EXPECT_THAT(told_.notices, Contains(HasSubstr("as you left it")));
}

TEST_F(LiveSessionTest, ASecondWindowOnTheSameImageGetsItsOwnProject) {
  const auto first = start();
  first->open(imagePath());
  first->execute("paint 0 0 5 5 2 1");
  first->waitUntilIdle();
  Told other;
  std::swap(other.states, told_.states);
  const auto second = start();
  second->open(imagePath());
  second->execute("paint 0 0 5 5 2 1");
  second->waitUntilIdle();
  EXPECT_TRUE(told_.last()->readOnlyReason.empty());
  EXPECT_NE(told_.last()->project, other.states.back()->project);
  EXPECT_EQ(told_.last()->document.objects.size(), 1u);
}

TEST_F(LiveSessionTest, ARecordingGivesTheSameLabelsWithoutAWindow) {
  const auto script = folder_ / "recorded.txt";
  {
    const auto live = start();
    ASSERT_TRUE(live->record(script));
    live->open(imagePath());
    for (const char* command : {"point 0 0 25 25 +", "commit", "point 0 0 25 75 +", "point 0 0 75 75 +", "undo",
                                "alternative 1", "commit", "paint 0 0 90 20 3 3 90 40", "erase 0 0 25 25 4", "undo 2",
                                "redo", "delete 99", "box 0 0 60 60 90 90", "clear"}) {
      live->execute(command);
    }
    live->exportLabels(LabelFormat::kTiff, folder_ / "window.tif");
    live->waitUntilIdle();
  }
  EXPECT_THAT(told_.notices, ElementsAre("there is no object 99"));
  std::filesystem::rename(folder_ / "window.tif", folder_ / "kept.tif");
  Script replay(session_, worker_, [](const std::string&) -> Status { return {}; });
  std::ifstream lines(script);
  for (std::string line; std::getline(lines, line);) {
    const auto done = replay.execute(line, {});
    ASSERT_TRUE(done) << line << ": " << done.error().message();
  }
  EXPECT_EQ(session_.stateHash(), stateHash(told_.last()->document));
  const auto bytes = [&](const char* name) {
    std::stringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  };
  EXPECT_EQ(bytes("window.tif"), bytes("kept.tif"));
}

TEST_F(LiveSessionTest, AMaskThatIsGivenUpLeavesItsPromptInTheRecordingToo) {
  const auto script = folder_ / "recorded.txt";
  {
    FakeModelOptions slow;
    slow.encodeTime = std::chrono::seconds(60);
    const auto live = std::make_unique<LiveSession>(
        [slow](const std::string&, const JobContext&) {
          return std::unique_ptr<Model>(std::make_unique<FakeModel>(slow));
        },
        told_.listener(), autosaves());
    ASSERT_TRUE(live->record(script));
    live->open(imagePath());
    live->execute("point 0 0 25 25 +");
    {
      std::unique_lock lock(told_.mutex);
      told_.changed.wait(lock, [&] { return !told_.states.empty() && told_.states.back()->isAnswering; });
    }
    // The mask may be asked for a moment after the prompt was shown.
    while (told_.last()->isAnswering) live->cancelAnswers();
    live->execute("undo");
    live->waitUntilIdle();
    EXPECT_TRUE(told_.last()->document.draft.isEmpty());
    EXPECT_THAT(told_.notices, IsEmpty()) << "giving up is no failure";
  }
  std::stringstream text;
  text << std::ifstream(script).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("live off\npoint 0 0 25 25 +\nlive on\nundo\n"));
}

TEST_F(LiveSessionTest, ClosingCarriesOutWhatWasAskedFor) {
  {
    const auto live = start();
    live->open(imagePath());
    for (int i = 0; i < 50; ++i) {
      live->execute("paint 0 0 " + std::to_string(i * 2) + " 5 0.5 " + std::to_string(i + 1));
    }
  }
  EXPECT_EQ(told_.last()->document.objects.size(), 50u);
}

TEST_F(LiveSessionTest, FailuresAreSentencesAndChangeNothing) {
  const auto live = start();
  live->open(folder_ / "gone.tif");
  live->execute("point 0 0 5 5 +");
  live->execute("undo");
  live->waitUntilIdle();
  EXPECT_FALSE(told_.last()->isOpen);
  EXPECT_THAT(told_.jobs, Contains(Field(&SessionJob::hasFailed, true)));
  ASSERT_EQ(told_.notices.size(), 3u);
  EXPECT_THAT(told_.notices[0], HasSubstr("gone.tif"));
  EXPECT_FALSE(std::filesystem::exists(autosaves())) << "no project for what could not be opened";
}

TEST_F(LiveSessionTest, AllObjectsAreFoundBesideTheCommandsThatFollow) {
  const auto live = start();
  live->open(imagePath());
  live->waitUntilIdle();
  ASSERT_TRUE(live->record(folder_ / "recorded.txt"));
  std::vector<std::string> order;
  const auto done = [&](const char* name) {
    return [&order, name](const Status& status) { order.push_back(status ? name : status.error().message()); };
  };
  live->execute("auto ais", done("auto"));
  live->execute("paint 0 0 3 3 2 1", done("paint"));
  live->waitUntilIdle();
  EXPECT_THAT(order, testing::UnorderedElementsAre("auto", "paint"));
  const auto last = told_.last();
  EXPECT_EQ(last->document.objects.size(), 7u) << "six squares and what was painted";
  EXPECT_EQ(told_.jobs.back().outcome, "Found 6 proposals");
  EXPECT_TRUE(told_.jobs.back().canCancel);
  EXPECT_THAT(told_.jobs, Contains(Field(&SessionJob::progress, Field(&Progress::total, 1))));
  EXPECT_THAT(told_.notices, Contains(HasSubstr("Found 6 proposals")));
  std::ifstream recorded(folder_ / "recorded.txt");
  std::stringstream text;
  text << recorded.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("auto ais"));
}

TEST_F(LiveSessionTest, FindingAllObjectsCanBeCancelledAndNothingStays) {
  const auto live = start();
  live->open(imagePath());
  std::atomic<bool> isAnswered = false;
  live->execute("auto ais", [&](const Status&) { isAnswered = true; });
  // Whichever comes first, the job ends once, and either all proposals are there or none.
  for (uint64_t id = 1; !isAnswered; id = id % 4 + 1) live->cancelJob(id);
  live->waitUntilIdle();
  const SessionJob last = told_.jobs.back();
  EXPECT_TRUE(last.isFinished);
  EXPECT_FALSE(last.hasFailed);
  EXPECT_EQ(told_.last()->document.objects.size(), last.outcome == "Cancelled" ? 0u : 6u) << last.outcome;
}

TEST_F(LiveSessionTest, ClosingGivesUpFindingAllObjects) {
  for (int round = 0; round < 20; ++round) {
    const auto live = start();
    live->open(imagePath());
    live->execute("auto ais");
    live->execute("paint 0 0 5 5 2 1");
  }
  const auto again = start();
  again->open(imagePath());
  again->waitUntilIdle();
  EXPECT_TRUE(told_.last()->document.objects.contains(1));
}

TEST_F(LiveSessionTest, WithoutAPlaceForProjectsTheWorkStaysInMemory) {
  std::ofstream(autosaves()) << "a file is in the way";
  const auto live = start();
  live->open(imagePath());
  live->execute("paint 0 0 5 5 2 1");
  live->waitUntilIdle();
  EXPECT_THAT(told_.notices, ElementsAre(HasSubstr("Save the project elsewhere")));
  EXPECT_TRUE(told_.last()->project.empty());
  live->saveAs(folder_ / "elsewhere.cyto");
  live->waitUntilIdle();
  EXPECT_EQ(told_.last()->project, folder_ / "elsewhere.cyto");
  EXPECT_EQ(told_.last()->document.objects.size(), 1u);
}

TEST_F(LiveSessionTest, PreviewsAreNotSteps) {
  const auto live = start();
  live->open(imagePath());
  live->waitUntilIdle();
  live->loadModel("");
  live->preview({1, 0, 0, {{25, 25, true}}, {}, {}, false});
  live->waitUntilIdle();
  ASSERT_FALSE(told_.previews.empty());
  ASSERT_TRUE(told_.previews.back());
  EXPECT_EQ(told_.previews.back()->mask.area(), 400);
  live->cancelPreview();
  EXPECT_FALSE(told_.previews.back());
  EXPECT_TRUE(told_.last()->history.empty());
}

TEST_F(LiveSessionTest, EveryQuestionForAPictureIsAnswered) {
  const auto live = start();
  live->open(imagePath());
  live->execute("paint 0 0 25 25 8 1");
  live->execute("scale 0.5 micrometer");
  live->waitUntilIdle();
  const HistoryTree& history = told_.last()->history;
  ASSERT_EQ(history.size(), 2u);
  const uint64_t paint = history.next(0);
  const uint64_t scale = history.next(paint);
  live->requestThumbnail({history.origin(), paint, paint, 11, 48, nullptr, {}});
  live->requestThumbnail({history.origin(), scale, scale, 12, 48, nullptr, {}});
  live->requestThumbnail({history.origin(), 999, 999, 13, 48, nullptr, {}});
  live->requestThumbnail({history.origin() + 1, paint, paint, 14, 48, nullptr, {}});
  told_.waitForThumbnails(4);
  for (const StepThumbnail& made : told_.thumbnails) {
    EXPECT_EQ(made.pixels.empty(), made.ticket != 11) << made.ticket;
    EXPECT_EQ(made.side_px, 48);
  }
}

TEST_F(LiveSessionTest, DamagedWorkIsShownAndNotBegunAnew) {
  std::filesystem::path project;
  {
    const auto live = start();
    live->open(imagePath());
    live->execute("paint 0 0 25 25 8 1");
    live->waitUntilIdle();  // in one group both would look like the torn end of it
    live->execute("paint 0 0 75 75 8 2");
    live->waitUntilIdle();
    project = told_.last()->project;
  }
  const auto journal = project / "journal" / "00000001.log";
  std::fstream file(journal, std::ios::in | std::ios::out | std::ios::binary);
  constexpr int kWithinTheFirstStep = 60;
  file.seekg(kWithinTheFirstStep);
  const int byte = file.get();
  file.seekp(kWithinTheFirstStep);
  file.put(static_cast<char>(byte ^ 4));
  file.close();
  told_.notices.clear();
  const auto live = start();
  live->open(imagePath());
  live->waitUntilIdle();
  const auto state = told_.last();
  EXPECT_EQ(state->project, project);
  ASSERT_FALSE(state->damages.empty());
  EXPECT_EQ(state->damages[0].file.filename(), "00000001.log");
  EXPECT_THAT(state->readOnlyReason, HasSubstr("damaged"));
  const uint64_t origin = state->history.origin();
  live->saveAs(folder_ / "repaired.cyto");
  live->execute("paint 0 0 25 75 8 3");
  live->waitUntilIdle();
  EXPECT_TRUE(told_.last()->readOnlyReason.empty());
  EXPECT_TRUE(told_.last()->damages.empty());
  EXPECT_NE(told_.last()->history.origin(), origin);
  EXPECT_TRUE(told_.last()->document.objects.contains(3));
}

}  // namespace
}  // namespace cyto
