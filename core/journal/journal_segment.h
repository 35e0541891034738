#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/journal/journal_record.h"

namespace cyto {

/// A part of a project file that cannot be read.
struct Damage {
  std::filesystem::path file;
  uint64_t offset = 0;       ///< in the file
  std::string what;          ///< a clause
  uint64_t firstLost = 0;    ///< the first record that is lost; 0 when none is
  uint64_t recordsLost = 0;  ///< how many at least

  /// "the journal '…' is damaged at byte 17: …"
  std::string text() const;
};

/// One file of a journal (see journal.cpp). Not thread-safe. Where `int` is returned it is 0, or the errno of what
/// failed.
class JournalSegment {
 public:
  /// Where one record, or one block of records, lies in the file.
  struct Extent {
    uint64_t firstSequence = 0;
    uint64_t offset = 0;
    uint32_t storedBytes = 0;
    uint32_t records = 1;
    bool isBlock = false;

    uint64_t end() const { return offset + RecordHeader::kBytes + storedBytes; }
    uint64_t lastSequence() const { return firstSequence + records - 1; }
  };

  /// What a scan has found.
  struct Scan {
    std::vector<Extent> extents;
    std::vector<Damage> damages;
    uint64_t end = 0;      ///< where the next record goes
    uint64_t size = 0;     ///< of the file; what lies after `end` is a record that was not written completely
    bool isBegun = false;  ///< false: the creation of the file was interrupted
  };

  /// Makes an empty segment, on disk. kInvalidArgument when there is one, kNotFound when the folder is missing.
  static Result<std::unique_ptr<JournalSegment>> create(const std::filesystem::path& path);
  static Result<std::unique_ptr<JournalSegment>> open(const std::filesystem::path& path, bool forWriting);

  ~JournalSegment();
  JournalSegment(const JournalSegment&) = delete;
  JournalSegment& operator=(const JournalSegment&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Finds all records and checks every byte of them. `firstSequence` is that of the record it should begin with.
  /// In the last segment of a journal what cannot be read at the end is an interrupted append and no damage.
  Result<Scan> scan(uint64_t firstSequence, bool isLast) const;

  /// The records of an extent, each with its payload. kFormat: a clause that says what is wrong with it.
  Result<std::vector<Record>> read(const Extent& extent) const;

  /// The bytes of the file from `begin` to `end`.
  Result<std::string> bytes(uint64_t begin, uint64_t end) const;

  /// Gives the file another name, and takes it from what has it. The folder is not synced.
  Status rename(const std::filesystem::path& path);

  int write(uint64_t offset, std::string_view bytes);
  int cutTo(uint64_t size);
  int sync();

  /// Writes what every segment begins with, and syncs file and folder.
  Status begin();
  static uint64_t beginBytes();

  Error ioError(const std::string& action, int errorNumber) const;

 private:
  JournalSegment(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace cyto
