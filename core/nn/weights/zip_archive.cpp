#include "core/nn/weights/zip_archive.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace cyto::nn {

namespace {

constexpr char kLocalSignature[] = "PK\x03\x04";
constexpr char kCentralSignature[] = "PK\x01\x02";
constexpr char kEndSignature[] = "PK\x05\x06";
constexpr char kEnd64Signature[] = "PK\x06\x06";
constexpr char kLocator64Signature[] = "PK\x06\x07";
constexpr uint64_t kLocalBytes = 30;
constexpr uint64_t kCentralBytes = 46;
constexpr uint64_t kEndBytes = 22;
constexpr uint64_t kEnd64Bytes = 56;
constexpr uint64_t kLocator64Bytes = 20;
constexpr uint64_t kLongestComment = 65535;
constexpr uint64_t kMostMembers = 200'000;
constexpr uint64_t kLongestDirectory = 64 << 20;
constexpr uint64_t kIn64 = 0xffffffff;

bool startsWith(const std::string& text, uint64_t offset, const char* signature) {
  return text.compare(offset, 4, signature) == 0;
}

struct Directory {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t count = 0;
};

Result<Directory> findDirectory(const BinaryFile& file) {
  const uint64_t tailBytes = std::min(file.size(), kEndBytes + kLongestComment + kLocator64Bytes);
  const uint64_t tailStart = file.size() - tailBytes;
  CYTO_ASSIGN(const std::string tail, file.readText(tailStart, tailBytes));
  const size_t found = tail.rfind(std::string(kEndSignature, 4));
  if (found == std::string::npos || tail.size() - found < kEndBytes) return file.damaged("it ends too early");
  const char* end = tail.data() + found;
  Directory directory{littleEndian(end + 16, 4), littleEndian(end + 12, 4), littleEndian(end + 10, 2)};
  const bool has64 = found >= kLocator64Bytes && startsWith(tail, found - kLocator64Bytes, kLocator64Signature);
  if (has64) {
    const uint64_t place = littleEndian(tail.data() + found - kLocator64Bytes + 8, 8);
    CYTO_ASSIGN(const std::string end64, file.readText(place, kEnd64Bytes));
    if (!startsWith(end64, 0, kEnd64Signature)) return file.damaged("its directory is not where it says");
    directory = {littleEndian(end64.data() + 48, 8), littleEndian(end64.data() + 40, 8),
                 littleEndian(end64.data() + 32, 8)};
  }
  if (directory.count > kMostMembers || directory.size > kLongestDirectory)
    return file.damaged("its directory is too long");
  return directory;
}

struct CentralEntry {
  std::string name;
  uint64_t localOffset = 0;
  ZipArchive::Member member;
};

/// Fields that do not fit 32 bits stand in the extra field, in this order, only those that are needed.
bool readExtra64(const std::string& extra, std::initializer_list<uint64_t*> fields) {
  for (uint64_t at = 0; at + 4 <= extra.size();) {
    const uint64_t id = littleEndian(extra.data() + at, 2);
    const uint64_t size = littleEndian(extra.data() + at + 2, 2);
    at += 4;
    if (size > extra.size() - at) return false;
    if (id != 1) {
      at += size;
      continue;
    }
    const uint64_t stop = at + size;
    for (uint64_t* field : fields) {
      if (*field != kIn64) continue;
      if (at + 8 > stop) return false;
      *field = littleEndian(extra.data() + at, 8);
      at += 8;
    }
    return true;
  }
  return false;
}

Result<CentralEntry> parseCentral(const BinaryFile& file, const std::string& directory, uint64_t& at) {
  if (directory.size() - at < kCentralBytes || !startsWith(directory, at, kCentralSignature)) {
    return file.damaged("its directory is broken");
  }
  const char* field = directory.data() + at;
  const uint64_t nameBytes = littleEndian(field + 28, 2);
  const uint64_t extraBytes = littleEndian(field + 30, 2);
  const uint64_t commentBytes = littleEndian(field + 32, 2);
  if (directory.size() - at - kCentralBytes < nameBytes + extraBytes + commentBytes) {
    return file.damaged("its directory is broken");
  }
  CentralEntry entry;
  entry.name = directory.substr(at + kCentralBytes, nameBytes);
  uint64_t compressed = littleEndian(field + 20, 4);
  entry.member.size = littleEndian(field + 24, 4);
  entry.localOffset = littleEndian(field + 42, 4);
  if (compressed == kIn64 || entry.member.size == kIn64 || entry.localOffset == kIn64) {
    const std::string extra = directory.substr(at + kCentralBytes + nameBytes, extraBytes);
    if (!readExtra64(extra, {&entry.member.size, &compressed, &entry.localOffset})) {
      return file.damaged("the size of a member is missing");
    }
  }
  if (littleEndian(field + 10, 2) != 0 || compressed != entry.member.size) {
    return Error(ErrorCode::kFormat, "the checkpoint '" + file.path().string() +
                                         "' has compressed members, which torch.save does not write; save it again");
  }
  at += kCentralBytes + nameBytes + extraBytes + commentBytes;
  return entry;
}

Status locateData(const BinaryFile& file, CentralEntry& entry) {
  CYTO_ASSIGN(const std::string local, file.readText(entry.localOffset, kLocalBytes));
  if (!startsWith(local, 0, kLocalSignature)) return file.damaged("a member is not where the directory says");
  entry.member.offset =
      entry.localOffset + kLocalBytes + littleEndian(local.data() + 26, 2) + littleEndian(local.data() + 28, 2);
  if (entry.member.offset > file.size() || entry.member.size > file.size() - entry.member.offset) {
    return file.damaged("member '" + entry.name.substr(0, 80) + "' lies outside the file");
  }
  return {};
}

Status refuseOverlaps(const BinaryFile& file, std::vector<ZipArchive::Member> members) {
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  for (size_t i = 1; i < members.size(); ++i) {
    if (members[i].offset < members[i - 1].offset + members[i - 1].size) return file.damaged("its members overlap");
  }
  return {};
}

}  // namespace

Result<ZipArchive> ZipArchive::open(const BinaryFile& file) {
  CYTO_ASSIGN(const Directory place, findDirectory(file));
  CYTO_ASSIGN(const std::string directory, file.readText(place.offset, place.size));
  ZipArchive archive;
  std::vector<Member> members;
  uint64_t at = 0;
  for (uint64_t i = 0; i < place.count; ++i) {
    CYTO_ASSIGN(CentralEntry entry, parseCentral(file, directory, at));
    CYTO_TRY(locateData(file, entry));
    members.push_back(entry.member);
    if (!archive.members_.emplace(std::move(entry.name), entry.member).second) {
      return file.damaged("a member appears twice");
    }
  }
  CYTO_TRY(refuseOverlaps(file, std::move(members)));
  return archive;
}

const ZipArchive::Member* ZipArchive::find(const std::string& name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

bool looksLikeZip(const BinaryFile& file) {
  const auto start = file.readText(0, 4);
  return start && startsWith(*start, 0, kLocalSignature);
}

}  // namespace cyto::nn
