#include "core/project/proposals.h"

#include <gmock/gmock.h>

#include "core/labels/transaction.h"
#include "core/project/object_edits.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Shape kImage{1, 2, 300, 520};

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

class ProposalsTest : public testing::Test {
 protected:
  /// An object that is there already.
  void addObject(uint32_t id, const PlaneBox& box, ObjectState state = ObjectState::kAccepted) {
    Transaction transaction(document_.labels);
    Edit edit;
    const int64_t area = transaction.paint(0, 0, filled(box), id, PaintRule::kOverwrite);
    edit.labels = transaction.finish();
    ObjectRecord record{id, edit.labels.bounds(), area, "", state, {}};
    edit.objects = {{id, nullptr, std::make_shared<const ObjectRecord>(record)}};
    perform(edit);
  }

  void propose(const std::vector<std::pair<uint32_t, PlaneBox>>& found, uint32_t nextId) {
    Transaction labels{LabelVolume(kImage)};
    AutomaticResult result;
    for (const auto& [id, box] : found) {
      labels.paint(0, 0, filled(box), id, PaintRule::kOnlyBackground);
      Provenance provenance;
      provenance.source = "cellpose.tif";
      result.objects.emplace(id, provenance);
    }
    result.labels = labels.labels();
    proposing_ = proposeObjects(document_, result, nextId);
    perform(proposing_.edit);
  }

  Acceptance accept(const std::vector<uint32_t>& ids, PreserveMode mode, double threshold = 0.75) {
    Acceptance acceptance = acceptProposals(document_, ids, {mode, threshold});
    perform(acceptance.edit);
    return acceptance;
  }

  void perform(const Edit& edit) {
    const Status done = apply(edit, Direction::kForward, document_);
    ASSERT_TRUE(done) << done.error().message();
  }

  int64_t area(uint32_t id) const {
    const auto found = document_.objects.find(id);
    return found == document_.objects.end() ? 0 : found->second->area;
  }

  Document document_ = emptyDocument(kImage, {});
  Proposing proposing_;
};

TEST_F(ProposalsTest, ComeInBesideWhatIsThere) {
  addObject(1, {0, 0, 10, 10});
  propose({{40, {0, 0, 10, 20}}, {70, {50, 50, 60, 60}}}, 2);
  EXPECT_THAT(proposing_.ids, ElementsAre(2u, 3u));
  EXPECT_EQ(proposing_.edit.label, "2 proposals from cellpose.tif");
  EXPECT_EQ(area(1), 100) << "proposals lie over objects";
  EXPECT_EQ(area(2), 200);
  EXPECT_EQ(document_.objects.at(2)->state, ObjectState::kProposal);
  EXPECT_EQ(document_.objects.at(2)->provenance.source, "cellpose.tif");
  propose({{1, {0, 10, 10, 30}}, {2, {52, 52, 55, 55}}}, 4);
  EXPECT_THAT(proposing_.ids, ElementsAre(4u)) << "the second lies in an earlier proposal";
  EXPECT_EQ(proposing_.leftOut, 1);
  EXPECT_EQ(area(2), 200) << "earlier proposals keep their pixels";
  EXPECT_EQ(area(4), 100);
}

TEST_F(ProposalsTest, ObjectsModeKeepsWhatAProposalCovers) {
  addObject(1, {0, 0, 10, 10});
  addObject(2, {0, 100, 10, 110});
  propose({{1, {0, 0, 10, 8}}, {2, {0, 93, 10, 107}}}, 3);
  const Acceptance acceptance = accept({3, 4}, PreserveMode::kObjects);
  EXPECT_THAT(acceptance.accepted, ElementsAre(4u)) << "70 % of object 2 is less than 75 %";
  EXPECT_THAT(acceptance.staying, ElementsAre(StayingProposal{3, 1})) << "80 % of object 1";
  EXPECT_EQ(area(1), 100);
  EXPECT_EQ(area(2), 30);
  EXPECT_EQ(area(4), 140);
  EXPECT_EQ(document_.objects.at(3)->state, ObjectState::kProposal);
  EXPECT_EQ(document_.objects.at(4)->state, ObjectState::kAccepted);
  EXPECT_EQ(document_.proposals.ids(), (std::vector<uint32_t>{3}));
}

TEST_F(ProposalsTest, TheThresholdIsAPartOfTheAreaOfWhatIsThere) {
  addObject(1, {0, 0, 10, 10});
  propose({{1, {0, 0, 10, 8}}}, 2);
  EXPECT_THAT(acceptProposals(document_, std::vector<uint32_t>{2}, {PreserveMode::kObjects, 0.81}).staying, IsEmpty());
  EXPECT_THAT(acceptProposals(document_, std::vector<uint32_t>{2}, {PreserveMode::kObjects, 0.8}).accepted, IsEmpty());
}

TEST_F(ProposalsTest, AnObjectThatIsKeptIsKeptWhole) {
  addObject(1, {0, 0, 10, 10});
  propose({{1, {0, 0, 10, 8}}, {2, {0, 8, 10, 20}}}, 2);
  EXPECT_THAT(accept({2, 3}, PreserveMode::kObjects).accepted, ElementsAre(3u));
  EXPECT_EQ(area(1), 100) << "the neighbour must not take the rest";
  EXPECT_EQ(area(3), 100);
}

TEST_F(ProposalsTest, PixelsModeTakesBackgroundOnly) {
  addObject(1, {0, 0, 10, 10});
  propose({{1, {0, 5, 10, 15}}, {2, {2, 2, 4, 4}}}, 2);
  const Acceptance acceptance = accept({2, 3}, PreserveMode::kPixels);
  EXPECT_THAT(acceptance.accepted, ElementsAre(2u));
  EXPECT_THAT(acceptance.staying, ElementsAre(StayingProposal{3, 1}));
  EXPECT_EQ(area(1), 100);
  EXPECT_EQ(area(2), 50);
}

TEST_F(ProposalsTest, NoneModeOverwritesButNeverVerifiedObjects) {
  addObject(1, {0, 0, 10, 10});
  addObject(2, {0, 10, 10, 20}, ObjectState::kVerified);
  propose({{1, {0, 0, 10, 30}}, {2, {50, 50, 51, 51}}}, 3);
  EXPECT_THAT(accept({3}, PreserveMode::kNone).accepted, ElementsAre(3u));
  EXPECT_FALSE(document_.objects.contains(1)) << "it has lost all its pixels";
  EXPECT_EQ(area(2), 100);
  EXPECT_EQ(area(3), 200);
  EXPECT_EQ(area(4), 1);
  ASSERT_TRUE(apply(acceptProposals(document_, std::vector<uint32_t>{4}, {PreserveMode::kNone}).edit,
                    Direction::kForward, document_));
}

TEST_F(ProposalsTest, VerifiedObjectsKeepTheirPixelsInEveryMode) {
  addObject(1, {0, 0, 10, 10}, ObjectState::kVerified);
  propose({{1, {0, 5, 10, 15}}, {2, {2, 2, 4, 4}}}, 2);
  for (const PreserveMode mode : {PreserveMode::kObjects, PreserveMode::kPixels, PreserveMode::kNone}) {
    const Acceptance acceptance = acceptProposals(document_, std::vector<uint32_t>{2, 3}, {mode});
    EXPECT_THAT(acceptance.accepted, ElementsAre(2u));
    EXPECT_THAT(acceptance.staying, ElementsAre(StayingProposal{3, 1}));
    Document after = document_;
    ASSERT_TRUE(apply(acceptance.edit, Direction::kForward, after));
    EXPECT_EQ(after.objects.at(1), document_.objects.at(1));
    EXPECT_EQ(after.objects.at(2)->area, 50);
    EXPECT_EQ(after.objects.at(2)->bounds, (Box{{0, 0, 0, 10}, {1, 1, 10, 15}}));
  }
}

TEST_F(ProposalsTest, AcceptAndRejectGoBack) {
  addObject(1, {0, 0, 10, 10});
  propose({{1, {0, 5, 10, 15}}, {2, {50, 250, 60, 270}}}, 2);
  const Document before = document_;
  for (const Edit& edit : {acceptProposals(document_, std::vector<uint32_t>{2, 3}, {}).edit,
                           rejectProposals(document_, std::vector<uint32_t>{2, 3})}) {
    perform(edit);
    EXPECT_TRUE(document_.proposals.ids().empty());
    ASSERT_TRUE(apply(edit, Direction::kBackward, document_));
    EXPECT_EQ(stateHash(document_), stateHash(before));
    EXPECT_EQ(*document_.objects.at(2), *before.objects.at(2));
  }
  perform(rejectProposals(document_, std::vector<uint32_t>{3}));
  EXPECT_EQ(area(2), 100);
  EXPECT_FALSE(document_.objects.contains(3));
}

TEST_F(ProposalsTest, MergingWantsTwoOfAKind) {
  addObject(1, {0, 0, 10, 10});
  addObject(2, {0, 20, 10, 30});
  propose({{1, {50, 50, 60, 60}}, {2, {50, 70, 60, 80}}}, 3);
  const auto refusal = [&](const std::vector<uint32_t>& ids) {
    const auto edit = mergeObjects(document_, ids);
    return edit ? "it was done" : edit.error().message();
  };
  EXPECT_THAT(refusal({1}), HasSubstr("two objects or more"));
  EXPECT_THAT(refusal({1, 1}), HasSubstr("two objects or more"));
  EXPECT_THAT(refusal({1, 9}), HasSubstr("there is no object 9"));
  EXPECT_THAT(refusal({1, 3}), HasSubstr("object 3 is a proposal"));
  EXPECT_THAT(refusal({3, 1}), HasSubstr("object 3 is a proposal"));
  perform(*mergeObjects(document_, std::vector<uint32_t>{4, 3}));
  EXPECT_EQ(area(4), 200);
  EXPECT_EQ(document_.objects.at(4)->state, ObjectState::kProposal);
  EXPECT_THAT(document_.objects.at(4)->provenance.parents, ElementsAre(3u));
  perform(*mergeObjects(document_, std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(area(2), 200);
  EXPECT_EQ(document_.labels.ids(), (std::vector<uint32_t>{2}));
}

}  // namespace
}  // namespace cyto
