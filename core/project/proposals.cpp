#include "core/project/proposals.h"

#include <unordered_map>
#include <unordered_set>

#include "core/labels/overlap.h"
#include "core/labels/transaction.h"
#include "core/project/object_changes.h"

namespace cyto {

namespace {

/// "proposal 7" or "12 proposals".
std::string counted(std::span<const uint32_t> ids) {
  if (ids.size() == 1) return "proposal " + std::to_string(ids.front());
  return std::to_string(ids.size()) + " proposals";
}

Box boundsOf(const Document& document, std::span<const uint32_t> ids) {
  Box around;
  for (const uint32_t id : ids) around = united(around, document.objects.at(id)->bounds);
  return around;
}

LabelDelta withoutPixels(const LabelVolume& proposals, const std::unordered_set<uint32_t>& ids, const Box& bounds) {
  Transaction transaction(proposals);
  transaction.combine(proposals, bounds, [&](uint32_t old, uint32_t) { return ids.contains(old) ? 0 : old; });
  return transaction.finish();
}

Edit editAt(EditKind kind, const Box& place) {
  Edit edit;
  edit.kind = kind;
  edit.t = place.begin.t;
  edit.z = place.begin.z;
  return edit;
}

/// Decides which proposals may become objects, and whose pixels they take.
class Admission {
 public:
  Admission(const Document& document, std::span<const uint32_t> ids, const PreserveRule& rule)
      : document_(document), rule_(rule), wanted_(ids.begin(), ids.end()) {
    overlaps_ = overlapsOf(document.labels, document.proposals, boundsOf(document, ids));
    std::erase_if(overlaps_, [this](const Overlap& overlap) { return !wanted_.contains(overlap.second); });
    if (rule.mode == PreserveMode::kObjects) keepWholeObjects();
    for (const Overlap& overlap : overlaps_) {
      if (isKept(overlap.first)) blocked_[overlap.second].add(overlap);
    }
  }

  /// Whether an object keeps all its pixels.
  bool isKept(uint32_t object) const {
    if (rule_.mode == PreserveMode::kPixels || whole_.contains(object)) return true;
    const auto found = document_.objects.find(object);
    return found != document_.objects.end() && found->second->state == ObjectState::kVerified;
  }

  /// The object because of which a proposal stays one; 0 when it does not.
  uint32_t obstacleOf(uint32_t proposal) const {
    if (const auto covered = covered_.find(proposal); covered != covered_.end()) return covered->second.object;
    const auto blocked = blocked_.find(proposal);
    const bool hasPixels = blocked == blocked_.end() || blocked->second.sum < document_.objects.at(proposal)->area;
    return hasPixels ? 0 : blocked->second.object;
  }

 private:
  /// Pixels that a proposal cannot have, and the object that has most of them.
  struct Obstacle {
    uint32_t object = 0;
    int64_t most = 0;
    int64_t sum = 0;
    void add(const Overlap& overlap) {
      sum += overlap.pixels;
      if (overlap.pixels <= most) return;
      most = overlap.pixels;
      object = overlap.first;
    }
  };

  void keepWholeObjects() {
    for (const Overlap& overlap : overlaps_) {
      const auto object = document_.objects.find(overlap.first);
      if (object == document_.objects.end()) continue;  // a damaged project: pixels without an object
      if (static_cast<double>(overlap.pixels) < rule_.threshold * static_cast<double>(object->second->area)) continue;
      whole_.insert(overlap.first);
      covered_[overlap.second].add(overlap);
    }
  }

  const Document& document_;
  const PreserveRule& rule_;
  std::unordered_set<uint32_t> wanted_;
  std::vector<Overlap> overlaps_;
  std::unordered_set<uint32_t> whole_;              // objects that a proposal covers
  std::unordered_map<uint32_t, Obstacle> covered_;  // by proposal
  std::unordered_map<uint32_t, Obstacle> blocked_;  // by proposal
};

}  // namespace

Proposing proposeObjects(const Document& document, const AutomaticResult& result, uint32_t nextId) {
  std::unordered_map<uint32_t, uint32_t> newIds;
  uint32_t next = nextId;
  for (const auto& [found, provenance] : result.objects) newIds[found] = next++;
  Transaction transaction(document.proposals);
  transaction.combine(result.labels, Box::whole(document.proposals.shape()), [&](uint32_t old, uint32_t found) {
    const auto id = newIds.find(found);
    return old != 0 || id == newIds.end() ? old : id->second;
  });
  Proposing proposing;
  LabelDelta delta = transaction.finish();
  proposing.edit = editAt(EditKind::kPropose, delta.bounds());
  ObjectChanges changes(document.objects);
  changes.follow(delta);
  for (const auto& [found, provenance] : result.objects) {
    const uint32_t id = newIds.at(found);
    ObjectRecord& proposal = changes.record(id);
    if (proposal.area == 0) {
      ++proposing.leftOut;
      continue;
    }
    proposal.state = ObjectState::kProposal;
    proposal.provenance = provenance;
    if (!provenance.prompts.isEmpty()) proposal.provenance.prompts.id = id;
    proposing.ids.push_back(id);
  }
  proposing.edit.label = counted(proposing.ids);
  const std::string source = result.objects.empty() ? "" : result.objects.begin()->second.source;
  if (!source.empty()) proposing.edit.label += " from " + source;
  proposing.edit.proposals = std::move(delta);
  proposing.edit.objects = changes.finish();
  return proposing;
}

Acceptance acceptProposals(const Document& document, std::span<const uint32_t> ids, const PreserveRule& rule) {
  const Admission admission(document, ids, rule);
  Acceptance acceptance;
  std::unordered_set<uint32_t> accepted;
  for (const uint32_t id : ids) {
    if (const uint32_t obstacle = admission.obstacleOf(id); obstacle != 0) {
      acceptance.staying.push_back({id, obstacle});
    } else if (accepted.insert(id).second) {
      acceptance.accepted.push_back(id);
    }
  }
  if (acceptance.accepted.empty()) return acceptance;
  const Box bounds = boundsOf(document, acceptance.accepted);
  Transaction transaction(document.labels);
  transaction.combine(document.proposals, bounds, [&](uint32_t old, uint32_t proposal) {
    const bool takes = accepted.contains(proposal) && (old == 0 || !admission.isKept(old));
    return takes ? proposal : old;
  });
  Edit& edit = acceptance.edit = editAt(EditKind::kAccept, bounds);
  edit.label = "acceptance of " + counted(acceptance.accepted);
  edit.labels = transaction.finish();
  edit.proposals = withoutPixels(document.proposals, accepted, bounds);
  ObjectChanges changes(document.objects);
  for (const uint32_t id : acceptance.accepted) {
    ObjectRecord& object = changes.record(id);
    object.state = ObjectState::kAccepted;
    object.area = 0;  // what it gets is counted anew
    object.bounds = {};
  }
  changes.follow(edit.labels);
  edit.objects = changes.finish();
  return acceptance;
}

Edit rejectProposals(const Document& document, std::span<const uint32_t> ids) {
  const Box bounds = boundsOf(document, ids);
  Edit edit = editAt(EditKind::kReject, bounds);
  edit.label = "rejection of " + counted(ids);
  edit.proposals = withoutPixels(document.proposals, {ids.begin(), ids.end()}, bounds);
  ObjectChanges changes(document.objects);
  changes.follow(edit.proposals);
  edit.objects = changes.finish();
  return edit;
}

}  // namespace cyto
