#include "core/project/restoration.h"

#include <algorithm>
#include <utility>

namespace cyto {

std::string encodeMove(uint64_t target) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(target >> shift);
  return bytes;
}

Result<uint64_t> decodeMove(const Record& record) {
  if (record.payload.size() != 8) {
    return Error(ErrorCode::kFormat, "record " + std::to_string(record.sequence) + " of the journal is no move");
  }
  uint64_t target = 0;
  for (size_t i = 0; i < 8; ++i) target |= uint64_t{static_cast<uint8_t>(record.payload[i])} << (8 * i);
  return target;
}

HistoryStep stepOf(const Edit& edit, uint64_t sequence, int64_t time_us) {
  return {sequence, 0, time_us, edit.kind, edit.label, edit.t, edit.z, edit.isAutomatic};
}

uint32_t nextIdAfter(const Edit& edit, uint32_t nextId) {
  for (const ObjectChange& change : edit.objects) nextId = std::max(nextId, change.id + 1);
  return nextId;
}

Status walk(const Journal& journal, const History::Path& path, Document& document) {
  const auto go = [&](const std::vector<uint64_t>& steps, Direction direction) -> Status {
    for (const uint64_t sequence : steps) {
      CYTO_ASSIGN(const Record record, journal.read(sequence));
      CYTO_ASSIGN(const Edit edit, decodeEdit(record.payload));
      CYTO_TRY(apply(edit, direction, document));
    }
    return {};
  };
  CYTO_TRY(go(path.back, Direction::kBackward));
  return go(path.forward, Direction::kForward);
}

Restoration::Restoration(const Journal& journal, Document document, Mode mode)
    : journal_(journal), mode_(mode), document_(std::move(document)) {}

Restoration::Restoration(const Journal& journal, Checkpoint checkpoint, Mode mode)
    : journal_(journal),
      mode_(mode),
      document_(std::move(checkpoint.document)),
      history_(std::move(checkpoint.history)),
      applied_(history_.current()),
      nextId_(checkpoint.nextId),
      savedAt_us_(checkpoint.recordTime_us) {}

Status Restoration::take(const Record& record) {
  savedAt_us_ = record.time_us;
  Status taken;
  if (record.kind == RecordKind::kEdit) taken = takeEdit(record);
  if (record.kind == RecordKind::kMove) taken = takeMove(record);
  if (taken || mode_ == Mode::kExact) return taken;
  ++leftOut_;
  return {};
}

Status Restoration::takeEdit(const Record& record) {
  CYTO_ASSIGN(const Edit edit, decodeEdit(record.payload));
  // Also ids of an edit that does not fit must not be given again.
  nextId_ = nextIdAfter(edit, nextId_);
  if (applied_ == history_.current()) {
    CYTO_TRY(apply(edit, Direction::kForward, document_));
    applied_ = record.sequence;
  }
  history_.add(stepOf(edit, record.sequence, record.time_us));
  return {};
}

// A short way is gone at once. A long one may be one of many that lead to and fro: the document stays behind, and only
// the way that is left at the end is gone.
Status Restoration::takeMove(const Record& record) {
  constexpr size_t kShort = 64;
  CYTO_ASSIGN(const uint64_t target, decodeMove(record));
  const auto found = history_.path(applied_, target);
  if (!found) {
    return Error(ErrorCode::kFormat,
                 "record " + std::to_string(record.sequence) +
                     " of the journal goes to a step that is not there: " + found.error().message());
  }
  const History::Path& path = *found;
  const bool isShort = path.back.size() + path.forward.size() <= kShort;
  if (isShort || mode_ == Mode::kSalvage) {
    CYTO_TRY(walk(path));
    applied_ = target;
  }
  history_.moveTo(target);
  return {};
}

Status Restoration::walk(const History::Path& path) {
  if (mode_ == Mode::kExact) return cyto::walk(journal_, path, document_);
  // What salvages must still have a document when a step of the way is lost.
  Document moved = document_;
  CYTO_TRY(cyto::walk(journal_, path, moved));
  document_ = std::move(moved);
  return {};
}

Status Restoration::finish() {
  CYTO_ASSIGN(const History::Path path, history_.path(applied_, history_.current()));
  CYTO_TRY(walk(path));
  applied_ = history_.current();
  return {};
}

}  // namespace cyto
