#include "core/project/folder/image_reference.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "core/base/xxh128.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kEndBytes = uint64_t{1} << 20;
constexpr uint64_t kPieceBytes = uint64_t{1} << 16;
constexpr uint64_t kPieces = 62;
constexpr uint64_t kWholeBytes = 2 * kEndBytes + kPieces * kPieceBytes;

Error unreadable(const fs::path& path) {
  return Error(ErrorCode::kIo, "'" + path.string() + "' cannot be read; check the path and its permissions");
}

Status hashFile(const fs::path& path, Xxh128& hash) {
  std::error_code failed;
  const uint64_t size = fs::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) return unreadable(path);
  hash.addValue(size);
  std::vector<char> buffer(kEndBytes);
  const auto add = [&](uint64_t offset, uint64_t bytes) -> Status {
    file.seekg(static_cast<std::streamoff>(offset));
    for (uint64_t done = 0; done < bytes;) {
      const uint64_t now = std::min<uint64_t>(bytes - done, buffer.size());
      if (!file.read(buffer.data(), static_cast<std::streamsize>(now))) return unreadable(path);
      hash.add(buffer.data(), now);
      done += now;
    }
    return {};
  };
  if (size <= kWholeBytes) return add(0, size);
  CYTO_TRY(add(0, kEndBytes));
  const uint64_t between = size - 2 * kEndBytes - kPieceBytes;
  for (uint64_t i = 0; i < kPieces; ++i) CYTO_TRY(add(kEndBytes + between / kPieces * i, kPieceBytes));
  return add(size - kEndBytes, kEndBytes);
}

Status hashFolder(const fs::path& folder, Xxh128& hash) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (failed) return unreadable(folder);
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    hash.add(name.data(), name.size());
    std::error_code unknown;
    const uint64_t size = fs::file_size(file, unknown);
    hash.addValue(size);
    if (!unknown && size <= kEndBytes) CYTO_TRY(hashFile(file, hash));
  }
  return {};
}

}  // namespace

Result<std::string> contentHashOf(const fs::path& path) {
  Xxh128 hash;
  std::error_code ignored;
  CYTO_TRY(fs::is_directory(path, ignored) ? hashFolder(path, hash) : hashFile(path, hash));
  return hash.text();
}

ImageReference referenceTo(const fs::path& path, const io::ImageInfo& info) {
  std::error_code failed;
  fs::path absolute = fs::absolute(path, failed);
  if (failed) absolute = path;
  auto hash = contentHashOf(absolute);
  return {absolute.lexically_normal(), info.key, info.shape, info.channels, info.dtype, info.scale,
          hash ? *hash : std::string()};
}

}  // namespace cyto
