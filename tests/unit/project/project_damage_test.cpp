// Projects of which some bytes are not what was written.

#include <gmock/gmock.h>

#include <random>

#include "core/project/project.h"
#include "core/project/restoration.h"
#include "tests/support/file_bytes.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/project/document_edits.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::commitEdit;
using test::expectEqual;
using test::image;
using test::promptEdit;
using test::readFile;
using test::square;
using test::writeFile;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class DamagedProjectTest : public testing::Test {
 protected:
  fs::path path() const { return folder_ / "cells.cyto"; }
  fs::path journal() const { return path() / "journal" / "00000001.log"; }

  std::unique_ptr<Project> open(const fs::path& folder) {
    auto project = Project::open(folder);
    EXPECT_TRUE(project) << project.error().message();
    return *std::move(project);
  }

  /// Ten objects far from each other; `ends_` says where in the journal each one ends.
  void write(bool withCheckpoint) {
    const auto project = Project::create(path(), image()).value();
    ends_ = {fs::file_size(journal())};
    for (uint32_t id = 1; id <= 10; ++id) {
      ASSERT_TRUE(project->perform(commitEdit(project->document(), id, square(4, 30 * id, 6))));
      ends_.push_back(fs::file_size(journal()));
    }
    if (withCheckpoint) {
      ASSERT_TRUE(project->compact());
    }
    last_ = project->document();
  }

  void flip(const fs::path& file, size_t byte, int bit = 2) {
    std::string bytes = readFile(file);
    ASSERT_LT(byte, bytes.size());
    bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
    writeFile(file, bytes);
  }

  /// What all damaged projects do: they can be looked at, nothing in them changes, and a copy of what is there is
  /// whole.
  void expectReadOnlyAndRepairable(Project& project) {
    EXPECT_THAT(project.readOnlyReason(), HasSubstr("damaged"));
    EXPECT_THAT(project.readOnlyReason(), HasSubstr(path().string()));
    EXPECT_FALSE(project.perform(promptEdit(project.document(), {1, 1, true})));
    const fs::path target = folder_ / "repaired.cyto";
    fs::remove_all(target);
    const Status copied = project.copyTo(target);
    ASSERT_TRUE(copied) << copied.error().message();
    const auto repaired = open(target);
    EXPECT_THAT(repaired->readOnlyReason(), IsEmpty());
    expectEqual(repaired->document(), project.document());
    EXPECT_TRUE(repaired->verify({}));
    EXPECT_TRUE(repaired->perform(promptEdit(repaired->document(), {1, 1, true})));
  }

  test::TemporaryFolder folder_;
  std::vector<uintmax_t> ends_;
  Document last_;
};

TEST_F(DamagedProjectTest, WhatDoesNotNeedALostStepIsThere) {
  write(false);
  flip(journal(), ends_[3] + 40);
  const std::string before = readFile(journal());
  const auto project = open(path());
  EXPECT_THAT(project->document().objects, SizeIs(9));
  EXPECT_FALSE(project->document().objects.contains(4));
  EXPECT_THAT(project->readOnlyReason(), HasSubstr("at byte " + std::to_string(ends_[3])));
  EXPECT_EQ(project->nextId(), 11U);
  expectReadOnlyAndRepairable(*project);
  EXPECT_EQ(readFile(journal()), before);
}

TEST_F(DamagedProjectTest, StepsThatNeedALostOneAreLeftOutAndCounted) {
  {
    const auto project = Project::create(path(), image()).value();
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 1, square(4, 4, 6))));
    ends_ = {fs::file_size(journal())};
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 2, square(40, 40, 6))));
    Edit erase;
    Transaction transaction(project->document().labels);
    transaction.replace(Box::whole(test::kShape), 2, 0);
    erase.labels = transaction.finish();
    erase.objects = {{2, project->document().objects.at(2), nullptr}};
    ASSERT_TRUE(project->perform(erase));
    ASSERT_TRUE(project->undo());
    ASSERT_TRUE(project->perform(commitEdit(project->document(), 3, square(80, 80, 6))));
  }
  flip(journal(), ends_[0] + 40);
  const auto project = open(path());
  EXPECT_TRUE(project->document().objects.contains(1));
  EXPECT_TRUE(project->document().objects.contains(3));
  EXPECT_THAT(project->document().objects, SizeIs(2));
  EXPECT_THAT(project->notices(), testing::Contains(HasSubstr("2 later steps do not fit")));
  expectReadOnlyAndRepairable(*project);
}

TEST_F(DamagedProjectTest, TheCheckpointHoldsTheStateWhenTheJournalIsDamagedBeforeIt) {
  write(true);
  flip(journal(), 60);
  const auto project = open(path());
  expectEqual(project->document(), last_);
  EXPECT_THAT(project->history().steps(), SizeIs(10));
  expectReadOnlyAndRepairable(*project);
}

TEST_F(DamagedProjectTest, AJournalWithoutItsEndIsNoticed) {
  write(true);
  fs::remove(path() / "journal" / "00000002.log");
  writeFile(journal(), "CYTOJNL1");
  const auto project = open(path());
  expectEqual(project->document(), last_);
  EXPECT_THAT(project->readOnlyReason(), HasSubstr("missing"));
  expectReadOnlyAndRepairable(*project);
}

TEST_F(DamagedProjectTest, AnyBitOfTheCheckpointMayFlip) {
  write(true);
  const fs::path file = path() / "checkpoint";
  const std::string whole = readFile(file);
  const uint64_t seed = test::randomSeed(71);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    writeFile(file, whole);
    const size_t byte = random() % whole.size();
    SCOPED_TRACE(byte);
    flip(file, byte, static_cast<int>(random() % 8));
    const auto project = open(path());
    expectEqual(project->document(), last_);
    EXPECT_THAT(project->readOnlyReason(), IsEmpty()) << "the journal has everything";
    ASSERT_THAT(project->notices(), SizeIs(1));
    EXPECT_THAT(project->notices()[0], HasSubstr(file.string()));
    EXPECT_THAT(project->notices()[0], HasSubstr("at byte"));
  }
  for (size_t length = 0; length < whole.size(); length += 1 + random() % 60) {
    writeFile(file, whole.substr(0, length));
    expectEqual(open(path())->document(), last_);
  }
}

TEST_F(DamagedProjectTest, ACheckpointOfAnotherJournalIsNotUsed) {
  write(true);
  const fs::path other = folder_ / "other.cyto";
  {
    const auto project = Project::create(other, image()).value();
    for (uint32_t id = 1; id <= 10; ++id) {
      ASSERT_TRUE(project->perform(commitEdit(project->document(), id, square(100, 30 * id, 9))));
    }
  }
  fs::copy_file(path() / "checkpoint", other / "checkpoint");
  const auto project = open(other);
  EXPECT_NE(stateHash(project->document()), stateHash(last_));
  EXPECT_THAT(project->notices(), testing::Contains(HasSubstr("belongs to another journal")));
  EXPECT_TRUE(project->verify({}));
}

TEST_F(DamagedProjectTest, AnyBitOfTheManifestMayFlip) {
  write(false);
  const fs::path file = path() / "project.json";
  const std::string whole = readFile(file);
  for (size_t byte = 0; byte < whole.size(); byte += 5) {
    SCOPED_TRACE(byte);
    flip(file, byte, static_cast<int>(byte % 8));
    const auto project = open(path());
    EXPECT_EQ(project->image(), image());
    ASSERT_THAT(project->notices(), SizeIs(1));
    EXPECT_THAT(project->notices()[0], HasSubstr("at byte " + std::to_string(byte)));
    EXPECT_EQ(readFile(file), whole) << "it is written again from its backup";
  }
  fs::remove(file);
  EXPECT_EQ(open(path())->image(), image());
  EXPECT_EQ(readFile(file), whole);
}

// It opens, says where, and loses no more than the step that was hit.
TEST_F(DamagedProjectTest, AnyBitOfTheJournalMayFlip) {
  write(false);
  const uint64_t seed = test::randomSeed(72);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const std::string whole = readFile(journal());
    const size_t byte = random() % whole.size();
    SCOPED_TRACE("byte " + std::to_string(byte));
    flip(journal(), byte, static_cast<int>(random() % 8));
    {
      const auto project = open(path());
      EXPECT_THAT(project->notices(), Not(IsEmpty()));
      EXPECT_GE(project->document().objects.size(), 9U);
    }
    writeFile(journal(), whole);
  }
}

// Its records share one sync, but no part of it can be an append that was interrupted.
TEST_F(DamagedProjectTest, DamageOfACopyIsNotTakenForAnInterruptedAppend) {
  write(false);
  ASSERT_TRUE(open(path())->copyTo(folder_ / "copy.cyto"));
  const fs::path copied = folder_ / "copy.cyto" / "journal" / "00000001.log";
  const auto size = fs::file_size(copied);
  flip(copied, ends_[4] + 40);
  const auto copy = open(folder_ / "copy.cyto");
  EXPECT_THAT(copy->damages(), SizeIs(1));
  EXPECT_EQ(fs::file_size(copied), size);
}

// Found by a fuzzer: the error was taken for one that has nothing to do with damage.
TEST_F(DamagedProjectTest, AMoveToAStepThatIsNotThereIsDamage) {
  write(false);
  {
    JournalRecovery recovery;
    const auto journal = Journal::open(path() / "journal", Journal::Mode::kReadWrite, recovery).value();
    ASSERT_TRUE(journal->append(RecordKind::kMove, encodeMove(uint64_t{1} << 63), 1));
    ASSERT_TRUE(journal->sync());
  }
  const auto project = open(path());
  ASSERT_THAT(project->damages(), SizeIs(1));
  EXPECT_THAT(project->damages().front().text(), HasSubstr("goes to a step that is not there"));
  expectEqual(project->document(), last_);
  expectReadOnlyAndRepairable(*project);
}

// Whoever recurses into these runs out of stack.
TEST_F(DamagedProjectTest, ValuesThatNestDeepAreRefused) {
  write(false);
  const std::string manifest = readFile(path() / "project.json");
  const std::string lists(400000, '[');
  fs::remove(path() / "project.json.backup");
  writeFile(path() / "project.json",
            manifest.substr(0, manifest.rfind('}')) + ",\"more\":" + lists + std::string(lists.size(), ']') + "}");
  const auto opened = Project::open(path());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("nests too deep"));
  for (const char begin : {'\x81', '\xa1', '\xc1', '\x5f', '\x7f', '\x9f'}) {
    const auto edit = decodeEdit(std::string(size_t{1} << 22, begin));
    ASSERT_FALSE(edit);
    EXPECT_EQ(edit.error().code(), ErrorCode::kFormat);
  }
}

}  // namespace
}  // namespace cyto
