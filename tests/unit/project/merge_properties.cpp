#include "tests/unit/project/merge_properties.h"

#include <algorithm>

#include "core/project/merge/object_pixels.h"
#include "tests/unit/project/merge_fixture.h"

namespace cyto::test {

namespace {

bool holds(const Document& document, const std::function<bool(const ObjectRecord& record)>& isIt) {
  return std::any_of(document.objects.begin(), document.objects.end(),
                     [&](const auto& entry) { return isIt(*entry.second); });
}

void expectVersion(const Document& base, const Document& side, const ObjectRecord& record, const MergeReport& report,
                   const Document& merged) {
  const auto before = base.objects.find(record.id);
  const bool existed = before != base.objects.end();
  const ObjectPixels pixels = pixelsOf(side, record);
  const bool isRedrawn = !existed || pixelsOf(base, *before->second) != pixels;
  if (isRedrawn) {
    EXPECT_TRUE(holds(merged, [&](const ObjectRecord& other) { return pixelsOf(merged, other) == pixels; }));
  }
  if (record.className != (existed ? before->second->className : std::string())) {
    EXPECT_TRUE(holds(merged, [&](const ObjectRecord& other) {
      return other.className == record.className && (other.id == record.id || pixelsOf(merged, other) == pixels);
    }));
  }
  const bool isVerifiedHere =
      record.state == ObjectState::kVerified && (isRedrawn || before->second->state != ObjectState::kVerified);
  if (!isVerifiedHere) return;
  const bool isVerifiedThere = holds(merged, [&](const ObjectRecord& other) {
    return other.state == ObjectState::kVerified && pixelsOf(merged, other) == pixels;
  });
  const bool isListed =
      std::any_of(report.conflicts.begin(), report.conflicts.end(),
                  [&](const MergeConflict& conflict) { return !conflict.bounds.clippedTo(record.bounds).isEmpty(); });
  EXPECT_TRUE(isVerifiedThere || isListed);
}

}  // namespace

Edit randomEdit(const Document& document, uint32_t nextId, std::mt19937_64& random) {
  const auto upTo = [&](int64_t limit) { return static_cast<int64_t>(random() % static_cast<uint64_t>(limit)); };
  const PlaneMask mask = square(upTo(60), upTo(60), 4 + upTo(12));
  const int64_t t = upTo(2);
  if (document.objects.empty() || random() % 3 == 0) {
    const bool isProposal = random() % 4 == 0;
    return drawEdit(document, nextId, mask, t, isProposal ? ObjectState::kProposal : ObjectState::kAccepted);
  }
  auto chosen = document.objects.begin();
  std::advance(chosen, upTo(static_cast<int64_t>(document.objects.size())));
  const auto& [id, record] = *chosen;
  const char* classes[] = {"", "mitotic", "dead"};
  switch (random() % 4) {
    case 0: return removeEdit(document, id);
    case 1: {
      if (record->state == ObjectState::kProposal) return describeEdit(document, id, classes[upTo(3)], record->state);
      const bool isVerified = random() % 2 == 0;
      return describeEdit(document, id, classes[upTo(3)], isVerified ? ObjectState::kVerified : ObjectState::kAccepted);
    }
    default: return drawEdit(document, id, mask, record->bounds.begin.t);
  }
}

void expectNothingLost(const Document& base, const Document& side, MergeSide name, const MergeReport& report,
                       const Document& merged) {
  for (const auto& [id, record] : side.objects) {
    SCOPED_TRACE((name == MergeSide::kPrimary ? "primary object " : "secondary object ") + std::to_string(id));
    const uint32_t searched = id;
    const bool isCrowded =
        std::any_of(report.crowded.begin(), report.crowded.end(),
                    [&](const CrowdedVersion& version) { return version.side == name && version.id == searched; });
    if (!isCrowded) expectVersion(base, side, *record, report, merged);
  }
}

void expectWhole(const Document& document) {
  for (const auto& [id, record] : document.objects) {
    EXPECT_GT(record->area, 0) << id;
    EXPECT_EQ(areaOf(pixelsOf(document, *record)), record->area) << id;
  }
  const LabelVolume blank(document.labels.shape());
  for (const LabelVolume* volume : {&document.labels, &document.proposals}) {
    for (const uint32_t id : differingIds(*volume, blank)) EXPECT_TRUE(document.objects.contains(id)) << id;
  }
}

}  // namespace cyto::test
