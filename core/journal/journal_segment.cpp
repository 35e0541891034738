#include "core/journal/journal_segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/journal/crc32c.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "CYTOJNL1";
constexpr uint64_t kWindowBytes = uint64_t{1} << 18;

Status readBytes(int descriptor, uint64_t offset, char* target, size_t bytes, const fs::path& path) {
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor, target, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error(ErrorCode::kIo, "the journal '" + path.string() + "' cannot be read: " + systemErrorText(errno));
    }
    if (got == 0) return Error(ErrorCode::kIo, "the journal '" + path.string() + "' became shorter while in use");
    target += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
  return {};
}

/// Goes through a file of a size that was taken once. Holds one window, never the file.
class Scanner {
 public:
  Scanner(int descriptor, const fs::path& path, uint64_t size) : descriptor_(descriptor), path_(path), size_(size) {}

  uint64_t size() const { return size_; }

  /// Bytes that stay valid until the next call. At most kWindowBytes, all within the file.
  Result<std::string_view> view(uint64_t offset, uint64_t bytes) {
    if (offset < windowBegin_ || offset + bytes > windowBegin_ + window_.size()) {
      window_.resize(std::min(kWindowBytes, size_ - offset));
      windowBegin_ = offset;
      work_ += window_.size();
      CYTO_TRY(readBytes(descriptor_, offset, window_.data(), window_.size(), path_));
    }
    return std::string_view(window_).substr(offset - windowBegin_, bytes);
  }

  /// The header at an offset; nothing when it or its payload would reach past the end.
  Result<std::optional<RecordHeader>> header(uint64_t offset) {
    if (size_ - offset < RecordHeader::kBytes) return std::optional<RecordHeader>();
    CYTO_ASSIGN(const std::string_view bytes, view(offset, RecordHeader::kBytes));
    const RecordHeader header = RecordHeader::parse(bytes);
    if (header.storedBytes > size_ - offset - RecordHeader::kBytes) return std::optional<RecordHeader>();
    return std::optional<RecordHeader>(header);
  }

  /// The header of a record that lies within the file and whose checksum fits; nothing when there is none.
  Result<std::optional<RecordHeader>> wholeRecord(uint64_t offset) {
    CYTO_ASSIGN(const std::optional<RecordHeader> found, header(offset));
    if (!found) return found;
    uint32_t checksum = 0;
    const uint64_t end = offset + RecordHeader::kBytes + found->storedBytes;
    for (uint64_t at = offset + RecordHeader::kChecksumEnd; at < end;) {
      CYTO_ASSIGN(const std::string_view bytes, view(at, std::min(kWindowBytes, end - at)));
      checksum = crc32c(bytes, checksum);
      at += bytes.size();
      work_ += bytes.size();
    }
    return checksum == found->checksum ? found : std::optional<RecordHeader>();
  }

  enum class Search { kFound, kNothing, kGivenUp };

  /// Looks for a whole record with this sequence or a later one anywhere after an offset; puts where into `found`.
  Result<Search> findRecordAfter(uint64_t offset, uint64_t sequence, uint64_t& found) {
    // A hostile file could name a record at every byte, and checking them all would take forever.
    const uint64_t maxWork = work_ + 16 * (size_ + kWindowBytes);
    for (uint64_t at = offset + 1; at + RecordHeader::kBytes <= size_; ++at) {
      if (work_ > maxWork) return Search::kGivenUp;
      CYTO_ASSIGN(const std::optional<RecordHeader> claimed, header(at));
      if (!claimed || claimed->sequence < sequence) continue;
      if (claimed->sequence - sequence > size_ / RecordHeader::kBytes * kMaxBlockRecords) continue;
      CYTO_ASSIGN(const std::optional<RecordHeader> whole, wholeRecord(at));
      if (!whole) continue;
      found = at;
      return Search::kFound;
    }
    return Search::kNothing;
  }

 private:
  int descriptor_;
  const fs::path& path_;
  uint64_t size_;
  std::string window_;
  uint64_t windowBegin_ = 0;
  uint64_t work_ = 0;  // bytes read and checked so far
};

/// One pass over a segment.
class SegmentScan {
 public:
  SegmentScan(Scanner& scanner, const fs::path& path, uint64_t firstSequence, bool isLast)
      : scanner_(scanner), path_(path), next_(firstSequence), isLast_(isLast) {
    scan_.size = scanner.size();
  }

  Result<JournalSegment::Scan> run() {
    CYTO_TRY(readBeginning());
    while (scan_.isBegun && scan_.end < scan_.size) {
      CYTO_ASSIGN(const std::optional<RecordHeader> header, scanner_.wholeRecord(scan_.end));
      if (header) {
        CYTO_TRY(take(*header));
        continue;
      }
      CYTO_ASSIGN(const bool goesOn, skip());
      if (!goesOn) break;
    }
    if (torn_) {
      scan_.damages.clear();
      scan_.extents.resize(torn_->extents);
      scan_.end = torn_->offset;
    }
    return std::move(scan_);
  }

 private:
  void damaged(std::string what, uint64_t recordsLost) {
    scan_.damages.push_back({path_, scan_.end, std::move(what), recordsLost == 0 ? 0 : next_, recordsLost});
  }

  Status readBeginning() {
    CYTO_ASSIGN(const std::string_view found, scanner_.view(0, std::min<uint64_t>(scan_.size, kMagic.size())));
    scan_.isBegun = found == kMagic;
    if (scan_.isBegun) {
      scan_.end = kMagic.size();
      return {};
    }
    // After a power failure a file system may give zeros where bytes were not written yet.
    const bool isTorn = found == kMagic.substr(0, found.size()) || found.find_first_not_of('\0') == found.npos;
    if (isLast_ && isTorn && scan_.size <= kMagic.size()) return {};
    damaged("it does not begin as a journal does", 0);
    scan_.isBegun = true;
    scan_.end = std::min<uint64_t>(scan_.size, kMagic.size());
    return {};
  }

  Status take(const RecordHeader& header) {
    const uint64_t offset = scan_.end;
    JournalSegment::Extent extent{header.sequence, offset, header.storedBytes, 1,
                                  header.kind == static_cast<uint16_t>(RecordKind::kBlock)};
    if (extent.isBlock) {
      CYTO_ASSIGN(const std::string_view count,
                  scanner_.view(offset + RecordHeader::kBytes, std::min<uint64_t>(header.storedBytes, 4)));
      extent.records = blockRecords(count);
    }
    constexpr uint64_t kMostMissing = uint64_t{1} << 40;
    const bool isUsable = extent.records > 0 && header.sequence >= next_ && header.sequence - next_ < kMostMissing;
    if (extent.records == 0) {
      damaged("record " + std::to_string(header.sequence) + " is no block of records", 1);
    } else if (header.sequence != next_) {
      damaged(
          "record " + std::to_string(header.sequence) + " stands where record " + std::to_string(next_) + " should be",
          isUsable ? header.sequence - next_ : 0);
    }
    scan_.end = extent.end();
    // What was synced before another record was written is no interrupted append.
    if (torn_ && (!isUsable || header.sequence - header.unsynced() > torn_->sequence)) torn_.reset();
    if (!isUsable) return {};
    next_ = extent.lastSequence() + 1;
    scan_.extents.push_back(extent);
    return {};
  }

  /// Past what cannot be read at the end so far; false when nothing more can be read.
  Result<bool> skip() {
    uint64_t found = 0;
    CYTO_ASSIGN(const Scanner::Search search, scanner_.findRecordAfter(scan_.end, next_, found));
    if (search == Scanner::Search::kFound) {
      CYTO_ASSIGN(const std::optional<RecordHeader> header, scanner_.header(found));
      if (isLast_ && scan_.damages.empty()) torn_ = Torn{scan_.end, next_, scan_.extents.size()};
      damaged("record " + std::to_string(next_) + " cannot be read, but later ones can", header->sequence - next_);
      next_ = header->sequence;
      scan_.end = found;
      return true;
    }
    if (search == Scanner::Search::kNothing && isLast_ && (scan_.damages.empty() || torn_)) return false;
    torn_.reset();
    damaged("record " + std::to_string(next_) + " and what follows cannot be read", 1);
    scan_.end = scan_.size;
    return false;
  }

  /// Where an append of several records was interrupted: what was found so far after it shared its sync.
  struct Torn {
    uint64_t offset = 0;
    uint64_t sequence = 0;  ///< the first record that is lost
    size_t extents = 0;     ///< how many were found before it
  };

  Scanner& scanner_;
  const fs::path& path_;
  uint64_t next_;
  bool isLast_;
  std::optional<Torn> torn_;
  JournalSegment::Scan scan_;
};

}  // namespace

std::string Damage::text() const {
  return "the file '" + file.string() + "' is damaged at byte " + std::to_string(offset) + ": " + what;
}

Result<std::unique_ptr<JournalSegment>> JournalSegment::create(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) {
    return Error(ErrorCode::kInvalidArgument, "there is a journal '" + path.string() + "' already; open it instead");
  }
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return Error(ErrorCode::kNotFound, "there is no folder '" + path.parent_path().string() + "' to make a journal in");
  }
  if (descriptor < 0) {
    return Error(ErrorCode::kIo, "the journal '" + path.string() + "' cannot be made: " + systemErrorText(errno));
  }
  std::unique_ptr<JournalSegment> segment(new JournalSegment(descriptor, path));
  if (Status begun = segment->begin(); !begun) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return std::move(begun).error();
  }
  return segment;
}

Result<std::unique_ptr<JournalSegment>> JournalSegment::open(const fs::path& path, bool forWriting) {
  // O_NONBLOCK: a pipe of that name must not make us wait.
  const int descriptor = ::open(path.c_str(), (forWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return Error(ErrorCode::kNotFound, "there is no journal '" + path.string() + "'");
  }
  if (descriptor < 0) {
    return Error(ErrorCode::kIo, "the journal '" + path.string() + "' cannot be opened: " + systemErrorText(errno));
  }
  return std::unique_ptr<JournalSegment>(new JournalSegment(descriptor, path));
}

JournalSegment::~JournalSegment() { ::close(descriptor_); }

Result<JournalSegment::Scan> JournalSegment::scan(uint64_t firstSequence, bool isLast) const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return ioError("read", errno);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::kFormat, Damage{path_, 0, "it is no file", 0, 0}.text());
  Scanner scanner(descriptor_, path_, static_cast<uint64_t>(status.st_size));
  return SegmentScan(scanner, path_, firstSequence, isLast).run();
}

Result<std::vector<Record>> JournalSegment::read(const Extent& extent) const {
  CYTO_ASSIGN(std::string whole, bytes(extent.offset, extent.end()));
  const RecordHeader header = RecordHeader::parse(whole);
  const bool isSame = header.sequence == extent.firstSequence && header.storedBytes == extent.storedBytes &&
                      crc32c(std::string_view(whole).substr(RecordHeader::kChecksumEnd)) == header.checksum;
  if (!isSame) {
    return Error(ErrorCode::kFormat, "record " + std::to_string(extent.firstSequence) + " has changed");
  }
  if (extent.isBlock) return decodeBlock(header, std::string_view(whole).substr(RecordHeader::kBytes));
  CYTO_ASSIGN(std::string payload, decodePayload(header, whole.substr(RecordHeader::kBytes)));
  std::vector<Record> records;
  records.push_back({header.sequence, header.time_us, recordKindOf(header.kind), std::move(payload)});
  return records;
}

Result<std::string> JournalSegment::bytes(uint64_t begin, uint64_t end) const {
  std::string content(end - begin, '\0');
  CYTO_TRY(readBytes(descriptor_, begin, content.data(), content.size(), path_));
  return content;
}

Status JournalSegment::rename(const fs::path& path) {
  std::error_code failed;
  fs::rename(path_, path, failed);
  if (failed) return Error(ErrorCode::kIo, "'" + path.string() + "' cannot be replaced: " + failed.message());
  path_ = path;
  return {};
}

int JournalSegment::write(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    offset += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int JournalSegment::cutTo(uint64_t size) {
  while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int JournalSegment::sync() {
  while (::fdatasync(descriptor_) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

Status JournalSegment::begin() {
  int failed = write(0, kMagic);
  if (failed == 0) failed = sync();
  if (failed != 0) return ioError("written", failed);
  return syncToDisk(path_.parent_path());
}

uint64_t JournalSegment::beginBytes() { return kMagic.size(); }

Error JournalSegment::ioError(const std::string& action, int errorNumber) const {
  const bool isFull = errorNumber == ENOSPC || errorNumber == EDQUOT;
  return Error(ErrorCode::kIo, "the journal '" + path_.string() + "' cannot be " + action + ": " +
                                   systemErrorText(errorNumber) + (isFull ? "; free some space and try again" : ""));
}

}  // namespace cyto
