#include "core/labels/label_delta.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

Error misfit(const char* what) {
  return {ErrorCode::kFormat, std::string("the change does not fit the labels: ") + what};
}

/// Counted without multiplying: a hostile key must not overflow.
bool isChunkOf(const ChunkKey& key, const Shape& shape) {
  const auto isIndex = [](int64_t index, int64_t extent) { return index >= 0 && index < extent; };
  const auto chunksAlong = [](int64_t extent) { return extent / kSide + (extent % kSide != 0 ? 1 : 0); };
  return isIndex(key.t, shape.t) && isIndex(key.z, shape.z) && isIndex(key.row, chunksAlong(shape.y)) &&
         isIndex(key.column, chunksAlong(shape.x));
}

/// The smallest box around a run, in pixels of its chunk.
PlaneBox boxInChunk(const LabelRun& run) {
  const int64_t last = static_cast<int64_t>(run.start) + run.length - 1;
  const int64_t y0 = run.start / kSide;
  const int64_t y1 = last / kSide + 1;
  // A run that goes over the end of a row touches both the last and the first column.
  if (y1 - y0 > 1) return {y0, 0, y1, kSide};
  return {y0, run.start % kSide, y1, last % kSide + 1};
}

uint32_t idFrom(const LabelRun& run, Direction direction) {
  return direction == Direction::kForward ? run.before : run.after;
}

uint32_t idTo(const LabelRun& run, Direction direction) {
  return direction == Direction::kForward ? run.after : run.before;
}

/// Whether all pixels of a run that lies inside the chunk have the id; no chunk is all background.
bool holds(const LabelVolume::Chunk* chunk, const LabelRun& run, uint32_t id) {
  if (!chunk) return id == 0;
  const auto first = chunk->begin() + run.start;
  return std::all_of(first, first + run.length, [id](uint32_t found) { return found == id; });
}

Status checkRuns(const ChunkDelta& delta, Direction direction, const LabelVolume& labels) {
  if (delta.runs.empty()) return misfit("a chunk without changes");
  const LabelVolume::Chunk* chunk = labels.find(delta.chunk);
  const PlaneBox inPlane = labels.boxOf(delta.chunk);
  const PlaneBox inside{0, 0, inPlane.height(), inPlane.width()};
  int64_t end = 0;
  for (const LabelRun& run : delta.runs) {
    if (run.length == 0 || run.before == run.after) return misfit("a run changes nothing");
    if (run.start < end) return misfit("its runs overlap or are out of order");
    end = static_cast<int64_t>(run.start) + run.length;
    const PlaneBox box = boxInChunk(run);
    if (box.clippedTo(inside) != box) return misfit("a run lies outside the plane");
    if (!holds(chunk, run, idFrom(run, direction))) return misfit("the pixels are not what they were");
  }
  return {};
}

Status check(const LabelDelta& delta, Direction direction, const LabelVolume& labels) {
  const ChunkDelta* previous = nullptr;
  for (const ChunkDelta& chunk : delta.chunks) {
    if (previous && chunk.chunk <= previous->chunk) return misfit("its chunks are out of order");
    if (!isChunkOf(chunk.chunk, labels.shape())) return misfit("a chunk lies outside the image");
    CYTO_TRY(checkRuns(chunk, direction, labels));
    previous = &chunk;
  }
  return {};
}

Box boxInVolume(const ChunkKey& key, const LabelRun& run) {
  const int64_t y = key.row * kSide;
  const int64_t x = key.column * kSide;
  const PlaneBox box = boxInChunk(run);
  return {{key.t, key.z, y + box.y0, x + box.x0}, {key.t + 1, key.z + 1, y + box.y1, x + box.x1}};
}

}  // namespace

Box united(const Box& a, const Box& b) {
  if (a.isEmpty()) return b;
  if (b.isEmpty()) return a;
  return {
      {std::min(a.begin.t, b.begin.t), std::min(a.begin.z, b.begin.z), std::min(a.begin.y, b.begin.y),
       std::min(a.begin.x, b.begin.x)},
      {std::max(a.end.t, b.end.t), std::max(a.end.z, b.end.z), std::max(a.end.y, b.end.y), std::max(a.end.x, b.end.x)}};
}

std::map<uint32_t, IdChange> LabelDelta::byId() const {
  std::unordered_map<uint32_t, IdChange> changes;
  for (const ChunkDelta& chunk : chunks) {
    for (const LabelRun& run : chunk.runs) {
      if (run.before != 0) changes[run.before].pixels -= run.length;
      if (run.after == 0) continue;
      IdChange& change = changes[run.after];
      change.pixels += run.length;
      change.gained = united(change.gained, boxInVolume(chunk.chunk, run));
    }
  }
  return {changes.begin(), changes.end()};
}

Box LabelDelta::bounds() const {
  Box around;
  for (const auto& [key, runs] : chunks) {
    for (const LabelRun& run : runs) around = united(around, boxInVolume(key, run));
  }
  return around;
}

Status apply(const LabelDelta& delta, Direction direction, LabelVolume& labels) {
  CYTO_TRY(check(delta, direction, labels));
  for (const auto& [key, runs] : delta.chunks) {
    LabelVolume::Chunk& chunk = labels.writable(key);
    bool mayBeBlank = false;
    for (const LabelRun& run : runs) {
      std::fill_n(chunk.begin() + run.start, run.length, idTo(run, direction));
      mayBeBlank |= idTo(run, direction) == 0;
    }
    if (mayBeBlank) labels.dropIfBlank(key);
  }
  return {};
}

}  // namespace cyto
