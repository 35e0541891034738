#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/project/document.h"

namespace cyto {

/// The two sides of a merge. Which project is which does not depend on the order in which a user names them.
enum class MergeSide { kPrimary, kSecondary };

MergeSide otherSide(MergeSide side);

enum class ConflictKind {
  kChangedByBoth,  ///< both sides changed the pixels, or one changed them and the other what they stand for
  kDeletedByOne,   ///< one side changed the object, the other deleted it: it stays
  kSameCell,       ///< both sides made an object of their own there
  kOverlap,        ///< the object lost pixels to another one of the other side
  kClass,          ///< the same pixels, two classes
  kSettings,       ///< not an object: both sides changed the settings of the project
};

/// How one object is on one side; `record` is null where it does not exist.
struct ObjectVersion {
  const Document* document = nullptr;
  const ObjectRecord* record = nullptr;
};

/// An object of the base, of the primary and of the secondary side that is one and the same.
struct ObjectTriple {
  ObjectVersion base;
  ObjectVersion primary;
  ObjectVersion secondary;
};

/// What becomes of a triple.
struct MergeDecision {
  bool exists = false;
  MergeSide pixels = MergeSide::kPrimary;  ///< whose pixels and provenance
  ObjectState state = ObjectState::kAccepted;
  std::string className;
  std::optional<ConflictKind> conflict;
  /// Of a conflict: the side whose version was preferred. The whole version of the other side must be kept beside it.
  MergeSide winner = MergeSide::kPrimary;
  bool keepsOther = false;
  double iou = 0;  ///< of the two versions of a conflict
};

/// The three-way rule for one object. What only one side changed is that side's; what both changed alike is so. Pixels
/// and state belong together, because a state is said of pixels; the class is merged on its own. In a conflict the
/// higher state wins, then the primary side; an object that one side deleted and the other changed stays.
MergeDecision decide(const ObjectTriple& object);

/// Which new objects of both sides are the same cell.
struct SameCell {
  uint32_t primary = 0;
  uint32_t secondary = 0;
  double iou = 0;
};

/// Pairs the objects of two documents one to one, the best first: accepted and verified ones that overlap with an
/// intersection over union of at least 0.5, then proposals that have exactly the pixels of an object of the other side.
/// Only ids for which `isCandidate` holds on their side.
std::vector<SameCell> sameCells(const Document& primary, const Document& secondary,
                                const std::function<bool(MergeSide, uint32_t id)>& isCandidate);

/// How far two annotators agree: accepted and verified objects that are one and the same by their id, and others of
/// which sameCells says so.
struct MergeAgreement {
  int64_t both = 0;
  int64_t onlyPrimary = 0;
  int64_t onlySecondary = 0;
  double meanIou = 0;  ///< of the pairs; 0 without pairs
};

/// `isShared(id)`: whether an id names the same object on both sides.
MergeAgreement agreementOf(const Document& primary, const Document& secondary,
                           const std::function<bool(uint32_t id)>& isShared);

}  // namespace cyto
