#include "core/io/zarr/chunk_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/io/file_bytes.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxJson_bytes = int64_t{64} << 20;
constexpr int kMaxJsonDepth = 64;

class FileObject : public StoredObject {
 public:
  explicit FileObject(FileBytes file) : file_(std::move(file)) {}
  int64_t size_bytes() const override { return file_.size_bytes(); }
  Status readAt(int64_t offset, std::span<std::byte> out) const override { return file_.readAt(offset, out); }

 private:
  FileBytes file_;
};

class FolderStore : public ChunkStore {
 public:
  explicit FolderStore(fs::path folder) : folder_(std::move(folder)) {}

  const fs::path& path() const override { return folder_; }

  Result<std::unique_ptr<StoredObject>> find(const std::string& key) const override {
    auto file = FileBytes::open(folder_ / key);
    if (!file) {
      if (file.error().code() != ErrorCode::kNotFound) return std::move(file).error();
      // A chunk that was never written holds the fill value; one of an image whose disk has gone must not.
      std::error_code ignored;
      if (fs::exists(folder_, ignored)) return std::unique_ptr<StoredObject>();
      return Error(ErrorCode::kIo, "'" + folder_.string() + "' is not there any more; connect its disk again or open " +
                                       "the image from where it is now");
    }
    return std::unique_ptr<StoredObject>(std::make_unique<FileObject>(*std::move(file)));
  }

  std::vector<std::string> foldersIn(const std::string& key) const override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder_ / key, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() && std::all_of(a.begin(), a.end(), ::isdigit) &&
                     std::all_of(b.begin(), b.end(), ::isdigit)
                 ? a.size() < b.size()
                 : a < b;
    });
    return names;
  }

 private:
  fs::path folder_;
};

// nlohmann's parser recurses for each level of nesting; a hostile file must not exhaust the stack.
bool isTooDeep(const std::string& text) {
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (inString) {
      if (text[i] == '\\') ++i;
      if (text[i] == '"') inString = false;
    } else if (text[i] == '"') {
      inString = true;
    } else if (text[i] == '{' || text[i] == '[') {
      if (++depth > kMaxJsonDepth) return true;
    } else if (text[i] == '}' || text[i] == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<std::optional<nlohmann::json>> ChunkStore::json(const std::string& key) const {
  CYTO_ASSIGN(const auto object, find(key));
  if (!object) return std::optional<nlohmann::json>();
  const auto damaged = [&] { return cannotOpen(path() / key, "its JSON text is damaged; write the store again"); };
  if (object->size_bytes() > kMaxJson_bytes) return damaged();
  std::string text(static_cast<size_t>(object->size_bytes()), '\0');
  CYTO_TRY(object->readAt(0, std::as_writable_bytes(std::span(text))));
  if (isTooDeep(text)) return damaged();
  nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return damaged();
  return std::optional(std::move(document));
}

std::shared_ptr<const ChunkStore> folderStore(const fs::path& folder) {
  return std::make_shared<const FolderStore>(folder);
}

std::string joinedKey(const std::string& parent, const std::string& child) {
  return parent.empty() ? child : child.empty() ? parent : parent + "/" + child;
}

}  // namespace cyto::io
