#pragma once

#include <map>
#include <span>
#include <vector>

#include "core/project/edit.h"

namespace cyto {

/// Proposals are automatic results that nobody has looked at. These are edits of them as pure functions of a document;
/// it changes when the edit is performed.

/// Objects that were found without a user.
struct AutomaticResult {
  LabelVolume labels;                      ///< as large as the image; where nothing was looked for it is empty
  std::map<uint32_t, Provenance> objects;  ///< all that were found, also those that have no pixels in `labels`
};

struct Proposing {
  Edit edit;
  std::vector<uint32_t> ids;  ///< of the proposals, ascending, in the order of the result's ids
  int64_t leftOut = 0;        ///< objects that got no pixel: earlier proposals keep theirs
};

/// Makes a result proposals with ids from `nextId` on, beside those that are there.
Proposing proposeObjects(const Document& document, const AutomaticResult& result, uint32_t nextId);

/// Whose pixels an accepted proposal may take. Never those of verified objects.
enum class PreserveMode {
  /// Those of accepted objects that it covers in part. One that it covers to `threshold` of its area or more is what
  /// the
  /// proposal shows, too: the object is kept whole, and the proposal stays a proposal.
  kObjects,
  kPixels,  ///< none
  kNone,    ///< those of all accepted objects
};

struct PreserveRule {
  PreserveMode mode = PreserveMode::kObjects;
  double threshold = 0.75;  ///< above 0, at most 1; of kObjects
};

/// A proposal that was not accepted.
struct StayingProposal {
  uint32_t id = 0;
  uint32_t because = 0;  ///< the object whose pixels it would need most
  bool operator==(const StayingProposal&) const = default;
};

struct Acceptance {
  Edit edit;                       ///< without changes when none was accepted
  std::vector<uint32_t> accepted;  ///< ascending
  std::vector<StayingProposal> staying;
};

/// Makes proposals objects with the same ids. Those for which no pixel is left stay proposals. The ids must be
/// proposals. Costs what the pixels of the proposals cost, whatever their number.
Acceptance acceptProposals(const Document& document, std::span<const uint32_t> ids, const PreserveRule& rule);

/// Removes proposals. The ids must be proposals.
Edit rejectProposals(const Document& document, std::span<const uint32_t> ids);

}  // namespace cyto
