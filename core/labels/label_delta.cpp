#include "core/labels/label_delta.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

Error misfit(const char* what) {
  return {ErrorCode::kFormat, std::string("the change does not fit the labels: ") + what};
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

/// Whether all pixels of a run that lies inside the chunk have the id.
bool holds(ChunkReader& chunk, const LabelRun& run, uint32_t id) {
  const int64_t end = static_cast<int64_t>(run.start) + run.length;
  for (int64_t i = run.start; i < end; i += kSide - i % kSide) {
    const uint32_t* first = chunk.row(i / kSide) + i % kSide;
    const int64_t count = std::min(end - i, kSide - i % kSide);
    // Nearly always all are right, so there is nothing to gain by leaving early, and without it the loop is vectorised.
    uint32_t difference = 0;
    for (int64_t x = 0; x < count; ++x) difference |= first[x] ^ id;
    if (difference != 0) return false;
  }
  return true;
}

Status checkRuns(const ChunkDelta& delta, Direction direction, const LabelVolume& labels) {
  if (delta.runs.empty()) return misfit("a chunk without changes");
  ChunkReader chunk = labels.chunk(delta.chunk);
  const PlaneBox inPlane = labels.boxOf(delta.chunk);
  const PlaneBox inside{0, 0, inPlane.height(), inPlane.width()};
  int64_t end = 0;
  for (const LabelRun& run : delta.runs) {
    if (run.length == 0 || run.before == run.after) return misfit("a run changes nothing");
    if (run.start < end) return misfit("its runs overlap or are out of order");
    end = static_cast<int64_t>(run.start) + run.length;
    const PlaneBox box = boxInChunk(run);
    if (box.clippedTo(inside) != box) return misfit("a run lies outside the plane");
    if (!holds(chunk, run, run.from(direction))) return misfit("the pixels are not what they were");
  }
  return {};
}

Status check(const LabelDelta& delta, Direction direction, const LabelVolume& labels) {
  const ChunkDelta* previous = nullptr;
  for (const ChunkDelta& chunk : delta.chunks) {
    if (previous && chunk.chunk <= previous->chunk) return misfit("its chunks are out of order");
    if (!labels.isInside(chunk.chunk)) return misfit("a chunk lies outside the image");
    CYTO_TRY(checkRuns(chunk, direction, labels));
    previous = &chunk;
  }
  return {};
}

bool onlyErases(const ChunkDelta& delta, Direction direction) {
  return std::all_of(delta.runs.begin(), delta.runs.end(), [&](const LabelRun& run) { return run.to(direction) == 0; });
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

std::vector<LabelRun> runsBetween(ChunkReader before, ChunkReader after) {
  std::vector<LabelRun> runs;
  for (int64_t y = 0; y < kSide; ++y) {
    const uint32_t* was = before.row(y);
    const uint32_t* is = after.row(y);
    if (std::equal(was, was + kSide, is)) continue;
    for (int64_t x = 0; x < kSide; ++x) {
      if (was[x] == is[x]) continue;
      const auto i = static_cast<uint32_t>(y * kSide + x);
      const bool goesOn = !runs.empty() && runs.back().start + runs.back().length == i &&
                          runs.back().before == was[x] && runs.back().after == is[x];
      if (goesOn) {
        ++runs.back().length;
      } else {
        runs.push_back({i, 1, was[x], is[x]});
      }
    }
  }
  return runs;
}

std::vector<ChunkKey> unsharedChunks(const LabelVolume& a, const LabelVolume& b) {
  std::vector<ChunkKey> keys = a.chunks();
  const std::vector<ChunkKey> others = b.chunks();
  keys.insert(keys.end(), others.begin(), others.end());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::erase_if(keys, [&](const ChunkKey& key) { return a.sharesChunk(b, key); });
  return keys;
}

LabelDelta differenceBetween(const LabelVolume& before, const LabelVolume& after) {
  LabelDelta delta;
  for (const ChunkKey& key : unsharedChunks(before, after)) {
    std::vector<LabelRun> runs = runsBetween(before.chunk(key), after.chunk(key));
    if (!runs.empty()) delta.chunks.push_back({key, std::move(runs)});
  }
  return delta;
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
  return apply({{delta, labels}}, direction);
}

Status apply(const std::vector<DeltaOfVolume>& deltas, Direction direction) {
  struct Writing {
    const ChunkDelta* chunk;
    LabelVolume* labels;
    bool onlyErases;
  };
  std::vector<Writing> writings;
  for (const auto& [delta, labels] : deltas) {
    CYTO_TRY(check(delta, direction, labels));
    for (const ChunkDelta& chunk : delta.chunks) writings.push_back({&chunk, &labels, onlyErases(chunk, direction)});
  }
  // When proposals are accepted, one volume gives up the chunk that the other one needs: memory goes from hand to hand.
  // The chunks that were looked at last come first; they are still in the cache.
  std::sort(writings.begin(), writings.end(), [](const Writing& a, const Writing& b) {
    return std::tuple(a.chunk->chunk, a.onlyErases) > std::tuple(b.chunk->chunk, b.onlyErases);
  });
  for (const Writing& writing : writings) writing.labels->write(*writing.chunk, direction);
  return {};
}

}  // namespace cyto
