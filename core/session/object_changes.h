#pragma once

#include <vector>

#include "core/project/edit.h"

namespace cyto {

/// What a change of pixels means for the table of objects: areas and bounds follow, an object that loses its last pixel
/// goes, an id that had no object makes one.
std::vector<ObjectChange> objectChanges(const Document& document, const LabelDelta& delta);

/// The change of one object that exists; it stays even without pixels.
ObjectChange changeOf(const Document& document, const LabelDelta& delta, uint32_t id);

/// An object that a delta makes.
ObjectChange newObject(const LabelDelta& delta, uint32_t id);

/// The pixels of an object in one plane.
PlaneMask maskOfObject(const LabelVolume& labels, const ObjectRecord& object, int64_t t, int64_t z);

/// Provenance of something made now by this user with this program, without a model.
Provenance handMade();

}  // namespace cyto
