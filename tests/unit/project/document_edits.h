#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/labels/transaction.h"
#include "core/project/edit.h"
#include "core/project/folder/image_reference.h"

namespace cyto::test {

inline constexpr Shape kShape{1, 2, 300, 400};

inline ImageReference image() {
  return {"/data/cells 细胞.tif", "", kShape, 1, Dtype::kUint16, {0, 0, 0.5, 0.5, "micrometer", ""}, "xxh128:00"};
}

inline PlaneMask square(int64_t y, int64_t x, int64_t side) {
  return maskWhere({y, x, y + side, x + side}, [](int64_t, int64_t) { return true; });
}

inline Edit promptEdit(const Document& document, const PointPrompt& point) {
  Draft after = document.draft;
  after.current = nullptr;
  after.prompts.points.push_back(point);
  return {EditKind::kPrompt, "point", 0, 1, false, Change<Draft>{document.draft, after}, {}, {}};
}

inline Edit answerEdit(const Document& document, const PlaneMask& mask) {
  Draft after = document.draft;
  after.current = std::make_shared<const CurrentObject>(CurrentObject{0, 1, mask, 0.5F, 2, "fake", "xxh128:11"});
  return {EditKind::kSegment, "segmentation", 0, 1, true, Change<Draft>{document.draft, after}, {}, {}};
}

inline Edit commitEdit(const Document& document, uint32_t id, const PlaneMask& mask) {
  Transaction transaction(document.labels);
  const int64_t area = transaction.paint(0, 1, mask, id, PaintRule::kOverwrite);
  Edit edit{EditKind::kCommit, "commit of object " + std::to_string(id), 0, 1, false, {}, transaction.finish(), {}};
  ObjectRecord record{id, edit.labels.bounds(), area, "mitotic", ObjectState::kAccepted, {}};
  record.provenance.prompts.points = {{1.5, 2.5, true}};
  record.provenance.user = "Zoë";
  edit.objects.push_back({id, nullptr, std::make_shared<const ObjectRecord>(record)});
  edit.draft = Change<Draft>{document.draft, {}};
  return edit;
}

inline void expectEqual(const Document& a, const Document& b) {
  EXPECT_EQ(stateHash(a), stateHash(b));
  EXPECT_EQ(a.draft, b.draft);
  ASSERT_EQ(a.objects.size(), b.objects.size());
  for (const auto& [id, record] : a.objects) {
    ASSERT_TRUE(b.objects.contains(id));
    EXPECT_EQ(*record, *b.objects.at(id)) << id;
  }
}

}  // namespace cyto::test
