#include "core/session/object_changes.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "core/base/version.h"

namespace cyto {

namespace {

Box united(const Box& a, const Box& b) {
  if (a.isEmpty()) return b;
  if (b.isEmpty()) return a;
  return {
      {std::min(a.begin.t, b.begin.t), std::min(a.begin.z, b.begin.z), std::min(a.begin.y, b.begin.y),
       std::min(a.begin.x, b.begin.x)},
      {std::max(a.end.t, b.end.t), std::max(a.end.z, b.end.z), std::max(a.end.y, b.end.y), std::max(a.end.x, b.end.x)}};
}

/// A box around the pixels that became `id`.
Box gained(const LabelDelta& delta, uint32_t id) {
  LabelDelta own;
  for (const ChunkDelta& chunk : delta.chunks) {
    ChunkDelta part{chunk.chunk, {}};
    for (const LabelRun& run : chunk.runs) {
      if (run.after == id) part.runs.push_back(run);
    }
    if (!part.runs.empty()) own.chunks.push_back(std::move(part));
  }
  return own.bounds();
}

}  // namespace

ObjectChange newObject(const LabelDelta& delta, uint32_t id) {
  const auto areas = delta.areaChanges();
  const auto area = areas.find(id);
  ObjectRecord record;
  record.id = id;
  record.area = area == areas.end() ? 0 : area->second;
  record.bounds = gained(delta, id);
  record.provenance = handMade();
  return {id, nullptr, std::make_shared<const ObjectRecord>(std::move(record))};
}

ObjectChange changeOf(const Document& document, const LabelDelta& delta, uint32_t id) {
  const auto areas = delta.areaChanges();
  const auto area = areas.find(id);
  const std::shared_ptr<const ObjectRecord> before = document.objects.at(id);
  ObjectRecord after = *before;
  if (area != areas.end()) after.area += area->second;
  after.bounds = united(before->bounds, gained(delta, id));
  return {id, before, std::make_shared<const ObjectRecord>(std::move(after))};
}

std::vector<ObjectChange> objectChanges(const Document& document, const LabelDelta& delta) {
  std::vector<ObjectChange> changes;
  for (const auto& [id, pixels] : delta.areaChanges()) {
    if (!document.objects.contains(id)) {
      if (pixels > 0) changes.push_back(newObject(delta, id));
      continue;
    }
    ObjectChange change = changeOf(document, delta, id);
    if (change.after->area <= 0) change.after = nullptr;
    changes.push_back(std::move(change));
  }
  return changes;
}

PlaneMask maskOfObject(const LabelVolume& labels, const ObjectRecord& object, int64_t t, int64_t z) {
  const PlaneBox window{object.bounds.begin.y, object.bounds.begin.x, object.bounds.end.y, object.bounds.end.x};
  if (window.isEmpty()) return {};
  std::vector<uint32_t> ids(static_cast<size_t>(window.height() * window.width()));
  labels.read(t, z, window, ids);
  return maskWhere(window, [&](int64_t y, int64_t x) {
    return ids[static_cast<size_t>((y - window.y0) * window.width() + x - window.x0)] == object.id;
  });
}

Provenance handMade() {
  using namespace std::chrono;
  Provenance provenance;
  provenance.program = "cytoclick " + std::string(programVersion());
  const char* user = std::getenv("USER");
  provenance.user = user ? user : "";
  provenance.time_us = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  return provenance;
}

}  // namespace cyto
