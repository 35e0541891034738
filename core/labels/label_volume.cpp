#include "core/labels/label_volume.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <unordered_set>

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

bool isBlank(const LabelVolume::Chunk& chunk) {
  return std::all_of(chunk.begin(), chunk.end(), [](uint32_t id) { return id == 0; });
}

/// A blank chunk straight from the operating system, which gives it memory page by page as it is written to: a chunk
/// with one small object takes some 16 KiB, not 256. (The C library would hand out used memory and clear all of it.)
std::shared_ptr<LabelVolume::Chunk> blankChunk() {
  constexpr size_t kBytes = sizeof(LabelVolume::Chunk);
  void* zeros = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (zeros == MAP_FAILED) throw std::bad_alloc();
  // An array of numbers needs no construction beyond its bytes.
  return std::shared_ptr<LabelVolume::Chunk>(static_cast<LabelVolume::Chunk*>(zeros),
                                             [](LabelVolume::Chunk* chunk) { ::munmap(chunk, kBytes); });
}

/// A copy that leaves blank pages untouched, too.
std::shared_ptr<LabelVolume::Chunk> copyOf(const LabelVolume::Chunk& chunk) {
  constexpr size_t kPageIds = 1024;  // 4 KiB
  std::shared_ptr<LabelVolume::Chunk> copy = blankChunk();
  for (size_t first = 0; first < chunk.size(); first += kPageIds) {
    const auto begin = chunk.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + kPageIds;
    if (std::all_of(begin, end, [](uint32_t id) { return id == 0; })) continue;
    std::copy(begin, end, copy->begin() + static_cast<std::ptrdiff_t>(first));
  }
  return copy;
}

/// Where a pixel of the plane lies in its chunk.
int64_t indexInChunk(int64_t y, int64_t x) { return y % kSide * kSide + x % kSide; }

}  // namespace

uint32_t LabelVolume::at(int64_t t, int64_t z, int64_t y, int64_t x) const {
  assert(t >= 0 && t < shape_.t && z >= 0 && z < shape_.z);
  assert(y >= 0 && y < shape_.y && x >= 0 && x < shape_.x);
  const Chunk* chunk = find({t, z, y / kSide, x / kSide});
  return chunk ? (*chunk)[static_cast<size_t>(indexInChunk(y, x))] : 0;
}

void LabelVolume::read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const {
  if (window.isEmpty()) return;
  assert(t >= 0 && t < shape_.t && z >= 0 && z < shape_.z);
  assert(window.clippedTo({0, 0, shape_.y, shape_.x}) == window);
  assert(static_cast<int64_t>(out.size()) == window.height() * window.width());
  std::fill(out.begin(), out.end(), 0U);
  for (int64_t row = window.y0 / kSide; row <= (window.y1 - 1) / kSide; ++row) {
    for (int64_t column = window.x0 / kSide; column <= (window.x1 - 1) / kSide; ++column) {
      const ChunkKey key{t, z, row, column};
      const Chunk* chunk = find(key);
      if (!chunk) continue;
      const PlaneBox part = boxOf(key).clippedTo(window);
      for (int64_t y = part.y0; y < part.y1; ++y) {
        std::copy_n(chunk->begin() + indexInChunk(y, part.x0), part.width(),
                    out.begin() + (y - window.y0) * window.width() + (part.x0 - window.x0));
      }
    }
  }
}

std::vector<ChunkKey> LabelVolume::chunks() const {
  std::vector<ChunkKey> keys;
  keys.reserve(chunks_.size());
  for (const auto& [key, chunk] : chunks_) keys.push_back(key);
  return keys;
}

std::vector<ChunkKey> LabelVolume::chunks(const Box& box) const {
  const Box inside = box.clippedTo(Box::whole(shape_));
  if (inside.isEmpty()) return {};
  const ChunkKey first{inside.begin.t, inside.begin.z, inside.begin.y / kSide, inside.begin.x / kSide};
  const ChunkKey last{inside.end.t - 1, inside.end.z - 1, (inside.end.y - 1) / kSide, (inside.end.x - 1) / kSide};
  std::vector<ChunkKey> keys;
  const int64_t planes = inside.shape().t * inside.shape().z;
  const int64_t perPlane = (last.row - first.row + 1) * (last.column - first.column + 1);
  if (planes * perPlane > static_cast<int64_t>(chunks_.size())) {
    for (const auto& [key, chunk] : chunks_) {
      const bool isInside = key.t >= first.t && key.t <= last.t && key.z >= first.z && key.z <= last.z &&
                            key.row >= first.row && key.row <= last.row && key.column >= first.column &&
                            key.column <= last.column;
      if (isInside) keys.push_back(key);
    }
    return keys;
  }
  for (ChunkKey key = first; key.t <= last.t; ++key.t) {
    for (key.z = first.z; key.z <= last.z; ++key.z) {
      for (key.row = first.row; key.row <= last.row; ++key.row) {
        for (key.column = first.column; key.column <= last.column; ++key.column) {
          if (chunks_.contains(key)) keys.push_back(key);
        }
      }
    }
  }
  return keys;
}

std::vector<uint32_t> LabelVolume::ids() const {
  std::unordered_set<uint32_t> found;
  uint32_t last = 0;
  for (const auto& [key, chunk] : chunks_) {
    for (const uint32_t id : *chunk) {
      if (id != last && id != 0) found.insert(id);
      last = id;
    }
  }
  std::vector<uint32_t> ids(found.begin(), found.end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

const LabelVolume::Chunk* LabelVolume::find(const ChunkKey& key) const {
  const auto found = chunks_.find(key);
  return found == chunks_.end() ? nullptr : found->second.get();
}

bool LabelVolume::sharesChunk(const LabelVolume& other, const ChunkKey& key) const {
  return find(key) == other.find(key);
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
    for (int64_t y = box.y0; y < box.y1; ++y) {
      std::copy_n(chunk->begin() + indexInChunk(y, box.x0), box.width(), plane.begin() + y * shape_.x + box.x0);
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
  for (const auto& [key, chunk] : chunks_) {
    const Chunk* theirs = other.find(key);
    if (chunk.get() == theirs) continue;
    if (theirs ? *chunk != *theirs : !isBlank(*chunk)) return false;
  }
  return std::all_of(other.chunks_.begin(), other.chunks_.end(),
                     [&](const auto& theirs) { return find(theirs.first) || isBlank(*theirs.second); });
}

std::shared_ptr<const LabelVolume::Chunk> LabelVolume::shared(const ChunkKey& key) const {
  const auto found = chunks_.find(key);
  return found == chunks_.end() ? nullptr : found->second;
}

LabelVolume::Chunk& LabelVolume::writable(const ChunkKey& key) {
  std::shared_ptr<const Chunk>& held = chunks_[key];
  if (!held) {
    held = blankChunk();
  } else if (held.use_count() != 1) {
    held = copyOf(*held);
  } else {
    // use_count is a relaxed read. Counting up and down is an acquire: it orders our writes after the reads of a
    // thread that has just dropped its snapshot.
    std::shared_ptr<const Chunk>(held).reset();
  }
  // Every chunk is made here as a non-const object, so the cast is sound.
  return const_cast<Chunk&>(*held);
}

void LabelVolume::dropIfBlank(const ChunkKey& key) {
  const auto found = chunks_.find(key);
  if (found != chunks_.end() && isBlank(*found->second)) chunks_.erase(found);
}

}  // namespace cyto
