#include "core/embedding/item_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>

#include "core/base/atomic_file.h"
#include "core/base/xxh128.h"

namespace cyto {

namespace {

std::string lineOf(const ItemRecord& record) {
  std::ostringstream line;
  line << record.item.slice << ' ' << record.item.tile << ' ' << record.originalSize.y << ' ' << record.originalSize.x
       << ' ' << record.inputSize.y << ' ' << record.inputSize.x << ' ' << record.hash << ' ';
  for (size_t i = 0; i < record.chunkBytes.size(); ++i) line << (i > 0 ? "," : "") << record.chunkBytes[i];
  line << '\n';
  return line.str();
}

std::optional<ItemRecord> recordFrom(const std::string& text) {
  std::istringstream line(text);
  ItemRecord record;
  line >> record.item.slice >> record.item.tile >> record.originalSize.y >> record.originalSize.x >>
      record.inputSize.y >> record.inputSize.x >> record.hash;
  char separator = ',';
  for (int64_t bytes = 0; separator == ',' && line >> bytes;) {
    record.chunkBytes.push_back(bytes);
    separator = 0;
    line >> separator;
  }
  const bool isWhole = record.hash.size() == 32 && !record.chunkBytes.empty() && line.eof();
  return isWhole ? std::optional(record) : std::nullopt;
}

Error logError(const std::filesystem::path& path, const char* action, int errorNumber) {
  return Error(ErrorCode::kIo, std::string("cannot ") + action + " '" + path.string() +
                                   "': " + systemErrorText(errorNumber) +
                                   (errorNumber == ENOSPC ? "; free some space and run the same command again" : ""));
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

/// 0 or errno.
int writeAndSync(int descriptor, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    done += static_cast<size_t>(written);
  }
  return ::fdatasync(descriptor) == 0 ? 0 : errno;
}

}  // namespace

std::string hashOfChunks(const std::vector<std::string>& chunks) {
  Xxh128 hash;
  for (const std::string& chunk : chunks) hash.add(chunk.data(), chunk.size());
  return hash.digits();
}

Status ItemLog::refresh() {
  const Descriptor file(path_, O_RDONLY);
  if (file.value() < 0) return errno == ENOENT ? Status{} : Status(logError(path_, "open", errno));
  std::string text;
  char block[1 << 14];
  int64_t offset = readBytes_;
  for (;;) {
    const ssize_t count = ::pread(file.value(), block, sizeof block, offset);
    if (count < 0) return logError(path_, "read", errno);
    if (count == 0) break;
    text.append(block, static_cast<size_t>(count));
    offset += count;
  }
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::optional<ItemRecord> record = recordFrom(text.substr(begin, end - begin));
    if (record) records_.insert_or_assign({record->item.slice, record->item.tile}, *record);
    readBytes_ += static_cast<int64_t>(end + 1 - begin);
  }
  return {};
}

Status ItemLog::prepareToAppend() {
  CYTO_TRY(refresh());
  const Descriptor file(path_, O_WRONLY | O_CREAT);
  if (file.value() < 0) return logError(path_, "open", errno);
  if (::lseek(file.value(), 0, SEEK_END) == readBytes_) return {};
  if (::ftruncate(file.value(), readBytes_) != 0) return logError(path_, "write", errno);
  return {};
}

Status ItemLog::append(const ItemRecord& record) {
  const Descriptor file(path_, O_WRONLY | O_CREAT | O_APPEND);
  if (file.value() < 0) return logError(path_, "open", errno);
  const std::string line = lineOf(record);
  if (const int failed = writeAndSync(file.value(), line)) {
    if (::ftruncate(file.value(), readBytes_) != 0) return logError(path_, "repair", errno);
    return logError(path_, "write", failed);
  }
  readBytes_ += static_cast<int64_t>(line.size());
  records_.insert_or_assign({record.item.slice, record.item.tile}, record);
  return {};
}

const ItemRecord* ItemLog::find(EmbeddingItem item) const {
  const auto found = records_.find({item.slice, item.tile});
  return found == records_.end() ? nullptr : &found->second;
}

}  // namespace cyto
