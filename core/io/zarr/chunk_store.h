#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto::io {

/// One stored object, e.g. a chunk.
class StoredObject {
 public:
  virtual ~StoredObject() = default;
  virtual int64_t size_bytes() const = 0;
  virtual Status readAt(int64_t offset, std::span<std::byte> out) const = 0;
};

/// A hierarchy of named objects: a folder or a ZIP archive. Keys have forward slashes and no leading one.
/// Thread-safe.
class ChunkStore {
 public:
  virtual ~ChunkStore() = default;

  /// The folder or archive, for messages.
  virtual const std::filesystem::path& path() const = 0;

  /// Null when there is no such object.
  virtual Result<std::unique_ptr<StoredObject>> find(const std::string& key) const = 0;

  /// Names of the folders right below a folder ("" is the root), sorted naturally enough for a list.
  virtual std::vector<std::string> foldersIn(const std::string& key) const = 0;

  /// The JSON document under `key`; nothing when absent. Errors: kFormat when damaged or larger than 64 MiB.
  Result<std::optional<nlohmann::json>> json(const std::string& key) const;
};

std::shared_ptr<const ChunkStore> folderStore(const std::filesystem::path& folder);

/// "a/b" from "a" and "b"; "b" from "" and "b".
std::string joinedKey(const std::string& parent, const std::string& child);

}  // namespace cyto::io
