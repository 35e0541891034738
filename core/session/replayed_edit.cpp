#include "core/session/replayed_edit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/labels/transaction.h"
#include "core/project/draft_edits.h"
#include "core/project/merge/object_pixels.h"

namespace cyto {

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;

Edit headOf(const Edit& recorded) {
  Edit edit;
  edit.kind = recorded.kind;
  edit.label = recorded.label;
  edit.t = recorded.t;
  edit.z = recorded.z;
  edit.isAutomatic = recorded.isAutomatic;
  return edit;
}

bool isProposal(const ObjectRecord& object) { return object.state == ObjectState::kProposal; }

/// The pixels of runs of one chunk, in pixels of its plane.
PlaneMask maskOf(const std::vector<LabelRun>& runs, const PlaneBox& chunk) {
  PlaneMask mask{chunk, std::vector<uint8_t>(static_cast<size_t>(chunk.height() * chunk.width()))};
  for (const LabelRun& run : runs) {
    for (int64_t i = run.start; i < static_cast<int64_t>(run.start) + run.length; ++i) {
      const int64_t y = i / kSide;
      const int64_t x = i % kSide;
      if (y < chunk.height() && x < chunk.width()) mask.pixels[static_cast<size_t>(y * chunk.width() + x)] = 1;
    }
  }
  return tightened(std::move(mask));
}

/// What the recorded edit made of most pixels of an id: where the rest of them goes with it.
uint32_t heirOf(const LabelDelta& delta, uint32_t id) {
  std::map<uint32_t, int64_t> heirs;
  for (const ChunkDelta& chunk : delta.chunks) {
    for (const LabelRun& run : chunk.runs) {
      if (run.before == id) heirs[run.after] += run.length;
    }
  }
  const auto most =
      std::max_element(heirs.begin(), heirs.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == heirs.end() ? 0 : most->first;
}

/// Whether an object leaves the volume: it goes, or it goes over to the other volume.
bool leaves(const ObjectChange& change, bool ofProposals) {
  if (!change.before || isProposal(*change.before) != ofProposals) return false;
  return !change.after || isProposal(*change.after) != ofProposals;
}

/// The recorded change of a volume where its pixels are what they were.
LabelDelta fitted(const LabelDelta& recorded, const LabelVolume& volume, const Edit& edit, const Document& document,
                  bool ofProposals) {
  Transaction transaction(volume);
  for (const ChunkDelta& chunk : recorded.chunks) {
    std::map<std::pair<uint32_t, uint32_t>, std::vector<LabelRun>> runs;
    for (const LabelRun& run : chunk.runs) runs[{run.before, run.after}].push_back(run);
    for (const auto& [ids, same] : runs) {
      transaction.paint(chunk.chunk.t, chunk.chunk.z, maskOf(same, volume.boxOf(chunk.chunk)), ids.second,
                        PaintRule::kOverwrite, [before = ids.first](uint32_t old) { return old == before; });
    }
  }
  for (const ObjectChange& change : edit.objects) {
    const auto found = document.objects.find(change.id);
    if (!leaves(change, ofProposals) || found == document.objects.end()) continue;
    transaction.replace(found->second->bounds, change.id, heirOf(recorded, change.id));
  }
  return transaction.finish();
}

bool fits(const Edit& recorded, const Document& document) {
  Document copy = document;
  if (!apply(recorded, Direction::kForward, copy)) return false;
  return std::all_of(recorded.objects.begin(), recorded.objects.end(), [&](const ObjectChange& change) {
    if (!change.before) return true;
    const ObjectRecord& now = *document.objects.at(change.id);
    return now.area == change.before->area && now.bounds == change.before->bounds && now.state == change.before->state;
  });
}

/// The record that a recorded change makes of the one that is there; area and bounds are left to the caller.
ObjectRecord described(const ObjectChange& change, const ObjectRecord* now) {
  ObjectRecord after = now ? *now : *change.after;
  const bool isNew = !change.before;
  if (isNew || change.before->className != change.after->className) after.className = change.after->className;
  if (isNew || change.before->state != change.after->state) after.state = change.after->state;
  after.provenance.parents = change.after->provenance.parents;
  after.provenance.source = change.after->provenance.source;
  after.provenance.handEdits = change.after->provenance.handEdits;
  return after;
}

/// Area and bounds from the pixels. Nothing when there are none.
std::shared_ptr<const ObjectRecord> measured(ObjectRecord record, const Box& recordedBounds, const Document& after) {
  record.bounds = united(record.bounds, recordedBounds);
  record.area = areaOf(pixelsOf(after, record));
  return record.area > 0 ? std::make_shared<const ObjectRecord>(std::move(record)) : nullptr;
}

std::vector<ObjectChange> objectsOf(const Edit& recorded, const Document& document, const LabelDelta& labels,
                                    const LabelDelta& proposals) {
  const bool isExact = fits(recorded, document);
  Document after = document;
  [[maybe_unused]] const Status labelsFit = apply(labels, Direction::kForward, after.labels);
  [[maybe_unused]] const Status proposalsFit = apply(proposals, Direction::kForward, after.proposals);
  std::vector<ObjectChange> changes;
  for (const ObjectChange& change : recorded.objects) {
    const auto found = document.objects.find(change.id);
    ObjectChange here{change.id, found == document.objects.end() ? nullptr : found->second, nullptr};
    if (change.after) {
      ObjectRecord record = described(change, here.before.get());
      if (isExact) {
        record.area = change.after->area;
        record.bounds = change.after->bounds;
        here.after = std::make_shared<const ObjectRecord>(std::move(record));
      } else {
        here.after = measured(std::move(record), change.after->bounds, after);
      }
    }
    const bool isChange = here.before || here.after;
    if (isChange && !(here.before && here.after && *here.before == *here.after)) changes.push_back(std::move(here));
  }
  return changes;
}

std::optional<Change<Draft>> draftOf(const Edit& recorded, const Document& document) {
  if (!recorded.draft) return std::nullopt;
  Draft after = recorded.draft->after;
  if (after.current) {
    const auto refined = document.objects.find(after.refines);
    const bool isRecall = recorded.kind == EditKind::kRefine && refined != document.objects.end();
    after.current = isRecall ? recalled(document, *refined->second).current : document.draft.current;
  }
  if (after == document.draft) return std::nullopt;
  return Change<Draft>{document.draft, std::move(after)};
}

}  // namespace

Edit committedAgain(const Edit& recorded, const Document& document) {
  if (recorded.objects.empty()) return followedAgain(recorded, document);
  const ObjectChange& change = recorded.objects.front();
  auto committed = commitDraft(document, change.id);
  Edit edit = headOf(recorded);
  edit.draft = Change<Draft>{document.draft, {}};
  if (!committed) return edit;
  edit.labels = std::move(committed->labels);
  edit.proposals = std::move(committed->proposals);
  edit.objects = std::move(committed->objects);
  for (ObjectChange& made : edit.objects) {
    if (!made.after || !change.after) continue;
    ObjectRecord record = *made.after;
    record.provenance.user = change.after->provenance.user;
    record.provenance.time_us = change.after->provenance.time_us;
    made.after = std::make_shared<const ObjectRecord>(std::move(record));
  }
  return edit;
}

Edit followedAgain(const Edit& recorded, const Document& document) {
  Edit edit = headOf(recorded);
  edit.draft = draftOf(recorded, document);
  edit.labels = fitted(recorded.labels, document.labels, recorded, document, false);
  edit.proposals = fitted(recorded.proposals, document.proposals, recorded, document, true);
  edit.objects = objectsOf(recorded, document, edit.labels, edit.proposals);
  if (recorded.settings && !(recorded.settings->after == document.settings)) {
    edit.settings = Change<ProjectSettings>{document.settings, recorded.settings->after};
  }
  return edit;
}

namespace {

using Changed = std::map<std::pair<ChunkKey, bool>, std::map<uint32_t, uint32_t>>;

void addPixels(const LabelDelta& delta, bool ofProposals, Changed& changed) {
  for (const ChunkDelta& chunk : delta.chunks) {
    auto& pixels = changed[{chunk.chunk, ofProposals}];
    for (const LabelRun& run : chunk.runs) {
      for (uint32_t i = 0; i < run.length; ++i) pixels[run.start + i] = run.after;
    }
  }
}

int64_t countOf(const Changed& changed) {
  int64_t count = 0;
  for (const auto& [place, pixels] : changed) count += static_cast<int64_t>(pixels.size());
  return count;
}

}  // namespace

double agreementOf(const Edit& a, const Edit& b) {
  Changed first;
  Changed second;
  for (const auto& [edit, changed] : {std::pair{&a, &first}, std::pair{&b, &second}}) {
    addPixels(edit->labels, false, *changed);
    addPixels(edit->proposals, true, *changed);
  }
  int64_t either = countOf(first) + countOf(second);
  int64_t same = 0;
  for (const auto& [place, pixels] : first) {
    const auto others = second.find(place);
    if (others == second.end()) continue;
    for (const auto& [pixel, id] : pixels) {
      const auto other = others->second.find(pixel);
      if (other == others->second.end()) continue;
      --either;  // counted twice
      if (other->second == id) ++same;
    }
  }
  return either == 0 ? 1.0 : static_cast<double>(same) / static_cast<double>(either);
}

}  // namespace cyto
