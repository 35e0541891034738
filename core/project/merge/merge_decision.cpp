#include "core/project/merge/merge_decision.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "core/labels/overlap.h"
#include "core/project/merge/object_pixels.h"

namespace cyto {

namespace {

ObjectPixels pixelsOf(const ObjectVersion& version) { return pixelsOf(*version.document, *version.record); }

bool samePixels(const ObjectVersion& a, const ObjectVersion& b) { return pixelsOf(a) == pixelsOf(b); }

bool isChanged(const ObjectVersion& base, const ObjectVersion& now) {
  if (!base.record || !now.record) return (base.record == nullptr) != (now.record == nullptr);
  return base.record->state != now.record->state || base.record->className != now.record->className ||
         !samePixels(base, now);
}

/// Whether a side left the pixels as they were and said nothing about them that the other side does not say too. To
/// verify is to say it of these pixels, so the other side cannot have said the same of others.
bool leftPixelsAlone(const ObjectVersion& base, const ObjectVersion& now, const ObjectVersion& other) {
  if (!base.record) return false;
  const ObjectState state = now.record->state;
  const bool saysNothingNew =
      state == base.record->state || (state == other.record->state && state != ObjectState::kVerified);
  return saysNothingNew && samePixels(base, now);
}

MergeDecision taken(const ObjectVersion& version, MergeSide side) {
  MergeDecision decision;
  if (!version.record) return decision;
  decision.exists = true;
  decision.pixels = side;
  decision.state = version.record->state;
  decision.className = version.record->className;
  return decision;
}

ObjectState mergedState(const ObjectTriple& object) {
  const ObjectState primary = object.primary.record->state;
  const ObjectState secondary = object.secondary.record->state;
  if (object.base.record && primary == object.base.record->state) return secondary;
  if (object.base.record && secondary == object.base.record->state) return primary;
  return std::max(primary, secondary);
}

/// Nothing when both sides gave the object another class.
std::optional<std::string> mergedClass(const ObjectTriple& object) {
  const std::string& primary = object.primary.record->className;
  const std::string& secondary = object.secondary.record->className;
  const std::string base = object.base.record ? object.base.record->className : std::string();
  if (primary == secondary || secondary == base) return primary;
  if (primary == base) return secondary;
  return std::nullopt;
}

/// Both sides have the object and both changed it.
MergeDecision reconciled(const ObjectTriple& object) {
  const ObjectVersion& primary = object.primary;
  const ObjectVersion& secondary = object.secondary;
  const MergeSide winner =
      secondary.record->state > primary.record->state ? MergeSide::kSecondary : MergeSide::kPrimary;
  const bool isSame = samePixels(primary, secondary);
  const bool primaryLeft = !isSame && leftPixelsAlone(object.base, primary, secondary);
  const bool secondaryLeft = !isSame && leftPixelsAlone(object.base, secondary, primary);
  MergeDecision decision = taken(primary, MergeSide::kPrimary);
  if (isSame) {
    decision.state = mergedState(object);
  } else if (primaryLeft) {
    decision = taken(secondary, MergeSide::kSecondary);
  } else if (!secondaryLeft) {
    decision = taken(winner == MergeSide::kPrimary ? primary : secondary, winner);
    decision.conflict = object.base.record ? ConflictKind::kChangedByBoth : ConflictKind::kSameCell;
  }
  const std::optional<std::string> className = mergedClass(object);
  if (!className && !decision.conflict) decision.conflict = ConflictKind::kClass;
  decision.className = className.value_or((winner == MergeSide::kPrimary ? primary : secondary).record->className);
  decision.winner = winner;
  decision.keepsOther = decision.conflict.has_value();
  if (decision.conflict) decision.iou = intersectionOverUnion(pixelsOf(primary), pixelsOf(secondary));
  return decision;
}

/// How much pixels have in common, which the two volumes of ids overlap.
void addCandidates(const Document& primary, ObjectState inPrimary, const Document& secondary, ObjectState inSecondary,
                   const std::function<bool(MergeSide, uint32_t id)>& isCandidate, std::vector<SameCell>& cells) {
  const bool isLookedAt = inPrimary != ObjectState::kProposal && inSecondary != ObjectState::kProposal;
  const double least = isLookedAt ? 0.5 : 1.0;
  const LabelVolume& first = volumeOf(primary, inPrimary);
  for (const Overlap& overlap : overlapsOf(first, volumeOf(secondary, inSecondary), Box::whole(first.shape()))) {
    const auto a = primary.objects.find(overlap.first);
    const auto b = secondary.objects.find(overlap.second);
    if (a == primary.objects.end() || b == secondary.objects.end()) continue;
    if (!isCandidate(MergeSide::kPrimary, overlap.first) || !isCandidate(MergeSide::kSecondary, overlap.second)) {
      continue;
    }
    const int64_t either = a->second->area + b->second->area - overlap.pixels;
    const double iou = static_cast<double>(overlap.pixels) / static_cast<double>(std::max<int64_t>(1, either));
    if (iou >= least) cells.push_back({overlap.first, overlap.second, iou});
  }
}

}  // namespace

MergeSide otherSide(MergeSide side) {
  return side == MergeSide::kPrimary ? MergeSide::kSecondary : MergeSide::kPrimary;
}

MergeDecision decide(const ObjectTriple& object) {
  if (!isChanged(object.base, object.secondary)) return taken(object.primary, MergeSide::kPrimary);
  if (!isChanged(object.base, object.primary)) return taken(object.secondary, MergeSide::kSecondary);
  if (object.primary.record && object.secondary.record) return reconciled(object);
  const MergeSide left = object.primary.record ? MergeSide::kPrimary : MergeSide::kSecondary;
  MergeDecision decision = taken(object.primary.record ? object.primary : object.secondary, left);
  if (decision.exists) decision.conflict = ConflictKind::kDeletedByOne;
  decision.winner = left;
  return decision;
}

std::vector<SameCell> sameCells(const Document& primary, const Document& secondary,
                                const std::function<bool(MergeSide, uint32_t id)>& isCandidate) {
  std::set<uint32_t> primaryIds;
  std::set<uint32_t> secondaryIds;
  std::vector<SameCell> cells;
  constexpr std::pair<ObjectState, ObjectState> kVolumes[] = {{ObjectState::kAccepted, ObjectState::kAccepted},
                                                              {ObjectState::kProposal, ObjectState::kProposal},
                                                              {ObjectState::kAccepted, ObjectState::kProposal},
                                                              {ObjectState::kProposal, ObjectState::kAccepted}};
  for (const auto& [inPrimary, inSecondary] : kVolumes) {
    std::vector<SameCell> candidates;
    addCandidates(primary, inPrimary, secondary, inSecondary, isCandidate, candidates);
    std::sort(candidates.begin(), candidates.end(), [](const SameCell& a, const SameCell& b) {
      return std::tuple(-a.iou, a.primary, a.secondary) < std::tuple(-b.iou, b.primary, b.secondary);
    });
    for (const SameCell& cell : candidates) {
      if (primaryIds.contains(cell.primary) || secondaryIds.contains(cell.secondary)) continue;
      primaryIds.insert(cell.primary);
      secondaryIds.insert(cell.secondary);
      cells.push_back(cell);
    }
  }
  return cells;
}

MergeAgreement agreementOf(const Document& primary, const Document& secondary,
                           const std::function<bool(uint32_t id)>& isShared) {
  const auto isObject = [](const Document& document, uint32_t id) {
    const auto found = document.objects.find(id);
    return found != document.objects.end() && found->second->state != ObjectState::kProposal;
  };
  const auto isPaired = [&](uint32_t id) { return isShared(id) && isObject(primary, id) && isObject(secondary, id); };
  MergeAgreement agreement;
  double sum = 0;
  for (const auto& [id, object] : primary.objects) {
    if (!isPaired(id)) {
      agreement.onlyPrimary += isObject(primary, id) ? 1 : 0;
      continue;
    }
    ++agreement.both;
    sum += intersectionOverUnion(pixelsOf(primary, *object), pixelsOf(secondary, *secondary.objects.at(id)));
  }
  for (const auto& [id, object] : secondary.objects) {
    if (!isPaired(id)) agreement.onlySecondary += isObject(secondary, id) ? 1 : 0;
  }
  const auto isLeft = [&](MergeSide side, uint32_t id) {
    return !isPaired(id) && isObject(side == MergeSide::kPrimary ? primary : secondary, id);
  };
  for (const SameCell& cell : sameCells(primary, secondary, isLeft)) {
    ++agreement.both;
    --agreement.onlyPrimary;
    --agreement.onlySecondary;
    sum += cell.iou;
  }
  if (agreement.both > 0) agreement.meanIou = sum / static_cast<double>(agreement.both);
  return agreement;
}

}  // namespace cyto
