#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "core/labels/transaction.h"
#include "core/project/edit.h"

namespace cyto::test {

inline constexpr Shape kMergeShape{2, 1, 300, 300};

inline PlaneMask square(int64_t y, int64_t x, int64_t side) {
  return maskWhere({y, x, y + side, x + side}, [](int64_t, int64_t) { return true; });
}

inline LabelVolume& volumeIn(Document& document, ObjectState state) {
  return state == ObjectState::kProposal ? document.proposals : document.labels;
}

/// Gives an object exactly the pixels of `mask` that are free or its own; makes it when it is not there, and lets it go
/// when nothing is left. The edit that does it, for a journal.
inline Edit drawEdit(const Document& document, uint32_t id, const PlaneMask& mask, int64_t t = 0,
                     ObjectState state = ObjectState::kAccepted) {
  Document copy = document;
  const auto found = document.objects.find(id);
  const bool exists = found != document.objects.end();
  ObjectRecord record = exists ? *found->second : ObjectRecord{};
  record.id = id;
  if (!exists) record.state = state;
  Transaction transaction(volumeIn(copy, record.state));
  if (exists) transaction.replace(record.bounds, id, 0);
  transaction.paint(t, 0, mask, id, PaintRule::kOnlyBackground);
  const LabelVolume after = transaction.labels();
  LabelDelta delta = transaction.finish();
  int64_t area = 0;
  for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
    for (int64_t x = mask.box.x0; x < mask.box.x1; ++x) area += after.at(t, 0, y, x) == id ? 1 : 0;
  }
  record.area = area;
  record.bounds = {{t, 0, mask.box.y0, mask.box.x0}, {t + 1, 1, mask.box.y1, mask.box.x1}};
  Edit edit;
  edit.kind = EditKind::kPaint;
  edit.label = "object " + std::to_string(id);
  edit.t = t;
  (record.state == ObjectState::kProposal ? edit.proposals : edit.labels) = std::move(delta);
  if (!exists && area == 0) return edit;
  edit.objects.push_back(
      {id, exists ? found->second : nullptr, area > 0 ? std::make_shared<const ObjectRecord>(record) : nullptr});
  return edit;
}

inline Edit removeEdit(const Document& document, uint32_t id) {
  const auto& record = document.objects.at(id);
  Document copy = document;
  Transaction transaction(volumeIn(copy, record->state));
  transaction.replace(record->bounds, id, 0);
  Edit edit;
  edit.kind = EditKind::kDelete;
  edit.label = "deletion of object " + std::to_string(id);
  (record->state == ObjectState::kProposal ? edit.proposals : edit.labels) = transaction.finish();
  edit.objects.push_back({id, record, nullptr});
  return edit;
}

/// Another class or another state, verified or accepted.
inline Edit describeEdit(const Document& document, uint32_t id, const std::string& className, ObjectState state) {
  const auto& before = document.objects.at(id);
  ObjectRecord after = *before;
  after.className = className;
  after.state = state;
  Edit edit;
  edit.kind = EditKind::kClassify;
  edit.label = "class of object " + std::to_string(id);
  edit.objects.push_back({id, before, std::make_shared<const ObjectRecord>(after)});
  return edit;
}

inline void change(Document& document, const Edit& edit) {
  const Status applied = apply(edit, Direction::kForward, document);
  ASSERT_TRUE(applied) << applied.error().message();
}

}  // namespace cyto::test
