#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cyto {

/// The numbers are part of the file format.
enum class RecordKind : uint16_t {
  kEdit = 1,        ///< payload: the edit
  kMove = 2,        ///< undo, redo or jump; payload: u64 sequence of the step the document stands on afterwards
  kOther = 0xffff,  ///< written by a newer program; kept, not understood
};

struct Record {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  RecordKind kind = RecordKind::kOther;
  std::string payload;
};

/// What opening found.
struct JournalRecovery {
  int64_t records = 0;
  int64_t cutBytes = 0;  ///< a torn last record that was cut off; it was never acknowledged
};

/// An append-only file of records (design §7). Not thread-safe; one owner.
class Journal {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  /// Creates an empty journal in an existing folder; kInvalidArgument when there is one.
  static Result<std::unique_ptr<Journal>> create(const std::filesystem::path& folder);

  /// Opens a journal and gives every record to `visit` in order. A torn tail is cut (kept, in read-only mode); damage
  /// before the tail is kFormat and names file and offset.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder, Mode mode,
                                               const std::function<Status(const Record&)>& visit,
                                               JournalRecovery& recovery);

  virtual ~Journal() = default;

  /// Writes a record and returns its sequence once it is on disk (fsync). On failure nothing is added: a partly written
  /// record is cut off again, and the journal can be used on.
  virtual Result<uint64_t> append(RecordKind kind, std::string_view payload, int64_t time_us) = 0;

  /// The payload of a record that was written or visited.
  virtual Result<std::string> payload(uint64_t sequence) const = 0;
};

/// A journal that lives in memory, for work that has no project.
std::unique_ptr<Journal> createMemoryJournal();

}  // namespace cyto
