#include "core/project/exchange/methods_text.h"

#include <gtest/gtest.h>

#include "tests/unit/exchange/annotated_document.h"

namespace cyto {
namespace {

using test::AnnotatedDocument;

constexpr int64_t kDay_us = int64_t{24} * 3600 * 1'000'000;

ImageReference imageOf(const Shape& shape) {
  return {"/data/Zellen ü.tif", "", shape, 1, Dtype::kUint16, {}, "xxh128:ab"};
}

Box boxAt(int64_t t, int64_t z, int64_t y) { return {{t, z, y, 0}, {t + 1, z + 1, y + 4, 4}}; }

TEST(MethodsText, OfNothing) {
  const Shape shape{1, 1, 60, 70};
  AnnotatedDocument made(shape);
  EXPECT_EQ(methodsParagraph(made.document(), imageOf(shape)),
            "No objects were annotated in the image 'Zellen ü.tif' (60 × 70 pixels).");
  ObjectRecord proposal = test::prompted();
  proposal.state = ObjectState::kProposal;
  made.add(1, boxAt(0, 0, 0), proposal);
  EXPECT_EQ(methodsParagraph(made.document(), imageOf(shape)),
            "No objects were annotated in the image 'Zellen ü.tif' (60 × 70 pixels). 1 proposal was not accepted.");
}

TEST(MethodsText, OfOneObject) {
  const Shape shape{1, 1, 60, 70};
  AnnotatedDocument made(shape, {0, 0, 0.108, 0.108, "micrometer", ""});
  made.add(1, boxAt(0, 0, 0), test::prompted());
  EXPECT_EQ(methodsParagraph(made.document(), imageOf(shape)),
            "1 object in the image 'Zellen ü.tif' (60 × 70 pixels, pixel size 0.108 micrometer) was annotated with "
            "cytoclick 0.1.0. 1 object was segmented from prompts by the model cyto-small (weights xxh128:00ff), with "
            "2 points and 1 box. It was not marked as verified. Preprocessing of the image for the model: per-plane "
            "min-max v1. The work was done by Zoë on 2025-03-09.");
}

TEST(MethodsText, OfOnePaintedObjectClaimsNoModel) {
  const Shape shape{1, 1, 60, 70};
  AnnotatedDocument made(shape);
  ObjectRecord record;
  record.state = ObjectState::kVerified;
  made.add(1, boxAt(0, 0, 0), record);
  EXPECT_EQ(methodsParagraph(made.document(), imageOf(shape)),
            "1 object in the image 'Zellen ü.tif' (60 × 70 pixels) was annotated. 1 object was painted by hand. It was "
            "marked as verified.");
}

TEST(MethodsText, OfManyOfEveryKind) {
  const Shape shape{3, 2, 60, 70};
  AnnotatedDocument made(shape, {30, 0.5, 0.1, 0.2, "micrometer", "second"});
  const auto with = [](ObjectRecord record, const std::string& user, int64_t days) {
    record.provenance.user = user;
    record.provenance.time_us += days * kDay_us;
    return record;
  };
  ObjectRecord oneClick = with(test::prompted(), "Ben", 2);
  oneClick.provenance.prompts.points.resize(1);
  oneClick.provenance.prompts.boxes.clear();
  oneClick.className = "nucleus";
  ObjectRecord twoClicks = with(test::prompted(), "Ada", 0);
  twoClicks.provenance.prompts.boxes.clear();
  twoClicks.className = "nucleus";
  twoClicks.state = ObjectState::kVerified;
  ObjectRecord other = with(test::prompted("vit_b_lm"), "Ada", 0);
  other.className = "debris";
  ObjectRecord automatic = test::prompted();
  automatic.provenance.prompts = {};
  ObjectRecord imported = test::painted();
  imported.provenance.source = "/lab/old.tif";
  ObjectRecord child = test::painted();
  child.provenance.parents = {1};
  child.provenance.program = "cytoclick 0.2.0";
  ObjectRecord proposal;
  proposal.state = ObjectState::kProposal;
  made.add(1, boxAt(0, 0, 0), oneClick);
  made.add(2, boxAt(0, 0, 5), twoClicks);
  made.add(3, boxAt(0, 1, 0), other);
  made.add(4, boxAt(1, 0, 0), automatic);
  made.add(5, boxAt(1, 0, 5), automatic);
  made.add(6, boxAt(1, 0, 10), imported);
  made.add(7, {{2, 0, 0, 0}, {3, 2, 4, 4}}, child);
  made.add(8, boxAt(1, 1, 20), test::painted());
  made.add(9, boxAt(1, 1, 30), test::painted());
  made.add(10, boxAt(2, 0, 40), proposal);
  made.add(11, boxAt(2, 0, 50), proposal);
  EXPECT_EQ(methodsParagraph(made.document(), imageOf(shape)),
            "9 objects in 6 of the 6 planes of the image 'Zellen ü.tif' (3 frames of 2 slices of 60 × 70 pixels, pixel "
            "size 0.5 × 0.1 × 0.2 micrometer) were annotated with cytoclick 0.1.0 and cytoclick 0.2.0. 2 objects were "
            "segmented from prompts by the model cyto-small (weights xxh128:00ff), with 3 points (1.5 per object on "
            "average, median 1.5). 1 object was segmented from prompts by the model vit_b_lm (weights xxh128:00ff), "
            "with 2 points and 1 box. 2 objects were segmented automatically by the model cyto-small (weights "
            "xxh128:00ff) and accepted. 2 objects were painted by hand. 1 object was made from other objects. 1 object "
            "was imported from 'old.tif'. 1 of them was marked as verified. Classes: debris (1) and nucleus (2); 6 "
            "objects without a class. Preprocessing of the image for the model: per-plane min-max v1. The work was "
            "done by Ada, Ben and Zoë from 2025-03-09 to 2025-03-11. 2 proposals were neither accepted nor counted.");
}

TEST(MethodsText, VerifiedIsSaidInGrammar) {
  const Shape shape{1, 1, 60, 70};
  AnnotatedDocument all(shape);
  AnnotatedDocument none(shape);
  ObjectRecord verified;
  verified.state = ObjectState::kVerified;
  for (uint32_t id = 1; id <= 2; ++id) {
    all.add(id, boxAt(0, 0, id * 8), verified);
    none.add(id, boxAt(0, 0, id * 8));
  }
  EXPECT_NE(methodsParagraph(all.document(), imageOf(shape)).find("All of them were marked as verified."),
            std::string::npos);
  EXPECT_NE(methodsParagraph(none.document(), imageOf(shape)).find("None of them was marked as verified."),
            std::string::npos);
  all.add(3, boxAt(0, 0, 40));
  EXPECT_NE(methodsParagraph(all.document(), imageOf(shape)).find("2 of them were marked as verified."),
            std::string::npos);
}

}  // namespace
}  // namespace cyto
