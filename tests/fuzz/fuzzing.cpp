#include "tests/fuzz/fuzzing.h"

#include <algorithm>

#include "core/journal/crc32c.h"
#include "core/journal/journal_record.h"

namespace cyto::test {

namespace {

/// Before the content of a record in the form kContents: u8 kind, u24 length.
constexpr size_t kContentHeader = 4;

size_t numberAt(std::string_view bytes, size_t offset, size_t count) {
  size_t number = 0;
  for (size_t i = 0; i < count; ++i) number |= size_t{static_cast<uint8_t>(bytes[offset + i])} << (8 * i);
  return number;
}

std::string withRightSums(std::string file, size_t magicBytes) {
  for (size_t at = magicBytes; at + RecordHeader::kBytes <= file.size();) {
    const size_t rest = file.size() - at - RecordHeader::kBytes;
    const size_t end = at + RecordHeader::kBytes + std::min(numberAt(file, at, 4), rest);
    const size_t begin = at + RecordHeader::kChecksumEnd;
    const uint32_t sum = crc32c(std::string_view(file).substr(begin, end - begin));
    for (size_t i = 0; i < 4; ++i) file[at + 4 + i] = static_cast<char>(sum >> (8 * i));
    at = end;
  }
  return file;
}

std::string fromContents(std::string_view contents, std::string_view magic) {
  std::string file(magic);
  for (uint64_t sequence = 1; contents.size() >= kContentHeader; ++sequence) {
    const size_t length = std::min(numberAt(contents, 1, 3), contents.size() - kContentHeader);
    const auto kind = static_cast<RecordKind>(contents[0]);
    file += encodeRecord(sequence, kind, contents.substr(kContentHeader, length), 0);
    contents.remove_prefix(kContentHeader + length);
  }
  return file;
}

}  // namespace

std::string fileOf(std::string_view input, std::string_view magic) {
  if (input.empty()) return {};
  const std::string_view rest = input.substr(1);
  switch (static_cast<Form>(input[0] % 3)) {
    case Form::kAsItIs: return std::string(rest);
    case Form::kRightSums: return withRightSums(std::string(rest), magic.size());
    case Form::kContents: return fromContents(rest, magic);
  }
  return {};
}

std::string contentsOf(std::string_view file, size_t magicBytes) {
  std::string contents(1, static_cast<char>(Form::kContents));
  for (size_t at = magicBytes; at + RecordHeader::kBytes <= file.size();) {
    const RecordHeader header = RecordHeader::parse(file.substr(at));
    const auto payload = decodePayload(header, std::string(file.substr(at + RecordHeader::kBytes, header.storedBytes)));
    require(static_cast<bool>(payload), "a record can be read");
    contents += static_cast<char>(header.kind);
    for (size_t i = 0; i < 3; ++i) contents += static_cast<char>(payload->size() >> (8 * i));
    contents += *payload;
    at += RecordHeader::kBytes + header.storedBytes;
  }
  return contents;
}

}  // namespace cyto::test
