#include "tests/unit/exchange/annotated_document.h"

#include <gtest/gtest.h>

#include "core/labels/transaction.h"

namespace cyto::test {

AnnotatedDocument::AnnotatedDocument(const Shape& shape, const PixelScale& scale)
    : document_(emptyDocument(shape, scale)) {}

void AnnotatedDocument::add(uint32_t id, const Box& box, ObjectRecord record) {
  const bool isProposal = record.state == ObjectState::kProposal;
  Transaction transaction(isProposal ? document_.proposals : document_.labels);
  const PlaneMask mask =
      maskWhere({box.begin.y, box.begin.x, box.end.y, box.end.x}, [](int64_t, int64_t) { return true; });
  record.id = id;
  for (int64_t t = box.begin.t; t < box.end.t; ++t) {
    for (int64_t z = box.begin.z; z < box.end.z; ++z) {
      record.area += transaction.paint(t, z, mask, id, PaintRule::kOnlyBackground);
    }
  }
  Edit edit;
  (isProposal ? edit.proposals : edit.labels) = transaction.finish();
  record.bounds = (isProposal ? edit.proposals : edit.labels).bounds();
  if (!record.provenance.prompts.isEmpty()) {
    record.provenance.prompts.id = id;
    record.provenance.prompts.t = box.begin.t;
    record.provenance.prompts.z = box.begin.z;
  }
  edit.objects.push_back({id, nullptr, std::make_shared<const ObjectRecord>(record)});
  perform(edit);
}

void AnnotatedDocument::perform(const Edit& edit) {
  const Status applied = apply(edit, Direction::kForward, document_);
  ASSERT_TRUE(applied) << applied.error().message();
}

ObjectRecord painted() {
  ObjectRecord record;
  record.provenance.program = "cytoclick 0.1.0";
  record.provenance.user = "Zoë";
  record.provenance.time_us = kSomeTime_us;
  return record;
}

ObjectRecord prompted(const std::string& model) {
  ObjectRecord record = painted();
  Provenance& provenance = record.provenance;
  provenance.prompts.points = {{10.5, 20.25, true}, {30, 40, false}};
  provenance.prompts.boxes = {{5, 6, 50, 60.5}};
  provenance.model = model;
  provenance.weightsHash = "xxh128:00ff";
  provenance.preprocessing = "per-plane min-max v1";
  provenance.predictedIou = 0.75F;
  provenance.alternative = 2;
  return record;
}

void expectSameLabels(const Document& a, const Document& b) {
  EXPECT_TRUE(a.labels == b.labels);
  ASSERT_EQ(a.objects.size(), b.objects.size());
  for (const auto& [id, object] : a.objects) {
    ASSERT_TRUE(b.objects.contains(id)) << id;
    EXPECT_EQ(object->area, b.objects.at(id)->area) << id;
    EXPECT_EQ(object->bounds, b.objects.at(id)->bounds) << id;
  }
}

}  // namespace cyto::test
