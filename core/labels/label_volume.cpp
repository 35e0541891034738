#include "core/labels/label_volume.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <string>
#include <unordered_set>

#include "core/labels/label_delta.h"

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

/// Where a pixel of the plane lies in its chunk.
int64_t indexInChunk(int64_t y, int64_t x) { return y % kSide * kSide + x % kSide; }

/// Never the same twice, in any volume, and each greater than all before.
uint64_t nextVersion() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Error damaged(const ChunkKey& key, const char* what) {
  return {ErrorCode::kFormat, "the labels at frame " + std::to_string(key.t) + ", slice " + std::to_string(key.z) +
                                  ", chunk (" + std::to_string(key.row) + ", " + std::to_string(key.column) + ") " +
                                  what};
}

bool areEqual(ChunkReader a, ChunkReader b) {
  for (int64_t y = 0; y < kSide; ++y) {
    const uint32_t* row = a.row(y);
    if (!std::equal(row, row + kSide, b.row(y))) return false;
  }
  return true;
}

/// The keys of the chunks a box has pixels of, as half-open ranges.
struct ChunkBox {
  explicit ChunkBox(const Box& box)
      : begin{box.begin.t, box.begin.z, box.begin.y / kSide, box.begin.x / kSide},
        end{box.end.t, box.end.z, (box.end.y - 1) / kSide + 1, (box.end.x - 1) / kSide + 1} {}

  /// The first key from `key` on that is inside, when its frame is; it may be in a later frame.
  ChunkKey next(const ChunkKey& key) const {
    const auto [t, z, row, column] = key;
    if (z >= end.z) return {t + 1, begin.z, begin.row, begin.column};
    if (z < begin.z) return {t, begin.z, begin.row, begin.column};
    if (row >= end.row) return {t, z + 1, begin.row, begin.column};
    if (row < begin.row) return {t, z, begin.row, begin.column};
    if (column >= end.column) return {t, z, row + 1, begin.column};
    return {t, z, row, std::max(column, begin.column)};
  }

  ChunkKey begin;
  ChunkKey end;
};

}  // namespace

Result<LabelVolume> LabelVolume::fromPacked(
    const Shape& shape, const std::vector<std::pair<ChunkKey, std::shared_ptr<const PackedChunk>>>& chunks,
    int64_t denseBudget_bytes) {
  LabelVolume volume(shape, denseBudget_bytes);
  for (const auto& [key, packed] : chunks) {
    if (!volume.isInside(key)) return damaged(key, "lie outside the image");
    const PlaneBox box = volume.boxOf(key);
    const Extent2 extent = packed->extent();
    if (extent.y > box.height() || extent.x > box.width()) return damaged(key, "reach over the edge of the image");
    StoredChunk& stored = volume.chunks_[key];
    if (stored.packed) return damaged(key, "are there twice");
    stored = {nullptr, packed, nextVersion()};
    volume.packed_bytes_ += packed->size_bytes();
  }
  return volume;
}

uint32_t LabelVolume::at(int64_t t, int64_t z, int64_t y, int64_t x) const {
  assert(t >= 0 && t < shape_.t && z >= 0 && z < shape_.z);
  assert(y >= 0 && y < shape_.y && x >= 0 && x < shape_.x);
  const auto found = chunks_.find({t, z, y / kSide, x / kSide});
  if (found == chunks_.end()) return 0;
  if (found->second.dense) return (*found->second.dense)[static_cast<size_t>(indexInChunk(y, x))];
  uint32_t id = 0;
  found->second.packed->readRow(y % kSide, x % kSide, {&id, 1});
  return id;
}

void LabelVolume::read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const {
  if (window.isEmpty()) return;
  assert(t >= 0 && t < shape_.t && z >= 0 && z < shape_.z);
  assert(window.clippedTo({0, 0, shape_.y, shape_.x}) == window);
  assert(static_cast<int64_t>(out.size()) == window.height() * window.width());
  std::fill(out.begin(), out.end(), 0U);
  for (const ChunkKey& key : chunks({{t, z, window.y0, window.x0}, {t + 1, z + 1, window.y1, window.x1}})) {
    const StoredChunk& chunk = chunks_.find(key)->second;
    const PlaneBox part = boxOf(key).clippedTo(window);
    for (int64_t y = part.y0; y < part.y1; ++y) {
      const auto row = out.subspan(static_cast<size_t>((y - window.y0) * window.width() + (part.x0 - window.x0)),
                                   static_cast<size_t>(part.width()));
      if (chunk.dense) {
        std::copy_n(chunk.dense->begin() + indexInChunk(y, part.x0), part.width(), row.begin());
      } else {
        chunk.packed->readRow(y % kSide, part.x0 % kSide, row);
      }
    }
  }
}

std::vector<ChunkKey> LabelVolume::chunks(const Box& box) const {
  std::vector<ChunkKey> keys;
  const Box inside = box.clippedTo(Box::whole(shape_));
  if (inside.isEmpty()) return keys;
  const ChunkBox wanted(inside);
  auto found = chunks_.lower_bound(wanted.begin);
  while (found != chunks_.end() && found->first.t < wanted.end.t) {
    const ChunkKey next = wanted.next(found->first);
    if (next == found->first) {
      keys.push_back(next);
      ++found;
    } else {
      found = chunks_.lower_bound(next);
    }
  }
  return keys;
}

ChunkReader LabelVolume::chunk(const ChunkKey& key) const { return stored(key).reader(); }

std::vector<uint32_t> LabelVolume::ids() const {
  std::unordered_set<uint32_t> found;
  uint32_t last = 0;
  for (const ChunkKey& key : chunks()) {
    ChunkReader reader = chunk(key);
    for (int64_t y = 0; y < kSide; ++y) {
      const uint32_t* row = reader.row(y);
      for (int64_t x = 0; x < kSide; ++x) {
        if (row[x] != last && row[x] != 0) found.insert(row[x]);
        last = row[x];
      }
    }
  }
  std::vector<uint32_t> ids(found.begin(), found.end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::shared_ptr<const PackedChunk> LabelVolume::packed(const ChunkKey& key) const {
  const StoredChunk chunk = stored(key);
  return chunk.dense ? PackedChunk::pack(*chunk.dense) : chunk.packed;
}

bool LabelVolume::sharesChunk(const LabelVolume& other, const ChunkKey& key) const {
  const auto ours = chunks_.find(key);
  const auto theirs = other.chunks_.find(key);
  if (ours == chunks_.end() || theirs == other.chunks_.end()) {
    return ours == chunks_.end() && theirs == other.chunks_.end();
  }
  return ours->second.version == theirs->second.version;
}

// Counted without multiplying: a hostile key must not overflow.
bool LabelVolume::isInside(const ChunkKey& key) const {
  const auto isIndex = [](int64_t index, int64_t extent) { return index >= 0 && index < extent; };
  const auto chunksAlong = [](int64_t extent) { return extent / kSide + (extent % kSide != 0 ? 1 : 0); };
  return isIndex(key.t, shape_.t) && isIndex(key.z, shape_.z) && isIndex(key.row, chunksAlong(shape_.y)) &&
         isIndex(key.column, chunksAlong(shape_.x));
}

PlaneBox LabelVolume::boxOf(const ChunkKey& key) const {
  const int64_t y = key.row * kSide;
  const int64_t x = key.column * kSide;
  return PlaneBox{y, x, y + kSide, x + kSide}.clippedTo({0, 0, shape_.y, shape_.x});
}

Result<Array> LabelVolume::toArray() const {
  CYTO_ASSIGN(Array labels, Array::create(Dtype::kUint32, shape_));
  for (const auto& [key, chunk] : chunks_) {
    const auto plane = labels.plane<uint32_t>(0, key.t, key.z);
    const PlaneBox box = boxOf(key);
    ChunkReader reader = chunk.reader();
    for (int64_t y = box.y0; y < box.y1; ++y) {
      std::copy_n(reader.row(y - box.y0), box.width(), plane.begin() + y * shape_.x + box.x0);
    }
  }
  return labels;
}

LabelVolume LabelVolume::fromArray(const Array& labels) {
  assert(labels.dtype() == Dtype::kUint32 && labels.channels() == 1);
  LabelVolume volume(labels.shape());
  const Shape& shape = volume.shape_;
  const auto copyChunk = [&](const ChunkKey& key, std::span<const uint32_t> plane) {
    const PlaneBox box = volume.boxOf(key);
    Chunk* chunk = nullptr;
    for (int64_t y = box.y0; y < box.y1; ++y) {
      const auto row = plane.subspan(static_cast<size_t>(y * shape.x + box.x0), static_cast<size_t>(box.width()));
      if (!chunk && std::all_of(row.begin(), row.end(), [](uint32_t id) { return id == 0; })) continue;
      if (!chunk) chunk = &volume.writable(key);
      std::copy(row.begin(), row.end(), chunk->begin() + indexInChunk(y, box.x0));
    }
  };
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      const auto plane = labels.plane<uint32_t>(0, t, z);
      for (int64_t row = 0; row * kSide < shape.y; ++row) {
        for (int64_t column = 0; column * kSide < shape.x; ++column) copyChunk({t, z, row, column}, plane);
      }
    }
  }
  return volume;
}

bool LabelVolume::operator==(const LabelVolume& other) const {
  if (shape_ != other.shape_) return false;
  const auto isSame = [](const StoredChunk& ours, const StoredChunk& theirs) {
    if (ours.version == theirs.version) return true;
    if (ours.packed && theirs.packed) return *ours.packed == *theirs.packed;
    return areEqual(ours.reader(), theirs.reader());
  };
  for (const auto& [key, chunk] : chunks_) {
    if (!isSame(chunk, other.stored(key))) return false;
  }
  return std::all_of(other.chunks_.begin(), other.chunks_.end(),
                     [&](const auto& theirs) { return chunks_.contains(theirs.first) || isSame({}, theirs.second); });
}

LabelVolume::StoredChunk LabelVolume::stored(const ChunkKey& key) const {
  const auto found = chunks_.find(key);
  return found == chunks_.end() ? StoredChunk() : found->second;
}

LabelVolume::Chunk& LabelVolume::writable(const ChunkKey& key, bool isMostlyWritten) {
  const auto found = chunks_.find(key);
  // What can run out of memory comes before what changes.
  std::shared_ptr<Chunk> fresh;
  if (found == chunks_.end()) {
    fresh = isMostlyWritten ? unsetChunk() : blankChunk();
    if (isMostlyWritten) fresh->fill(0);
  } else if (found->second.packed) {
    fresh = found->second.packed->unpack();
  }
  StoredChunk& held = chunks_[key];
  if (fresh) {
    packed_bytes_ -= held.packed ? held.packed->size_bytes() : 0;
    ++denseChunks_;
    held = {std::move(fresh), nullptr, 0};
  } else if (held.dense.use_count() != 1) {
    held.dense = copyOf(*held.dense);
  } else {
    // use_count is a relaxed read. Counting up and down is an acquire: it orders our writes after the reads of a
    // thread that has just dropped its snapshot.
    std::shared_ptr<const Chunk>(held.dense).reset();
  }
  denseByVersion_.erase(held.version);
  held.version = nextVersion();
  denseByVersion_[held.version] = key;
  // Every chunk is made as a non-const object, so the cast is sound.
  auto& chunk = const_cast<Chunk&>(*held.dense);
  packBeyondBudget();
  return chunk;
}

void LabelVolume::write(const ChunkDelta& delta, Direction direction) {
  int64_t written = 0;
  bool mayBeBlank = false;
  for (const LabelRun& run : delta.runs) {
    written += run.length;
    mayBeBlank |= run.to(direction) == 0;
  }
  Chunk& chunk = writable(delta.chunk, written > kSide * kSide / 4);
  for (const LabelRun& run : delta.runs) std::fill_n(chunk.begin() + run.start, run.length, run.to(direction));
  if (mayBeBlank) dropIfBlank(delta.chunk);
}

void LabelVolume::packBeyondBudget() {
  while (denseByVersion_.size() > 1 &&
         static_cast<int64_t>(denseByVersion_.size() * sizeof(Chunk)) > denseBudget_bytes_) {
    const auto [version, key] = *denseByVersion_.begin();
    pack(key);
    denseByVersion_.erase(version);
  }
}

void LabelVolume::pack(const ChunkKey& key) {
  const std::shared_ptr<const PackedChunk> packed = PackedChunk::pack(*chunks_.find(key)->second.dense);
  if (!packed) {
    chunks_.erase(key);
    --denseChunks_;
    return;
  }
  if (packed->size_bytes() >= static_cast<int64_t>(sizeof(Chunk))) return;
  StoredChunk& held = chunks_[key];
  held.dense.reset();
  held.packed = packed;
  --denseChunks_;
  packed_bytes_ += packed->size_bytes();
}

void LabelVolume::dropIfBlank(const ChunkKey& key) {
  const auto found = chunks_.find(key);
  if (!isBlank(*found->second.dense)) return;
  denseByVersion_.erase(found->second.version);
  chunks_.erase(key);
  --denseChunks_;
}

}  // namespace cyto
