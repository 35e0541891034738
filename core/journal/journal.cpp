// The journal on disk: FOLDER/00000001.log, 00000002.log, …
//
//   1. Each file, a segment, begins with the 8 bytes "CYTOJNL1"; records follow without gaps (journal_record.cpp), with
//      sequences 1, 2, 3, … over all segments. Only the last segment is written to.
//   2. Appending writes a whole record at its end. Syncing (fdatasync) makes it safe; a record is acknowledged only
//      after that. Several records may share one sync.
//   3. What fails is cut off again; where that fails too, it is tried again before the next record and when the journal
//      is closed. When a sync fails, everything since the last one is cut off.
//   4. Opening reads every record header and checks every checksum. What cannot be read at the very end of the last
//      segment, with no readable record after it, is the torn end of an append that was never acknowledged: it is kept
//      beside the segment as NNNNNNNN.log.cut-OFFSET and cut off. So are readable records after it that shared its
//      sync, because a disk may write them in any order. What cannot be read anywhere else is damage: it is reported
//      with file and offset, the records after it are still found, and the files are left alone.
//   5. A segment that ends within its first 8 bytes is one whose creation was interrupted: it is empty.
//   6. A new segment is started only when all records are synced: its file is made, synced, and its folder is synced.
//      Where that fails, the file is removed and the folder synced before anything is written to the segment before, so
//      that only the last segment can have a torn end.
//   7. Packing a segment that is not written to any more drops nothing. Its records are written, many in a block, to
//      NNNNNNNN.log.partial; that file is synced, read back, and each record is compared with the original; then it is
//      renamed over the segment and the folder is synced. A .partial that is found when opening was interrupted and is
//      removed.
//   8. The first version had one segment and no blocks.

#include "core/journal/journal.h"

#include <algorithm>
#include <optional>

#include "core/base/atomic_file.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

fs::path segmentPath(const fs::path& folder, size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 8 - std::min<size_t>(8, digits.size()), '0');
  return folder / (digits + ".log");
}

/// The numbers of the segments in a folder, ascending.
std::vector<size_t> segmentNumbers(const fs::path& folder) {
  std::vector<size_t> numbers;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const bool isNumber = name.size() == 12 && name.find_first_not_of("0123456789") == 8;
    if (isNumber && name.ends_with(".log")) numbers.push_back(std::stoul(name));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

class FileJournal : public Journal {
 public:
  FileJournal(fs::path folder, Mode mode, Filling filling)
      : folder_(std::move(folder)), mode_(mode), filling_(filling) {}

  /// A record that was refused must not be there when the journal is opened again: the last chance to cut it off.
  ~FileJournal() override {
    if (hasRest_) last().file->cutTo(last().end);
  }

  /// Takes a first segment that was just made.
  void begin(std::unique_ptr<JournalSegment> segment) {
    segments_.push_back({std::move(segment), {}, JournalSegment::beginBytes()});
    noteSynced();
  }

  Status openAll(JournalRecovery& recovery);

  uint64_t lastSequence() const override { return lastSequence_; }
  uint64_t size_bytes() const override;
  uint64_t segment_bytes() const override { return segments_.back().end; }
  Result<uint64_t> append(RecordKind kind, std::string_view payload, int64_t time_us) override;
  Status sync() override;
  Result<Record> read(uint64_t sequence) const override;
  Status readFrom(uint64_t first, const std::function<Status(const Record&)>& visit,
                  std::vector<Damage>& damages) const override;
  Status startSegment() override;
  std::unique_ptr<SegmentPacking> nextPacking() const override;
  Status finishPacking(SegmentPacking& packing) override;

 private:
  using Extent = JournalSegment::Extent;
  struct Segment {
    std::unique_ptr<JournalSegment> file;
    std::vector<Extent> extents;
    uint64_t end = 0;  // where the next record goes
  };

  static Error damaged(const Segment& segment, const Extent& extent, const Error& error) {
    if (error.code() != ErrorCode::kFormat) return error;
    return Error(ErrorCode::kFormat, Damage{segment.file->path(), extent.offset, error.message(), 0, 0}.text());
  }

  Segment& last() { return segments_.back(); }
  void noteSynced() {
    syncedEnd_ = last().end;
    syncedSequence_ = lastSequence_;
  }
  void forgetUnsynced();
  fs::path nextPath() const { return segmentPath(folder_, segments_.size() + 1); }
  Status removeUnmade();
  Status openSegment(const fs::path& path, bool isLast, JournalRecovery& recovery);
  Status cutTail(const JournalSegment::Scan& scan, JournalRecovery& recovery);

  fs::path folder_;
  Mode mode_;
  Filling filling_;
  std::vector<Segment> segments_;
  std::vector<Damage> damages_;
  uint64_t lastSequence_ = 0;
  uint64_t syncedEnd_ = 0;             // of the last segment; what lies between it and its end is not synced yet
  uint64_t syncedSequence_ = 0;        // of the last record that is synced
  bool hasRest_ = false;               // bytes of a failed append may lie after the end
  bool hasUnmade_ = false;             // the next segment may be there in part
  mutable std::vector<Record> block_;  // the records of the block that was read last
};

Status FileJournal::openAll(JournalRecovery& recovery) {
  recovery = {};
  std::vector<size_t> numbers = segmentNumbers(folder_);
  if (numbers.empty()) numbers = {1};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const fs::path path = segmentPath(folder_, numbers[i]);
    const size_t expected = i == 0 ? 1 : numbers[i - 1] + 1;
    if (numbers[i] != expected) {
      damages_.push_back({segmentPath(folder_, expected), 0, "the file is missing", lastSequence_ + 1, 1});
    }
    std::error_code ignored;
    if (mode_ == Mode::kReadWrite) fs::remove(path.string() + ".partial", ignored);
    CYTO_TRY(openSegment(path, i + 1 == numbers.size(), recovery));
  }
  recovery.damages = damages_;
  noteSynced();
  return {};
}

Status FileJournal::openSegment(const fs::path& path, bool isLast, JournalRecovery& recovery) {
  Segment segment;
  CYTO_ASSIGN(segment.file, JournalSegment::open(path, mode_ == Mode::kReadWrite));
  CYTO_ASSIGN(JournalSegment::Scan scan, segment.file->scan(lastSequence_ + 1, isLast));
  segment.end = scan.end;
  segment.extents = std::move(scan.extents);
  if (!segment.extents.empty()) lastSequence_ = segment.extents.back().lastSequence();
  damages_.insert(damages_.end(), scan.damages.begin(), scan.damages.end());
  segments_.push_back(std::move(segment));
  return isLast && damages_.empty() ? cutTail(scan, recovery) : Status();
}

/// Cuts what lies after the last record, or completes a segment whose creation was interrupted.
Status FileJournal::cutTail(const JournalSegment::Scan& scan, JournalRecovery& recovery) {
  if (mode_ == Mode::kReadOnly) return {};
  Segment& segment = last();
  if (!scan.isBegun) {
    segment.end = JournalSegment::beginBytes();
    return segment.file->begin();
  }
  if (scan.end == scan.size) return {};
  // What looks like an append that was never confirmed may be a record that was, with a bit that flipped since.
  const fs::path kept = segment.file->path().string() + ".cut-" + std::to_string(scan.end);
  const auto tail = segment.file->bytes(scan.end, scan.size);
  const bool isKept = tail && writeFileAtomically(kept, *tail);
  int failed = segment.file->cutTo(scan.end);
  if (failed == 0) failed = segment.file->sync();
  if (failed != 0) return segment.file->ioError("repaired", failed);
  recovery.cutBytes = scan.size - scan.end;
  recovery.cut = "What was written last to the file '" + segment.file->path().string() + "', at byte " +
                 std::to_string(scan.end) + ", is not complete and had never been confirmed; it was cut off" +
                 (isKept ? " and kept as '" + kept.filename().string() + "'." : ".");
  return {};
}

uint64_t FileJournal::size_bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.end;
  return bytes;
}

Result<uint64_t> FileJournal::append(RecordKind kind, std::string_view payload, int64_t time_us) {
  Segment& segment = last();
  if (mode_ == Mode::kReadOnly || !damages_.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the journal '" + segment.file->path().string() + "' is open for reading only");
  }
  if (payload.size() > kMaxPayload) {
    return Error(ErrorCode::kInvalidArgument, "the change is larger than 1 GiB, which the journal cannot hold");
  }
  CYTO_TRY(removeUnmade());
  if (hasRest_) {
    if (const int failed = segment.file->cutTo(segment.end)) return segment.file->ioError("written", failed);
    hasRest_ = false;
  }
  const uint64_t unsynced = filling_ == Filling::kAtOnce ? 0 : lastSequence_ - syncedSequence_;
  const std::string record = encodeRecord(lastSequence_ + 1, kind, payload, time_us, unsynced);
  if (const int failed = segment.file->write(segment.end, record)) {
    hasRest_ = segment.file->cutTo(segment.end) != 0;
    // So that the record does not come back after a power failure; nothing to do when it fails, too.
    segment.file->sync();
    return segment.file->ioError("written", failed);
  }
  segment.extents.push_back(
      {++lastSequence_, segment.end, static_cast<uint32_t>(record.size() - RecordHeader::kBytes), 1, false});
  segment.end += record.size();
  return lastSequence_;
}

Status FileJournal::sync() {
  Segment& segment = last();
  if (syncedEnd_ == segment.end) return {};
  if (const int failed = segment.file->sync()) {
    forgetUnsynced();
    hasRest_ = segment.file->cutTo(segment.end) != 0;
    segment.file->sync();
    return segment.file->ioError("written", failed);
  }
  noteSynced();
  return {};
}

void FileJournal::forgetUnsynced() {
  Segment& segment = last();
  while (!segment.extents.empty() && segment.extents.back().offset >= syncedEnd_) {
    lastSequence_ = segment.extents.back().firstSequence - 1;
    segment.extents.pop_back();
  }
  segment.end = syncedEnd_;
}

Result<Record> FileJournal::read(uint64_t sequence) const {
  if (!block_.empty() && sequence >= block_.front().sequence && sequence <= block_.back().sequence) {
    return block_[sequence - block_.front().sequence];
  }
  const auto holds = [&](const Segment& segment) {
    return !segment.extents.empty() && segment.extents.front().firstSequence <= sequence;
  };
  const auto segment = std::find_if(segments_.rbegin(), segments_.rend(), holds);
  if (segment != segments_.rend()) {
    const auto after =
        std::upper_bound(segment->extents.begin(), segment->extents.end(), sequence,
                         [](uint64_t wanted, const Extent& extent) { return wanted < extent.firstSequence; });
    if (std::prev(after)->lastSequence() >= sequence) {
      auto records = segment->file->read(*std::prev(after));
      if (!records) return damaged(*segment, *std::prev(after), records.error());
      if (records->size() == 1) return std::move(records->front());
      block_ = *std::move(records);
      return block_[sequence - block_.front().sequence];
    }
  }
  for (const Damage& damage : damages_) {
    const bool isLostHere = sequence >= damage.firstLost && sequence - damage.firstLost < damage.recordsLost;
    if (isLostHere) return Error(ErrorCode::kFormat, damage.text());
  }
  return Error(ErrorCode::kNotFound, "the journal has no record " + std::to_string(sequence));
}

Status FileJournal::readFrom(uint64_t first, const std::function<Status(const Record&)>& visit,
                             std::vector<Damage>& damages) const {
  for (const Segment& segment : segments_) {
    for (const Extent& extent : segment.extents) {
      if (extent.lastSequence() < first) continue;
      const auto records = segment.file->read(extent);
      if (!records && records.error().code() != ErrorCode::kFormat) return records.error();
      if (!records) {
        damages.push_back(
            {segment.file->path(), extent.offset, records.error().message(), extent.firstSequence, extent.records});
        continue;
      }
      for (const Record& record : *records) {
        if (record.sequence >= first) CYTO_TRY(visit(record));
      }
    }
  }
  return {};
}

Status FileJournal::startSegment() {
  CYTO_TRY(sync());
  if (hasRest_ || last().extents.empty()) return {};
  CYTO_TRY(removeUnmade());
  auto segment = JournalSegment::create(nextPath());
  if (!segment) {
    hasUnmade_ = true;
    [[maybe_unused]] const Status removed = removeUnmade();
    return segment.error();
  }
  begin(*std::move(segment));
  return {};
}

/// Removes what is left of a segment that could not be made.
Status FileJournal::removeUnmade() {
  if (!hasUnmade_) return {};
  std::error_code failed;
  fs::remove(nextPath(), failed);
  if (failed) {
    return Error(ErrorCode::kIo, "'" + nextPath().string() + "' cannot be removed: " + failed.message());
  }
  CYTO_TRY(syncToDisk(folder_));
  hasUnmade_ = false;
  return {};
}

std::unique_ptr<SegmentPacking> FileJournal::nextPacking() const {
  if (mode_ == Mode::kReadOnly || !damages_.empty()) return nullptr;
  for (size_t i = 0; i + 1 < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    const bool isPacked = segment.extents.empty() || segment.extents.front().isBlock;
    if (!isPacked) return std::make_unique<SegmentPacking>(segment.file->path(), segment.extents);
  }
  return nullptr;
}

Status FileJournal::finishPacking(SegmentPacking& packing) {
  CYTO_ASSIGN(auto packed, packing.replace());
  const auto segment = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& candidate) {
    return candidate.file->path() == packing.segment();
  });
  segment->file = std::move(packed);
  segment->extents = packing.packedExtents();
  segment->end = packing.packedEnd();
  block_.clear();
  return syncToDisk(folder_);
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::create(const fs::path& folder, Filling filling) {
  CYTO_ASSIGN(auto segment, JournalSegment::create(segmentPath(folder, 1)));
  auto journal = std::make_unique<FileJournal>(folder, Mode::kReadWrite, filling);
  journal->begin(std::move(segment));
  return std::unique_ptr<Journal>(std::move(journal));
}

Result<std::unique_ptr<Journal>> Journal::open(const fs::path& folder, Mode mode, JournalRecovery& recovery) {
  auto journal = std::make_unique<FileJournal>(folder, mode, Filling::kByEdits);
  CYTO_TRY(journal->openAll(recovery));
  return std::unique_ptr<Journal>(std::move(journal));
}

}  // namespace cyto
