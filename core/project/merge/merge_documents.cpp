// Steps:
//
//   1. Objects that are one and the same are put together (by id, or new ones by what they cover) and decided on.
//   2. Labels: what does not stay is erased, what comes in is painted, verified objects first.
//   3. What lost pixels on the way, or lost a conflict, is noted down as a version to keep.
//   4. Proposals: what does not stay is erased; those that come in are painted where it is free, then the versions to
//      keep, also over automatic results that nobody has looked at.
//   5. The differences to the primary document are the edit.

#include "core/project/merge/merge_documents.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "core/project/merge/object_pixels.h"

namespace cyto {

namespace {

ObjectVersion versionIn(const Document& document, uint32_t id) {
  const auto found = document.objects.find(id);
  return {&document, found == document.objects.end() ? nullptr : found->second.get()};
}

/// Ids whose pixels or records are not the same in both.
std::set<uint32_t> changedIds(const Document& before, const Document& after) {
  std::set<uint32_t> ids = differingIds(before.labels, after.labels);
  ids.merge(differingIds(before.proposals, after.proposals));
  const auto compare = [&](const Document& here, const Document& there) {
    for (const auto& [id, record] : here.objects) {
      const auto other = there.objects.find(id);
      const bool isSame = other != there.objects.end() && other->second->state == record->state &&
                          other->second->className == record->className;
      if (!isSame) ids.insert(id);
    }
  };
  compare(before, after);
  compare(after, before);
  return ids;
}

class Merger {
 public:
  Merger(const Document& base, uint32_t firstOwnId, const MergeInput& primary, const MergeInput& secondary)
      : base_(base),
        firstOwnId_(firstOwnId),
        primary_(primary),
        secondary_(secondary),
        labels_(primary.document.labels),
        proposals_(primary.document.proposals) {}

  Result<DocumentMerge> merge() {
    measureAgreement();
    pairShared();
    CYTO_TRY(pairNew());
    for (const auto& [id, object] : objects_) carryOut(id, object);
    eraseInLabels();
    paintInLabels();
    settleOverlaps();
    CYTO_TRY(fillProposals());
    mergeSettings();
    countTaken();
    return DocumentMerge{finishedEdit(), std::move(report_)};
  }

 private:
  /// What comes into a volume under an id of the merged document.
  struct Arrival {
    uint32_t id = 0;
    MergeSide side = MergeSide::kPrimary;
    ObjectVersion version;
  };
  /// A version that must not get lost.
  struct Keepsake {
    MergeSide side = MergeSide::kPrimary;
    ObjectVersion version;
    std::string className;
    uint32_t parent = 0;  ///< the object it is another version of
    uint32_t ownId = 0;   ///< 0: it gets a new one
    size_t conflict = 0;  ///< where it is reported
  };
  /// What happened to an object in the labels while others were painted.
  struct Loss {
    int64_t pixels = 0;
    uint32_t taker = 0;
  };

  const MergeInput& input(MergeSide side) const { return side == MergeSide::kPrimary ? primary_ : secondary_; }
  bool isOwn(MergeSide, uint32_t id) const { return id >= firstOwnId_ && !base_.objects.contains(id); }

  // --- 1: who is who
  void measureAgreement();
  void pairShared();
  Status pairNew();
  void carryOut(uint32_t id, const ObjectTriple& object);
  void noteConflict(uint32_t id, const ObjectTriple& object, const MergeDecision& decision);
  ObjectRecord taken(uint32_t id, MergeSide side, const ObjectRecord& record) const;
  std::vector<uint32_t> parentsInMerge(MergeSide side, const std::vector<uint32_t>& parents) const;
  Result<uint32_t> newId();

  // --- 2, 3: labels
  void eraseInLabels();
  void paintInLabels();
  void settleOverlaps();
  void settleOverlap(uint32_t id, const Loss& loss);

  // --- 4: proposals
  Status fillProposals();
  Status keep(const Keepsake& keepsake);
  void paintProposal(const Arrival& arrival);
  void findAutomatic();
  uint32_t sameProposal(const ObjectPixels& pixels, const std::string& className) const;
  void settleRoom();

  // --- 5: the result
  void mergeSettings();
  void countTaken();
  Edit finishedEdit();

  /// The record in the merged document so far; null when it is not there.
  const ObjectRecord* record(uint32_t id) const;

  const Document& base_;
  const uint32_t firstOwnId_;
  const MergeInput& primary_;
  const MergeInput& secondary_;
  Transaction labels_;
  Transaction proposals_;
  std::map<uint32_t, ObjectTriple> objects_;                 // those with a change, by id in the merged document
  std::map<uint32_t, uint32_t> idOfSecondary_;               // new objects of the secondary side: its id -> id here
  uint32_t nextId_ = 1;                                      // of objects that are made here
  std::map<uint32_t, std::optional<ObjectRecord>> changed_;  // records that are not the primary's; nothing: deleted
  std::vector<ObjectVersion> leaving_;                       // the primary's pixels of these go
  std::vector<Arrival> arrivals_;
  std::map<uint32_t, Loss> losses_;          // by id, in labels
  std::set<uint32_t> automatic_;             // proposals of a model, by id: they make room
  std::map<uint32_t, CrowdedVersion> room_;  // what proposals have got of their pixels, by id
  std::vector<Keepsake> keepsakes_;
  std::optional<Change<ProjectSettings>> settings_;
  MergeReport report_;
};

// --- who is who ------------------------------------------------------------------------------------------------------

void Merger::measureAgreement() {
  report_.agreement = agreementOf(primary_.document, secondary_.document,
                                  [&](uint32_t id) { return id < firstOwnId_ || base_.objects.contains(id); });
}

void Merger::pairShared() {
  std::set<uint32_t> ids = changedIds(base_, secondary_.document);
  for (const uint32_t id : ids) {
    if (isOwn(MergeSide::kSecondary, id)) continue;
    objects_[id] = {versionIn(base_, id), versionIn(primary_.document, id), versionIn(secondary_.document, id)};
  }
}

Status Merger::pairNew() {
  nextId_ = std::max(primary_.nextId, secondary_.nextId);
  const auto cells =
      sameCells(primary_.document, secondary_.document, [&](MergeSide side, uint32_t id) { return isOwn(side, id); });
  for (const SameCell& cell : cells) idOfSecondary_[cell.secondary] = cell.primary;
  for (const auto& [id, object] : secondary_.document.objects) {
    if (!isOwn(MergeSide::kSecondary, id)) continue;
    const auto known = idOfSecondary_.find(id);
    uint32_t here = 0;
    if (known != idOfSecondary_.end()) {
      here = known->second;
    } else if (id >= primary_.nextId) {
      here = id;
    } else {
      CYTO_ASSIGN(here, newId());
    }
    idOfSecondary_[id] = here;
    if (here != id) report_.renumbered.push_back({id, here});
    objects_[here] = {{}, versionIn(primary_.document, here), versionIn(secondary_.document, id)};
  }
  return {};
}

Result<uint32_t> Merger::newId() {
  if (nextId_ == std::numeric_limits<uint32_t>::max()) {
    return Error(ErrorCode::kInvalidArgument, "the two projects have used up all numbers for objects");
  }
  return nextId_++;
}

void Merger::carryOut(uint32_t id, const ObjectTriple& object) {
  const MergeDecision decision = decide(object);
  const ObjectRecord* before = object.primary.record;
  if (!decision.exists) {
    if (before) leaving_.push_back(object.primary);
    if (before) changed_[id] = std::nullopt;
    return;
  }
  const bool isPrimary = decision.pixels == MergeSide::kPrimary;
  const ObjectVersion& version = isPrimary ? object.primary : object.secondary;
  ObjectRecord after = isPrimary ? *before : taken(id, MergeSide::kSecondary, *version.record);
  after.state = decision.state;
  after.className = decision.className;
  const auto isProposal = [](ObjectState state) { return state == ObjectState::kProposal; };
  const bool staysInPlace = isPrimary && isProposal(before->state) == isProposal(after.state);
  if (!staysInPlace) {
    if (before) leaving_.push_back(object.primary);
    arrivals_.push_back({id, decision.pixels, version});
  }
  if (!before || !(after == *before)) changed_[id] = std::move(after);
  if (decision.conflict) noteConflict(id, object, decision);
}

void Merger::noteConflict(uint32_t id, const ObjectTriple& object, const MergeDecision& decision) {
  const Box none;
  const Box bounds = united(object.primary.record ? object.primary.record->bounds : none,
                            object.secondary.record ? object.secondary.record->bounds : none);
  report_.conflicts.push_back({*decision.conflict, id, 0, decision.winner, bounds, decision.iou});
  if (!decision.keepsOther) return;
  const MergeSide loser = otherSide(decision.winner);
  const ObjectVersion& version = loser == MergeSide::kPrimary ? object.primary : object.secondary;
  keepsakes_.push_back({loser, version, version.record->className, id, 0, report_.conflicts.size() - 1});
}

/// The record of a version as it stands in the merged document.
ObjectRecord Merger::taken(uint32_t id, MergeSide side, const ObjectRecord& record) const {
  ObjectRecord after = record;
  after.id = id;
  Provenance& provenance = after.provenance;
  if (!provenance.prompts.isEmpty()) provenance.prompts.id = id;
  provenance.parents = parentsInMerge(side, provenance.parents);
  if (provenance.source.empty()) provenance.source = input(side).name;
  return after;
}

/// An id that the secondary side gave out and dropped again says nothing here.
std::vector<uint32_t> Merger::parentsInMerge(MergeSide side, const std::vector<uint32_t>& parents) const {
  if (side == MergeSide::kPrimary) return parents;
  std::vector<uint32_t> here;
  for (const uint32_t parent : parents) {
    const auto renamed = idOfSecondary_.find(parent);
    if (renamed != idOfSecondary_.end()) {
      here.push_back(renamed->second);
    } else if (parent < firstOwnId_) {
      here.push_back(parent);
    }
  }
  return here;
}

const ObjectRecord* Merger::record(uint32_t id) const {
  const auto changed = changed_.find(id);
  if (changed != changed_.end()) return changed->second ? &*changed->second : nullptr;
  return versionIn(primary_.document, id).record;
}

// --- labels ----------------------------------------------------------------------------------------------------------

void Merger::eraseInLabels() {
  for (const ObjectVersion& version : leaving_) {
    if (version.record->state == ObjectState::kProposal) continue;
    labels_.replace(version.record->bounds, version.record->id, 0);
  }
}

void Merger::paintInLabels() {
  const auto stateOf = [&](uint32_t id) {
    const ObjectRecord* found = record(id);
    return found ? found->state : ObjectState::kAccepted;
  };
  for (const ObjectState state : {ObjectState::kVerified, ObjectState::kAccepted}) {
    for (const Arrival& arrival : arrivals_) {
      if (stateOf(arrival.id) != state) continue;
      const auto mayChange = [&](uint32_t old) {
        if (old == 0) return true;
        const bool yields = state == ObjectState::kVerified && stateOf(old) != ObjectState::kVerified;
        Loss& loss = losses_[yields ? old : arrival.id];
        ++loss.pixels;
        loss.taker = yields ? arrival.id : old;
        return yields;
      };
      paint(labels_, pixelsOf(*arrival.version.document, *arrival.version.record), arrival.id, mayChange);
    }
  }
}

void Merger::settleOverlaps() {
  for (const auto& [id, loss] : losses_) {
    if (record(id)) settleOverlap(id, loss);  // pixels that no object has are nobody's loss
  }
}

/// An object that lost pixels keeps the rest when that is most of it; its whole version becomes a proposal.
void Merger::settleOverlap(uint32_t id, const Loss& loss) {
  ObjectRecord after = *record(id);
  Keepsake keepsake{MergeSide::kPrimary,     versionIn(primary_.document, id), after.className, id, 0,
                    report_.conflicts.size()};
  for (const Arrival& arrival : arrivals_) {
    if (arrival.id != id) continue;
    keepsake.side = arrival.side;
    keepsake.version = arrival.version;
  }
  const int64_t area = areaOf(pixelsOf(*keepsake.version.document, *keepsake.version.record));
  const int64_t left = area - loss.pixels;
  MergeConflict conflict{ConflictKind::kOverlap,
                         id,
                         0,
                         otherSide(keepsake.side),
                         keepsake.version.record->bounds,
                         static_cast<double>(left) / static_cast<double>(area)};
  if (2 * left < area) {
    labels_.replace(after.bounds, id, 0);
    conflict.id = loss.taker;
    keepsake.parent = loss.taker;
    keepsake.ownId = id;
    std::erase_if(arrivals_, [&](const Arrival& arrival) { return arrival.id == id; });
  } else {
    after.area = left;
    after.state = ObjectState::kAccepted;  // nobody has verified these pixels
    changed_[id] = std::move(after);
  }
  report_.conflicts.push_back(conflict);
  keepsakes_.push_back(keepsake);
}

// --- proposals -------------------------------------------------------------------------------------------------------

Status Merger::fillProposals() {
  for (const ObjectVersion& version : leaving_) {
    if (version.record->state != ObjectState::kProposal) continue;
    proposals_.replace(version.record->bounds, version.record->id, 0);
  }
  for (const Arrival& arrival : arrivals_) {
    const ObjectRecord* after = record(arrival.id);
    if (after && after->state == ObjectState::kProposal) paintProposal(arrival);
  }
  findAutomatic();
  for (const MergeSide side : {MergeSide::kPrimary, MergeSide::kSecondary}) {
    for (const Keepsake& keepsake : keepsakes_) {
      if (keepsake.side == side) CYTO_TRY(keep(keepsake));
    }
  }
  settleRoom();
  return {};
}

void Merger::paintProposal(const Arrival& arrival) {
  const ObjectPixels pixels = pixelsOf(*arrival.version.document, *arrival.version.record);
  const int64_t painted = paint(proposals_, pixels, arrival.id, [](uint32_t old) { return old == 0; });
  room_[arrival.id] = {arrival.side, arrival.version.record->id, areaOf(pixels), painted};
}

/// A proposal with a parent is the version of an object that lost an earlier conflict, so a user's work.
void Merger::findAutomatic() {
  for (const auto& [id, object] : primary_.document.objects) {
    const bool isUntouched = object->state == ObjectState::kProposal && !changed_.contains(id);
    if (isUntouched && object->provenance.parents.empty()) automatic_.insert(id);
  }
  for (const Arrival& arrival : arrivals_) {
    const bool isIn = room_.contains(arrival.id);
    if (isIn && arrival.version.record->provenance.parents.empty()) automatic_.insert(arrival.id);
  }
}

Status Merger::keep(const Keepsake& keepsake) {
  const ObjectPixels pixels = pixelsOf(*keepsake.version.document, *keepsake.version.record);
  MergeConflict& conflict = report_.conflicts[keepsake.conflict];
  if (keepsake.ownId != 0) changed_[keepsake.ownId] = std::nullopt;
  conflict.proposal = sameProposal(pixels, keepsake.className);
  if (conflict.proposal != 0) return {};
  uint32_t id = keepsake.ownId;
  if (id == 0) {
    CYTO_ASSIGN(id, newId());
  }
  const int64_t painted = paint(proposals_, pixels, id, [&](uint32_t old) {
    if (old == 0) return true;
    if (old == keepsake.parent || !automatic_.contains(old)) return false;
    const int64_t area = primary_.document.objects.contains(old) ? primary_.document.objects.at(old)->area : 0;
    --room_.try_emplace(old, CrowdedVersion{MergeSide::kPrimary, old, area, area}).first->second.kept_px;
    return true;
  });
  room_[id] = {keepsake.side, keepsake.version.record->id, areaOf(pixels), painted};
  ObjectRecord after = taken(id, keepsake.side, *keepsake.version.record);
  after.state = ObjectState::kProposal;
  after.className = keepsake.className;
  after.provenance.parents = {keepsake.parent};
  after.provenance.source = input(keepsake.side).name;
  changed_[id] = std::move(after);
  if (painted > 0) conflict.proposal = id;
  return {};
}

/// The proposal that is this version already, as after an earlier merge with the same project; 0 when there is none.
uint32_t Merger::sameProposal(const ObjectPixels& pixels, const std::string& className) const {
  if (pixels.empty()) return 0;
  const PlaneMask& mask = pixels.front().mask;
  const auto first = std::find(mask.pixels.begin(), mask.pixels.end(), uint8_t{1}) - mask.pixels.begin();
  const uint32_t id = proposals_.labels().at(pixels.front().t, pixels.front().z, mask.box.y0 + first / mask.box.width(),
                                             mask.box.x0 + first % mask.box.width());
  const ObjectRecord* found = id == 0 ? nullptr : record(id);
  if (!found || found->state != ObjectState::kProposal || found->className != className) return 0;
  return pixelsOf(proposals_.labels(), *found) == pixels ? id : 0;
}

/// What has not got all of its pixels is named; what has got none is not there.
void Merger::settleRoom() {
  for (const auto& [id, version] : room_) {
    if (version.kept_px == version.pixels) continue;
    report_.crowded.push_back(version);
    ObjectRecord after = *record(id);
    after.area = version.kept_px;
    changed_[id] = after.area > 0 ? std::optional(std::move(after)) : std::nullopt;
  }
}

// --- the result ------------------------------------------------------------------------------------------------------

void Merger::mergeSettings() {
  const ProjectSettings& mine = primary_.document.settings;
  const ProjectSettings& theirs = secondary_.document.settings;
  if (theirs == base_.settings || theirs == mine) return;
  if (mine == base_.settings) {
    settings_ = Change<ProjectSettings>{mine, theirs};
  } else {
    report_.conflicts.push_back({ConflictKind::kSettings, 0, 0, MergeSide::kPrimary, {}, 0});
  }
}

void Merger::countTaken() {
  for (const auto& [id, object] : objects_) {
    const auto change = changed_.find(id);
    if (change == changed_.end()) continue;
    const bool existed = object.primary.record != nullptr;
    if (!change->second) {
      report_.deleted += existed ? 1 : 0;
    } else {
      ++(existed ? report_.changed : report_.added);
    }
  }
}

Edit Merger::finishedEdit() {
  Edit edit;
  edit.kind = EditKind::kMergeProjects;
  edit.label = "merge with " + secondary_.name;
  edit.labels = labels_.finish();
  edit.proposals = proposals_.finish();
  edit.settings = std::move(settings_);
  for (auto& [id, after] : changed_) {
    const auto before = primary_.document.objects.find(id);
    const bool existed = before != primary_.document.objects.end();
    if (!existed && !after) continue;
    edit.objects.push_back({id, existed ? before->second : nullptr,
                            after ? std::make_shared<const ObjectRecord>(std::move(*after)) : nullptr});
  }
  if (!edit.objects.empty()) {
    const ObjectChange& first = edit.objects.front();
    const Shape& place = (first.after ? first.after : first.before)->bounds.begin;
    edit.t = place.t;
    edit.z = place.z;
  }
  return edit;
}

}  // namespace

Result<DocumentMerge> mergeDocuments(const Document& base, uint32_t firstOwnId, const MergeInput& primary,
                                     const MergeInput& secondary) {
  return Merger(base, firstOwnId, primary, secondary).merge();
}

}  // namespace cyto
