#include "core/project/document.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>

namespace cyto {

bool Draft::operator==(const Draft& other) const {
  const bool sameCurrent = current == other.current || (current && other.current && *current == *other.current);
  return sameCurrent && refines == other.refines && prompts == other.prompts;
}

std::string stateHash(const Document& document) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto add = [&](const auto& value) { XXH3_128bits_update(&state, &value, sizeof value); };
  const Shape& shape = document.labels.shape();
  for (const int64_t extent : {shape.t, shape.z, shape.y, shape.x}) add(extent);
  for (const ChunkKey& key : document.labels.chunks()) {
    for (const int64_t index : {key.t, key.z, key.row, key.column}) add(index);
    add(*document.labels.find(key));
  }
  for (const auto& [id, object] : document.objects) {
    add(id);
    add(object->bounds.begin.t);
    add(object->bounds.begin.z);
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(&state);
  char text[48];
  std::snprintf(text, sizeof text, "xxh128:%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  return text;
}

}  // namespace cyto
