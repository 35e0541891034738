#include "core/project/project_repair.h"

#include <map>

#include "core/project/restoration.h"

namespace cyto {

namespace {

bool isEmpty(const Edit& edit) {
  return edit.labels.isEmpty() && edit.proposals.isEmpty() && edit.objects.empty() && !edit.draft && !edit.settings;
}

std::vector<ObjectChange> changesBetween(const ObjectTable& from, const ObjectTable& to) {
  std::vector<ObjectChange> changes;
  for (const auto& [id, before] : from) {
    const auto after = to.find(id);
    if (after == to.end()) {
      changes.push_back({id, before, nullptr});
    } else if (!(*before == *after->second)) {
      changes.push_back({id, before, after->second});
    }
  }
  for (const auto& [id, after] : to) {
    if (!from.contains(id)) changes.push_back({id, nullptr, after});
  }
  return changes;
}

}  // namespace

Edit differenceBetween(const Document& from, const Document& to) {
  Edit edit;
  edit.kind = EditKind::kRestore;
  edit.labels = differenceBetween(from.labels, to.labels);
  edit.proposals = differenceBetween(from.proposals, to.proposals);
  edit.objects = changesBetween(from.objects, to.objects);
  if (!(from.draft == to.draft)) edit.draft = Change<Draft>{from.draft, to.draft};
  if (!(from.settings == to.settings)) edit.settings = Change<ProjectSettings>{from.settings, to.settings};
  return edit;
}

Status writeRepaired(const Journal& damaged, const ImageReference& image, const Document& wanted, Journal& repaired) {
  Restoration salvage(damaged, emptyDocument(image.shape, image.scale), Restoration::Mode::kSalvage);
  std::map<uint64_t, uint64_t> renumbered{{0, 0}};
  const auto copy = [&](const Record& record) -> Status {
    const int64_t leftOut = salvage.leftOut();
    CYTO_TRY(salvage.take(record));
    if (salvage.leftOut() != leftOut) return {};
    if (record.kind == RecordKind::kMove) {
      CYTO_ASSIGN(const uint64_t target, decodeMove(record));
      CYTO_TRY(repaired.append(RecordKind::kMove, encodeMove(renumbered.at(target)), record.time_us));
      return {};
    }
    CYTO_ASSIGN(renumbered[record.sequence], repaired.append(record.kind, record.payload, record.time_us));
    return {};
  };
  std::vector<Damage> known;
  CYTO_TRY(damaged.readFrom(1, copy, known));
  CYTO_TRY(salvage.finish());
  Edit rest = differenceBetween(salvage.document(), wanted);
  if (!isEmpty(rest)) {
    rest.label = "state whose steps are lost";
    CYTO_TRY(repaired.append(RecordKind::kEdit, encodeEdit(rest), salvage.savedAt_us()));
  }
  return repaired.sync();
}

}  // namespace cyto
