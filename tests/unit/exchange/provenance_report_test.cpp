#include "core/project/exchange/provenance_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/version.h"
#include "core/project/exchange/provenance_json.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/exchange/annotated_document.h"

namespace cyto {
namespace {

using nlohmann::json;
using test::AnnotatedDocument;
using testing::HasSubstr;

constexpr Shape kShape{1, 2, 60, 70};

ProvenanceContext context() {
  const PixelScale scale{0, 0, 0.5, 0.5, "micrometer", ""};
  return {"/data/ü.cyto", {"/data/c.tif", "", kShape, 1, Dtype::kUint16, scale, "xxh128:ab"}, "/data/l.tif"};
}

AnnotatedDocument annotated() {
  AnnotatedDocument made(kShape, {0, 0, 0.5, 0.25, "micrometer", ""});
  ObjectRecord nucleus = test::prompted();
  nucleus.className = "nucleus";
  nucleus.state = ObjectState::kVerified;
  nucleus.provenance.prompts.mask = maskWhere({0, 0, 2, 3}, [](int64_t y, int64_t x) { return y == 1 || x == 2; });
  ObjectRecord merged = test::painted();
  merged.provenance.parents = {1, 2};
  merged.provenance.source = "/other.tif";
  merged.provenance.user = "";
  merged.provenance.time_us = 0;
  ObjectRecord proposal = test::prompted();
  proposal.state = ObjectState::kProposal;
  made.add(3, {{0, 1, 0, 0}, {1, 2, 5, 6}}, nucleus);
  made.add(4, {{0, 0, 0, 0}, {1, 1, 5, 6}}, merged);
  made.add(5, {{0, 0, 0, 0}, {1, 1, 5, 6}}, proposal);
  return made;
}

TEST(ProvenanceReport, TellsTheWholeStory) {
  const AnnotatedDocument made = annotated();
  const json report = json::parse(provenanceReport(made.document(), context()));
  EXPECT_EQ(report["format"], "cytoclick-provenance");
  EXPECT_EQ(report["program"], "cytoclick " + std::string(programVersion()));
  EXPECT_EQ(report["project"], "/data/ü.cyto");
  EXPECT_EQ(report["labels"], "/data/l.tif");
  EXPECT_EQ(report["state_hash"], stateHash(made.document()));
  EXPECT_EQ(report["image"], json::parse(R"({"path": "/data/c.tif", "key": null, "content_hash": "xxh128:ab",
      "shape": [1, 2, 60, 70], "scale": {"t": null, "z": null, "y": 0.5, "x": 0.25, "space_unit": "micrometer",
      "time_unit": null}})"));
  ASSERT_EQ(report["objects"].size(), 2u) << "the proposal has no pixels in the labels";
  EXPECT_EQ(report["objects"][0], json::parse(R"({"id": 3, "class": "nucleus", "state": "verified", "area": 30,
      "bounds": {"begin": [0, 1, 0, 0], "end": [1, 2, 5, 6]},
      "prompts": {"t": 0, "z": 1, "points": [[10.5, 20.25, 1], [30.0, 40.0, 0]], "boxes": [[5.0, 6.0, 50.0, 60.5]],
                  "mask": {"box": [0, 0, 2, 3], "counts": [2, 4]}, "multimask": false},
      "model": "cyto-small", "weights_hash": "xxh128:00ff", "preprocessing": "per-plane min-max v1",
      "predicted_iou": 0.75, "alternative": 2, "program": "cytoclick 0.1.0", "user": "Zoë",
      "time": "2025-03-09T13:05:12.000250Z", "parents": [], "source": null})"));
  EXPECT_EQ(report["objects"][1], json::parse(R"({"id": 4, "class": null, "state": "accepted", "area": 30,
      "bounds": {"begin": [0, 0, 0, 0], "end": [1, 1, 5, 6]}, "prompts": null, "model": null, "weights_hash": null,
      "preprocessing": null, "predicted_iou": null, "alternative": null, "program": "cytoclick 0.1.0", "user": null,
      "time": null, "parents": [1, 2], "source": "/other.tif"})"));
}

TEST(ProvenanceReport, WithoutALabelFileProposalsAreThereToo) {
  const AnnotatedDocument made = annotated();
  ProvenanceContext alone = context();
  alone.labels.clear();
  alone.project.clear();
  const json report = json::parse(provenanceReport(made.document(), alone));
  EXPECT_EQ(report["labels"], nullptr);
  EXPECT_EQ(report["project"], nullptr);
  ASSERT_EQ(report["objects"].size(), 3u);
  EXPECT_EQ(report["objects"][2]["state"], "proposal");
}

TEST(ProvenanceReport, IsWrittenButReplacesNothingUnasked) {
  const test::TemporaryFolder folder;
  const AnnotatedDocument made = annotated();
  ASSERT_TRUE(writeProvenance(folder / "ä.json", made.document(), context(), false));
  const Status refused = writeProvenance(folder / "ä.json", made.document(), context(), false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("exists already"));
  EXPECT_TRUE(writeProvenance(folder / "ä.json", made.document(), context(), true));
  EXPECT_EQ(json::parse(std::ifstream(folder / "ä.json"))["objects"].size(), 2u);
}

TEST(ProvenanceJson, ComesBackAsItWas) {
  const AnnotatedDocument made = annotated();
  for (const uint32_t id : {3u, 4u, 5u}) {
    const ObjectRecord& object = *made.document().objects.at(id);
    const auto read = recordFromJson(objectJson(object).dump());
    ASSERT_TRUE(read) << id;
    EXPECT_EQ(read->className, object.className);
    EXPECT_EQ(read->provenance, object.provenance) << id;
  }
}

TEST(ProvenanceJson, AnythingElseIsNothing) {
  const std::string good = objectJson(*annotated().document().objects.at(3)).dump();
  for (const std::string& text : {std::string(""), std::string("{}"), std::string("[1]"), good.substr(0, 90),
                                  std::string(good).replace(good.find("[]"), 2, "{}")}) {
    EXPECT_FALSE(recordFromJson(text)) << text;
  }
  // A mask whose counts do not fill its box is left out.
  const auto lame = recordFromJson(std::string(good).replace(good.find("[2,4]"), 5, "[2,9]"));
  ASSERT_TRUE(lame);
  EXPECT_FALSE(lame->provenance.prompts.mask);
}

TEST(IsoTime, IsUtcToTheMicrosecond) {
  EXPECT_EQ(isoTime(test::kSomeTime_us), "2025-03-09T13:05:12.000250Z");
  EXPECT_EQ(timeFromIso("2025-03-09T13:05:12.000250Z"), test::kSomeTime_us);
  EXPECT_EQ(isoTime(0), "");
  EXPECT_EQ(isoTime(-5), "");
  EXPECT_EQ(isoTime(INT64_MAX), "");
  for (const char* text : {"", "2025-03-09", "2025-02-30T13:05:12.000250Z", "2025-03-09T13:05:12.000250", "x"}) {
    EXPECT_FALSE(timeFromIso(text)) << text;
  }
}

}  // namespace
}  // namespace cyto
