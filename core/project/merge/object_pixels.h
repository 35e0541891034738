#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "core/array/plane_mask.h"
#include "core/labels/transaction.h"
#include "core/project/document.h"

namespace cyto {

/// The pixels of an object in one plane.
struct ObjectPlane {
  int64_t t = 0;
  int64_t z = 0;
  PlaneMask mask;  ///< never empty
  bool operator==(const ObjectPlane&) const = default;
};

/// All pixels of an object, plane by plane, ascending by (t, z).
using ObjectPixels = std::vector<ObjectPlane>;

/// The pixels of an object, from the volume of its state.
ObjectPixels pixelsOf(const LabelVolume& volume, const ObjectRecord& object);
ObjectPixels pixelsOf(const Document& document, const ObjectRecord& object);

int64_t areaOf(const ObjectPixels& pixels);

/// 0 when both are empty.
double intersectionOverUnion(const ObjectPixels& a, const ObjectPixels& b);

/// Gives pixels an id where `mayChange(old)`; returns how many changed.
int64_t paint(Transaction& transaction, const ObjectPixels& pixels, uint32_t id,
              const std::function<bool(uint32_t old)>& mayChange);

/// The ids (0 left out) of all pixels at which two volumes of the same shape differ. A chunk that is equal in both
/// costs one comparison of its memory.
std::set<uint32_t> differingIds(const LabelVolume& a, const LabelVolume& b);

}  // namespace cyto
