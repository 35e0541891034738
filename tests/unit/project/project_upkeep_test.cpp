// Checkpoints, packed journals, groups, and projects of the first version.

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "core/project/project.h"
#include "tests/support/file_bytes.h"
#include "tests/support/random_seed.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/project/document_edits.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::answerEdit;
using test::commitEdit;
using test::expectEqual;
using test::image;
using test::promptEdit;
using test::square;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ProjectUpkeepTest : public testing::Test {
 protected:
  fs::path path() const { return folder_ / "cells.cyto"; }

  std::unique_ptr<Project> open(const UpkeepOptions& options = {}) {
    auto project = Project::open(path(), options);
    EXPECT_TRUE(project) << project.error().message();
    return *std::move(project);
  }

  test::TemporaryFolder folder_;
};

void expectSameHistory(const History& a, const History& b) {
  ASSERT_EQ(a.steps().size(), b.steps().size());
  EXPECT_EQ(a.current(), b.current());
  EXPECT_EQ(a.lastVisited(), b.lastVisited());
  for (size_t i = 0; i < a.steps().size(); ++i) {
    EXPECT_EQ(a.steps()[i].sequence, b.steps()[i].sequence);
    EXPECT_EQ(a.steps()[i].parent, b.steps()[i].parent);
    EXPECT_EQ(a.steps()[i].label, b.steps()[i].label);
    EXPECT_EQ(a.steps()[i].time_us, b.steps()[i].time_us);
    EXPECT_EQ(a.steps()[i].isAutomatic, b.steps()[i].isAutomatic);
  }
}

// Random edits, undos and jumps with checkpoints and packing at every opportunity: the state is always that of a
// project in memory, and every step of every branch can be reached at the end.
TEST_F(ProjectUpkeepTest, CheckpointsAndPackingChangeNothingThatCanBeReached) {
  const uint64_t seed = test::randomSeed(81);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (const bool isInBackground : {false, true}) {
    SCOPED_TRACE(isInBackground ? "in the background" : "at once");
    fs::remove_all(path());
    const UpkeepOptions options{3, 2, 400, isInBackground};
    ASSERT_TRUE(Project::create(path(), image()));
    auto project = open(options);
    const auto model = Project::inMemory(image());
    std::map<uint64_t, std::string> recorded{{0, stateHash(model->document())}};
    const auto both = [&](const Edit& edit) {
      ASSERT_TRUE(project->perform(edit));
      ASSERT_TRUE(model->perform(edit));
      recorded[model->history().current()] = stateHash(model->document());
    };
    for (int step = 0; step < 150; ++step) {
      const auto choice = random() % 12;
      const auto& steps = model->history().steps();
      const auto place = [&](int64_t most) { return static_cast<int64_t>(random() % static_cast<uint64_t>(most)); };
      if (choice < 3) {
        both(promptEdit(model->document(), {1.0 * static_cast<double>(place(300)), 5, choice == 0}));
      } else if (choice < 5) {
        both(answerEdit(model->document(), square(place(200), place(300), 1 + place(20))));
      } else if (choice < 8) {
        both(commitEdit(model->document(), model->nextId(), square(place(280), place(380), 1 + place(20))));
      } else if (choice < 10 && !steps.empty()) {
        const uint64_t target = steps[random() % steps.size()].sequence;
        ASSERT_TRUE(project->moveTo(target));
        ASSERT_TRUE(model->moveTo(target));
      } else if (choice == 10) {
        EXPECT_EQ(static_cast<bool>(project->undo()), static_cast<bool>(model->undo()));
      } else {
        project.reset();
        project = open(options);
        EXPECT_THAT(project->notices(), IsEmpty());
      }
      ASSERT_EQ(stateHash(project->document()), stateHash(model->document())) << step;
      ASSERT_EQ(project->document().draft, model->document().draft) << step;
      ASSERT_EQ(project->nextId(), model->nextId());
    }
    EXPECT_TRUE(fs::exists(path() / "checkpoint"));
    EXPECT_TRUE(fs::exists(path() / "journal" / "00000002.log"));
    project.reset();
    project = open(options);
    ASSERT_EQ(project->history().steps().size(), model->history().steps().size());
    EXPECT_TRUE(project->verify({}));
    for (const auto& [sequence, hash] : recorded) {
      ASSERT_TRUE(project->moveTo(sequence)) << sequence;
      ASSERT_EQ(stateHash(project->document()), hash) << sequence;
    }
  }
}

TEST_F(ProjectUpkeepTest, OpeningFromACheckpointGivesWhatTheJournalGives) {
  {
    const auto project = Project::create(path(), image()).value();
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(project->perform(commitEdit(project->document(), project->nextId(), square(i, 10 * i, 7))));
    }
    ASSERT_TRUE(project->perform(promptEdit(project->document(), {5, 6, true})));
    ASSERT_TRUE(project->moveTo(20));
    ASSERT_TRUE(project->perform(commitEdit(project->document(), project->nextId(), square(200, 10, 7))));
    ASSERT_TRUE(project->undo());
    ASSERT_TRUE(project->compact());
  }
  const auto fast = open();
  EXPECT_TRUE(fast->verify({}));
  fs::copy(path(), folder_ / "slow.cyto", fs::copy_options::recursive);
  fs::remove(folder_ / "slow.cyto" / "checkpoint");
  const auto slow = Project::open(folder_ / "slow.cyto").value();
  expectEqual(fast->document(), slow->document());
  expectSameHistory(fast->history(), slow->history());
  EXPECT_EQ(fast->nextId(), slow->nextId());
  EXPECT_EQ(fast->savedAt_us(), slow->savedAt_us());
}

TEST_F(ProjectUpkeepTest, AGroupIsThereAsAWhole) {
  {
    const auto project = Project::create(path(), image()).value();
    project->beginGroup();
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 1, square(4, 4, 6))));
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 2, square(40, 4, 6))));
    ASSERT_TRUE(project->undo());
    ASSERT_TRUE(project->endGroup());
  }
  const auto project = open();
  EXPECT_THAT(project->document().objects, SizeIs(1));
  EXPECT_EQ(project->history().redoLabel(), "commit of object 2");
}

TEST_F(ProjectUpkeepTest, SettingsAreStepsOfTheHistory) {
  {
    const auto project = Project::create(path(), image()).value();
    Edit edit;
    edit.kind = EditKind::kSettings;
    edit.settings.emplace();
    edit.settings->before = project->document().settings;
    edit.settings->after = edit.settings->before;
    edit.settings->after.scale.x = 0.25;
    ASSERT_TRUE(project->perform(edit));
    ASSERT_TRUE(project->compact());
  }
  const auto project = open();
  EXPECT_EQ(project->document().settings.scale.x, 0.25);
  ASSERT_TRUE(project->undo());
  EXPECT_EQ(project->document().settings.scale.x, 0.5);
}

TEST_F(ProjectUpkeepTest, AProjectOfTheFirstVersionIsOpenedAndBecomesOneOfThePresent) {
  const fs::path source = test::inRepository("tests/golden/projects/version-1.cyto");
  // What the program that wrote it printed.
  const std::string hash = "xxh128:f29f4d99dd67b9223ecf1e86d09e0750";
  fs::copy(source, path(), fs::copy_options::recursive);
  const auto manifest = [&] { return test::readFile(path() / "project.json"); };
  EXPECT_THAT(manifest(), HasSubstr("\"version\": 1"));
  {
    const auto project = open();
    EXPECT_THAT(project->notices(), IsEmpty());
    EXPECT_EQ(stateHash(project->document()), hash);
    EXPECT_THAT(project->history().steps(), SizeIs(19));
    EXPECT_EQ(project->document().settings.scale.x, 0.325);
    EXPECT_TRUE(project->verify({}));
    ASSERT_TRUE(project->undo());
    ASSERT_TRUE(project->redo());
    ASSERT_TRUE(project->compact());
  }
  EXPECT_THAT(manifest(), HasSubstr("\"version\": 2"));
  EXPECT_THAT(manifest(), HasSubstr("\"created\": 1795759642")) << "when it was made stays";
  const auto project = open();
  EXPECT_EQ(stateHash(project->document()), hash);
  ASSERT_TRUE(project->moveTo(12));
  ASSERT_TRUE(project->moveTo(0));
  EXPECT_THAT(project->document().objects, SizeIs(0));
}

}  // namespace
}  // namespace cyto
