// Projects whose image has moved, changed or gone, and projects on media that cannot be written.

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/other_user.h"
#include "tests/unit/session/session_fixture.h"

namespace cyto::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MovedImage : public SessionFixture {
 protected:
  void SetUp() override {
    SessionFixture::SetUp();
    InferenceWorker worker([this](const std::string& name, const JobContext&) { return load(name); }, {});
    AnnotationSession session(worker);
    ASSERT_TRUE(session.open(imagePath(), {}, project()));
    const StrokePoint point{30, 30};
    ASSERT_TRUE(session.paint(0, 0, {&point, 1}, 4, 1));
    ASSERT_TRUE(session.addPoint(0, 0, {25, 25, true}));
  }
  fs::path project() const { return folder_ / "work" / "nuclei.cyto"; }

  /// In a process of its own: another user, and no thread of this one.
  bool holdsForReader(const std::function<void(AnnotationSession&)>& work) {
    return holdsForOtherUser([&] {
      InferenceWorker worker([this](const std::string& name, const JobContext&) { return load(name); }, {});
      AnnotationSession session(worker);
      work(session);
      return !HasFailure();
    });
  }
};

TEST_F(MovedImage, IsFoundSaidAndRemembered) {
  const fs::path place = folder_ / "work" / imagePath().filename();
  fs::rename(imagePath(), place);
  ASSERT_TRUE(session_.openProject(project()));
  ASSERT_THAT(session_.notices(), SizeIs(1));
  EXPECT_THAT(session_.notices()[0], HasSubstr("found at"));
  ASSERT_TRUE(session_.image());
  EXPECT_TRUE(session_.segment(0, AnnotationSession::AnswerKind::kStep, {}));
  EXPECT_EQ(session_.project()->image().path, place);
  ASSERT_TRUE(session_.saveAs(folder_ / "copy.cyto"));
  EXPECT_EQ((*Project::openForReading(project()))->image().path, place);
  EXPECT_EQ((*Project::openForReading(folder_ / "copy.cyto"))->image().path, place);
}

TEST_F(MovedImage, AChangedImageIsSaidAndTheLabelsOpen) {
  std::ofstream(imagePath(), std::ios::app) << "more";
  ASSERT_TRUE(session_.openProject(project()));
  ASSERT_THAT(session_.notices(), SizeIs(1));
  EXPECT_THAT(session_.notices()[0], HasSubstr("its content is another one"));
  EXPECT_THAT(session_.document().objects, SizeIs(1));
  EXPECT_TRUE(session_.image()) << "it has the size, so it is shown";
}

TEST_F(MovedImage, WithoutAnImageTheLabelsOpen) {
  fs::remove(imagePath());
  ASSERT_TRUE(session_.openProject(project()));
  ASSERT_THAT(session_.notices(), SizeIs(1));
  EXPECT_THAT(session_.document().objects, SizeIs(1));
  EXPECT_FALSE(session_.image());
}

TEST_F(MovedImage, OnAMediumThatCannotBeWrittenItIsFoundEachTime) {
  const fs::path place = folder_ / "work" / imagePath().filename();
  fs::rename(imagePath(), place);
  fs::permissions(place, fs::perms::all);
  fs::create_directory(folder_ / "elsewhere");
  fs::permissions(folder_ / "elsewhere", fs::perms::all);
  makeReadOnly(project());
  makeReadOnly(folder_ / "work");
  EXPECT_TRUE(holdsForReader([&](AnnotationSession& session) {
    const Status opened = session.openProject(project());
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_THAT(session.notices(), SizeIs(2)) << "it can only be looked at, and the image was found";
    EXPECT_TRUE(session.image());
    EXPECT_FALSE(session.clear()) << "nothing can be changed";
    const Status exported = session.exportLabels(LabelFormat::kTiff, folder_ / "elsewhere" / "labels.tif");
    EXPECT_TRUE(exported) << exported.error().message();
    const Status saved = session.saveAs(folder_ / "elsewhere" / "copy.cyto");
    ASSERT_TRUE(saved) << saved.error().message();
    EXPECT_THAT(session.notices(), IsEmpty());
    EXPECT_TRUE(session.clear()) << "the work goes on elsewhere";
    EXPECT_EQ(session.project()->image().path, place);
  }));
  EXPECT_EQ((*Project::openForReading(project()))->image().path, imagePath()) << "nothing was written";
}

TEST_F(MovedImage, IsTakenWhereTheUserSaysItIs) {
  fs::create_directories(folder_ / "far" / "away");
  const fs::path place = folder_ / "far" / "away" / "other name.png";
  fs::rename(imagePath(), place);
  ASSERT_TRUE(session_.openProject(project()));
  EXPECT_FALSE(session_.image());
  EXPECT_THAT(session_.imageProblem(), HasSubstr("cannot be opened"));
  EXPECT_FALSE(session_.relink(folder_ / "nowhere.png", false));
  EXPECT_FALSE(session_.image());
  const Status linked = session_.relink(place, false);
  ASSERT_TRUE(linked) << linked.error().message();
  ASSERT_TRUE(session_.image());
  EXPECT_THAT(session_.imageProblem(), IsEmpty());
  EXPECT_TRUE(session_.segment(0, AnnotationSession::AnswerKind::kStep, {}));
  EXPECT_EQ((*Project::openForReading(project()))->image().path, place);
}

TEST_F(MovedImage, OfAnotherContentIsAskedForTwice) {
  fs::create_directories(folder_ / "far");
  const fs::path other = folder_ / "far" / "other.png";
  ASSERT_TRUE(io::writePng(other, *Array::create(Dtype::kUint8, {1, 1, 100, 150})));
  fs::remove(imagePath());
  ASSERT_TRUE(session_.openProject(project()));
  const Status refusal = session_.relink(other, false);
  ASSERT_FALSE(refusal);
  EXPECT_THAT(refusal.error().message(), HasSubstr("content differs"));
  EXPECT_EQ(session_.refusedImage(), other);
  EXPECT_FALSE(session_.image());
  ASSERT_TRUE(session_.relink(other, true));
  EXPECT_TRUE(session_.image());
  EXPECT_TRUE(session_.refusedImage().empty());
}

TEST_F(MovedImage, OfAnotherShapeIsRefusedWhateverIsSaid) {
  const fs::path other = folder_ / "small.png";
  ASSERT_TRUE(io::writePng(other, *Array::create(Dtype::kUint8, {1, 1, 10, 15})));
  fs::remove(imagePath());
  ASSERT_TRUE(session_.openProject(project()));
  for (const bool anyContent : {false, true}) {
    const Status refusal = session_.relink(other, anyContent);
    ASSERT_FALSE(refusal);
    EXPECT_THAT(refusal.error().message(), HasSubstr("has the size"));
    EXPECT_TRUE(session_.refusedImage().empty());
  }
  EXPECT_FALSE(session_.image());
}

}  // namespace
}  // namespace cyto::test
