#include "core/project/merge/merge_documents.h"

#include <gmock/gmock.h>

#include "core/project/merge/object_pixels.h"
#include "tests/support/random_seed.h"
#include "tests/unit/project/merge_fixture.h"
#include "tests/unit/project/merge_properties.h"

namespace cyto {
namespace {

using test::describeEdit;
using test::drawEdit;
using test::removeEdit;
using test::square;
using testing::IsEmpty;
using testing::SizeIs;

/// Three squares on the beginning, worked on by A and B.
class MergeDocuments : public testing::Test {
 protected:
  MergeDocuments() {
    test::change(base_, drawEdit(base_, 1, square(10, 10, 10)));
    test::change(base_, drawEdit(base_, 2, square(50, 50, 10)));
    test::change(base_, drawEdit(base_, 3, square(100, 100, 10)));
    a_ = base_;
    b_ = base_;
  }

  void inA(const Edit& edit) { test::change(a_, edit); }
  void inB(const Edit& edit) { test::change(b_, edit); }

  /// A is the primary side.
  void merge() {
    auto done = mergeDocuments(base_, 4, {a_, nextIdOf(a_), "a.cyto"}, {b_, nextIdOf(b_), "b.cyto"});
    ASSERT_TRUE(done) << done.error().message();
    isEmpty_ = done->isEmpty();
    report_ = done->report;
    merged_ = a_;
    test::change(merged_, done->edit);
    const Edit again = *decodeEdit(encodeEdit(done->edit));
    EXPECT_EQ(again, done->edit);
  }

  static uint32_t nextIdOf(const Document& document) {
    uint32_t next = 4;
    for (const auto& [id, record] : document.objects) next = std::max(next, id + 1);
    return next;
  }
  const ObjectRecord& record(uint32_t id) const { return *merged_.objects.at(id); }
  ObjectPixels pixels(const Document& document, uint32_t id) const {
    return pixelsOf(document, *document.objects.at(id));
  }

  Document base_ = emptyDocument(test::kMergeShape, {});
  Document a_;
  Document b_;
  Document merged_;
  MergeReport report_;
  bool isEmpty_ = false;
};

TEST_F(MergeDocuments, WhatOneSideChangedIsThatSides) {
  inA(drawEdit(a_, 1, square(10, 10, 14)));
  inB(removeEdit(b_, 2));
  inB(drawEdit(b_, 3, square(100, 100, 7)));
  inB(describeEdit(b_, 3, "mitotic", ObjectState::kVerified));
  merge();
  EXPECT_THAT(report_.conflicts, IsEmpty());
  EXPECT_EQ(pixels(merged_, 1), pixels(a_, 1));
  EXPECT_FALSE(merged_.objects.contains(2));
  EXPECT_EQ(pixels(merged_, 3), pixels(b_, 3));
  EXPECT_EQ(record(3).className, "mitotic");
  EXPECT_EQ(record(3).state, ObjectState::kVerified);
  EXPECT_EQ(record(3).provenance.source, "b.cyto");
  EXPECT_EQ(report_.changed, 1);
  EXPECT_EQ(report_.deleted, 1);
}

TEST_F(MergeDocuments, NothingToBringInIsNoEdit) {
  inA(drawEdit(a_, 1, square(10, 10, 14)));
  merge();
  EXPECT_TRUE(isEmpty_);
  EXPECT_EQ(stateHash(merged_), stateHash(a_));
  EXPECT_EQ(report_.agreement.both, 3);
}

TEST_F(MergeDocuments, OneClassifiesTheOtherVerifies) {
  inA(describeEdit(a_, 1, "", ObjectState::kVerified));
  inB(describeEdit(b_, 1, "mitotic", ObjectState::kAccepted));
  merge();
  EXPECT_THAT(report_.conflicts, IsEmpty());
  EXPECT_EQ(record(1).className, "mitotic");
  EXPECT_EQ(record(1).state, ObjectState::kVerified);
}

TEST_F(MergeDocuments, BothChangedThePixelsThePrimaryStaysTheOtherIsAProposal) {
  inA(drawEdit(a_, 1, square(10, 10, 12)));
  inB(drawEdit(b_, 1, square(8, 8, 12)));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  const MergeConflict& conflict = report_.conflicts[0];
  EXPECT_EQ(conflict.kind, ConflictKind::kChangedByBoth);
  EXPECT_EQ(conflict.id, 1u);
  EXPECT_EQ(conflict.kept, MergeSide::kPrimary);
  EXPECT_EQ(conflict.bounds, (Box{{0, 0, 8, 8}, {1, 1, 22, 22}}));
  EXPECT_DOUBLE_EQ(conflict.iou, 100.0 / 188);
  EXPECT_EQ(pixels(merged_, 1), pixels(a_, 1));
  EXPECT_EQ(pixels(merged_, conflict.proposal), pixels(b_, 1));
  const ObjectRecord& other = record(conflict.proposal);
  EXPECT_EQ(other.state, ObjectState::kProposal);
  EXPECT_EQ(other.provenance.source, "b.cyto");
  EXPECT_EQ(other.provenance.parents, std::vector<uint32_t>{1});
  EXPECT_EQ(other.area, 144);
}

TEST_F(MergeDocuments, VerifiedBeatsAcceptedWhicheverSideItIsOn) {
  inA(drawEdit(a_, 1, square(10, 10, 12)));
  inB(drawEdit(b_, 1, square(8, 8, 12)));
  inB(describeEdit(b_, 1, "", ObjectState::kVerified));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  EXPECT_EQ(report_.conflicts[0].kept, MergeSide::kSecondary);
  EXPECT_EQ(pixels(merged_, 1), pixels(b_, 1));
  EXPECT_EQ(record(1).state, ObjectState::kVerified);
  EXPECT_EQ(pixels(merged_, report_.conflicts[0].proposal), pixels(a_, 1));
  EXPECT_EQ(record(report_.conflicts[0].proposal).provenance.source, "a.cyto");
}

TEST_F(MergeDocuments, VerifyingOldPixelsIsNoVerdictOnNewOnes) {
  inA(drawEdit(a_, 1, square(10, 10, 12)));
  inB(describeEdit(b_, 1, "", ObjectState::kVerified));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  EXPECT_EQ(pixels(merged_, 1), pixels(b_, 1));
  EXPECT_EQ(pixels(merged_, report_.conflicts[0].proposal), pixels(a_, 1));
}

TEST_F(MergeDocuments, AnObjectThatOneChangedAndTheOtherDeletedStays) {
  inA(removeEdit(a_, 1));
  inB(drawEdit(b_, 1, square(10, 10, 12)));
  inA(drawEdit(a_, 2, square(50, 50, 8)));
  inB(removeEdit(b_, 2));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(2));
  for (const MergeConflict& conflict : report_.conflicts) EXPECT_EQ(conflict.kind, ConflictKind::kDeletedByOne);
  EXPECT_EQ(pixels(merged_, 1), pixels(b_, 1));
  EXPECT_EQ(pixels(merged_, 2), pixels(a_, 2));
}

TEST_F(MergeDocuments, NewObjectsGetNewNumbersAndSameCellsAreFound) {
  inA(drawEdit(a_, 4, square(200, 200, 10)));
  inA(drawEdit(a_, 5, square(200, 100, 10), 1));
  inB(drawEdit(b_, 4, square(20, 200, 10)));
  inB(drawEdit(b_, 5, square(201, 200, 10)));
  inB(drawEdit(b_, 6, square(200, 100, 10), 1));
  inB(describeEdit(b_, 6, "mitotic", ObjectState::kAccepted));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(1)) << "5 of b is 4 of a, drawn differently; 6 of b is 5 of a with a class";
  EXPECT_EQ(report_.conflicts[0].kind, ConflictKind::kSameCell);
  EXPECT_EQ(report_.conflicts[0].id, 4u);
  EXPECT_EQ(pixels(merged_, 4), pixels(a_, 4));
  EXPECT_EQ(record(5).className, "mitotic");
  ASSERT_THAT(report_.renumbered, SizeIs(3));
  EXPECT_EQ(report_.renumbered[0].from, 4u);
  EXPECT_EQ(report_.renumbered[0].to, 7u) << "no number of either side is used again";
  EXPECT_EQ(record(7).area, 100);
  EXPECT_EQ(report_.agreement.both, 5);
  EXPECT_EQ(report_.agreement.onlyPrimary, 0);
  EXPECT_EQ(report_.agreement.onlySecondary, 1);
  EXPECT_NEAR(report_.agreement.meanIou, (4 + 90.0 / 110) / 5, 1e-9);
}

TEST_F(MergeDocuments, PixelsThatTwoClaimGoToThePrimaryAndTheOtherKeepsItsShapeAsAProposal) {
  inA(drawEdit(a_, 4, square(200, 200, 10)));
  inB(drawEdit(b_, 4, square(200, 208, 10)));
  inA(drawEdit(a_, 5, square(250, 200, 20)));
  inB(drawEdit(b_, 5, square(255, 205, 10)));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(2));
  for (const MergeConflict& conflict : report_.conflicts) EXPECT_EQ(conflict.kind, ConflictKind::kOverlap);
  EXPECT_EQ(record(6).area, 80) << "4 of b has lost two columns";
  EXPECT_EQ(areaOf(pixels(merged_, 6)), 80);
  EXPECT_EQ(report_.conflicts[0].id, 6u);
  EXPECT_EQ(pixels(merged_, report_.conflicts[0].proposal), pixels(b_, 4));
  EXPECT_EQ(report_.conflicts[1].id, 5u) << "5 of b lies in 5 of a, so nothing of it stays in the labels";
  EXPECT_EQ(report_.conflicts[1].proposal, 7u);
  EXPECT_EQ(record(7).state, ObjectState::kProposal);
  EXPECT_EQ(pixels(merged_, 7), pixels(b_, 5));
}

TEST_F(MergeDocuments, AVerifiedObjectTakesItsPixelsAlsoFromThePrimary) {
  inA(drawEdit(a_, 4, square(200, 200, 10)));
  inB(drawEdit(b_, 4, square(200, 208, 10)));
  inB(describeEdit(b_, 4, "", ObjectState::kVerified));
  merge();
  EXPECT_EQ(pixels(merged_, 5), pixels(b_, 4));
  EXPECT_EQ(record(5).state, ObjectState::kVerified);
  EXPECT_EQ(record(4).area, 80);
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  EXPECT_EQ(pixels(merged_, report_.conflicts[0].proposal), pixels(a_, 4));
}

TEST_F(MergeDocuments, TwoClassesAreAConflictAndBothAreKept) {
  inA(describeEdit(a_, 1, "interphase", ObjectState::kAccepted));
  inB(describeEdit(b_, 1, "mitotic", ObjectState::kAccepted));
  merge();
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  EXPECT_EQ(report_.conflicts[0].kind, ConflictKind::kClass);
  EXPECT_EQ(record(1).className, "interphase");
  EXPECT_EQ(record(report_.conflicts[0].proposal).className, "mitotic");
}

TEST_F(MergeDocuments, ProposalsComeInAcceptedOnesWinAndWhatHasNoRoomIsNamed) {
  inA(drawEdit(a_, 4, square(200, 200, 10), 0, ObjectState::kProposal));
  inA(drawEdit(a_, 5, square(150, 200, 10), 0, ObjectState::kProposal));
  inB(drawEdit(b_, 4, square(200, 200, 10)));                             // the same, accepted
  inB(drawEdit(b_, 5, square(150, 205, 10), 0, ObjectState::kProposal));  // half of it has no room
  inB(drawEdit(b_, 6, square(20, 200, 10), 0, ObjectState::kProposal));
  merge();
  EXPECT_THAT(report_.conflicts, IsEmpty());
  EXPECT_EQ(record(4).state, ObjectState::kAccepted);
  EXPECT_EQ(pixels(merged_, 4), pixels(b_, 4));
  EXPECT_EQ(pixels(merged_, 5), pixels(a_, 5));
  EXPECT_EQ(pixels(merged_, 6), pixels(b_, 6));
  ASSERT_THAT(report_.crowded, SizeIs(1));
  EXPECT_EQ(report_.crowded[0].side, MergeSide::kSecondary);
  EXPECT_EQ(report_.crowded[0].id, 5u);
  EXPECT_EQ(report_.crowded[0].pixels, 100);
  EXPECT_EQ(report_.crowded[0].kept_px, 50);
  EXPECT_EQ(record(7).area, 50);
}

TEST_F(MergeDocuments, SettingsMergeLikeObjects) {
  const auto scale = [](double size) { return ProjectSettings{{0, 0, size, size, "micrometer", ""}}; };
  b_.settings = scale(0.5);
  merge();
  EXPECT_EQ(merged_.settings, scale(0.5));
  a_.settings = scale(0.25);
  merge();
  EXPECT_EQ(merged_.settings, scale(0.25));
  ASSERT_THAT(report_.conflicts, SizeIs(1));
  EXPECT_EQ(report_.conflicts[0].kind, ConflictKind::kSettings);
}

TEST(MergeDocumentsAtRandom, LosesNothingAndWhatItMakesIsWhole) {
  const uint64_t seed = test::randomSeed(52);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  size_t conflicts = 0;
  const auto work = [&](Document& document, uint32_t& nextId) {
    for (uint64_t left = 1 + random() % 12; left > 0; --left) {
      const Edit edit = test::randomEdit(document, nextId, random);
      test::change(document, edit);
      for (const ObjectChange& change : edit.objects) nextId = std::max(nextId, change.id + 1);
    }
  };
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Document base = emptyDocument(test::kMergeShape, {});
    uint32_t firstOwnId = 1;
    work(base, firstOwnId);
    MergeInput a{base, firstOwnId, "a.cyto"};
    MergeInput b{base, firstOwnId, "b.cyto"};
    work(a.document, a.nextId);
    work(b.document, b.nextId);
    auto merge = mergeDocuments(base, firstOwnId, a, b);
    ASSERT_TRUE(merge) << merge.error().message();
    Document merged = a.document;
    test::change(merged, merge->edit);
    test::expectWhole(merged);
    test::expectNothingLost(base, a.document, MergeSide::kPrimary, merge->report, merged);
    test::expectNothingLost(base, b.document, MergeSide::kSecondary, merge->report, merged);
    ASSERT_TRUE(apply(merge->edit, Direction::kBackward, merged));
    EXPECT_EQ(stateHash(merged), stateHash(a.document)) << "the merge can be taken back";
    conflicts += merge->report.conflicts.size();
  }
  EXPECT_GT(conflicts, 200U) << "the work of both must meet";
}

TEST_F(MergeDocuments, NumbersThatRunOutAreRefused) {
  inA(drawEdit(a_, 4, square(200, 200, 10)));
  inB(drawEdit(b_, 4, square(20, 200, 10)));
  const auto done = mergeDocuments(base_, 4, {a_, UINT32_MAX, "a.cyto"}, {b_, 5, "b.cyto"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace cyto
