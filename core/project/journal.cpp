// The journal on disk: FOLDER/00000001.log. All numbers are little-endian.
//
//   1. The file begins with the 8 bytes "CYTOJNL1".
//   2. Records follow without gaps. A record is a header of 28 bytes and a payload:
//        u32  length of the payload as it is stored
//        u32  CRC-32C of everything after this field: the rest of the header and the stored payload
//        u64  sequence: 1, 2, 3, …
//        u64  Unix time in µs
//        u16  kind
//        u16  flags; bit 0: the payload is one zstd frame that tells its size; the other bits are 0
//   3. A payload is compressed only when that makes it smaller; it is never larger than 1 GiB uncompressed.
//   4. Appending writes the whole record at once, then syncs. What fails is cut off again; where that fails too, it is
//      tried again before the next record and when the journal is closed.
//   5. A record that cannot be read, with no readable one after it, is the torn end of an append that was never
//      acknowledged: it is cut off. With a readable record after it, the file is damaged and is left alone.
//   6. A file that ends within its first 8 bytes is a journal whose creation was interrupted: it is empty.

#include "core/project/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/project/crc32c.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "CYTOJNL1";
constexpr const char* kFileName = "00000001.log";
constexpr uint64_t kHeaderBytes = 28;
constexpr uint64_t kChecksumEnd = 8;  // the checksum is over what follows
constexpr uint16_t kCompressed = 1;
constexpr int kCompressionLevel = 3;
constexpr uint64_t kMaxPayload = uint64_t{1} << 30;
constexpr uint64_t kWindowBytes = uint64_t{1} << 18;

struct Header {
  uint32_t storedBytes = 0;
  uint32_t checksum = 0;
  uint64_t sequence = 0;
  int64_t time_us = 0;
  uint16_t kind = 0;
  uint16_t flags = 0;
};

template <typename T>
void putNumber(std::string& bytes, size_t offset, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes[offset + i] = static_cast<char>(number >> (8 * i));
}

template <typename T>
T number(std::string_view bytes, size_t offset) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= uint64_t{static_cast<uint8_t>(bytes[offset + i])} << (8 * i);
  return static_cast<T>(value);
}

Header parseHeader(std::string_view bytes) {
  return {number<uint32_t>(bytes, 0), number<uint32_t>(bytes, 4),  number<uint64_t>(bytes, 8),
          number<int64_t>(bytes, 16), number<uint16_t>(bytes, 24), number<uint16_t>(bytes, 26)};
}

/// The payload as it is stored, and whether that is compressed.
std::pair<std::string, bool> storedForm(std::string_view payload) {
  std::string compressed(ZSTD_compressBound(payload.size()), '\0');
  const size_t bytes =
      ZSTD_compress(compressed.data(), compressed.size(), payload.data(), payload.size(), kCompressionLevel);
  if (ZSTD_isError(bytes) || bytes >= payload.size()) return {std::string(payload), false};
  compressed.resize(bytes);
  return {std::move(compressed), true};
}

std::string encodeRecord(uint64_t sequence, RecordKind kind, std::string_view payload, int64_t time_us) {
  const auto [stored, isCompressed] = storedForm(payload);
  std::string bytes(kHeaderBytes, '\0');
  putNumber(bytes, 0, static_cast<uint32_t>(stored.size()));
  putNumber(bytes, 8, sequence);
  putNumber(bytes, 16, static_cast<uint64_t>(time_us));
  putNumber(bytes, 24, static_cast<uint16_t>(kind));
  putNumber(bytes, 26, isCompressed ? kCompressed : uint16_t{0});
  bytes += stored;
  putNumber(bytes, 4, crc32c(std::string_view(bytes).substr(kChecksumEnd)));
  return bytes;
}

Error ioError(const fs::path& path, const std::string& action, int errorNumber) {
  const bool isFull = errorNumber == ENOSPC || errorNumber == EDQUOT;
  return Error(ErrorCode::kIo, "the journal '" + path.string() + "' cannot be " + action + ": " +
                                   systemErrorText(errorNumber) + (isFull ? "; free some space and try again" : ""));
}

Error damaged(const fs::path& path, uint64_t offset, const std::string& what) {
  return Error(ErrorCode::kFormat,
               "the journal '" + path.string() + "' is damaged at byte " + std::to_string(offset) + ": " + what);
}

/// An open journal file. Where `int` is returned it is 0, or the errno of what failed.
class JournalFile {
 public:
  JournalFile(int descriptor, fs::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~JournalFile() { ::close(descriptor_); }
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  const fs::path& path() const { return path_; }

  Result<uint64_t> size() const {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return ioError(path_, "read", errno);
    if (!S_ISREG(status.st_mode)) return damaged(path_, 0, "it is no file");
    return static_cast<uint64_t>(status.st_size);
  }

  Status read(uint64_t offset, char* target, size_t bytes) const {
    while (bytes > 0) {
      const ssize_t got = ::pread(descriptor_, target, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ioError(path_, "read", errno);
      if (got == 0) return Error(ErrorCode::kIo, "the journal '" + path_.string() + "' became shorter while in use");
      target += got;
      offset += static_cast<uint64_t>(got);
      bytes -= static_cast<size_t>(got);
    }
    return {};
  }

  int write(uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return errno;
      if (written == 0) return EIO;
      offset += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return sync();
  }

  int cutTo(uint64_t size) {
    while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return errno;
    }
    return 0;
  }

  int sync() {
    while (::fdatasync(descriptor_) != 0) {
      if (errno != EINTR) return errno;
    }
    return 0;
  }

 private:
  int descriptor_;
  fs::path path_;
};

/// Goes through a journal file of a size that was taken once. Holds one window, never the file.
class JournalReader {
 public:
  JournalReader(const JournalFile& file, uint64_t size) : file_(file), size_(size) {}

  uint64_t size() const { return size_; }

  /// Bytes that stay valid until the next call. At most kWindowBytes, all within the file.
  Result<std::string_view> view(uint64_t offset, uint64_t bytes) {
    if (offset < windowBegin_ || offset + bytes > windowBegin_ + window_.size()) {
      window_.resize(std::min(kWindowBytes, size_ - offset));
      windowBegin_ = offset;
      work_ += window_.size();
      CYTO_TRY(file_.read(offset, window_.data(), window_.size()));
    }
    return std::string_view(window_).substr(offset - windowBegin_, bytes);
  }

  /// The header at an offset; nothing when it or its payload would reach past the end.
  Result<std::optional<Header>> header(uint64_t offset) {
    if (size_ - offset < kHeaderBytes) return std::optional<Header>();
    CYTO_ASSIGN(const std::string_view bytes, view(offset, kHeaderBytes));
    const Header header = parseHeader(bytes);
    if (header.storedBytes > size_ - offset - kHeaderBytes) return std::optional<Header>();
    return std::optional<Header>(header);
  }

  /// Whether the checksum fits a record that lies within the file.
  Result<bool> isWhole(uint64_t offset, const Header& header) {
    uint32_t checksum = 0;
    const uint64_t end = offset + kHeaderBytes + header.storedBytes;
    for (uint64_t at = offset + kChecksumEnd; at < end;) {
      CYTO_ASSIGN(const std::string_view bytes, view(at, std::min(kWindowBytes, end - at)));
      checksum = crc32c(bytes, checksum);
      at += bytes.size();
      work_ += bytes.size();
    }
    return checksum == header.checksum;
  }

  /// Whether a whole record with this sequence or a later one begins anywhere after an offset.
  Result<bool> hasRecordAfter(uint64_t offset, uint64_t sequence) {
    // A hostile file could name a record at every byte, and checking them all would take forever. Giving up says yes:
    // then nothing is cut.
    const uint64_t maxWork = work_ + 16 * (size_ + kWindowBytes);
    for (uint64_t at = offset + 1; at + kHeaderBytes <= size_; ++at) {
      if (work_ > maxWork) return true;
      CYTO_ASSIGN(const std::optional<Header> found, header(at));
      if (!found || found->sequence < sequence || found->sequence - sequence > size_ / kHeaderBytes) continue;
      CYTO_ASSIGN(const bool whole, isWhole(at, *found));
      if (whole) return true;
    }
    return false;
  }

 private:
  const JournalFile& file_;
  uint64_t size_;
  std::string window_;
  uint64_t windowBegin_ = 0;
  uint64_t work_ = 0;  // bytes read and checked so far
};

/// Made once for each thread: making one takes several times as long as unpacking a record.
ZSTD_DCtx* unpacker() {
  static thread_local const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                                       &ZSTD_freeDCtx);
  return context.get();
}

Result<std::string> decompressed(const fs::path& path, uint64_t offset, const std::string& stored) {
  const unsigned long long bytes = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR || bytes > kMaxPayload) {
    return damaged(path, offset, "the size of its compressed content is unknown or too large");
  }
  ZSTD_DCtx* context = unpacker();
  if (!context) return Error(ErrorCode::kOutOfMemory, "there is too little memory to read the journal");
  std::string payload(bytes, '\0');
  const size_t got = ZSTD_decompressDCtx(context, payload.data(), payload.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) || got != payload.size()) {
    return damaged(path, offset, "its compressed content cannot be read");
  }
  return payload;
}

/// The payload of a record that lies within the file and whose checksum fits.
Result<std::string> readPayload(const JournalFile& file, uint64_t offset, const Header& header) {
  if ((header.flags & ~kCompressed) != 0) {
    return damaged(file.path(), offset, "it has unknown flags; it may be of a newer version of the program");
  }
  std::string stored(header.storedBytes, '\0');
  CYTO_TRY(file.read(offset + kHeaderBytes, stored.data(), stored.size()));
  if ((header.flags & kCompressed) == 0) return stored;
  return decompressed(file.path(), offset, stored);
}

RecordKind kindOf(uint16_t number) {
  const auto kind = static_cast<RecordKind>(number);
  return kind == RecordKind::kEdit || kind == RecordKind::kMove ? kind : RecordKind::kOther;
}

using Visit = std::function<Status(const Record&)>;

class FileJournal : public Journal {
 public:
  FileJournal(int descriptor, fs::path path, Mode mode) : file_(descriptor, std::move(path)), mode_(mode) {}

  /// A record that was refused must not be there when the journal is opened again: the last chance to cut it off.
  ~FileJournal() override {
    if (hasRest_) file_.cutTo(end_);
  }

  /// Makes an empty file an empty journal.
  Status begin();

  Status readAll(const Visit& visit, JournalRecovery& recovery);

  Result<uint64_t> append(RecordKind kind, std::string_view payload, int64_t time_us) override;
  Result<std::string> payload(uint64_t sequence) const override;

 private:
  Result<bool> checkMagic(JournalReader& reader);
  Result<bool> readRecord(JournalReader& reader, const Visit& visit);
  Status cutTail(JournalReader& reader, JournalRecovery& recovery);

  JournalFile file_;
  Mode mode_;
  std::vector<uint64_t> offsets_;  // of the record with sequence index + 1
  uint64_t end_ = 0;               // where the next record goes
  bool hasRest_ = false;           // bytes of a failed append may lie after end_
};

Status FileJournal::begin() {
  if (const int failed = file_.write(0, kMagic)) return ioError(file_.path(), "written", failed);
  end_ = kMagic.size();
  return syncToDisk(file_.path().parent_path());
}

/// False for a journal whose creation was interrupted.
Result<bool> FileJournal::checkMagic(JournalReader& reader) {
  CYTO_ASSIGN(const std::string_view found, reader.view(0, std::min<uint64_t>(reader.size(), kMagic.size())));
  if (found == kMagic) return true;
  // After a power failure a file system may give zeros where bytes were not written yet.
  const bool isTorn = found == kMagic.substr(0, found.size()) || found.find_first_not_of('\0') == found.npos;
  if (isTorn && reader.size() <= kMagic.size()) return false;
  return damaged(file_.path(), 0, "it does not begin as a journal does; choose another file");
}

/// Reads the record at end_ and goes past it; false when there is none that can be read.
Result<bool> FileJournal::readRecord(JournalReader& reader, const Visit& visit) {
  const uint64_t sequence = offsets_.size() + 1;
  CYTO_ASSIGN(const std::optional<Header> header, reader.header(end_));
  if (!header) return false;
  CYTO_ASSIGN(const bool isWhole, reader.isWhole(end_, *header));
  if (!isWhole) return false;
  if (header->sequence != sequence) {
    return damaged(file_.path(), end_,
                   "record " + std::to_string(header->sequence) + " stands where record " + std::to_string(sequence) +
                       " should be");
  }
  CYTO_ASSIGN(std::string payload, readPayload(file_, end_, *header));
  CYTO_TRY(visit({sequence, header->time_us, kindOf(header->kind), std::move(payload)}));
  offsets_.push_back(end_);
  end_ += kHeaderBytes + header->storedBytes;
  return true;
}

/// Cuts what lies after end_ unless it holds something that can be read.
Status FileJournal::cutTail(JournalReader& reader, JournalRecovery& recovery) {
  const uint64_t sequence = offsets_.size() + 1;
  CYTO_ASSIGN(const bool isInside, reader.hasRecordAfter(end_, sequence));
  if (isInside) {
    return damaged(
        file_.path(), end_,
        "record " + std::to_string(sequence) + " cannot be read, but later ones can; restore the file from a backup");
  }
  if (mode_ == Mode::kReadOnly) return {};
  int failed = file_.cutTo(end_);
  if (failed == 0) failed = file_.sync();
  if (failed != 0) return ioError(file_.path(), "repaired", failed);
  recovery.cutBytes = static_cast<int64_t>(reader.size() - end_);
  return {};
}

Status FileJournal::readAll(const Visit& visit, JournalRecovery& recovery) {
  recovery = {};
  CYTO_ASSIGN(const uint64_t size, file_.size());
  JournalReader reader(file_, size);
  CYTO_ASSIGN(const bool isBegun, checkMagic(reader));
  if (!isBegun) return mode_ == Mode::kReadOnly ? Status() : begin();
  end_ = kMagic.size();
  while (end_ < size) {
    CYTO_ASSIGN(const bool isRead, readRecord(reader, visit));
    if (!isRead) break;
  }
  recovery.records = static_cast<int64_t>(offsets_.size());
  return end_ == size ? Status() : cutTail(reader, recovery);
}

Result<uint64_t> FileJournal::append(RecordKind kind, std::string_view payload, int64_t time_us) {
  if (mode_ == Mode::kReadOnly) {
    return Error(ErrorCode::kInvalidArgument, "the journal '" + file_.path().string() + "' is open for reading only");
  }
  if (payload.size() > kMaxPayload) {
    return Error(ErrorCode::kInvalidArgument, "the change is larger than 1 GiB, which the journal cannot hold");
  }
  if (hasRest_) {
    if (const int failed = file_.cutTo(end_)) return ioError(file_.path(), "written", failed);
    hasRest_ = false;
  }
  const uint64_t sequence = offsets_.size() + 1;
  const std::string record = encodeRecord(sequence, kind, payload, time_us);
  if (const int failed = file_.write(end_, record)) {
    hasRest_ = file_.cutTo(end_) != 0;
    file_.sync();  // so that the record does not come back after a power failure; nothing to do when it fails, too
    return ioError(file_.path(), "written", failed);
  }
  offsets_.push_back(end_);
  end_ += record.size();
  return sequence;
}

Result<std::string> FileJournal::payload(uint64_t sequence) const {
  if (sequence < 1 || sequence > offsets_.size()) {
    return Error(ErrorCode::kNotFound, "the journal has no record " + std::to_string(sequence));
  }
  const uint64_t offset = offsets_[sequence - 1];
  const uint64_t end = sequence < offsets_.size() ? offsets_[sequence] : end_;
  const Error changed = damaged(file_.path(), offset, "record " + std::to_string(sequence) + " has changed");
  JournalReader reader(file_, end);
  CYTO_ASSIGN(const std::optional<Header> header, reader.header(offset));
  if (!header || header->sequence != sequence || offset + kHeaderBytes + header->storedBytes != end) return changed;
  CYTO_ASSIGN(const bool isWhole, reader.isWhole(offset, *header));
  if (!isWhole) return changed;
  return readPayload(file_, offset, *header);
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::create(const fs::path& folder) {
  const fs::path path = folder / kFileName;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) {
    return Error(ErrorCode::kInvalidArgument, "there is a journal '" + path.string() + "' already; open it instead");
  }
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return Error(ErrorCode::kNotFound, "there is no folder '" + folder.string() + "' to make a journal in");
  }
  if (descriptor < 0) return ioError(path, "made", errno);
  auto journal = std::make_unique<FileJournal>(descriptor, path, Mode::kReadWrite);
  if (Status begun = journal->begin(); !begun) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return std::move(begun).error();
  }
  return std::unique_ptr<Journal>(std::move(journal));
}

Result<std::unique_ptr<Journal>> Journal::open(const fs::path& folder, Mode mode, const Visit& visit,
                                               JournalRecovery& recovery) {
  const fs::path path = folder / kFileName;
  // O_NONBLOCK: a pipe of that name must not make us wait.
  const int access = mode == Mode::kReadWrite ? O_RDWR : O_RDONLY;
  const int descriptor = ::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return Error(ErrorCode::kNotFound, "there is no journal '" + path.string() + "'");
  }
  if (descriptor < 0) return ioError(path, "opened", errno);
  auto journal = std::make_unique<FileJournal>(descriptor, path, mode);
  CYTO_TRY(journal->readAll(visit, recovery));
  return std::unique_ptr<Journal>(std::move(journal));
}

}  // namespace cyto
