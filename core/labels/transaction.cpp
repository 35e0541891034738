#include "core/labels/transaction.h"

#include <cassert>
#include <utility>

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

/// All chunks of one plane that have pixels in `window`, which must not be empty.
template <typename Visit>
void forEachChunk(int64_t t, int64_t z, const PlaneBox& window, Visit visit) {
  for (int64_t row = window.y0 / kSide; row <= (window.y1 - 1) / kSide; ++row) {
    for (int64_t column = window.x0 / kSide; column <= (window.x1 - 1) / kSide; ++column) {
      visit(ChunkKey{t, z, row, column});
    }
  }
}

std::vector<LabelRun> difference(const LabelVolume::Chunk* before, const LabelVolume::Chunk& after) {
  std::vector<LabelRun> runs;
  for (uint32_t i = 0; i < after.size(); ++i) {
    const uint32_t was = before ? (*before)[i] : 0;
    if (was == after[i]) continue;
    const bool goesOn = !runs.empty() && runs.back().start + runs.back().length == i && runs.back().before == was &&
                        runs.back().after == after[i];
    if (goesOn) {
      ++runs.back().length;
    } else {
      runs.push_back({i, 1, was, after[i]});
    }
  }
  return runs;
}

}  // namespace

Transaction::Transaction(const LabelVolume& labels) : after_(labels) {}

// Asks `newId(y, x, old)` for every pixel of `window` in a chunk. A chunk where nothing changes is neither made nor
// copied.
template <typename NewId>
int64_t Transaction::rewrite(const ChunkKey& key, const PlaneBox& window, NewId newId) {
  const PlaneBox box = after_.boxOf(key);
  const PlaneBox part = box.clippedTo(window);
  const LabelVolume::Chunk* old = after_.find(key);
  LabelVolume::Chunk* own = nullptr;
  int64_t changed = 0;
  for (int64_t y = part.y0; y < part.y1; ++y) {
    auto i = static_cast<size_t>((y - box.y0) * kSide + part.x0 - box.x0);
    for (int64_t x = part.x0; x < part.x1; ++x, ++i) {
      const uint32_t was = old ? (*old)[i] : 0;
      const uint32_t now = newId(y, x, was);
      if (now == was) continue;
      if (!own) {
        before_.try_emplace(key, after_.shared(key));
        own = &after_.writable(key);
        old = own;
      }
      (*own)[i] = now;
      ++changed;
    }
  }
  return changed;
}

int64_t Transaction::paint(int64_t t, int64_t z, const PlaneMask& mask, uint32_t id, PaintRule rule,
                           const std::function<bool(uint32_t old)>& mayChange) {
  const Shape& shape = after_.shape();
  assert(t >= 0 && t < shape.t && z >= 0 && z < shape.z);
  const PlaneBox window = mask.box.clippedTo({0, 0, shape.y, shape.x});
  if (window.isEmpty()) return 0;
  const auto newId = [&](int64_t y, int64_t x, uint32_t old) {
    if (!mask.at(y, x) || old == id) return old;
    if (rule == PaintRule::kOnlyBackground && old != 0) return old;
    return mayChange && !mayChange(old) ? old : id;
  };
  int64_t changed = 0;
  forEachChunk(t, z, window, [&](const ChunkKey& key) { changed += rewrite(key, window, newId); });
  return changed;
}

int64_t Transaction::paint(int64_t t, int64_t z, std::span<const uint32_t> plane, PaintRule rule) {
  const Shape& shape = after_.shape();
  assert(t >= 0 && t < shape.t && z >= 0 && z < shape.z);
  assert(static_cast<int64_t>(plane.size()) == shape.y * shape.x);
  const PlaneBox window{0, 0, shape.y, shape.x};
  if (window.isEmpty()) return 0;
  const auto newId = [&](int64_t y, int64_t x, uint32_t old) {
    const uint32_t id = plane[static_cast<size_t>(y * shape.x + x)];
    return id == 0 || (rule == PaintRule::kOnlyBackground && old != 0) ? old : id;
  };
  int64_t changed = 0;
  forEachChunk(t, z, window, [&](const ChunkKey& key) { changed += rewrite(key, window, newId); });
  return changed;
}

int64_t Transaction::combine(const LabelVolume& other, const Box& box, const Choice& newId) {
  assert(other.shape() == after_.shape());
  const PlaneBox window{box.begin.y, box.begin.x, box.end.y, box.end.x};
  uint32_t lastOld = 0;
  uint32_t lastOther = 0;  // no pixel that is asked for
  uint32_t lastAnswer = 0;
  int64_t changed = 0;
  for (const ChunkKey& key : other.chunks(box)) {
    const LabelVolume::Chunk& theirs = *other.find(key);
    const PlaneBox inPlane = other.boxOf(key);
    changed += rewrite(key, window, [&](int64_t y, int64_t x, uint32_t old) {
      const uint32_t id = theirs[static_cast<size_t>((y - inPlane.y0) * kSide + x - inPlane.x0)];
      if (id == 0) return old;
      if (id != lastOther || old != lastOld) {
        lastOld = old;
        lastOther = id;
        lastAnswer = newId(old, id);
      }
      return lastAnswer;
    });
  }
  return changed;
}

int64_t Transaction::replace(const Box& box, uint32_t from, uint32_t to) {
  const Box inside = box.clippedTo(Box::whole(after_.shape()));
  if (inside.isEmpty() || from == to) return 0;
  const PlaneBox window{inside.begin.y, inside.begin.x, inside.end.y, inside.end.x};
  int64_t changed = 0;
  const auto visit = [&](const ChunkKey& key) {
    changed += rewrite(key, window, [&](int64_t, int64_t, uint32_t old) { return old == from ? to : old; });
  };
  if (from != 0) {
    // An object can only be where chunks are, and those are few compared with a large box.
    for (const ChunkKey& key : after_.chunks(inside)) visit(key);
    return changed;
  }
  for (int64_t t = inside.begin.t; t < inside.end.t; ++t) {
    for (int64_t z = inside.begin.z; z < inside.end.z; ++z) forEachChunk(t, z, window, visit);
  }
  return changed;
}

LabelDelta Transaction::finish() {
  LabelDelta delta;
  for (const auto& [key, before] : before_) {
    std::vector<LabelRun> runs = difference(before.get(), *after_.find(key));
    if (!runs.empty()) delta.chunks.push_back({key, std::move(runs)});
  }
  return delta;
}

}  // namespace cyto
