#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/project/edit.h"
#include "core/project/merge/merge_decision.h"

namespace cyto {

/// What one annotator has.
struct MergeInput {
  Document document;
  uint32_t nextId = 1;  ///< no id from here on was ever given out
  std::string name;     ///< of the project, for the provenance of what is taken over
};

/// What two annotators see differently. The merged document holds one version and, where there is another, keeps that
/// as a proposal.
struct MergeConflict {
  ConflictKind kind = ConflictKind::kChangedByBoth;
  uint32_t id = 0;        ///< the object that stays, in the merged document; 0 for settings
  uint32_t proposal = 0;  ///< the other version; 0 when there is none, or no room for it (see `MergeReport::crowded`)
  MergeSide kept = MergeSide::kPrimary;  ///< whose version stays
  Box bounds;                            ///< of both versions
  double iou = 0;                        ///< of the two versions; of an object that lost pixels: what is left of it
};

/// An object of the secondary side that has another id in the merged document.
struct RenumberedObject {
  uint32_t from = 0;
  uint32_t to = 0;
};

/// A version that is not there with all its pixels, because proposals have one id a pixel and another one was first.
struct CrowdedVersion {
  MergeSide side = MergeSide::kPrimary;
  uint32_t id = 0;      ///< on its side
  int64_t pixels = 0;   ///< that it has
  int64_t kept_px = 0;  ///< of them, in the merged document; 0: it is not there at all
};

struct MergeReport {
  MergeAgreement agreement;
  int64_t added = 0;  ///< objects that the primary side did not have; proposals that come from conflicts not counted
  int64_t changed = 0;
  int64_t deleted = 0;
  std::vector<MergeConflict> conflicts;
  std::vector<RenumberedObject> renumbered;
  std::vector<CrowdedVersion> crowded;
};

struct DocumentMerge {
  Edit edit;  ///< takes the primary document to the merged one; changes nothing when there is nothing to bring in
  MergeReport report;

  bool isEmpty() const {
    return edit.labels.isEmpty() && edit.proposals.isEmpty() && edit.objects.empty() && !edit.settings;
  }
};

/// Three-way merge of labels, proposals, objects and settings by the rule of `decide`. All documents have one shape.
/// Ids below `firstOwnId` name the same object on both sides, ids from there on were given out by each side for itself:
/// new objects of the secondary side keep theirs where they are free in the primary, else they get new ones. Pixels
/// that two kept objects claim go to the verified one, then to the primary side's; the loser's whole version becomes a
/// proposal, and what is less than half of an object does not stay. kInvalidArgument when the ids run out.
Result<DocumentMerge> mergeDocuments(const Document& base, uint32_t firstOwnId, const MergeInput& primary,
                                     const MergeInput& secondary);

}  // namespace cyto
