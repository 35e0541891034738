#include "core/project/draft_edits.h"

#include <string>

#include "core/labels/transaction.h"
#include "core/project/object_changes.h"
#include "core/project/object_edits.h"

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

bool isProposal(const ObjectRecord& object) { return object.state == ObjectState::kProposal; }

/// Puts what a commit does to pixels into `edit`. `before` is the object that is refined, or null.
Status replacePixels(const Document& document, const CurrentObject& current, const ObjectRecord* before, uint32_t id,
                     Edit& edit) {
  const Box plane = Box::plane(document.labels.shape(), current.t, current.z);
  Transaction labels(document.labels);
  if (before && isProposal(*before)) {
    labels.combine(document.proposals, before->bounds,
                   [id](uint32_t old, uint32_t proposal) { return old == 0 && proposal == id ? id : old; });
    Transaction proposals(document.proposals);
    proposals.replace(before->bounds, id, 0);
    edit.proposals = proposals.finish();
  }
  if (before) labels.replace(before->bounds.clippedTo(plane), id, 0);
  if (labels.paint(current.t, current.z, current.mask, id, PaintRule::kOnlyBackground) == 0) {
    return refused("all pixels of the mask belong to other objects already; change the prompts");
  }
  edit.labels = labels.finish();
  return {};
}

Provenance provenanceOf(const Draft& draft, uint32_t id) {
  Provenance provenance = handMade();
  provenance.prompts = draft.prompts;
  provenance.prompts.id = id;
  provenance.alternative = draft.current->alternative;
  provenance.predictedIou = draft.current->predictedIou;
  provenance.model = draft.current->model;
  provenance.weightsHash = draft.current->weightsHash;
  provenance.preprocessing = draft.current->preprocessing;
  return provenance;
}

// A mask that was made anew is the model's; what else is known about the object stays.
Provenance provenanceOfCommit(const Document& document, const ObjectRecord* before, uint32_t id) {
  const CurrentObject& current = *document.draft.current;
  Provenance provenance = provenanceOf(document.draft, id);
  if (!before) return provenance;
  provenance.parents = before->provenance.parents;
  provenance.source = before->provenance.source;
  const Shape extent = before->bounds.shape();
  const bool isAnew = extent.t * extent.z == 1 &&
                      current.mask != maskOfObject(volumeOf(document, before->state), *before, current.t, current.z);
  if (!isAnew) provenance.handEdits = before->provenance.handEdits;
  return provenance;
}

}  // namespace

Result<Edit> commitDraft(const Document& document, uint32_t newId) {
  const Draft& draft = document.draft;
  if (!draft.current) return refused("there is no mask to commit; use segment first");
  const CurrentObject& current = *draft.current;
  if (current.mask.isEmpty()) return refused("the mask is empty; change the prompts and segment again");
  std::shared_ptr<const ObjectRecord> before;
  if (document.objects.contains(draft.refines)) {
    CYTO_ASSIGN(before, findChangeable(document, draft.refines));
  }
  const uint32_t id = before ? draft.refines : newId;
  Edit edit;
  edit.kind = EditKind::kCommit;
  edit.label = (before ? "refinement of object " : "commit of object ") + std::to_string(id);
  edit.t = current.t;
  edit.z = current.z;
  CYTO_TRY(replacePixels(document, current, before.get(), id, edit));
  edit.draft = Change<Draft>{draft, {}};
  ObjectChanges changes(document.objects);
  ObjectRecord& object = changes.record(id);
  if (before && isProposal(*before)) {
    object.state = ObjectState::kAccepted;
    object.area = 0;  // of its pixels in `labels`, where it has none yet
    object.bounds = {};
  }
  object.provenance = provenanceOfCommit(document, before.get(), id);
  changes.follow(edit.labels);
  edit.objects = changes.finish();
  return edit;
}

Draft recalled(const Document& document, const ObjectRecord& object) {
  const Provenance& source = object.provenance;
  Draft draft{source.prompts, nullptr, object.id};
  const Shape& begin = object.bounds.begin;
  if (draft.prompts.isEmpty()) draft.prompts = {object.id, begin.t, begin.z, {}, {}, {}, false};
  draft.prompts.id = object.id;
  const int64_t t = draft.prompts.t;
  const int64_t z = draft.prompts.z;
  draft.current = std::make_shared<const CurrentObject>(
      CurrentObject{t, z, maskOfObject(volumeOf(document, object.state), object, t, z), source.predictedIou,
                    source.alternative, source.model, source.weightsHash, source.preprocessing});
  return draft;
}

}  // namespace cyto
