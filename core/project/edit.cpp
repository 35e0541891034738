#include "core/project/edit.h"

namespace cyto {

namespace {

bool sameRecord(const std::shared_ptr<const ObjectRecord>& a, const std::shared_ptr<const ObjectRecord>& b) {
  return a == b || (a && b && *a == *b);
}

Error misfit(const std::string& what) {
  return Error(ErrorCode::kFormat, "an edit does not fit the document: " + what);
}

}  // namespace

bool ObjectChange::operator==(const ObjectChange& other) const {
  return id == other.id && sameRecord(before, other.before) && sameRecord(after, other.after);
}

Status apply(const Edit& edit, Direction direction, Document& document) {
  const bool isForward = direction == Direction::kForward;
  for (const ObjectChange& change : edit.objects) {
    const bool exists = document.objects.contains(change.id);
    const bool shouldExist = (isForward ? change.before : change.after) != nullptr;
    if (exists != shouldExist) return misfit("object " + std::to_string(change.id));
  }
  // Labels check themselves and come last of what can fail.
  CYTO_TRY(apply({{edit.labels, document.labels}, {edit.proposals, document.proposals}}, direction));
  for (const ObjectChange& change : edit.objects) {
    const auto& now = isForward ? change.after : change.before;
    if (now) {
      document.objects.set(change.id, now);
    } else {
      document.objects.erase(change.id);
    }
  }
  if (edit.draft) document.draft = isForward ? edit.draft->after : edit.draft->before;
  if (edit.settings) document.settings = isForward ? edit.settings->after : edit.settings->before;
  return {};
}

}  // namespace cyto
