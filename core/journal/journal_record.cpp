// A record in a file; all numbers are little-endian.
//
//   1. A header of 28 bytes, then the stored payload:
//        u32  length of the stored payload
//        u32  CRC-32C of everything after this field: the rest of the header and the stored payload
//        u64  sequence: 1, 2, 3, …
//        u64  Unix time in µs
//        u16  kind
//        u16  flags; bit 0: the payload is one zstd frame that tells its size; the other bits (since version 2): how
//             many of the records right before it were not synced when it was written, 32767 for that many or more
//   2. A payload is compressed only when that makes it smaller; it is never larger than 1 GiB uncompressed.
//   3. A record of kind 3 is a block (since version 2): its sequence is that of the first record in it, its stored
//      payload is u32 count and one zstd frame of, for each record: u64 time, u16 kind, u32 length, payload.

#include "core/journal/journal_record.h"

#include <zstd.h>

#include <algorithm>
#include <cassert>
#include <memory>

#include "core/journal/crc32c.h"

namespace cyto {

namespace {

constexpr uint16_t kCompressed = 1;
constexpr uint64_t kMostUnsynced = 0x7fff;
constexpr int kRecordLevel = 3;
constexpr int kBlockLevel = 6;  // made once, when nobody waits
constexpr size_t kCountBytes = 4;
constexpr size_t kInnerHeaderBytes = 14;

Error problem(const std::string& what) { return Error(ErrorCode::kFormat, what); }

template <typename T>
void putNumber(std::string& bytes, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
}

template <typename T>
T numberAt(std::string_view bytes, size_t offset) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= uint64_t{static_cast<uint8_t>(bytes[offset + i])} << (8 * i);
  return static_cast<T>(value);
}

std::string compressed(std::string_view bytes, int level) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  frame.resize(ZSTD_isError(size) ? 0 : size);
  return frame;
}

/// Made once for each thread: making one takes several times as long as unpacking a record.
ZSTD_DCtx* unpacker() {
  static thread_local const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                                       &ZSTD_freeDCtx);
  return context.get();
}

Result<std::string> decompressed(std::string_view frame, uint64_t maxBytes) {
  const unsigned long long bytes = ZSTD_getFrameContentSize(frame.data(), frame.size());
  // A block of a frame takes 4 bytes at least; a size that cannot be true must not take memory.
  const uint64_t mostBytes = std::min<uint64_t>(maxBytes, (frame.size() / 4 + 1) * ZSTD_BLOCKSIZE_MAX);
  if (bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR || bytes > mostBytes) {
    return problem("the size of its compressed content is unknown or too large");
  }
  ZSTD_DCtx* context = unpacker();
  if (!context) return Error(ErrorCode::kOutOfMemory, "there is too little memory to read it");
  std::string content(bytes, '\0');
  const size_t got = ZSTD_decompressDCtx(context, content.data(), content.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != content.size()) return problem("its compressed content cannot be read");
  return content;
}

std::string framed(uint64_t sequence, RecordKind kind, uint16_t flags, std::string_view stored, int64_t time_us) {
  std::string rest;
  rest.reserve(RecordHeader::kBytes + stored.size());
  putNumber(rest, sequence);
  putNumber(rest, time_us);
  putNumber(rest, static_cast<uint16_t>(kind));
  putNumber(rest, flags);
  rest += stored;
  std::string bytes;
  bytes.reserve(RecordHeader::kBytes + stored.size());
  putNumber(bytes, static_cast<uint32_t>(stored.size()));
  putNumber(bytes, crc32c(rest));
  return bytes + rest;
}

}  // namespace

RecordKind recordKindOf(uint16_t number) {
  const auto kind = static_cast<RecordKind>(number);
  return kind == RecordKind::kEdit || kind == RecordKind::kMove ? kind : RecordKind::kOther;
}

RecordHeader RecordHeader::parse(std::string_view bytes) {
  return {numberAt<uint32_t>(bytes, 0), numberAt<uint32_t>(bytes, 4),  numberAt<uint64_t>(bytes, 8),
          numberAt<int64_t>(bytes, 16), numberAt<uint16_t>(bytes, 24), numberAt<uint16_t>(bytes, 26)};
}

std::string encodeRecord(uint64_t sequence, RecordKind kind, std::string_view payload, int64_t time_us,
                         uint64_t unsynced) {
  const std::string frame = compressed(payload, kRecordLevel);
  const bool isSmaller = !frame.empty() && frame.size() < payload.size();
  const uint64_t flags = std::min(unsynced, kMostUnsynced) << 1 | (isSmaller ? kCompressed : 0);
  return framed(sequence, kind, static_cast<uint16_t>(flags), isSmaller ? frame : payload, time_us);
}

Result<std::string> decodePayload(const RecordHeader& header, std::string stored) {
  if ((header.flags & kCompressed) == 0) return stored;
  return decompressed(stored, kMaxPayload);
}

std::string encodeBlock(std::span<const Record> records) {
  assert(!records.empty() && records.size() <= kMaxBlockRecords);
  std::string content;
  for (const Record& record : records) {
    assert(record.sequence == records.front().sequence + static_cast<uint64_t>(&record - records.data()));
    putNumber(content, record.time_us);
    putNumber(content, static_cast<uint16_t>(record.kind));
    putNumber(content, static_cast<uint32_t>(record.payload.size()));
    content += record.payload;
  }
  std::string stored;
  putNumber(stored, static_cast<uint32_t>(records.size()));
  stored += compressed(content, kBlockLevel);
  return framed(records.front().sequence, RecordKind::kBlock, 0, stored, records.back().time_us);
}

uint32_t blockRecords(std::string_view stored) {
  if (stored.size() < kCountBytes) return 0;
  const auto count = numberAt<uint32_t>(stored, 0);
  return count <= kMaxBlockRecords ? count : 0;
}

Result<std::vector<Record>> decodeBlock(const RecordHeader& header, std::string_view stored) {
  const uint32_t count = blockRecords(stored);
  if (count == 0 || header.flags != 0) return problem("it is no block of records");
  // A block holds records that were written one by one, plus what stands before each of them.
  CYTO_ASSIGN(const std::string content,
              decompressed(stored.substr(kCountBytes), kMaxPayload + kMaxBlockRecords * kInnerHeaderBytes));
  std::vector<Record> records;
  records.reserve(count);
  std::string_view rest = content;
  for (uint32_t i = 0; i < count; ++i) {
    if (rest.size() < kInnerHeaderBytes) return problem("a record in the block is cut off");
    const auto length = numberAt<uint32_t>(rest, 10);
    if (rest.size() - kInnerHeaderBytes < length) return problem("a record in the block is cut off");
    records.push_back({header.sequence + i, numberAt<int64_t>(rest, 0), recordKindOf(numberAt<uint16_t>(rest, 8)),
                       std::string(rest.substr(kInnerHeaderBytes, length))});
    rest.remove_prefix(kInnerHeaderBytes + length);
  }
  if (!rest.empty()) return problem("there is more in the block than records");
  return records;
}

}  // namespace cyto
