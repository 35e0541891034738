#include "core/session/annotation_session.h"

#include <gmock/gmock.h>

#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AnnotationSessionTest : public test::SessionFixture {
 protected:
  void open() { ASSERT_TRUE(session_.open(imagePath(), {})); }

  Result<CommittedObject> commitAt(double y, double x) {
    CYTO_TRY(session_.addPoint(0, 0, {y, x, true}));
    CYTO_ASSIGN(const ObjectMask answer, session_.segment({}));
    return session_.commit();
  }
};

TEST_F(AnnotationSessionTest, PromptPreviewCommitExport) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  EXPECT_FALSE(session_.preview());
  const auto answer = session_.segment({});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.area(), 400);
  ASSERT_TRUE(session_.preview());
  EXPECT_EQ(session_.labels().at(0, 0, 25, 25), 0u) << "a preview is no label";
  const auto object = session_.commit();
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->id, 1u);
  EXPECT_EQ(object->area, 400);
  EXPECT_EQ(session_.labels().at(0, 0, 25, 25), 1u);
  EXPECT_FALSE(session_.preview());
  EXPECT_TRUE(session_.prompts().isEmpty());
  ASSERT_TRUE(session_.exportLabels(LabelFormat::kTiff, folder_ / "labels.tif"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "labels.tif"));
}

TEST_F(AnnotationSessionTest, LaterObjectsLeaveEarlierOnesAlone) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 27, true}));
  ASSERT_TRUE(session_.addPoint(0, 0, {75, 75, true}));
  ASSERT_TRUE(session_.segment({}));
  const auto second = session_.commit();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, 2u);
  EXPECT_EQ(second->area, 400) << "the square of object 1 stays its own";
  EXPECT_EQ(second->box, (PlaneBox{65, 65, 85, 85}));
  const auto again = commitAt(25, 25);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("belong to other objects already"));
  EXPECT_EQ(session_.objects().size(), 2u);
}

TEST_F(AnnotationSessionTest, ChangedPromptsMakeThePreviewStale) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  ASSERT_TRUE(session_.segment({}));
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 75, true}));
  const auto stale = session_.commit();
  ASSERT_FALSE(stale);
  EXPECT_THAT(stale.error().message(), HasSubstr("use segment first"));
}

TEST_F(AnnotationSessionTest, ARefusedPromptChangesNothing) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 25, true}));
  ASSERT_TRUE(session_.segment({}));
  EXPECT_FALSE(session_.addPoint(0, 0, {25, 150, true}));
  EXPECT_FALSE(session_.addBox(0, 0, {10, 10, 10, 20}));
  EXPECT_FALSE(session_.addPoint(1, 0, {25, 25, true}));
  EXPECT_EQ(session_.prompts().points.size(), 1u);
  EXPECT_TRUE(session_.preview()) << "the preview still answers the prompts";
}

TEST_F(AnnotationSessionTest, ANegativePointMayComeFirst) {
  open();
  ASSERT_TRUE(session_.addPoint(0, 0, {25, 75, false}));
  EXPECT_FALSE(session_.segment({})) << "alone it cannot be answered";
  ASSERT_TRUE(session_.addBox(0, 0, {0, 0, 50, 100}));
  const auto answer = session_.segment({});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.box, (PlaneBox{15, 15, 35, 35}));
}

TEST_F(AnnotationSessionTest, TheDefaultModelIsLoadedOnceWhenItIsNeeded) {
  open();
  EXPECT_THAT(loaded_, IsEmpty());
  ASSERT_TRUE(commitAt(25, 25));
  ASSERT_TRUE(commitAt(25, 75));
  EXPECT_THAT(loaded_, ElementsAre(""));
  EXPECT_FALSE(session_.chooseModel("broken", {}));
  ASSERT_TRUE(commitAt(75, 75)) << "the model that was there goes on working";
  ASSERT_TRUE(session_.chooseModel("another", {}));
  ASSERT_TRUE(commitAt(75, 25));
  EXPECT_THAT(loaded_, ElementsAre("", "broken", "another"));
}

TEST_F(AnnotationSessionTest, UnsavedObjectsKeepAnotherImageOut) {
  open();
  ASSERT_TRUE(commitAt(25, 25));
  const Status refused = session_.open(imagePath(), {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("export them before opening another image"));
  EXPECT_EQ(session_.objects().size(), 1u);
  ASSERT_TRUE(session_.exportLabels(LabelFormat::kPng, folder_ / "labels.png"));
  EXPECT_TRUE(session_.open(imagePath(), {}));
  EXPECT_TRUE(session_.objects().empty());
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
  session_.clear();
  ASSERT_TRUE(commitAt(25, 25));
  const std::string one = session_.stateHash();
  EXPECT_NE(one, empty);
  AnnotationSession other([this](const std::string& name, const JobContext&) { return load(name); });
  ASSERT_TRUE(other.open(imagePath(), {}));
  ASSERT_TRUE(other.addBox(0, 0, {10, 10, 40, 40}));
  ASSERT_TRUE(other.segment({}));
  ASSERT_TRUE(other.commit());
  EXPECT_EQ(other.stateHash(), one) << "the same pixels by another prompt";
}

TEST_F(AnnotationSessionTest, NothingWorksWithoutAnImage) {
  for (const std::string& message :
       {session_.addPoint(0, 0, {1, 1, true}).error().message(), session_.segment({}).error().message(),
        session_.exportLabels(LabelFormat::kTiff, folder_ / "o.tif").error().message()}) {
    EXPECT_THAT(message, HasSubstr("no image is open"));
  }
}

}  // namespace
}  // namespace cyto
