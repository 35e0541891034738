#include "core/project/object_changes.h"

#include <chrono>
#include <cstdlib>

#include "core/base/version.h"

namespace cyto {

ObjectRecord& ObjectChanges::record(uint32_t id) {
  const auto [place, isNew] = records_.try_emplace(id);
  if (!isNew) return place->second;
  ObjectRecord& record = place->second;
  if (const auto found = table_.find(id); found != table_.end()) {
    record = *found->second;
  } else {
    record.id = id;
    record.provenance = handMade();
  }
  return record;
}

void ObjectChanges::follow(const LabelDelta& delta) {
  for (const auto& [id, change] : delta.byId()) {
    ObjectRecord& changed = record(id);
    changed.area += change.pixels;
    changed.bounds = united(changed.bounds, change.gained);
  }
}

std::vector<ObjectChange> ObjectChanges::finish() {
  std::vector<ObjectChange> changes;
  for (auto& [id, record] : records_) {
    const auto found = table_.find(id);
    const auto before = found == table_.end() ? nullptr : found->second;
    const auto after = record.area > 0 ? std::make_shared<const ObjectRecord>(std::move(record)) : nullptr;
    ObjectChange change{id, before, after};
    if (change.before == change.after || (before && after && *before == *after)) continue;
    changes.push_back(std::move(change));
  }
  return changes;
}

PlaneMask maskOfObject(const LabelVolume& labels, const ObjectRecord& object, int64_t t, int64_t z) {
  const Box bounds = object.bounds.clippedTo(Box::whole(labels.shape()));
  const PlaneBox window{bounds.begin.y, bounds.begin.x, bounds.end.y, bounds.end.x};
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
