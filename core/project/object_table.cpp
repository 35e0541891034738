#include "core/project/object_table.h"

#include <cassert>
#include <utility>

namespace cyto {

const ObjectTable::RecordPtr& ObjectTable::at(uint32_t id) const {
  const auto found = records_.find(id);
  assert(found != records_.end());
  return found->second;
}

void ObjectTable::set(uint32_t id, RecordPtr record) {
  assert(record);
  records_[id] = std::move(record);
}

}  // namespace cyto
