#include "core/project/project.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/project/document_edits.h"

namespace cyto {
namespace {

using test::answerEdit;
using test::commitEdit;
using test::expectEqual;
using test::image;
using test::kShape;
using test::promptEdit;
using test::square;

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ProjectTest : public testing::Test {
 protected:
  fs::path path() const { return folder_ / "nuclei äöü.cyto"; }

  std::unique_ptr<Project> create() {
    auto project = Project::create(path(), image());
    EXPECT_TRUE(project) << project.error().message();
    return *std::move(project);
  }
  std::unique_ptr<Project> reopen() {
    auto project = Project::open(path());
    EXPECT_TRUE(project) << project.error().message();
    return *std::move(project);
  }

  test::TemporaryFolder folder_;
};

TEST(ApplyEdit, WhatDoesNotFitChangesNothing) {
  Document document = emptyDocument(kShape, {});
  const Edit commit = commitEdit(document, 7, square(10, 10, 5));
  ASSERT_TRUE(apply(commit, Direction::kForward, document));
  const Document before = document;
  EXPECT_FALSE(apply(commit, Direction::kForward, document)) << "the object exists already";
  Edit strange = commit;
  strange.objects.clear();
  EXPECT_FALSE(apply(strange, Direction::kForward, document)) << "the pixels are taken";
  expectEqual(document, before);
}

TEST_F(ProjectTest, EverythingIsThereAfterReopening) {
  Document last;
  {
    auto project = create();
    ASSERT_TRUE(project->perform(promptEdit(project->document(), {5, 6, true})));
    ASSERT_TRUE(project->perform(answerEdit(project->document(), square(4, 4, 6))));
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 1, square(4, 4, 6))));
    ASSERT_TRUE(project->perform(promptEdit(project->document(), {50, 60, true})));
    last = project->document();
  }
  const auto project = reopen();
  EXPECT_THAT(project->notices(), IsEmpty());
  expectEqual(project->document(), last);
  EXPECT_EQ(project->image(), image());
  EXPECT_EQ(project->nextId(), 2u);
  EXPECT_THAT(project->history().steps(), SizeIs(4));
  EXPECT_EQ(project->history().undoLabel(), "point");
  EXPECT_GT(project->savedAt_us(), 0);
}

TEST_F(ProjectTest, UndoSurvivesReopeningAndIdsAreNeverUsedAgain) {
  {
    auto project = create();
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 1, square(4, 4, 6))));
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 2, square(40, 40, 6))));
    ASSERT_TRUE(project->undo());
    EXPECT_THAT(project->document().objects, SizeIs(1));
  }
  const auto project = reopen();
  EXPECT_THAT(project->document().objects, SizeIs(1));
  EXPECT_EQ(project->nextId(), 3u);
  EXPECT_EQ(project->history().redoLabel(), "commit of object 2");
  ASSERT_TRUE(project->redo());
  EXPECT_THAT(project->document().objects, SizeIs(2));
  EXPECT_EQ(project->redo().error().code(), ErrorCode::kNotFound);
}

TEST_F(ProjectTest, TheMaskThatFollowsAClickIsTakenBackWithIt) {
  const auto project = Project::inMemory(image());
  ASSERT_TRUE(project->perform(promptEdit(project->document(), {5, 6, true})));
  ASSERT_TRUE(project->perform(answerEdit(project->document(), square(4, 4, 6))));
  ASSERT_TRUE(project->undo());
  EXPECT_TRUE(project->document().draft.isEmpty());
  ASSERT_TRUE(project->redo());
  EXPECT_TRUE(project->document().draft.current) << "redo brings the mask with the click";
}

TEST_F(ProjectTest, RandomEditsMovesAndReopeningsAgreeWithRecordedStates) {
  const uint64_t seed = test::randomSeed(42);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  auto project = create();
  std::map<uint64_t, Document> recorded{{0, project->document()}};
  for (int step = 0; step < 120; ++step) {
    const auto choice = random() % 10;
    if (choice < 5) {
      const PlaneMask mask = square(static_cast<int64_t>(random() % 280), static_cast<int64_t>(random() % 380),
                                    static_cast<int64_t>(1 + random() % 20));
      ASSERT_TRUE(project->perform(commitEdit(project->document(), project->nextId(), mask)));
      recorded[project->history().current()] = project->document();
    } else if (choice < 8) {
      const auto& steps = project->history().steps();
      const uint64_t target = steps.empty() ? 0 : steps[random() % steps.size()].sequence;
      ASSERT_TRUE(project->moveTo(target));
    } else if (choice == 8) {
      [[maybe_unused]] const Status mayBeAtTheBeginning = project->undo();
    } else {
      project.reset();
      project = reopen();
    }
    expectEqual(project->document(), recorded.at(project->history().current()));
  }
}

TEST_F(ProjectTest, AMoveFurtherBackThanWhatOpeningKeepsInMindIsFollowed) {
  Document early;
  Document last;
  uint64_t far = 0;
  {
    auto project = create();
    for (int i = 0; i < 600; ++i) {
      ASSERT_TRUE(project->perform(promptEdit(project->document(), {1.0 * (i % 300), 6, true})));
      if (i % 20 == 0) {
        const Edit commit = commitEdit(project->document(), project->nextId(), square(4, i % 380, 6));
        ASSERT_TRUE(project->perform(commit));
      }
      if (i != 40) continue;
      early = project->document();
      far = project->history().current();
    }
    ASSERT_TRUE(project->moveTo(far));
    expectEqual(project->document(), early);
    ASSERT_TRUE(project->perform(commitEdit(project->document(), project->nextId(), square(200, 200, 9))));
    last = project->document();
  }
  expectEqual(reopen()->document(), last);
}

TEST_F(ProjectTest, ASecondOpenerReadsOnly) {
  const auto first = create();
  ASSERT_TRUE(first->perform(commitEdit(first->document(), 1, square(4, 4, 6))));
  const auto second = reopen();
  EXPECT_THAT(second->readOnlyReason(), HasSubstr("open in another window or program"));
  EXPECT_THAT(second->notices(), SizeIs(1));
  expectEqual(second->document(), first->document());
  const Status refused = second->perform(commitEdit(second->document(), 2, square(40, 4, 6)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("only be looked at"));
  EXPECT_FALSE(second->undo());
  ASSERT_TRUE(first->perform(commitEdit(first->document(), 2, square(40, 4, 6)))) << "the first goes on";
}

TEST_F(ProjectTest, TheLockOfADeadProgramIsTakenOver) {
  create().reset();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto project = Project::open(path());
    const bool done = project && (*project)->perform(commitEdit((*project)->document(), 1, square(4, 4, 6)));
    ::_exit(done ? 0 : 1);  // without destructors, as a crash
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto project = reopen();
  EXPECT_THAT(project->readOnlyReason(), IsEmpty());
  ASSERT_THAT(project->notices(), SizeIs(1));
  EXPECT_THAT(project->notices()[0], HasSubstr("ended without closing it"));
  EXPECT_THAT(project->document().objects, SizeIs(1));
}

TEST_F(ProjectTest, AnotherHostsLockIsRespected) {
  create().reset();
  std::ofstream(path() / "LOCK") << R"({"pid": 1, "host": "microscope-7", "time": 0})";
  const auto project = reopen();
  EXPECT_THAT(project->readOnlyReason(), testing::AllOf(HasSubstr("microscope-7"), HasSubstr("delete the file LOCK")));
}

TEST_F(ProjectTest, ACopyHasTheWholeHistory) {
  const auto project = create();
  ASSERT_TRUE(project->perform(commitEdit(project->document(), 1, square(4, 4, 6))));
  ASSERT_TRUE(project->perform(commitEdit(project->document(), 2, square(40, 4, 6))));
  ASSERT_TRUE(project->undo());
  const fs::path target = folder_ / "copy.cyto";
  ASSERT_TRUE(project->copyTo(target));
  auto copy = Project::open(target);
  ASSERT_TRUE(copy) << copy.error().message();
  expectEqual((*copy)->document(), project->document());
  EXPECT_EQ((*copy)->history().redoLabel(), "commit of object 2");
  EXPECT_EQ(project->copyTo(target).error().code(), ErrorCode::kInvalidArgument) << "nothing is overwritten";
  const Status nowhere = project->copyTo(folder_ / "LOCK" / "x" / "copy.cyto");
  EXPECT_TRUE(nowhere) << "missing folders are made";
}

TEST_F(ProjectTest, WhatIsNoProjectIsNamed) {
  EXPECT_EQ(Project::open(folder_ / "gone.cyto").error().code(), ErrorCode::kNotFound);
  create().reset();
  EXPECT_EQ(Project::create(path(), image()).error().code(), ErrorCode::kInvalidArgument);
  fs::remove(path() / "project.json.backup");
  for (const auto& [content, says] : std::map<std::string, std::string>{
           {"", "damaged"},
           {"{}", "damaged"},
           {"[1, 2", "damaged"},
           {R"({"format": "cytoclick-project", "version": 99})", "newer Cytoclick"},
           {R"({"format": "cytoclick-project", "version": 1, "images": []})", "damaged"}}) {
    std::ofstream(path() / "project.json") << content;
    const auto project = Project::open(path());
    ASSERT_FALSE(project) << content;
    EXPECT_THAT(project.error().message(), HasSubstr(says)) << content;
  }
}

TEST(ContentHash, NamesTheContentNotTheName) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a") << "pixels";
  std::ofstream(folder / "b") << "pixels";
  std::ofstream(folder / "c") << "other!";
  EXPECT_EQ(*contentHashOf(folder / "a"), *contentHashOf(folder / "b"));
  EXPECT_NE(*contentHashOf(folder / "a"), *contentHashOf(folder / "c"));
  EXPECT_FALSE(contentHashOf(folder / "gone"));
  const auto before = contentHashOf(folder.path());
  ASSERT_TRUE(before);
  std::ofstream(folder / "a") << "Pixels";
  EXPECT_NE(*contentHashOf(folder.path()), *before);
}

TEST(ContentHash, AChangeAtTheEndOfALargeFileIsSeen) {
  const test::TemporaryFolder folder;
  const auto write = [&](char last) {
    std::ofstream file(folder / "large", std::ios::binary);
    file << std::string(9'000'000, 'x') << last;
  };
  write('a');
  const auto first = contentHashOf(folder / "large");
  write('b');
  EXPECT_NE(*first, *contentHashOf(folder / "large"));
}

}  // namespace
}  // namespace cyto
