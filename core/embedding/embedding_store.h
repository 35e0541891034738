#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/embedding/store_description.h"
#include "core/inference/embedding.h"

namespace cyto {

struct StoreOptions {
  int64_t cacheBytes = int64_t{512} << 20;  ///< how much `get` keeps in memory
  MismatchPolicy mismatch = MismatchPolicy::kRefuse;
};

/// Embeddings of one image on disk, in the zarr layout of micro-sam (spec/micro-sam.md §2.4), so that both
/// programs read each other's stores. Written as zarr v2; read as v2 and v3.
///
///   STORE.zarr/                 attributes: micro-sam's keys, and precision, preprocessing, content_hash
///     features                  2D: array (1, 256, 64, 64); volume: (Z, 1, 256, 64, 64); tiled: group
///     features/<tile id>        with tiles: an array per tile, of the same shapes
///     features_<name>           the further maps of networks that have them, arranged like `features`,
///                               attribute map_index; micro-sam does not look at them
///     .cytoclick/plan.json      what the store is to hold, from the first moment on
///     .cytoclick/chunks.log     a line per item that is finished
///     .cytoclick/lock           locked by the one process that writes
///
/// How an item is written, so that a kill at any moment leaves a store that resumes:
///   1. the arrays' metadata, when they do not exist yet;
///   2. each chunk into a hidden file beside its place, synced, renamed;
///   3. the item's line in chunks.log, synced.
/// The root attributes come last; `input_size` among them (even null) says that the store is complete.
/// An item without its line is encoded again.
///
/// Thread-safe except that one thread writes (`put`, `finish`). Other processes may read meanwhile.
class EmbeddingStore {
 public:
  /// Reads what exists; the store may be unfinished or still be written by another process.
  /// Errors: kNotFound, kFormat (not a store, damaged), kIo.
  static Result<std::unique_ptr<EmbeddingStore>> openToRead(const std::filesystem::path& path,
                                                            const StoreOptions& options = {});

  /// Opens the store to write what is missing in it, or makes it. A store that exists must have been begun
  /// for the same description; a complete one is opened for reading only and may be on a read-only disk.
  /// Errors: kInvalidArgument (mismatch; another program's unfinished store), kIo (no permission, full disk,
  /// another process writes to it), kFormat.
  static Result<std::unique_ptr<EmbeddingStore>> openToWrite(const std::filesystem::path& path,
                                                             const StoreDescription& description,
                                                             const StoreOptions& options = {});

  ~EmbeddingStore();

  const std::filesystem::path& path() const;
  const StoreDescription& description() const;
  /// 2 or 3: the version of the zarr format.
  int zarrFormat() const;

  /// Whether everything is written, by this or another process.
  bool isComplete() const;
  bool has(EmbeddingItem item) const;
  /// In the order in which they should be made.
  std::vector<EmbeddingItem> missingItems() const;

  /// Reads an item, from memory when it was read before.
  /// Errors: kNotFound (not in the store, or not yet), kFormat (damaged chunk), kIo.
  Result<EmbeddingPtr> get(EmbeddingItem item) const;

  /// Writes an item. Only on a store from `openToWrite` that is not complete. Several threads may write different
  /// items.
  Status put(EmbeddingItem item, const Embedding& embedding);

  /// Marks the store as complete. All items must have been put.
  Status finish();

  /// Reads every chunk and compares it with what was written, as far as that was recorded. The error names
  /// the first damaged one.
  Status verify() const;

 private:
  struct State;
  explicit EmbeddingStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cyto
