#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/persistent_map.h"

namespace cyto {

struct ObjectRecord;

/// What is known of each object, by id. Copying costs the same for any number of objects and gives a snapshot that
/// another thread may read; an edit copies a few dozen entries. Records are shared between snapshots and never change
/// in place. Iterators are valid until the table changes.
class ObjectTable {
 public:
  using RecordPtr = std::shared_ptr<const ObjectRecord>;  ///< never null
  using Records = PersistentMap<uint32_t, RecordPtr>;
  using value_type = Records::value_type;  ///< {id, record}
  using const_iterator = Records::const_iterator;
  using iterator = const_iterator;

  size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

  /// In ascending order of ids.
  const_iterator begin() const { return records_.begin(); }
  const_iterator end() const { return records_.end(); }

  const_iterator find(uint32_t id) const { return records_.find(id); }
  bool contains(uint32_t id) const { return records_.contains(id); }

  /// The record of an id that must be there.
  const RecordPtr& at(uint32_t id) const;

  /// The first object whose id is not less, or greater.
  const_iterator lower_bound(uint32_t id) const { return records_.lower_bound(id); }
  const_iterator upper_bound(uint32_t id) const { return records_.upper_bound(id); }

  /// Adds or replaces the record of an object.
  void set(uint32_t id, RecordPtr record);

  /// Whether there was one.
  bool erase(uint32_t id) { return records_.erase(id); }

  void clear() { records_ = {}; }

 private:
  Records records_;
};

}  // namespace cyto
