// Journals of several files, and packing.

#include <gmock/gmock.h>

#include <random>

#include "core/journal/journal.h"
#include "tests/support/file_bytes.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::readFile;
using test::writeFile;
using testing::HasSubstr;

class JournalSegmentsTest : public testing::Test {
 protected:
  fs::path segment(int number) const { return folder_ / ("0000000" + std::to_string(number) + ".log"); }

  /// Records that are alike, as edits are, in three segments.
  void write() {
    const auto journal = Journal::create(folder_.path()).value();
    for (int i = 0; i < 90; ++i) {
      const std::string payload = "commit of object " + std::to_string(i) + " by somebody with a model";
      const RecordKind kind = i % 7 == 3 ? RecordKind::kMove : RecordKind::kEdit;
      ASSERT_TRUE(journal->append(kind, payload, 1000 + i));
      written_.push_back({static_cast<uint64_t>(i) + 1, 1000 + i, kind, payload});
      const bool isFull = i % 30 == 29 && i < 80;
      if (isFull) {
        ASSERT_TRUE(journal->startSegment());
      }
    }
    ASSERT_TRUE(journal->sync());
  }

  std::unique_ptr<Journal> open(Journal::Mode mode = Journal::Mode::kReadWrite) {
    auto journal = Journal::open(folder_.path(), mode, recovery_);
    EXPECT_TRUE(journal) << journal.error().message();
    return *std::move(journal);
  }

  std::vector<Record> recordsOf(const Journal& journal, uint64_t first = 1) {
    std::vector<Record> records;
    EXPECT_TRUE(journal.readFrom(
        first,
        [&](const Record& record) -> Status {
          records.push_back(record);
          return {};
        },
        damages_));
    return records;
  }

  void packAll(Journal& journal) {
    while (const auto packing = journal.nextPacking()) {
      ASSERT_TRUE(packing->run());
      ASSERT_TRUE(journal.finishPacking(*packing));
    }
  }

  test::TemporaryFolder folder_;
  std::vector<Record> written_;
  JournalRecovery recovery_;
  std::vector<Damage> damages_;
};

TEST_F(JournalSegmentsTest, RecordsOfAllFilesComeInOrder) {
  write();
  const auto journal = open();
  EXPECT_TRUE(fs::exists(segment(3)));
  EXPECT_EQ(journal->lastSequence(), 90U);
  EXPECT_EQ(recordsOf(*journal), written_);
  EXPECT_EQ(recordsOf(*journal, 61).size(), 30U);
  EXPECT_EQ(journal->read(31).value(), written_[30]);
  EXPECT_EQ(journal->append(RecordKind::kEdit, "more", 1).value(), 91U);
}

TEST_F(JournalSegmentsTest, PackingDropsNothingAndSavesRoom) {
  write();
  const uint64_t before = open()->size_bytes();
  {
    const auto journal = open();
    packAll(*journal);
    EXPECT_LT(journal->size_bytes(), before * 2 / 3);
    EXPECT_EQ(recordsOf(*journal), written_);
    for (const Record& record : written_) EXPECT_EQ(journal->read(record.sequence).value(), record);
    EXPECT_EQ(journal->append(RecordKind::kEdit, "after packing", 7).value(), 91U);
    written_.push_back({91, 7, RecordKind::kEdit, "after packing"});
  }
  const auto again = open();
  EXPECT_EQ(recordsOf(*again), written_);
  EXPECT_EQ(recordsOf(*again, 45).front(), written_[44]) << "from the middle of a block";
  EXPECT_EQ(again->nextPacking(), nullptr) << "the file that is written to is never packed";
}

TEST_F(JournalSegmentsTest, InterruptedPackingIsForgotten) {
  write();
  {
    const auto journal = open();
    const auto packing = journal->nextPacking();
    ASSERT_TRUE(packing->run());
    EXPECT_EQ(recordsOf(*journal), written_);
  }
  EXPECT_TRUE(fs::exists(segment(1).string() + ".partial"));
  EXPECT_EQ(recordsOf(*open(Journal::Mode::kReadOnly)), written_);
  EXPECT_TRUE(fs::exists(segment(1).string() + ".partial")) << "somebody else may be packing";
  EXPECT_EQ(recordsOf(*open()), written_);
  EXPECT_FALSE(fs::exists(segment(1).string() + ".partial"));
}

TEST_F(JournalSegmentsTest, APackedFileThatIsNotWhatWasWrittenIsNotUsed) {
  write();
  const auto journal = open();
  const auto packing = journal->nextPacking();
  const std::string original = readFile(segment(1));
  // A record more than the packing knows of: what is read back differs.
  std::string longer = original;
  fs::remove(segment(1));
  writeFile(segment(1), longer.substr(0, 8));
  EXPECT_FALSE(packing->run());
  EXPECT_FALSE(fs::exists(segment(1).string() + ".partial"));
  writeFile(segment(1), original);
  EXPECT_EQ(recordsOf(*open()), written_);
}

TEST_F(JournalSegmentsTest, AMissingFileIsDamageAndTheRestIsRead) {
  write();
  fs::remove(segment(2));
  const auto journal = open();
  ASSERT_FALSE(recovery_.damages.empty());
  EXPECT_THAT(recovery_.damages.front().text(), HasSubstr("00000002.log"));
  EXPECT_THAT(recovery_.damages.front().text(), HasSubstr("missing"));
  const std::vector<Record> records = recordsOf(*journal);
  ASSERT_EQ(records.size(), 60U);
  EXPECT_EQ(records[30], written_[60]);
  EXPECT_EQ(journal->read(31).error().code(), ErrorCode::kFormat);
  EXPECT_EQ(journal->append(RecordKind::kEdit, "no", 1).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(JournalSegmentsTest, AFileThatEndsTooEarlyIsDamageUnlessItIsTheLast) {
  write();
  const std::string whole = readFile(segment(2));
  writeFile(segment(2), whole.substr(0, whole.size() - 1));
  const auto journal = open();
  ASSERT_EQ(recovery_.damages.size(), 2U) << "the record, and the gap before the next file";
  EXPECT_EQ(recordsOf(*journal).size(), 89U);
  EXPECT_EQ(fs::file_size(segment(2)), whole.size() - 1) << "nothing is cut";
}

TEST_F(JournalSegmentsTest, AnInterruptedNewFileIsEmpty) {
  write();
  for (const char* begun : {"", "CYTO"}) {
    writeFile(segment(4), begun);
    const auto journal = open();
    EXPECT_TRUE(recovery_.damages.empty());
    EXPECT_EQ(recordsOf(*journal), written_);
    EXPECT_EQ(fs::file_size(segment(4)), 8U);
    fs::remove(segment(4));
  }
}

TEST_F(JournalSegmentsTest, WhatSharedTheSyncOfATornRecordIsCutWithIt) {
  const auto append = [](Journal& journal) { return journal.append(RecordKind::kEdit, "payload", 1).value(); };
  const auto flip = [&](uint64_t offset) {
    std::string bytes = readFile(segment(1));
    bytes[offset] = static_cast<char>(~bytes[offset]);
    writeFile(segment(1), bytes);
  };
  uint64_t second = 0;
  {
    const auto journal = Journal::create(folder_.path()).value();
    append(*journal);
    ASSERT_TRUE(journal->sync());
    second = journal->size_bytes();
    for (int i = 0; i < 3; ++i) append(*journal);
    ASSERT_TRUE(journal->sync());
  }
  const std::string group = readFile(segment(1));
  flip(second + 30);
  EXPECT_EQ(open()->lastSequence(), 1U) << "two whole records of the group follow";
  EXPECT_TRUE(recovery_.damages.empty());
  EXPECT_EQ(recovery_.cutBytes, group.size() - second);

  writeFile(segment(1), group);
  {
    const auto journal = open();
    append(*journal);
    append(*journal);
    ASSERT_TRUE(journal->sync());
  }
  const std::string later = readFile(segment(1));
  flip(second + 30);
  open();
  ASSERT_EQ(recovery_.damages.size(), 1U) << "a record follows that was written when the group was safe";
  EXPECT_EQ(recovery_.damages.front().offset, second);
  EXPECT_EQ(readFile(segment(1)).size(), later.size());

  writeFile(segment(1), later);
  flip(30);
  open();
  ASSERT_EQ(recovery_.damages.size(), 1U) << "what is torn was safe before the group began";
}

// Every bit of packed and plain files: it is noticed, and what is read is what was written.
TEST_F(JournalSegmentsTest, FlippedBitsAreNoticed) {
  write();
  {
    const auto journal = open();
    packAll(*journal);
  }
  const uint64_t seed = test::randomSeed(61);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const fs::path file = segment(static_cast<int>(random() % 3) + 1);
    const std::string whole = readFile(file);
    std::string bytes = whole;
    const size_t bit = random() % (8 * bytes.size());
    SCOPED_TRACE(file.string() + " bit " + std::to_string(bit));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    writeFile(file, bytes);
    damages_.clear();
    const auto journal = open(Journal::Mode::kReadOnly);
    const std::vector<Record> records = recordsOf(*journal);
    const bool isInMagic = bit / 8 < 8;
    const bool mayBeTail = file == segment(3) && !isInMagic;
    EXPECT_TRUE(mayBeTail || !recovery_.damages.empty());
    EXPECT_EQ(records.size() == written_.size(), isInMagic);
    for (const Record& record : records) EXPECT_EQ(record, written_[record.sequence - 1]);
    writeFile(file, whole);
  }
}

}  // namespace
}  // namespace cyto
