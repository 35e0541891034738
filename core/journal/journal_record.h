#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cyto {

/// The numbers are part of the file format.
enum class RecordKind : uint16_t {
  kEdit = 1,        ///< payload: the edit
  kMove = 2,        ///< undo, redo or jump; payload: u64 sequence of the step the document stands on afterwards
  kBlock = 3,       ///< many records in one, see `encodeBlock`; never given to anybody outside of the journal
  kOther = 0xffff,  ///< written by a newer program; kept, not understood
};

struct Record {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  RecordKind kind = RecordKind::kOther;
  std::string payload;
  bool operator==(const Record&) const = default;
};

/// The largest payload, uncompressed.
inline constexpr uint64_t kMaxPayload = uint64_t{1} << 30;

/// kOther for a number that this program does not know. kBlock is none: it stays inside the journal.
RecordKind recordKindOf(uint16_t number);

/// What stands in a file before a payload; the layout is in journal_record.cpp.
struct RecordHeader {
  static constexpr uint64_t kBytes = 28;
  static constexpr uint64_t kChecksumEnd = 8;  ///< the checksum is over everything after this offset

  uint32_t storedBytes = 0;
  uint32_t checksum = 0;
  uint64_t sequence = 0;
  int64_t time_us = 0;
  uint16_t kind = 0;
  uint16_t flags = 0;

  /// How many records right before it shared its sync; when power goes, they may be lost though it is there.
  uint64_t unsynced() const { return flags >> 1; }

  static RecordHeader parse(std::string_view bytes);
};

/// A record as it stands in a file: header and payload, compressed where that makes it smaller. `unsynced`: how many
/// records right before it are not synced yet.
std::string encodeRecord(uint64_t sequence, RecordKind kind, std::string_view payload, int64_t time_us,
                         uint64_t unsynced = 0);

/// The payload from its stored form. kFormat: a clause that says what is wrong.
Result<std::string> decodePayload(const RecordHeader& header, std::string stored);

/// Packs records, whose sequences follow one another, into one that takes less room: what many small payloads have in
/// common is stored once. At least one, at most kMaxBlockRecords.
std::string encodeBlock(std::span<const Record> records);
inline constexpr size_t kMaxBlockRecords = 4096;

/// How many records a block holds, from the first 4 bytes of its stored form; 0 when it cannot be one.
uint32_t blockRecords(std::string_view stored);

/// The records of a block. kFormat: a clause that says what is wrong.
Result<std::vector<Record>> decodeBlock(const RecordHeader& header, std::string_view stored);

}  // namespace cyto
