#include "core/project/document.h"

#include "core/base/xxh128.h"

namespace cyto {

bool Draft::operator==(const Draft& other) const {
  const bool sameCurrent = current == other.current || (current && other.current && *current == *other.current);
  return sameCurrent && refines == other.refines && prompts == other.prompts;
}

std::string stateHash(const Document& document) {
  Xxh128 hash;
  const Shape& shape = document.labels.shape();
  for (const int64_t extent : {shape.t, shape.z, shape.y, shape.x}) hash.addValue(extent);
  for (const ChunkKey& key : document.labels.chunks()) {
    for (const int64_t index : {key.t, key.z, key.row, key.column}) hash.addValue(index);
    hash.addValue(*document.labels.find(key));
  }
  for (const auto& [id, object] : document.objects) {
    hash.addValue(id);
    hash.addValue(object->bounds.begin.t);
    hash.addValue(object->bounds.begin.z);
  }
  return hash.text();
}

}  // namespace cyto
