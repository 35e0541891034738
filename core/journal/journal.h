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
#include "core/journal/journal_segment.h"
#include "core/journal/segment_packing.h"

namespace cyto {

/// What opening found.
struct JournalRecovery {
  uint64_t cutBytes = 0;  ///< a torn last record that was cut off; it was never acknowledged
  std::string cut;        ///< a sentence about it that names file and offset; empty when nothing was cut
  /// What cannot be read. While there is damage nothing can be appended, and nothing in the files is changed.
  std::vector<Damage> damages;
};

/// An append-only sequence of records (design §7). Not thread-safe; one owner.
class Journal {
 public:
  enum class Mode { kReadWrite, kReadOnly };
  enum class Filling {
    kByEdits,
    kAtOnce,  ///< nobody opens it before it was synced as a whole, so no part of it can be an interrupted append
  };

  /// Creates an empty journal in an existing folder; kInvalidArgument when there is one.
  static Result<std::unique_ptr<Journal>> create(const std::filesystem::path& folder,
                                                 Filling filling = Filling::kByEdits);

  /// Opens a journal and checks every byte of it. A torn tail is cut (left alone in read-only mode and beside damage).
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder, Mode mode,
                                               JournalRecovery& recovery);

  virtual ~Journal() = default;

  /// Of the last record; 0 when there is none.
  virtual uint64_t lastSequence() const = 0;

  /// Bytes on disk, of all files and of the one that is written to.
  virtual uint64_t size_bytes() const = 0;
  virtual uint64_t segment_bytes() const = 0;

  /// Writes a record and returns its sequence; it is safe after the next `sync`. On failure nothing is added: a partly
  /// written record is cut off again, and the journal can be used on.
  virtual Result<uint64_t> append(RecordKind kind, std::string_view payload, int64_t time_us) = 0;

  /// Puts all records on disk (fsync). On failure those since the last sync are not in the journal any more.
  virtual Status sync() = 0;

  /// kNotFound for a sequence that is not there, kFormat (with file and offset) for one that cannot be read.
  virtual Result<Record> read(uint64_t sequence) const = 0;

  /// Visits all records from a sequence on, in order. What cannot be read is added to `damages` and left out; an error
  /// of the visitor ends it.
  virtual Status readFrom(uint64_t first, const std::function<Status(const Record&)>& visit,
                          std::vector<Damage>& damages) const = 0;

  /// Lets the following records go to a file of their own, so that the one so far can be packed. On failure the journal
  /// goes on in the present file.
  virtual Status startSegment() = 0;

  /// The packing of a file that is not written to any more, to be run on any thread; null when there is none to pack.
  virtual std::unique_ptr<SegmentPacking> nextPacking() const = 0;

  /// Uses what `nextPacking` gave and somebody ran with success. On failure the journal reads as before.
  virtual Status finishPacking(SegmentPacking& packing) = 0;
};

/// A journal that lives in memory, for work that has no project.
std::unique_ptr<Journal> createMemoryJournal();

}  // namespace cyto
