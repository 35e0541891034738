#include "core/journal/journal.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <random>

#include "core/journal/crc32c.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::readFile;
using test::writeFile;
using testing::HasSubstr;

constexpr size_t kMagicBytes = 8;
constexpr size_t kHeaderBytes = 28;

std::string randomBytes(size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

std::string littleEndian(uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i));
  return text;
}

/// A record made by hand, with the right checksum.
std::string rawRecord(uint64_t sequence, uint16_t kind, uint16_t flags, const std::string& stored) {
  const std::string rest =
      littleEndian(sequence, 8) + littleEndian(0, 8) + littleEndian(kind, 2) + littleEndian(flags, 2) + stored;
  return littleEndian(stored.size(), 4) + littleEndian(crc32c(rest), 4) + rest;
}

class JournalTest : public testing::Test {
 protected:
  struct Opened {
    std::unique_ptr<Journal> journal;
    std::vector<Record> records;
    JournalRecovery recovery;
    std::vector<Damage> damages;  // found when opening or reading
  };

  fs::path file() const { return folder_ / "00000001.log"; }

  Result<Opened> open(Journal::Mode mode = Journal::Mode::kReadWrite) {
    Opened opened;
    const auto visit = [&](const Record& record) -> Status {
      opened.records.push_back(record);
      return {};
    };
    CYTO_ASSIGN(opened.journal, Journal::open(folder_.path(), mode, opened.recovery));
    opened.damages = opened.recovery.damages;
    CYTO_TRY(opened.journal->readFrom(1, visit, opened.damages));
    return opened;
  }

  /// Three records, the middle one compressed, and where each of them ends.
  std::string threeRecords() {
    auto journal = Journal::create(folder_.path()).value();
    ends_ = {kMagicBytes};
    for (const std::string& payload : payloads_) {
      EXPECT_TRUE(journal->append(RecordKind::kEdit, payload, 5));
      EXPECT_TRUE(journal->sync());
      ends_.push_back(fs::file_size(file()));
    }
    return readFile(file());
  }

  void expectDamageAt(size_t offset, const std::string& because = "") {
    const std::string before = readFile(file());
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_FALSE(opened->damages.empty());
    const std::string text = opened->damages.front().text();
    EXPECT_THAT(text, HasSubstr("at byte " + std::to_string(offset) + ":"));
    EXPECT_THAT(text, HasSubstr(file().string()));
    EXPECT_THAT(text, HasSubstr(because));
    EXPECT_EQ(readFile(file()), before);
    if (!opened->recovery.damages.empty()) {
      EXPECT_EQ(opened->journal->append(RecordKind::kEdit, "no", 1).error().code(), ErrorCode::kInvalidArgument);
    }
    EXPECT_EQ(readFile(file()), before);
  }

  test::TemporaryFolder folder_;
  const std::vector<std::string> payloads_{"first", std::string(60, 'a'), "third one"};
  std::vector<size_t> ends_;
};

TEST_F(JournalTest, RoundTripAndReopen) {
  const std::vector<std::string> payloads{"", "short", randomBytes(5 << 20), std::string(5 << 20, 'x'),
                                          std::string("\0\xff", 2)};
  {
    auto journal = Journal::create(folder_.path());
    ASSERT_TRUE(journal) << journal.error().message();
    for (size_t i = 0; i < payloads.size(); ++i) {
      const auto sequence =
          (*journal)->append(i % 2 ? RecordKind::kMove : RecordKind::kEdit, payloads[i], 1000 - 3 * i);
      ASSERT_TRUE(sequence) << sequence.error().message();
      EXPECT_EQ(*sequence, i + 1);
      EXPECT_EQ((*journal)->read(i + 1).value().payload, payloads[i]);
    }
  }
  EXPECT_LT(fs::file_size(file()), (5U << 20) + 10000);  // random bytes stay as they are, equal ones shrink
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->recovery.cutBytes, 0U);
  ASSERT_EQ(opened->records.size(), payloads.size());
  for (size_t i = 0; i < payloads.size(); ++i) {
    EXPECT_EQ(opened->records[i].sequence, i + 1);
    EXPECT_EQ(opened->records[i].time_us, static_cast<int64_t>(1000 - 3 * i));
    EXPECT_EQ(opened->records[i].kind, i % 2 ? RecordKind::kMove : RecordKind::kEdit);
    EXPECT_TRUE(opened->records[i].payload == payloads[i]);
    EXPECT_TRUE(opened->journal->read(i + 1).value().payload == payloads[i]);
  }
  EXPECT_EQ(opened->journal->append(RecordKind::kEdit, "more", 1).value(), 6U);
  EXPECT_EQ(open()->records.back().payload, "more");
  EXPECT_EQ(opened->journal->read(0).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(opened->journal->read(7).error().code(), ErrorCode::kNotFound);
}

TEST_F(JournalTest, TornTailOfEveryLengthIsCut) {
  const std::string whole = threeRecords();
  for (size_t length = 0; length <= whole.size(); ++length) {
    SCOPED_TRACE(length);
    writeFile(file(), whole.substr(0, length));
    size_t records = 0;
    while (records < 3 && ends_[records + 1] <= length) ++records;
    {
      auto opened = open();
      ASSERT_TRUE(opened) << opened.error().message();
      ASSERT_EQ(opened->records.size(), records);
      ASSERT_EQ(opened->recovery.cutBytes, length < kMagicBytes ? 0U : length - ends_[records]);
      ASSERT_EQ(fs::file_size(file()), ends_[records]);
      ASSERT_EQ(opened->journal->append(RecordKind::kMove, "after", 9).value(), records + 1);
    }
    auto again = open();
    ASSERT_TRUE(again) << again.error().message();
    ASSERT_EQ(again->records.size(), records + 1);
    ASSERT_EQ(again->records.back().payload, "after");
    ASSERT_EQ(again->recovery.cutBytes, 0U);
  }
}

TEST_F(JournalTest, FlippedBitBeforeTheLastRecordIsDamage) {
  const std::string whole = threeRecords();
  for (size_t bit = 8 * ends_[1]; bit < 8 * ends_[2]; ++bit) {
    SCOPED_TRACE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    writeFile(file(), bytes);
    expectDamageAt(ends_[1]);
  }
}

TEST_F(JournalTest, WhatIsCutIsKeptBesideAndNamed) {
  const std::string whole = threeRecords();
  std::string bytes = whole;
  bytes.back() = static_cast<char>(~bytes.back());
  writeFile(file(), bytes);
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message();
  const std::string kept = "00000001.log.cut-" + std::to_string(ends_[2]);
  EXPECT_EQ(readFile(folder_ / kept), bytes.substr(ends_[2]));
  EXPECT_THAT(opened->recovery.cut, HasSubstr(file().string()));
  EXPECT_THAT(opened->recovery.cut, HasSubstr("at byte " + std::to_string(ends_[2])));
  EXPECT_THAT(opened->recovery.cut, HasSubstr(kept));
}

TEST_F(JournalTest, RecordsAfterDamageAreRead) {
  std::string bytes = threeRecords();
  bytes[ends_[1] + 30] = static_cast<char>(~bytes[ends_[1] + 30]);
  writeFile(file(), bytes);
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message();
  ASSERT_EQ(opened->records.size(), 2U);
  EXPECT_EQ(opened->records[1].sequence, 3U);
  EXPECT_EQ(opened->records[1].payload, payloads_[2]);
  EXPECT_EQ(opened->damages.front().firstLost, 2U);
  EXPECT_EQ(opened->damages.front().recordsLost, 1U);
  const auto lost = opened->journal->read(2);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::kFormat);
  EXPECT_THAT(lost.error().message(), HasSubstr("at byte " + std::to_string(ends_[1])));
}

TEST_F(JournalTest, FlippedBitInTheLastRecordIsCut) {
  const std::string whole = threeRecords();
  for (size_t bit = 8 * ends_[2]; bit < 8 * ends_[3]; ++bit) {
    SCOPED_TRACE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    writeFile(file(), bytes);
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_EQ(opened->records.size(), 2U);
    ASSERT_EQ(opened->recovery.cutBytes, ends_[3] - ends_[2]);
    ASSERT_EQ(readFile(file()), whole.substr(0, ends_[2]));
  }
}

TEST_F(JournalTest, DamageBehindALargeGapIsFound) {
  {
    auto journal = Journal::create(folder_.path()).value();
    for (const size_t bytes : {10, 3 << 20, 10}) {
      ASSERT_TRUE(journal->append(RecordKind::kEdit, randomBytes(bytes), 1));
      ASSERT_TRUE(journal->sync());
    }
  }
  std::string bytes = readFile(file());
  bytes[1 << 20] = static_cast<char>(~bytes[1 << 20]);
  writeFile(file(), bytes);
  expectDamageAt(kMagicBytes + kHeaderBytes + 10);
}

TEST_F(JournalTest, HostileFilesAreRefused) {
  threeRecords();
  const std::string magic = "CYTOJNL1";
  writeFile(file(), "CYTOJNL2");
  expectDamageAt(0);
  writeFile(file(), "hello");
  expectDamageAt(0);
  writeFile(file(), magic + rawRecord(2, 1, 0, "gap"));
  expectDamageAt(8, "record 2 stands where record 1");
  writeFile(file(), magic + rawRecord(1, 1, 1, "no zstd frame"));
  expectDamageAt(8);
  // Frames with one raw block "abc" of unknown size, and with sizes of 2 GiB and 512 MiB in the header.
  writeFile(file(), magic + rawRecord(1, 1, 1, std::string("\x28\xB5\x2F\xFD\x00\x58\x19\x00\x00", 9) + "abc"));
  expectDamageAt(8, "unknown or too large");
  writeFile(file(),
            magic + rawRecord(1, 1, 1, std::string("\x28\xB5\x2F\xFD\xA0\x00\x00\x00\x80\x19\x00\x00", 12) + "abc"));
  expectDamageAt(8, "unknown or too large");
  writeFile(file(),
            magic + rawRecord(1, 1, 1, std::string("\x28\xB5\x2F\xFD\xA0\x00\x00\x00\x20\x19\x00\x00", 12) + "abc"));
  expectDamageAt(8, "unknown or too large");
}

TEST_F(JournalTest, ManyFalseRecordsAreGivenUpWithoutCutting) {
  // Every 28 bytes a header claims a payload of most of the rest, so checking all would be quadratic.
  std::string bytes = "CYTOJNL1";
  for (int i = 0; i < 100000; ++i) {
    bytes += littleEndian(1000000, 4) + littleEndian(1, 4) + littleEndian(2, 8) + std::string(12, '\0');
  }
  writeFile(file(), bytes);
  expectDamageAt(8);
}

TEST_F(JournalTest, UnknownKindIsGivenAsOther) {
  writeFile(file(), "CYTOJNL1" + rawRecord(1, 77, 0, "from the future") + rawRecord(2, 2, 0, "move"));
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->records[0].kind, RecordKind::kOther);
  EXPECT_EQ(opened->records[0].payload, "from the future");
  EXPECT_EQ(opened->records[1].kind, RecordKind::kMove);
}

TEST_F(JournalTest, ReadOnlyLeavesTheFileAlone) {
  const std::string whole = threeRecords();
  for (const size_t length : {size_t{0}, size_t{3}, whole.size() - 1, whole.size()}) {
    SCOPED_TRACE(length);
    writeFile(file(), whole.substr(0, length));
    auto opened = open(Journal::Mode::kReadOnly);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->records.size(), length < 8 ? 0U : length < whole.size() ? 2U : 3U);
    EXPECT_EQ(opened->recovery.cutBytes, 0U);
    const auto appended = opened->journal->append(RecordKind::kEdit, "no", 1);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(readFile(file()), whole.substr(0, length));
  }
}

TEST_F(JournalTest, VisitorsErrorEndsReading) {
  const std::string whole = threeRecords();
  JournalRecovery recovery;
  const auto journal = Journal::open(folder_.path(), Journal::Mode::kReadWrite, recovery);
  ASSERT_TRUE(journal);
  std::vector<Damage> damages;
  const auto refuse = [](const Record& record) -> Status {
    if (record.sequence == 2) return Error(ErrorCode::kFormat, "no edit");
    return {};
  };
  const Status read = (*journal)->readFrom(1, refuse, damages);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "no edit");
  EXPECT_TRUE(damages.empty());
  EXPECT_EQ(readFile(file()), whole);
}

TEST_F(JournalTest, ChangedRecordIsNotGivenBack) {
  const std::string whole = threeRecords();
  auto opened = open();
  for (size_t at = ends_[1]; at < ends_[2]; ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    writeFile(file(), bytes);
    const auto payload = opened->journal->read(2);
    ASSERT_FALSE(payload) << at;
    EXPECT_EQ(payload.error().code(), ErrorCode::kFormat);
    EXPECT_TRUE(opened->journal->read(1));
  }
}

/// Limits the size of files as a full disk would while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  sighandler_t handler_;
  rlimit before_{};
};

TEST_F(JournalTest, FailedWriteAddsNothing) {
  const std::string whole = threeRecords();
  auto opened = open();
  ASSERT_TRUE(opened);
  {
    const FileSizeLimit limit(whole.size() + 100);
    const auto appended = opened->journal->append(RecordKind::kEdit, randomBytes(5000), 1);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code(), ErrorCode::kIo);
    EXPECT_THAT(appended.error().message(),
                HasSubstr("the journal '" + file().string() + "' cannot be written: file "));
    EXPECT_EQ(readFile(file()), whole);
    EXPECT_EQ(opened->journal->append(RecordKind::kEdit, "small", 1).value(), 4U);
  }
  EXPECT_EQ(opened->journal->append(RecordKind::kEdit, "large", 1).value(), 5U);
  EXPECT_EQ(opened->journal->read(5).value().payload, "large");
  const auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->records.size(), 5U);
  EXPECT_EQ(again->recovery.cutBytes, 0U);
}

TEST_F(JournalTest, FailedCreateLeavesNothing) {
  {
    const FileSizeLimit limit(4);
    const auto journal = Journal::create(folder_.path());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().code(), ErrorCode::kIo);
  }
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(JournalTest, MissingFolderIsNotFound) {
  JournalRecovery recovery;
  EXPECT_EQ(Journal::create(folder_ / "none").error().code(), ErrorCode::kNotFound);
  const auto opened = Journal::open(folder_ / "none", Journal::Mode::kReadWrite, recovery);
  EXPECT_EQ(opened.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(open().error().code(), ErrorCode::kNotFound);
  fs::create_directory(file());
  EXPECT_FALSE(open());
  EXPECT_EQ(open(Journal::Mode::kReadOnly).error().code(), ErrorCode::kFormat);
}

TEST_F(JournalTest, CreateRefusesAnExistingJournal) {
  const std::string whole = threeRecords();
  const auto journal = Journal::create(folder_.path());
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(readFile(file()), whole);
}

TEST_F(JournalTest, FolderNamesOfAnyScript) {
  for (const char* name : {"Zellfärbung äöüß", "細胞画像 プロジェクト", "it's \"quoted\""}) {
    const fs::path folder = folder_ / name;
    fs::create_directory(folder);
    auto journal = Journal::create(folder);
    ASSERT_TRUE(journal) << journal.error().message();
    EXPECT_TRUE((*journal)->append(RecordKind::kEdit, name, 1));
    JournalRecovery recovery;
    const auto opened = Journal::open(folder, Journal::Mode::kReadOnly, recovery);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->read(1).value().payload, name);
  }
}

TEST(MemoryJournalTest, KeepsPayloads) {
  const auto journal = createMemoryJournal();
  EXPECT_EQ(journal->append(RecordKind::kEdit, "", 1).value(), 1U);
  EXPECT_EQ(journal->append(RecordKind::kMove, "two", 1).value(), 2U);
  EXPECT_EQ(journal->read(1).value().payload, "");
  EXPECT_EQ(journal->read(2).value().payload, "two");
  EXPECT_EQ(journal->read(0).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(journal->read(3).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cyto
