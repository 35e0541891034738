#include "core/embedding/embedding_store.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/base/byte_budget_cache.h"
#include "core/embedding/item_log.h"
#include "core/embedding/store_lock.h"
#include "core/embedding/store_metadata.h"
#include "core/embedding/zarr_node.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

using ItemKey = std::pair<int64_t, int64_t>;

struct ItemKeyHash {
  size_t operator()(const ItemKey& key) const {
    return static_cast<size_t>(key.first) * size_t{0x9e3779b97f4a7c15} + static_cast<size_t>(key.second);
  }
};

constexpr const char* kOwnFolder = ".cytoclick";
constexpr const char* kMainMap = "features";
constexpr const char* kExtraPrefix = "features_";

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string nameOf(EmbeddingItem item, const StoreLayout& layout) {
  std::string text = layout.tiles ? "tile " + std::to_string(item.tile) : "the embedding";
  if (layout.isVolume) text += " of slice " + std::to_string(item.slice);
  return text;
}

/// Leftovers of writes that were killed.
void removeTemporaries(const fs::path& store) {
  std::error_code failed;
  std::vector<fs::path> leftovers;
  for (fs::recursive_directory_iterator it(store, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (name.front() == '.' && name.ends_with(".tmp")) leftovers.push_back(it->path());
  }
  for (const fs::path& path : leftovers) fs::remove(path, failed);
}

Status checkMaps(const Embedding& embedding) {
  const auto isFine = [](const FeatureMap& map) {
    const bool nameIsFine = !map.name.empty() && std::all_of(map.name.begin(), map.name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
    return nameIsFine && map.channels > 0 && map.rows > 0 && map.columns > 0 &&
           map.values.size() == static_cast<size_t>(map.channels * map.rows * map.columns);
  };
  const bool isFineAll = !embedding.maps.empty() && embedding.maps[0].name == kMainMap &&
                         std::all_of(embedding.maps.begin(), embedding.maps.end(), isFine);
  if (isFineAll) return {};
  return Error(ErrorCode::kInternal, "the network gave an embedding of an unexpected shape");
}

std::string arrayName(const FeatureMap& map, size_t index) {
  return index == 0 ? std::string(kMainMap) : kExtraPrefix + map.name;
}

}  // namespace

struct EmbeddingStore::State {
  using Loading = std::shared_future<Result<EmbeddingPtr>>;

  State(fs::path storePath, const StoreOptions& options)
      : path(std::move(storePath)), cache(options.cacheBytes), log(path / kOwnFolder / "chunks.log") {}

  fs::path path;
  StoreDescription description;
  int zarrFormat = 2;
  std::optional<StoreLock> lock;
  ChunkCodec codec = defaultChunkCodec();
  ByteBudgetCache<ItemKey, Embedding, ItemKeyHash> cache;

  mutable std::mutex mutex;  // guards what follows
  bool isComplete = false;
  std::optional<Extent2> inputSize;  // of a complete store without tiles
  std::optional<Extent2> originalSize;
  ItemLog log;
  std::vector<std::string> mapNames;
  std::map<ItemKey, Loading> loading;

  Status readComplete(const json& root);
  void noticeCompletion();
  std::optional<ItemRecord> recordOf(EmbeddingItem item);
  bool isWritten(EmbeddingItem item);
  ZarrArray arrayFor(const FeatureMap& map, size_t index, int64_t tile) const;
  fs::path folderOf(const std::string& map, int64_t tile) const;
  Status makeArraysFor(const Embedding& embedding, int64_t tile);
  Result<std::vector<std::string>> namesOfMaps();
  Result<EmbeddingPtr> load(EmbeddingItem item);
  Result<EmbeddingPtr> loadOrRefuse(EmbeddingItem item);
  Status readSizes(EmbeddingItem item, Embedding& embedding);
  Error missing(EmbeddingItem item) const;
};

Status EmbeddingStore::State::readComplete(const json& root) {
  CYTO_ASSIGN(description, describeCompleteStore(path, zarrFormat, root));
  if (!description.layout.tiles) {
    CYTO_ASSIGN(inputSize, extentFrom(root, "input_size", path));
    CYTO_ASSIGN(originalSize, extentFrom(root, "original_size", path));
  }
  isComplete = true;
  return {};
}

void EmbeddingStore::State::noticeCompletion() {
  if (isComplete) return;
  const Result<json> root = readAttributes(path, zarrFormat);
  isComplete = root && root->contains("input_size");
}

std::optional<ItemRecord> EmbeddingStore::State::recordOf(EmbeddingItem item) {
  if (const ItemRecord* record = log.find(item)) return *record;
  if (!log.refresh()) return std::nullopt;
  const ItemRecord* record = log.find(item);
  return record != nullptr ? std::optional(*record) : std::nullopt;
}

fs::path EmbeddingStore::State::folderOf(const std::string& map, int64_t tile) const {
  return description.layout.tiles ? path / map / std::to_string(tile) : path / map;
}

ZarrArray EmbeddingStore::State::arrayFor(const FeatureMap& map, size_t index, int64_t tile) const {
  ZarrArray array;
  array.folder = folderOf(arrayName(map, index), tile);
  array.shape = {1, map.channels, map.rows, map.columns};
  if (description.layout.isVolume) array.shape.insert(array.shape.begin(), description.layout.slices);
  array.codec = codec;
  return array;
}

Status EmbeddingStore::State::makeArraysFor(const Embedding& embedding, int64_t tile) {
  const StoreLayout& layout = description.layout;
  for (size_t i = 0; i < embedding.maps.size(); ++i) {
    const ZarrArray array = arrayFor(embedding.maps[i], i, tile);
    json mapAttributes = i > 0 ? json{{"map_index", i}} : json::object();
    if (layout.tiles) {
      const fs::path group = array.folder.parent_path();
      CYTO_TRY(makeGroup(group));
      if (i == 0) mapAttributes = tiledGroupAttributes(layout);
      CYTO_TRY(writeAttributes(group, mapAttributes));
      CYTO_TRY(makeArray(array));
      CYTO_TRY(writeAttributes(array.folder, {{"original_size", {embedding.originalSize.y, embedding.originalSize.x}},
                                              {"input_size", {embedding.inputSize.y, embedding.inputSize.x}}}));
    } else {
      CYTO_TRY(makeArray(array));
      if (i > 0) CYTO_TRY(writeAttributes(array.folder, mapAttributes));
    }
  }
  return {};
}

/// "features" first, then the others by their index.
Result<std::vector<std::string>> EmbeddingStore::State::namesOfMaps() {
  const std::lock_guard guard(mutex);
  if (!mapNames.empty()) return mapNames;
  std::map<int64_t, std::string> extras;
  std::error_code failed;
  for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kExtraPrefix)) continue;
    CYTO_ASSIGN(const json attributes, readAttributes(it->path(), zarrFormat));
    const json index = attributes.value("map_index", json());
    if (index.is_number_integer()) extras[index.get<int64_t>()] = name;
  }
  std::vector<std::string> names{kMainMap};
  for (const auto& [index, name] : extras) names.push_back(name);
  if (isComplete) mapNames = names;  // while it is being written, more may appear
  return names;
}

Error EmbeddingStore::State::missing(EmbeddingItem item) const {
  return Error(ErrorCode::kNotFound, "the embedding store '" + path.string() + "' does not hold " +
                                         nameOf(item, description.layout) +
                                         "; run 'cytoclick precompute-embeddings' for it again");
}

Status EmbeddingStore::State::readSizes(EmbeddingItem item, Embedding& embedding) {
  if (description.layout.tiles) {
    const fs::path folder = folderOf(kMainMap, item.tile);
    CYTO_ASSIGN(const json attributes, readAttributes(folder, zarrFormat));
    CYTO_ASSIGN(embedding.originalSize, extentFrom(attributes, "original_size", folder));
    CYTO_ASSIGN(embedding.inputSize, extentFrom(attributes, "input_size", folder));
    return {};
  }
  const std::lock_guard guard(mutex);
  if (inputSize && originalSize) {
    embedding.originalSize = *originalSize;
    embedding.inputSize = *inputSize;
    return {};
  }
  const std::optional<ItemRecord> record = recordOf(item);
  if (!record) return missing(item);
  embedding.originalSize = record->originalSize;
  embedding.inputSize = record->inputSize;
  return {};
}

Result<EmbeddingPtr> EmbeddingStore::State::load(EmbeddingItem item) {
  auto embedding = std::make_shared<Embedding>();
  CYTO_TRY(readSizes(item, *embedding));
  CYTO_ASSIGN(const std::vector<std::string> names, namesOfMaps());
  for (const std::string& name : names) {
    CYTO_ASSIGN(const ZarrArray array, readArrayMetadata(folderOf(name, item.tile), zarrFormat));
    const bool fits = (array.shape.size() == 5) == description.layout.isVolume &&
                      (!description.layout.isVolume || array.shape[0] == description.layout.slices);
    if (!fits) {
      return Error(ErrorCode::kFormat, "the array '" + array.folder.string() +
                                           "' has another shape than the store; compute the embeddings again");
    }
    auto values = readChunk(array, item.slice);
    if (!values) return values.error().code() == ErrorCode::kNotFound ? missing(item) : std::move(values).error();
    const size_t axes = array.shape.size();
    const std::string mapName = name == kMainMap ? name : name.substr(std::string_view(kExtraPrefix).size());
    embedding->maps.push_back(
        {mapName, array.shape[axes - 3], array.shape[axes - 2], array.shape[axes - 1], *std::move(values)});
  }
  return EmbeddingPtr(std::move(embedding));
}

/// Others may wait for this load, so nothing may be thrown past them.
Result<EmbeddingPtr> EmbeddingStore::State::loadOrRefuse(EmbeddingItem item) {
  try {
    return load(item);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "not enough memory to read " + nameOf(item, description.layout) + " of '" +
                                              path.string() + "'; close other programs");
  }
}

bool EmbeddingStore::State::isWritten(EmbeddingItem item) {
  if (!description.layout.contains(item)) return false;
  if (isComplete) return true;
  const std::optional<ItemRecord> record = recordOf(item);
  if (!record) return false;
  // The line is synced after the chunk, but a file system may still lose or a user may delete files.
  std::error_code failed;
  const std::string name = description.layout.isVolume ? std::to_string(item.slice) + ".0.0.0.0" : "0.0.0.0";
  const auto bytes = fs::file_size(folderOf(kMainMap, item.tile) / name, failed);
  return !failed && static_cast<int64_t>(bytes) == record->chunkBytes[0];
}

EmbeddingStore::EmbeddingStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
EmbeddingStore::~EmbeddingStore() = default;
const fs::path& EmbeddingStore::path() const { return state_->path; }
const StoreDescription& EmbeddingStore::description() const { return state_->description; }
int EmbeddingStore::zarrFormat() const { return state_->zarrFormat; }

Result<std::unique_ptr<EmbeddingStore>> EmbeddingStore::openToRead(const fs::path& path, const StoreOptions& options) {
  if (!isThere(path)) {
    return Error(ErrorCode::kNotFound,
                 "there is no embedding store '" + path.string() + "'; make it with 'cytoclick precompute-embeddings'");
  }
  auto state = std::make_unique<State>(path, options);
  state->zarrFormat = zarrFormatOf(path);
  if (state->zarrFormat == 0) {
    return Error(ErrorCode::kFormat, "'" + path.string() + "' is no embedding store (a zarr folder); give the folder " +
                                         "that 'cytoclick precompute-embeddings' or micro-sam wrote");
  }
  CYTO_ASSIGN(const json root, readAttributes(path, state->zarrFormat));
  if (root.contains("input_size")) {
    CYTO_TRY(state->readComplete(root));
  } else {
    const fs::path plan = path / kOwnFolder / "plan.json";
    if (!isThere(plan)) {
      return Error(ErrorCode::kInvalidArgument,
                   "the embedding store '" + path.string() + "' is unfinished and was not begun by this program, so " +
                       "it cannot be used; finish it with micro-sam, or delete it and choose a new store");
    }
    CYTO_ASSIGN(const json document, readJson(plan));
    CYTO_ASSIGN(state->description, descriptionFromPlan(document, plan));
  }
  return std::unique_ptr<EmbeddingStore>(new EmbeddingStore(std::move(state)));
}

namespace {

/// Whether a store can be made at `path`: nothing is there, or no more than a kill right at the beginning leaves.
Result<bool> isFree(const fs::path& path) {
  std::error_code failed;
  const fs::file_status status = fs::symlink_status(path, failed);
  if (status.type() == fs::file_type::not_found) return true;
  if (!fs::is_directory(path, failed)) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + path.string() + "' is a file, but an embedding store is a folder; " + "choose another name");
  }
  const bool hasPlan = isThere(path / kOwnFolder / "plan.json");
  bool isFree = !hasPlan;
  for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().filename() != kOwnFolder) isFree = false;
  }
  if (!isFree && !hasPlan && zarrFormatOf(path) == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "the folder '" + path.string() + "' exists and is no embedding store; " + "choose another name");
  }
  return isFree;
}

Status begin(const fs::path& path, const StoreDescription& description) {
  const fs::path own = path / kOwnFolder;
  std::error_code failed;
  fs::create_directories(own, failed);
  if (failed) {
    return Error(ErrorCode::kIo, "cannot make the embedding store '" + path.string() +
                                     "': " + systemErrorText(failed.value()) + "; choose a place you may write to");
  }
  CYTO_TRY(writeJson(own / "plan.json", planOf(description)));
  return makeGroup(path);
}

}  // namespace

Result<std::unique_ptr<EmbeddingStore>> EmbeddingStore::openToWrite(const fs::path& path,
                                                                    const StoreDescription& description,
                                                                    const StoreOptions& options) {
  CYTO_ASSIGN(const bool isNew, isFree(path));
  if (isNew) CYTO_TRY(begin(path, description));
  if (isThere(path / kOwnFolder / "plan.json")) CYTO_TRY(makeGroup(path));  // a kill may have come between the two
  CYTO_ASSIGN(std::unique_ptr<EmbeddingStore> store, openToRead(path, options));
  State& state = *store->state_;
  // Weights can be waived for a whole store, but two networks are never mixed in one.
  const MismatchPolicy policy = state.isComplete ? options.mismatch : MismatchPolicy::kRefuse;
  CYTO_TRY(checkMatch(path.string(), state.description, description, policy));
  if (state.isComplete) return store;
  CYTO_ASSIGN(state.lock, StoreLock::acquire(path / kOwnFolder / "lock", path));
  removeTemporaries(path);
  CYTO_TRY(state.log.prepareToAppend());
  return store;
}

bool EmbeddingStore::isComplete() const {
  const std::lock_guard guard(state_->mutex);
  state_->noticeCompletion();
  return state_->isComplete;
}

bool EmbeddingStore::has(EmbeddingItem item) const {
  const std::lock_guard guard(state_->mutex);
  return state_->isWritten(item);
}

std::vector<EmbeddingItem> EmbeddingStore::missingItems() const {
  const std::lock_guard guard(state_->mutex);
  state_->noticeCompletion();
  if (state_->isComplete) return {};
  std::vector<EmbeddingItem> items = state_->description.layout.items();
  std::erase_if(items, [&](EmbeddingItem item) { return state_->isWritten(item); });
  return items;
}

Result<EmbeddingPtr> EmbeddingStore::get(EmbeddingItem item) const {
  const ItemKey key{item.slice, item.tile};
  if (EmbeddingPtr kept = state_->cache.find(key)) return kept;
  std::promise<Result<EmbeddingPtr>> promise;
  {
    std::unique_lock guard(state_->mutex);
    if (!state_->isWritten(item)) return state_->missing(item);
    if (const auto found = state_->loading.find(key); found != state_->loading.end()) {
      const State::Loading other = found->second;
      guard.unlock();
      return other.get();
    }
    state_->loading.emplace(key, promise.get_future().share());
  }
  Result<EmbeddingPtr> loaded = state_->loadOrRefuse(item);
  if (loaded) state_->cache.insert(key, *loaded, (*loaded)->size_bytes());
  promise.set_value(loaded);
  const std::lock_guard guard(state_->mutex);
  state_->loading.erase(key);
  return loaded;
}

Status EmbeddingStore::put(EmbeddingItem item, const Embedding& embedding) {
  if (!state_->lock || isComplete() || !state_->description.layout.contains(item)) {
    return Error(ErrorCode::kInternal, "the embedding store '" + path().string() + "' was not opened for writing " +
                                           nameOf(item, state_->description.layout));
  }
  CYTO_TRY(checkMaps(embedding));
  {
    const std::lock_guard guard(state_->mutex);  // all items of a store share these files
    CYTO_TRY(state_->makeArraysFor(embedding, item.tile));
  }
  std::vector<std::string> chunks;
  ItemRecord record{item, embedding.originalSize, embedding.inputSize, {}, {}};
  for (size_t i = 0; i < embedding.maps.size(); ++i) {
    const FeatureMap& map = embedding.maps[i];
    CYTO_ASSIGN(std::string chunk, encodeChunk(state_->codec, map.values));
    CYTO_TRY(writeFileAtomically(state_->arrayFor(map, i, item.tile).chunkPath(item.slice), chunk));
    record.chunkBytes.push_back(static_cast<int64_t>(chunk.size()));
    chunks.push_back(std::move(chunk));
  }
  record.hash = hashOfChunks(chunks);
  const std::lock_guard guard(state_->mutex);
  return state_->log.append(record);
}

Status EmbeddingStore::finish() {
  const std::vector<EmbeddingItem> missing = missingItems();
  if (!missing.empty()) return state_->missing(missing[0]);
  const std::lock_guard guard(state_->mutex);
  if (state_->isComplete) return {};
  std::optional<Extent2> inputSize;
  std::optional<Extent2> originalSize;
  const StoreLayout& layout = state_->description.layout;
  if (!layout.tiles) {
    const std::optional<ItemRecord> last = state_->recordOf({layout.slices - 1, 0});
    if (!last) return state_->missing({layout.slices - 1, 0});
    inputSize = last->inputSize;
    originalSize = last->originalSize;
  } else {
    // A mask without foreground leaves no tiles, but readers look for the group.
    CYTO_TRY(makeGroup(path() / kMainMap));
    CYTO_TRY(writeAttributes(path() / kMainMap, tiledGroupAttributes(layout)));
  }
  CYTO_TRY(writeAttributes(path(), rootAttributes(state_->description, inputSize, originalSize)));
  state_->inputSize = inputSize;
  state_->originalSize = originalSize;
  state_->isComplete = true;
  return {};
}

Status EmbeddingStore::verify() const {
  CYTO_ASSIGN(const std::vector<std::string> names, state_->namesOfMaps());
  for (const EmbeddingItem item : state_->description.layout.items()) {
    if (!has(item)) {
      if (state_->isComplete) return state_->missing(item);
      continue;
    }
    CYTO_TRY(state_->load(item));
    const std::lock_guard guard(state_->mutex);
    const std::optional<ItemRecord> record = state_->recordOf(item);
    if (!record) continue;
    std::vector<std::string> chunks;
    for (size_t i = 0; i < names.size(); ++i) {
      CYTO_ASSIGN(const ZarrArray array, readArrayMetadata(state_->folderOf(names[i], item.tile), state_->zarrFormat));
      CYTO_ASSIGN(chunks.emplace_back(), readWholeFile(array.chunkPath(item.slice), array.valuesPerChunk() * 8 + 4096));
    }
    if (hashOfChunks(chunks) != record->hash) {
      return Error(ErrorCode::kFormat, "the embedding store '" + path().string() +
                                           "' is damaged: " + nameOf(item, state_->description.layout) +
                                           " is not what was written; compute the embeddings again in a new store");
    }
  }
  return {};
}

}  // namespace cyto
