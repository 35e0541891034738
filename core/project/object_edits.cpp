#include "core/project/object_edits.h"

#include <algorithm>
#include <set>

#include "core/labels/connected_pieces.h"
#include "core/labels/transaction.h"
#include "core/project/object_changes.h"

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

std::string named(uint32_t id) { return "object " + std::to_string(id); }

bool isProposal(const ObjectRecord& object) { return object.state == ObjectState::kProposal; }

/// An edit that changes pixels of objects like `object`, in its first plane.
Edit editOf(EditKind kind, std::string label, const ObjectRecord& object, LabelDelta delta) {
  Edit edit;
  edit.kind = kind;
  edit.label = std::move(label);
  edit.t = object.bounds.begin.t;
  edit.z = object.bounds.begin.z;
  (isProposal(object) ? edit.proposals : edit.labels) = std::move(delta);
  return edit;
}

/// The changeable objects of the ids, each once, in the order given.
Result<std::vector<std::shared_ptr<const ObjectRecord>>> objectsToMerge(const Document& document,
                                                                        std::span<const uint32_t> ids) {
  std::vector<std::shared_ptr<const ObjectRecord>> objects;
  std::set<uint32_t> known;
  for (const uint32_t id : ids) {
    CYTO_ASSIGN(const auto object, findChangeable(document, id));
    if (!objects.empty() && isProposal(*object) != isProposal(*objects.front())) {
      const uint32_t proposal = isProposal(*object) ? id : objects.front()->id;
      return refused(named(proposal) + " is a proposal and the others are not; accept it first");
    }
    if (known.insert(id).second) objects.push_back(object);
  }
  if (objects.size() < 2) return refused("name two objects or more to merge");
  return objects;
}

}  // namespace

Result<std::shared_ptr<const ObjectRecord>> findObject(const Document& document, uint32_t id) {
  const auto found = document.objects.find(id);
  if (found == document.objects.end()) return Error(ErrorCode::kNotFound, "there is no " + named(id));
  return found->second;
}

Result<std::shared_ptr<const ObjectRecord>> findChangeable(const Document& document, uint32_t id) {
  CYTO_ASSIGN(const auto object, findObject(document, id));
  if (object->state == ObjectState::kVerified) return refused(named(id) + " is verified; unverify it first");
  return object;
}

Status checkNoProposal(const ObjectRecord& object) {
  if (!isProposal(object)) return {};
  return refused(named(object.id) + " is a proposal; accept it first");
}

Result<Edit> mergeObjects(const Document& document, std::span<const uint32_t> ids) {
  CYTO_ASSIGN(const auto objects, objectsToMerge(document, ids));
  const ObjectRecord& first = *objects.front();
  Transaction transaction(volumeOf(document, first.state));
  for (size_t i = 1; i < objects.size(); ++i) transaction.replace(objects[i]->bounds, objects[i]->id, first.id);
  Edit edit = editOf(EditKind::kMergeObjects,
                     "merging of " + std::to_string(objects.size()) + " objects into " + named(first.id), first,
                     transaction.finish());
  ObjectChanges changes(document.objects);
  changes.follow(isProposal(first) ? edit.proposals : edit.labels);
  ObjectRecord& merged = changes.record(first.id);
  for (size_t i = 1; i < objects.size(); ++i) {
    if (merged.className.empty()) merged.className = objects[i]->className;
    merged.provenance.parents.push_back(objects[i]->id);
  }
  edit.objects = changes.finish();
  return edit;
}

Result<Edit> splitObject(const Document& document, uint32_t id, uint32_t nextId) {
  CYTO_ASSIGN(const auto object, findChangeable(document, id));
  const LabelVolume& volume = volumeOf(document, object->state);
  const std::vector<ObjectPiece> pieces = connectedPieces(volume, id, object->bounds);
  if (pieces.size() < 2) return refused(named(id) + " is in one piece; erase where it is to be divided first");
  if (pieces.size() > kMaxObjectId - nextId) return refused("there are not enough ids left for the pieces");
  Transaction transaction(volume);
  for (size_t i = 1; i < pieces.size(); ++i) {
    const auto newId = static_cast<uint32_t>(nextId + i - 1);
    for (const PixelRun& run : pieces[i].runs) {
      transaction.replace({{run.t, run.z, run.y, run.x0}, {run.t + 1, run.z + 1, run.y + 1, run.x1}}, id, newId);
    }
  }
  Edit edit = editOf(EditKind::kSplit, "split of " + named(id), *object, transaction.finish());
  ObjectChanges changes(document.objects);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const uint32_t pieceId = i == 0 ? id : static_cast<uint32_t>(nextId + i - 1);
    ObjectRecord& piece = changes.record(pieceId);
    if (i > 0) {
      piece = *object;
      piece.id = pieceId;
      piece.provenance.prompts.id = pieceId;
      piece.provenance.parents = {id};
    }
    piece.area = pieces[i].area;
    piece.bounds = pieces[i].bounds;
  }
  edit.objects = changes.finish();
  return edit;
}

Result<Edit> changeState(const Document& document, std::span<const uint32_t> ids, ObjectState to) {
  const bool verifies = to == ObjectState::kVerified;
  ObjectChanges changes(document.objects);
  for (const uint32_t id : ids) {
    CYTO_ASSIGN(const auto object, findObject(document, id));
    CYTO_TRY(checkNoProposal(*object));
    changes.record(id).state = to;
  }
  Edit edit;
  edit.kind = verifies ? EditKind::kVerify : EditKind::kUnverify;
  edit.objects = changes.finish();
  if (edit.objects.empty()) return edit;
  const ObjectRecord& first = *edit.objects.front().after;
  edit.t = first.bounds.begin.t;
  edit.z = first.bounds.begin.z;
  edit.label = (verifies ? "verification of " : "unlocking of ") +
               (edit.objects.size() == 1 ? named(first.id) : std::to_string(edit.objects.size()) + " objects");
  return edit;
}

Result<Edit> classifyObject(const Document& document, uint32_t id, const std::string& name) {
  constexpr size_t kLongest_bytes = 200;
  CYTO_ASSIGN(const auto object, findObject(document, id));
  const bool isPrintable =
      std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.size() > kLongest_bytes) return refused("the name of a class has at most 200 bytes");
  if (!isPrintable) return refused("the name of a class is one line without control characters");
  Edit edit = editOf(EditKind::kClassify, "class of " + named(id), *object, {});
  ObjectChanges changes(document.objects);
  changes.record(id).className = name;
  edit.objects = changes.finish();
  return edit;
}

}  // namespace cyto
