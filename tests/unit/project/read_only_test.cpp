// A project on a medium that cannot be written: also for root, who may write everywhere, so another user looks at it.

#include <gmock/gmock.h>

#include "core/project/project.h"
#include "tests/support/other_user.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/project/merge_fixture.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

ImageReference image() { return {"/data/cells.tif", "", test::kMergeShape, 1, Dtype::kUint16, {}, "xxh128:00"}; }

class ReadOnlyProject : public testing::Test {
 protected:
  void SetUp() override {
    {
      const auto project = Project::create(path(), image());
      ASSERT_TRUE(project);
      ASSERT_TRUE((*project)->perform(test::drawEdit((*project)->document(), 1, test::square(10, 10, 10))));
    }
    test::makeReadOnly(path());
    fs::create_directory(elsewhere());
    fs::permissions(elsewhere(), fs::perms::all);
  }
  fs::path path() const { return folder_ / "nuclei.cyto"; }
  fs::path elsewhere() const { return folder_ / "elsewhere"; }

  test::TemporaryFolder folder_;
};

TEST_F(ReadOnlyProject, CanBeLookedAtAndSavedElsewhere) {
  EXPECT_TRUE(test::holdsForOtherUser([&] {
    const auto project = Project::open(path());
    if (!project) {
      ADD_FAILURE() << project.error().message();
      return false;
    }
    EXPECT_THAT((*project)->readOnlyReason(), HasSubstr("cannot be written"));
    EXPECT_THAT((*project)->notices(), SizeIs(1));
    EXPECT_THAT((*project)->document().objects, SizeIs(1));
    const Status refused = (*project)->perform(test::removeEdit((*project)->document(), 1));
    EXPECT_FALSE(refused);
    EXPECT_FALSE((*project)->undo());
    EXPECT_THAT((*project)->document().objects, SizeIs(1));

    const Status copied = (*project)->copyTo(elsewhere() / "copy.cyto");
    EXPECT_TRUE(copied) << copied.error().message();
    const auto copy = Project::open(elsewhere() / "copy.cyto");
    EXPECT_TRUE(copy && (*copy)->readOnlyReason().empty());
    EXPECT_TRUE(copy && (*copy)->undo());
    return !HasFailure();
  }));
}

TEST_F(ReadOnlyProject, ANewPlaceOfTheImageHoldsAndGoesIntoTheCopy) {
  EXPECT_TRUE(test::holdsForOtherUser([&] {
    const auto project = Project::open(path());
    ImageReference moved = image();
    moved.path = "/new/place/cells.tif";
    EXPECT_TRUE((*project)->relink(moved));
    EXPECT_EQ((*project)->image().path, moved.path);
    EXPECT_TRUE((*project)->copyTo(elsewhere() / "copy.cyto"));
    EXPECT_EQ((*Project::open(elsewhere() / "copy.cyto"))->image().path, moved.path);
    return !HasFailure();
  }));
  EXPECT_EQ((*Project::openForReading(path()))->image().path, image().path) << "nothing was written";
}

TEST_F(ReadOnlyProject, LookingWritesNothingEvenWhereItCould) {
  const auto before = fs::last_write_time(path());
  const auto project = Project::openForReading(path());
  ASSERT_TRUE(project);
  EXPECT_THAT((*project)->readOnlyReason(), HasSubstr("only to look at it"));
  EXPECT_FALSE((*project)->undo());
  EXPECT_EQ(fs::last_write_time(path()), before);
  EXPECT_FALSE(Project::openForReading(folder_ / "gone.cyto"));
}

}  // namespace
}  // namespace cyto
