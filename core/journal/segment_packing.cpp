#include "core/journal/segment_packing.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kBlockBytes = uint64_t{1} << 18;

}  // namespace

Status SegmentPacking::run() {
  const fs::path partial = partialOf(path_);
  std::error_code ignored;
  fs::remove(partial, ignored);
  const auto pack = [&]() -> Status {
    CYTO_ASSIGN(const auto source, JournalSegment::open(path_, false));
    CYTO_ASSIGN(const auto target, JournalSegment::create(partial));
    CYTO_TRY(write(*source, *target));
    CYTO_ASSIGN(JournalSegment::Scan scan, target->scan(extents_.front().firstSequence, false));
    packed_ = std::move(scan.extents);
    end_ = scan.end;
    return compare(*source, *target);
  };
  Status packed = pack();
  if (!packed) fs::remove(partial, ignored);
  return packed;
}

Result<std::unique_ptr<JournalSegment>> SegmentPacking::replace() {
  const auto rename = [&]() -> Result<std::unique_ptr<JournalSegment>> {
    // Opened before: nothing must fail once it has its name.
    CYTO_ASSIGN(auto packed, JournalSegment::open(partialOf(path_), false));
    CYTO_TRY(packed->rename(path_));
    return packed;
  };
  auto packed = rename();
  std::error_code ignored;
  if (!packed) fs::remove(partialOf(path_), ignored);
  return packed;
}

Status SegmentPacking::write(const JournalSegment& source, JournalSegment& target) {
  uint64_t end = JournalSegment::beginBytes();
  std::vector<Record> records;
  uint64_t bytes = 0;
  const auto flush = [&]() -> Status {
    if (records.empty()) return {};
    const std::string block = encodeBlock(records);
    if (const int failed = target.write(end, block)) return target.ioError("packed", failed);
    end += block.size();
    records.clear();
    bytes = 0;
    return {};
  };
  for (const JournalSegment::Extent& extent : extents_) {
    CYTO_ASSIGN(std::vector<Record> read, source.read(extent));
    for (Record& record : read) {
      if (record.kind == RecordKind::kOther) {
        return Error(ErrorCode::kInvalidArgument, "a record of an unknown kind cannot be packed");
      }
      const bool isFull = bytes + record.payload.size() > kBlockBytes || records.size() == kMaxBlockRecords;
      if (isFull) CYTO_TRY(flush());
      bytes += record.payload.size();
      records.push_back(std::move(record));
    }
  }
  CYTO_TRY(flush());
  if (const int failed = target.sync()) return target.ioError("packed", failed);
  return {};
}

Status SegmentPacking::compare(const JournalSegment& source, const JournalSegment& packed) const {
  const Error differs(ErrorCode::kInternal, "'" + packed.path().string() + "' does not hold what was written");
  auto extent = extents_.begin();
  std::vector<Record> expected;
  size_t next = 0;
  for (const JournalSegment::Extent& block : packed_) {
    CYTO_ASSIGN(const std::vector<Record> records, packed.read(block));
    for (const Record& record : records) {
      if (next == expected.size()) {
        if (extent == extents_.end()) return differs;
        CYTO_ASSIGN(expected, source.read(*extent++));
        next = 0;
      }
      if (!(record == expected[next++])) return differs;
    }
  }
  return extent == extents_.end() && next == expected.size() ? Status() : differs;
}

}  // namespace cyto
