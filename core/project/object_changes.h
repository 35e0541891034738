#pragma once

#include <map>
#include <vector>

#include "core/project/edit.h"

namespace cyto {

/// Collects what an edit does to the table of objects: areas and bounds follow the pixels, an id that had no object
/// makes one, an object that has no pixel at the end is gone.
class ObjectChanges {
 public:
  /// The table must outlive this.
  explicit ObjectChanges(const ObjectTable& table) : table_(table) {}

  /// The record as it will be. A new one is accepted, made by hand, and has no pixels yet.
  ObjectRecord& record(uint32_t id);

  /// What a change of `labels` or `proposals` did to the objects in it. Takes time in proportion to the change.
  void follow(const LabelDelta& delta);

  /// Ascending by id; records that are what they were are left out. Used once, at the end.
  std::vector<ObjectChange> finish();

 private:
  const ObjectTable& table_;
  std::map<uint32_t, ObjectRecord> records_;
};

/// The pixels of an object in one plane.
PlaneMask maskOfObject(const LabelVolume& labels, const ObjectRecord& object, int64_t t, int64_t z);

/// Provenance of something made now by this user with this program, without a model.
Provenance handMade();

}  // namespace cyto
