#include "core/project/folder/image_search.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/io/label_writer.h"
#include "core/project/project.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ImageSearch : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"study/work", "study/images", "study/other"}) fs::create_directories(folder_ / name);
    writeImage(original(), 60, 7);
    ASSERT_TRUE(Project::create(project(), reference()));
  }

  static void writeImage(const fs::path& path, int64_t side, uint8_t value) {
    Array picture = *Array::create(Dtype::kUint8, {1, 1, side, side});
    for (size_t i = 0; i < picture.as<uint8_t>().size(); ++i) {
      picture.as<uint8_t>()[i] = static_cast<uint8_t>(i * value);
    }
    ASSERT_TRUE(io::writePng(path, picture));
  }
  static ImageReference referenceOf(const fs::path& path) { return referenceTo(path, (*io::openImage(path))->info()); }

  fs::path original() const { return folder_ / "study" / "images" / "Zellen ä.png"; }
  fs::path project() const { return folder_ / "study" / "work" / "nuclei.cyto"; }
  const ImageReference& reference() {
    if (reference_.path.empty()) reference_ = referenceOf(original());
    return reference_;
  }
  FoundImage find() { return findImage(reference(), project()); }
  void moveTo(const fs::path& path) {
    const ImageReference known = reference();
    fs::create_directories(path.parent_path());
    fs::rename(original(), path);
  }

  test::TemporaryFolder folder_;
  ImageReference reference_;
};

TEST_F(ImageSearch, AnImageAtItsPlaceIsTakenWithoutWords) {
  const FoundImage found = find();
  EXPECT_EQ(found.image, reference());
  EXPECT_FALSE(found.hasMoved);
  EXPECT_THAT(found.notices, IsEmpty());
}

TEST_F(ImageSearch, ItIsFoundInTheProjectAroundItAndBesideThat) {
  const fs::path name = original().filename();
  for (const fs::path& place :
       {project(), project().parent_path(), folder_ / "study", folder_ / "study" / "work" / "pictures"}) {
    moveTo(place / name);
    const FoundImage found = find();
    EXPECT_TRUE(found.hasMoved) << place;
    EXPECT_EQ(found.image.path, place / name);
    ASSERT_THAT(found.notices, SizeIs(1));
    EXPECT_THAT(found.notices[0], testing::AllOf(HasSubstr("not at"), HasSubstr((place / name).string())));
    fs::rename(place / name, original());
  }
}

TEST_F(ImageSearch, ItIsNotFoundDeeperFurtherAwayOrUnderAnotherName) {
  for (const fs::path& place :
       {folder_ / "study" / "other" / "deep" / original().filename(), folder_ / "study" / "work" / "renamed.png"}) {
    moveTo(place);
    EXPECT_FALSE(find().hasMoved) << place;
    fs::rename(place, original());
  }
}

TEST_F(ImageSearch, AnImageOfTheSameNameIsNotEnough) {
  moveTo(folder_ / "elsewhere" / "x.png");
  writeImage(folder_ / "study" / original().filename(), 60, 5);
  writeImage(folder_ / "study" / "work" / original().filename(), 50, 7);
  EXPECT_FALSE(find().hasMoved);
}

TEST_F(ImageSearch, AnotherImageAtItsPlaceIsSeenAndTheRightOneTaken) {
  moveTo(folder_ / "study" / original().filename());
  writeImage(original(), 60, 5);
  const FoundImage found = find();
  EXPECT_EQ(found.image.path, folder_ / "study" / original().filename());
  EXPECT_THAT(found.notices[0], HasSubstr("Another image is at"));
}

TEST_F(ImageSearch, AChangedContentIsSaid) {
  const ImageReference known = reference();
  writeImage(original(), 60, 5);
  const FoundImage found = find();
  EXPECT_FALSE(found.hasMoved);
  EXPECT_EQ(found.image.path, original());
  ASSERT_THAT(found.notices, SizeIs(1));
  EXPECT_THAT(found.notices[0], HasSubstr("its content is another one"));
}

TEST_F(ImageSearch, AMovedStudyIsFoundWholeAlsoWhereTheOldPlaceHasAnotherImage) {
  const ImageReference known = reference();
  fs::rename(folder_ / "study", folder_ / "moved");
  fs::create_directories(original().parent_path());
  writeImage(original(), 60, 5);
  const FoundImage found = findImage(known, folder_ / "moved" / "work" / "nuclei.cyto");
  EXPECT_EQ(found.image.path, folder_ / "moved" / "images" / original().filename());
}

TEST_F(ImageSearch, WithoutAKnownContentNameAndShapeMustDo) {
  const ImageReference known = reference();
  reference_.contentHash.clear();
  moveTo(folder_ / "study" / original().filename());
  reference_.contentHash.clear();
  EXPECT_TRUE(find().hasMoved);
}

TEST_F(ImageSearch, ACrowdedFolderEndsTheSearchNotTheProgram) {
  moveTo(folder_ / "study" / "work" / "zz" / original().filename());
  for (int i = 0; i < 600; ++i) std::ofstream(folder_ / "study" / "work" / ("a" + std::to_string(i))) << i;
  const FoundImage found = find();  // found or not, depending on the order of the folder
  EXPECT_TRUE(found.image.path == original() || found.hasMoved);
}

TEST_F(ImageSearch, AProjectWithoutAnImageHasNothingToFind) {
  ImageReference none;
  none.shape = {1, 1, 10, 10};
  EXPECT_THAT(findImage(none, project()).notices, IsEmpty());
}

TEST_F(ImageSearch, AUserNamesTheFileOrItsFolder) {
  const fs::path place = folder_ / "study" / "other" / "renamed.png";
  moveTo(place);
  for (const fs::path& named : {place, place.parent_path(), place.parent_path() / ""}) {
    const auto at = imageAt(reference(), named, false);
    ASSERT_TRUE(at) << at.error().message();
    EXPECT_EQ(at->path, place);
    EXPECT_EQ(at->contentHash, reference().contentHash);
  }
  const auto deeper = imageAt(reference(), folder_ / "study", false);
  EXPECT_FALSE(deeper) << "one folder deeper it must have its name";
  fs::rename(place, folder_ / "study" / "other" / original().filename());
  EXPECT_TRUE(imageAt(reference(), folder_ / "study", false));
}

TEST_F(ImageSearch, AnotherContentIsTakenOnlyWhenForcedAndAnotherShapeNever) {
  const ImageReference known = reference();
  const fs::path other = folder_ / "other.png";
  const fs::path small = folder_ / "small.png";
  writeImage(other, 60, 5);
  writeImage(small, 50, 7);
  const auto refused = imageAt(known, other, false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("--force"));
  const auto forced = imageAt(known, other, true);
  ASSERT_TRUE(forced);
  EXPECT_NE(forced->contentHash, known.contentHash);
  for (const bool anyContent : {false, true}) {
    const auto wrong = imageAt(known, small, anyContent);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message(), HasSubstr("(1, 1, 50, 50)"));
  }
  EXPECT_EQ(imageAt(known, folder_ / "gone", true).error().code(), ErrorCode::kNotFound);
}

TEST_F(ImageSearch, TheProjectRemembersTheNewPlace) {
  const ImageReference known = reference();
  {
    const auto project = Project::open(this->project());
    ImageReference moved = known;
    moved.path = "/new/cells.png";
    ASSERT_TRUE((*project)->relink(moved));
    moved.shape.y = 1;
    EXPECT_EQ((*project)->relink(moved).error().code(), ErrorCode::kInvalidArgument);
  }
  ImageReference expected = known;
  expected.path = "/new/cells.png";
  EXPECT_EQ((*Project::open(project()))->image(), expected);
}

}  // namespace
}  // namespace cyto
