#include "core/session/annotation_session.h"

#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AnnotationSessionTest : public test::SessionFixture {
 protected:
  void open() { ASSERT_TRUE(session_.open(imagePath(), {})); }

  Result<ObjectMask> segment() { return session_.segment(0, AnnotationSession::AnswerKind::kStep, {}); }

  std::shared_ptr<const ObjectRecord> object(uint32_t id) const {
    const auto found = session_.document().objects.find(id);
    return found == session_.document().objects.end() ? nullptr : found->second;
  }

  Result<ObjectRecord> commitAt(double y, double x) {
    CYTO_TRY(session_.addPoint(0, 0, {y, x, true}));
    CYTO_ASSIGN(const ObjectMask answer, segment());
    return session_.commit();
  }
};

TEST_F(AnnotationSessionTest, PromptPreviewCommitExport) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  EXPECT_FALSE(session_.current());
  const auto answer = segment();
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.area(), 400);
  ASSERT_TRUE(session_.current());
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 25), 0u) << "a preview is no label";
  const auto object = session_.commit();
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->id, 1u);
  EXPECT_EQ(object->area, 400);
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 25), 1u);
  EXPECT_FALSE(session_.current());
  EXPECT_TRUE(session_.document().draft.prompts.isEmpty());
  ASSERT_TRUE(session_.exportLabels(LabelFormat::kTiff, folder_ / "labels.tif"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "labels.tif"));
}

TEST_F(AnnotationSessionTest, ARefusedCommitOfAMaskWithoutAStepChangesNothing) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 26, true}));
  ASSERT_TRUE(session_.segment(0, AnnotationSession::AnswerKind::kTransient, {}));
  ASSERT_TRUE(session_.current());
  const auto steps = session_.project()->history().steps().size();
  EXPECT_FALSE(session_.commit()) << "all pixels belong to object 1";
  EXPECT_EQ(session_.project()->history().steps().size(), steps);
}

TEST_F(AnnotationSessionTest, LaterObjectsLeaveEarlierOnesAlone) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 27, true}));
  ASSERT_TRUE(session_.addPoint(0, 0, {75, 75, true}));
  ASSERT_TRUE(segment());
  const auto second = session_.commit();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, 2u);
  EXPECT_EQ(second->area, 400) << "the square of object 1 stays its own";
  EXPECT_EQ(second->bounds, (Box{{0, 0, 65, 65}, {1, 1, 85, 85}}));
  const auto again = commitAt(25, 25);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("belong to other objects already"));
  EXPECT_EQ(session_.document().objects.size(), 2u);
}

TEST_F(AnnotationSessionTest, ChangedPromptsMakeThePreviewStale) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  ASSERT_TRUE(segment());
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 75, true}));
  const auto stale = session_.commit();
  ASSERT_FALSE(stale);
  EXPECT_THAT(stale.error().message(), HasSubstr("use segment first"));
}

TEST_F(AnnotationSessionTest, ARefusedPromptChangesNothing) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  ASSERT_TRUE(segment());
  EXPECT_FALSE(session_.addPoint(0, 0, {25, 150, true}));
  EXPECT_FALSE(session_.addBox(0, 0, {10, 10, 10, 20}));
  EXPECT_FALSE(session_.addPoint(1, 0, {25, 25, true}));
  EXPECT_EQ(session_.document().draft.prompts.points.size(), 1u);
  EXPECT_TRUE(session_.current()) << "the preview still answers the prompts";
}

TEST_F(AnnotationSessionTest, ANegativePointMayComeFirst) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 75, false}));
  EXPECT_FALSE(segment()) << "alone it cannot be answered";
  ASSERT_TRUE(session_.addBox(0, 0, {0, 0, 50, 100}));
  const auto answer = segment();
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.box, (PlaneBox{15, 15, 35, 35}));
}

TEST_F(AnnotationSessionTest, TheDefaultModelIsLoadedOnceWhenItIsNeeded) {
  open();
  EXPECT_THAT(loaded_, IsEmpty());
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(commitAt(25, 75));
  EXPECT_THAT(loaded_, ElementsAre(""));
  worker_.loadModel("broken");
  ASSERT_TRUE(commitAt(75, 75)) << "the model that was there goes on working";
  worker_.loadModel("another");
  ASSERT_TRUE(commitAt(75, 25));
  EXPECT_THAT(loaded_, ElementsAre("", "broken", "another"));
}

TEST_F(AnnotationSessionTest, UnsavedObjectsKeepAnotherImageOut) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  const Status refused = session_.open(imagePath(), {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("export them before opening another image"));
  EXPECT_EQ(session_.document().objects.size(), 1u);
  ASSERT_TRUE(session_.exportLabels(LabelFormat::kPng, folder_ / "labels.png"));
  EXPECT_TRUE(session_.open(imagePath(), {}));
  EXPECT_TRUE(session_.document().objects.empty());
}

TEST_F(AnnotationSessionTest, AFailedExportKeepsTheObjectsUnsaved) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  EXPECT_FALSE(session_.exportLabels(LabelFormat::kTiff, folder_ / "gone" / "labels.tif"));
  EXPECT_FALSE(session_.open(imagePath(), {}));
}

TEST_F(AnnotationSessionTest, TheHashNamesLabelsAndObjects) {
  open();
  const std::string empty = session_.stateHash();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  EXPECT_EQ(session_.stateHash(), empty) << "prompts are not part of the state";
  ASSERT_TRUE(session_.clear());
  ASSERT_TRUE(commitAt(25, 25));
  const std::string one = session_.stateHash();
  EXPECT_NE(one, empty);
  AnnotationSession other(worker_);
  ASSERT_TRUE(other.open(imagePath(), {}));
  ASSERT_TRUE(other.addBox(0, 0, {10, 10, 40, 40}));
  ASSERT_TRUE(other.segment(0, AnnotationSession::AnswerKind::kStep, {}));
  ASSERT_TRUE(other.commit());
  EXPECT_EQ(other.stateHash(), one) << "the same pixels by another prompt";
}

TEST_F(AnnotationSessionTest, EveryStepCanBeTakenBackAndDoneAgain) {
  open();
  std::vector<std::string> hashes{session_.stateHash()};
  std::vector<Draft> drafts{session_.document().draft};
  const auto note = [&] {
    hashes.push_back(session_.stateHash());
    drafts.push_back(session_.document().draft);
  };
  const std::vector<std::function<Status()>> steps = {
      [&] { return session_.addPoint(0, 0, {25, 25, true}); },
      [&] { return segment() ? Status() : Status(Error(ErrorCode::kInternal, "no mask")); },
      [&] { return session_.commit() ? Status() : Status(Error(ErrorCode::kInternal, "no object")); },
      [&] { return session_.paint(0, 0, std::vector<StrokePoint>{{5, 5}, {5, 12}}, 2, 2); },
      [&] { return session_.erase(0, 0, std::vector<StrokePoint>{{25, 25}}, 3); },
      [&] { return session_.fill(0, 0, 25, 25, 1); },
      [&] { return session_.refine(1); },
      [&] { return session_.clear(); },
      [&] { return session_.remove(2); },
  };
  for (const auto& step : steps) {
    const Status done = step();
    ASSERT_TRUE(done) << done.error().message();
    note();
  }
  for (size_t i = hashes.size() - 1; i-- > 0;) {
    ASSERT_TRUE(session_.undo());
    EXPECT_EQ(session_.stateHash(), hashes[i]) << i;
    EXPECT_EQ(session_.document().draft, drafts[i]) << i;
  }
  EXPECT_FALSE(session_.undo());
  for (size_t i = 1; i < hashes.size(); ++i) {
    ASSERT_TRUE(session_.redo());
    EXPECT_EQ(session_.stateHash(), hashes[i]) << i;
  }
  EXPECT_FALSE(session_.redo(1));
  ASSERT_TRUE(session_.undo(9));
  EXPECT_FALSE(session_.redo(10)) << "all or nothing";
  EXPECT_EQ(session_.stateHash(), hashes[0]);
}

TEST_F(AnnotationSessionTest, AreasFollowThePixels) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.erase(0, 0, std::vector<StrokePoint>{{25, 25}}, 0));
  EXPECT_EQ(object(1)->area, 399);
  ASSERT_TRUE(session_.paint(0, 0, std::vector<StrokePoint>{{25, 25}}, 0, 1));
  EXPECT_EQ(object(1)->area, 400);
  ASSERT_TRUE(session_.paint(0, 0, std::vector<StrokePoint>{{90, 90}}, 1, 2));
  ASSERT_TRUE(object(2));
  EXPECT_EQ(object(2)->area, 5);
  EXPECT_TRUE(object(2)->provenance.model.empty()) << "it was painted";
  ASSERT_TRUE(session_.erase(0, 0, std::vector<StrokePoint>{{90, 90}}, 5));
  EXPECT_FALSE(object(2)) << "an object without pixels is gone";
  const Status again = session_.paint(0, 0, std::vector<StrokePoint>{{90, 90}}, 1, 2);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("ids are never used again; the next free id is 3"));
}

TEST_F(AnnotationSessionTest, ABrushLeavesOtherObjectsAlone) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.paint(0, 0, std::vector<StrokePoint>{{25, 10}, {25, 45}}, 2, 2));
  EXPECT_EQ(object(1)->area, 400);
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 12), 2u);
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 25), 1u);
}

TEST_F(AnnotationSessionTest, RefiningReplacesThePixelsOfTheObject) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.refine(1));
  ASSERT_TRUE(session_.current());
  EXPECT_EQ(session_.current()->mask.area(), 400);
  EXPECT_EQ(session_.document().draft.prompts.points.size(), 1u) << "its prompts came back";
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 75, true}));
  ASSERT_TRUE(session_.removePoint(0));
  ASSERT_TRUE(segment());
  const auto refined = session_.commit();
  ASSERT_TRUE(refined) << refined.error().message();
  EXPECT_EQ(refined->id, 1u);
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 25), 0u);
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 75), 1u);
  EXPECT_EQ(object(1)->area, 400);
  EXPECT_EQ(session_.nextId(), 2u);
}

TEST_F(AnnotationSessionTest, AProjectFolderIsReopenedAsItWas) {
  const auto folder = folder_ / "work.cyto";
  ASSERT_TRUE(session_.open(imagePath(), {}, folder));
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.addPoint(0, 0, {75, 75, true}));
  ASSERT_TRUE(segment());
  const std::string hash = session_.stateHash();
  const Draft draft = session_.document().draft;
  ASSERT_TRUE(session_.open(imagePath(), {})) << "what is on disk keeps nobody out";
  ASSERT_TRUE(session_.openProject(folder));
  EXPECT_THAT(session_.notices(), IsEmpty());
  EXPECT_EQ(session_.stateHash(), hash);
  EXPECT_EQ(session_.document().draft, draft);
  ASSERT_TRUE(session_.commit()) << "the mask is there without a model";
  ASSERT_TRUE(session_.undo(2));
}

TEST_F(AnnotationSessionTest, AProjectOpensWithoutItsImage) {
  const auto folder = folder_ / "work.cyto";
  ASSERT_TRUE(session_.open(imagePath(), {}, folder));
  ASSERT_TRUE(commitAt(25, 25));
  const std::string hash = session_.stateHash();
  ASSERT_TRUE(session_.saveAs(folder_ / "copy.cyto"));
  std::filesystem::remove(imagePath());
  ASSERT_TRUE(session_.openProject(folder));
  ASSERT_THAT(session_.notices(), testing::SizeIs(1));
  EXPECT_THAT(session_.notices()[0], HasSubstr("cannot be opened"));
  EXPECT_EQ(session_.stateHash(), hash);
  EXPECT_THAT(session_.addPoint(0, 0, {5, 5, true}).error().message(), HasSubstr("is not there"));
  ASSERT_TRUE(session_.exportLabels(LabelFormat::kTiff, folder_ / "labels.tif"));
}

TEST_F(AnnotationSessionTest, AlternativesGoRoundAndTheFirstIsTheAnswer) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  const auto first = segment();
  ASSERT_TRUE(first);
  const auto other = session_.segment(1, AnnotationSession::AnswerKind::kStep, {});
  ASSERT_TRUE(other);
  EXPECT_EQ(session_.current()->alternative, 1);
  const auto same = session_.segment(0, AnnotationSession::AnswerKind::kStep, {});
  ASSERT_TRUE(same);
  EXPECT_EQ(same->mask, first->mask);
}

TEST_F(AnnotationSessionTest, NothingWorksWithoutAnImage) {
  for (const Status& refused :
       {session_.addPoint(0, 0, {1, 1, true}), session_.exportLabels(LabelFormat::kTiff, folder_ / "o.tif"),
        session_.undo(), session_.remove(1), session_.paint(0, 0, std::vector<StrokePoint>{{1, 1}}, 1, 1)}) {
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("no image is open"));
  }
  EXPECT_THAT(segment().error().message(), HasSubstr("no image is open"));
}

}  // namespace
}  // namespace cyto
