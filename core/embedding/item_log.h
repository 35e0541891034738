#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/embedding/store_description.h"

namespace cyto {

/// What is recorded of a finished item.
struct ItemRecord {
  EmbeddingItem item;
  Extent2 originalSize;
  Extent2 inputSize;
  std::string hash;                 ///< xxh128 of the bytes of its chunks, one after the other
  std::vector<int64_t> chunkBytes;  ///< size of each chunk file
};

/// "32 hex digits", for `ItemRecord::hash`.
std::string hashOfChunks(const std::vector<std::string>& chunks);

/// The finished items of a store, a text file with one line per item:
///   slice tile rows columns inputRows inputColumns hash bytes[,bytes…]
/// Lines are appended and synced. A line without its end (a kill while it was written) or that does not
/// parse counts as absent. One process appends, others may read. Not thread-safe.
class ItemLog {
 public:
  explicit ItemLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// Reads what was appended since the last call. An absent file is an empty log.
  Status refresh();

  /// To be called by the one writer before it appends: cuts off a torn last line.
  Status prepareToAppend();

  /// Appends and syncs; on failure the file is cut back to what it was.
  Status append(const ItemRecord& record);

  const ItemRecord* find(EmbeddingItem item) const;

 private:
  std::filesystem::path path_;
  int64_t readBytes_ = 0;  // up to the end of the last whole line
  std::map<std::pair<int64_t, int64_t>, ItemRecord> records_;
};

}  // namespace cyto
