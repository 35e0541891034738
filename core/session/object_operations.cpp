// What a user does to objects: the part of AnnotationSession between a mask and the history.

#include <algorithm>
#include <cmath>

#include "core/labels/transaction.h"
#include "core/project/draft_edits.h"
#include "core/project/object_changes.h"
#include "core/project/object_edits.h"
#include "core/session/annotation_session.h"

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

bool isProposal(const ObjectRecord& object) { return object.state == ObjectState::kProposal; }

Status checkRadius(double radius) {
  constexpr double kMaxRadius = 2000;
  if (std::isfinite(radius) && radius >= 0 && radius <= kMaxRadius) return {};
  return refused("the radius of a brush is a number from 0 to 2000 pixels");
}

/// Tells verified objects from others, mostly for runs of equal pixels.
class VerifiedPixels {
 public:
  explicit VerifiedPixels(const ObjectTable& objects) : objects_(objects) {}

  bool contains(uint32_t id) {
    if (id != last_) {
      last_ = id;
      const auto found = objects_.find(id);
      isVerified_ = found != objects_.end() && found->second->state == ObjectState::kVerified;
      if (isVerified_) met_ = id;
    }
    return isVerified_;
  }

  /// One of those that were asked for; 0 when there was none.
  uint32_t met() const { return met_; }

 private:
  const ObjectTable& objects_;
  uint32_t last_ = 0;
  uint32_t met_ = 0;
  bool isVerified_ = false;
};

}  // namespace

// --- commit and refine -----------------------------------------------------------------------------------------------

Result<ObjectRecord> AnnotationSession::commit() {
  CYTO_TRY(checkOpen());
  const auto kept = current();
  if (!kept) return refused("there is no mask to commit; use segment first");
  Document settled = document();
  settled.draft.current = kept;
  CYTO_ASSIGN(const Edit edit, commitDraft(settled, nextId()));
  CYTO_TRY(settleTransient());
  CYTO_TRY(performObjects(edit));
  return *edit.objects.front().after;
}

Status AnnotationSession::refine(uint32_t id) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const auto object, findChangeable(document(), id));
  if (document().draft.refines == id) return {};
  const std::string what = isProposal(*object) ? "proposal " : "object ";
  return performDraft(EditKind::kRefine, "call back of " + what + std::to_string(id), recalled(document(), *object),
                      false);
}

// --- strokes ---------------------------------------------------------------------------------------------------------

Status AnnotationSession::paint(int64_t t, int64_t z, std::span<const StrokePoint> path, double radius, uint32_t id) {
  CYTO_TRY(checkPlane(t, z));
  CYTO_TRY(checkRadius(radius));
  if (id == 0) return refused("id 0 is the background; use erase");
  if (document().objects.contains(id)) {
    CYTO_ASSIGN(const auto object, findChangeable(document(), id));
    CYTO_TRY(checkNoProposal(*object));
  } else if (id < nextId()) {
    return refused("object " + std::to_string(id) +
                   " does not exist any more, and ids are never used again; the next free id is " +
                   std::to_string(nextId()));
  }
  if (id > kMaxObjectId) return refused("ids go up to " + std::to_string(kMaxObjectId));
  const Shape& shape = document().labels.shape();
  Transaction transaction(document().labels);
  VerifiedPixels verified(document().objects);
  const int64_t painted = transaction.paint(t, z, brushStroke(path, radius, {shape.y, shape.x}), id,
                                            PaintRule::kOverwrite, [&](uint32_t old) {
                                              if (old != 0) verified.contains(old);
                                              return old == 0;
                                            });
  if (painted == 0 && verified.met() != 0) CYTO_TRY(findChangeable(document(), verified.met()));
  return performByHand(EditKind::kPaint, "brush stroke on object " + std::to_string(id), t, z, transaction.finish());
}

Status AnnotationSession::erase(int64_t t, int64_t z, std::span<const StrokePoint> path, double radius) {
  CYTO_TRY(checkPlane(t, z));
  CYTO_TRY(checkRadius(radius));
  const Shape& shape = document().labels.shape();
  VerifiedPixels verified(document().objects);
  Transaction transaction(document().labels);
  const int64_t erased =
      transaction.paint(t, z, brushStroke(path, radius, {shape.y, shape.x}), 0, PaintRule::kOverwrite,
                        [&](uint32_t old) { return !verified.contains(old); });
  if (erased == 0 && verified.met() != 0) CYTO_TRY(findChangeable(document(), verified.met()));
  return performByHand(EditKind::kErase, "eraser stroke", t, z, transaction.finish());
}

Status AnnotationSession::fill(int64_t t, int64_t z, int64_t y, int64_t x, uint32_t id) {
  CYTO_TRY(checkPlane(t, z));
  const Shape& shape = document().labels.shape();
  if (y < 0 || x < 0 || y >= shape.y || x >= shape.x) return refused("the place to fill lies outside the image");
  if (id != 0) {
    CYTO_ASSIGN(const auto object, findChangeable(document(), id));
    CYTO_TRY(checkNoProposal(*object));
  }
  if (const uint32_t there = document().labels.at(t, z, y, x); there != 0) CYTO_TRY(findChangeable(document(), there));
  Transaction transaction(document().labels);
  transaction.paint(t, z, connectedRegion(document().labels, t, z, y, x), id, PaintRule::kOverwrite);
  const std::string label = id == 0 ? "fill with background" : "fill with object " + std::to_string(id);
  return performByHand(EditKind::kFill, label, t, z, transaction.finish());
}

Status AnnotationSession::performByHand(EditKind kind, std::string label, int64_t t, int64_t z, LabelDelta delta) {
  if (delta.isEmpty()) return {};
  ObjectChanges changes(document().objects);
  changes.follow(delta);
  for (const auto& [id, change] : delta.byId()) ++changes.record(id).provenance.handEdits;
  return performObjects({kind, std::move(label), t, z, false, {}, std::move(delta), changes.finish()});
}

// --- whole objects ---------------------------------------------------------------------------------------------------

Status AnnotationSession::remove(uint32_t id) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const auto object, findChangeable(document(), id));
  if (isProposal(*object)) return reject(std::vector<uint32_t>{id});
  const Box& bounds = object->bounds;
  Transaction transaction(document().labels);
  transaction.replace(bounds, id, 0);
  LabelDelta delta = transaction.finish();
  ObjectChanges changes(document().objects);
  changes.follow(delta);
  return performObjects({EditKind::kDelete,
                         "deletion of object " + std::to_string(id),
                         bounds.begin.t,
                         bounds.begin.z,
                         false,
                         {},
                         std::move(delta),
                         changes.finish()});
}

Result<ObjectRecord> AnnotationSession::merge(std::span<const uint32_t> ids) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const Edit edit, mergeObjects(document(), ids));
  CYTO_TRY(performObjects(edit));
  return *document().objects.at(ids.front());
}

Result<std::vector<uint32_t>> AnnotationSession::split(uint32_t id) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const Edit edit, splitObject(document(), id, nextId()));
  CYTO_TRY(performObjects(edit));
  std::vector<uint32_t> pieces;
  for (const ObjectChange& change : edit.objects) {
    if (!change.before) pieces.push_back(change.id);
  }
  return pieces;
}

Status AnnotationSession::classify(uint32_t id, const std::string& name) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const Edit edit, classifyObject(document(), id, name));
  return performObjects(edit);
}

Status AnnotationSession::verify(std::span<const uint32_t> ids) { return changeStates(ids, ObjectState::kVerified); }

Status AnnotationSession::unverify(std::span<const uint32_t> ids) { return changeStates(ids, ObjectState::kAccepted); }

Status AnnotationSession::changeStates(std::span<const uint32_t> ids, ObjectState to) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const Edit edit, changeState(document(), ids, to));
  return performObjects(edit);
}

Status AnnotationSession::performObjects(const Edit& edit) {
  const bool isEmpty = !edit.draft && edit.objects.empty() && edit.labels.isEmpty() && edit.proposals.isEmpty();
  if (isEmpty) return {};
  CYTO_TRY(project_->perform(edit));
  hasUnsaved_ = true;
  return {};
}

}  // namespace cyto
