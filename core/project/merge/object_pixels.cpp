#include "core/project/merge/object_pixels.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/project/object_changes.h"

namespace cyto {

ObjectPixels pixelsOf(const Document& document, const ObjectRecord& object) {
  return pixelsOf(volumeOf(document, object.state), object);
}

ObjectPixels pixelsOf(const LabelVolume& volume, const ObjectRecord& object) {
  const Box bounds = object.bounds.clippedTo(Box::whole(volume.shape()));
  ObjectPixels pixels;
  if (bounds.isEmpty()) return pixels;
  for (int64_t t = bounds.begin.t; t < bounds.end.t; ++t) {
    for (int64_t z = bounds.begin.z; z < bounds.end.z; ++z) {
      PlaneMask mask = maskOfObject(volume, object, t, z);
      if (!mask.isEmpty()) pixels.push_back({t, z, std::move(mask)});
    }
  }
  return pixels;
}

int64_t areaOf(const ObjectPixels& pixels) {
  int64_t area = 0;
  for (const ObjectPlane& plane : pixels) area += plane.mask.area();
  return area;
}

double intersectionOverUnion(const ObjectPixels& a, const ObjectPixels& b) {
  int64_t both = 0;
  auto other = b.begin();
  for (const ObjectPlane& plane : a) {
    const auto isBefore = [&](const ObjectPlane& candidate) {
      return std::tie(candidate.t, candidate.z) < std::tie(plane.t, plane.z);
    };
    while (other != b.end() && isBefore(*other)) ++other;
    if (other == b.end() || other->t != plane.t || other->z != plane.z) continue;
    const PlaneBox common = plane.mask.box.clippedTo(other->mask.box);
    for (int64_t y = common.y0; y < common.y1; ++y) {
      for (int64_t x = common.x0; x < common.x1; ++x) both += plane.mask.at(y, x) && other->mask.at(y, x) ? 1 : 0;
    }
  }
  const int64_t either = areaOf(a) + areaOf(b) - both;
  return either == 0 ? 0.0 : static_cast<double>(both) / static_cast<double>(either);
}

int64_t paint(Transaction& transaction, const ObjectPixels& pixels, uint32_t id,
              const std::function<bool(uint32_t old)>& mayChange) {
  int64_t changed = 0;
  for (const ObjectPlane& plane : pixels) {
    changed += transaction.paint(plane.t, plane.z, plane.mask, id, PaintRule::kOverwrite, mayChange);
  }
  return changed;
}

std::set<uint32_t> differingIds(const LabelVolume& a, const LabelVolume& b) {
  std::set<uint32_t> ids;
  std::vector<uint32_t> first;
  std::vector<uint32_t> second;
  for (const ChunkKey& key : unsharedChunks(a, b)) {
    const PlaneBox box = a.boxOf(key);
    first.resize(static_cast<size_t>(box.height() * box.width()));
    second.resize(first.size());
    a.read(key.t, key.z, box, first);
    b.read(key.t, key.z, box, second);
    std::pair<uint32_t, uint32_t> last{0, 0};  // neighbouring pixels mostly differ in the same way
    for (size_t i = 0; i < first.size(); ++i) {
      const std::pair<uint32_t, uint32_t> pixel{first[i], second[i]};
      if (pixel.first == pixel.second || pixel == last) continue;
      last = pixel;
      ids.insert(pixel.first);
      ids.insert(pixel.second);
    }
  }
  ids.erase(0);
  return ids;
}

}  // namespace cyto
