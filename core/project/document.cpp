#include "core/project/document.h"

#include "core/base/xxh128.h"

namespace cyto {

bool Draft::operator==(const Draft& other) const {
  const bool sameCurrent = current == other.current || (current && other.current && *current == *other.current);
  return sameCurrent && refines == other.refines && prompts == other.prompts;
}

namespace {

/// The pixels decide, not whether a chunk is packed or there at all.
void add(const LabelVolume& labels, Xxh128& hash) {
  for (const ChunkKey& key : labels.chunks()) {
    ChunkReader chunk = labels.chunk(key);
    if (chunk.isBlank()) continue;
    for (const int64_t index : {key.t, key.z, key.row, key.column}) hash.addValue(index);
    for (int64_t y = 0; y < kLabelChunkSide; ++y) hash.add(chunk.row(y), sizeof(ChunkReader::Row));
  }
}

}  // namespace

const LabelVolume& volumeOf(const Document& document, ObjectState state) {
  return state == ObjectState::kProposal ? document.proposals : document.labels;
}

ObjectCounts countObjects(const ObjectTable& objects) {
  ObjectCounts counts;
  for (const auto& [id, object] : objects) {
    const bool isProposal = object->state == ObjectState::kProposal;
    ++(isProposal ? counts.proposals : counts.objects);
    if (object->state == ObjectState::kVerified) ++counts.verified;
  }
  return counts;
}

std::vector<uint32_t> idsInState(const ObjectTable& objects, ObjectState state) {
  std::vector<uint32_t> ids;
  for (const auto& [id, object] : objects) {
    if (object->state == state) ids.push_back(id);
  }
  return ids;
}

Document emptyDocument(const Shape& shape, const PixelScale& scale) {
  return {LabelVolume(shape), LabelVolume(shape), {}, {}, {scale}};
}

// What came later than version 1 of the project format is added only where it is used, so that the hashes of older
// projects stay what they were.
std::string stateHash(const Document& document) {
  Xxh128 hash;
  const Shape& shape = document.labels.shape();
  for (const int64_t extent : {shape.t, shape.z, shape.y, shape.x}) hash.addValue(extent);
  add(document.labels, hash);
  for (const auto& [id, object] : document.objects) {
    hash.addValue(id);
    hash.addValue(object->bounds.begin.t);
    hash.addValue(object->bounds.begin.z);
    if (object->state != ObjectState::kAccepted) hash.addValue(object->state);
    if (!object->className.empty()) hash.add(object->className.data(), object->className.size());
  }
  add(document.proposals, hash);
  return hash.text();
}

}  // namespace cyto
