#include "core/training/annotated_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class AnnotatedFilesTest : public testing::Test {
 protected:
  void touch(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  static AnnotationSource at(const fs::path& images, const fs::path& labels = {}) {
    AnnotationSource source;
    source.images = images;
    source.labels = labels;
    return source;
  }
  /// "image < labels" below the test's folder.
  static std::vector<std::string> pairsOf(const AnnotatedFiles& files, const fs::path& folder) {
    std::vector<std::string> pairs;
    for (const AnnotatedFile& pair : files.pairs) {
      pairs.push_back(pair.image.lexically_relative(folder).string() + " < " +
                      pair.labels.lexically_relative(folder).string());
    }
    return pairs;
  }

  test::TemporaryFolder folder_;
};

TEST_F(AnnotatedFilesTest, LabelsLieBesideTheirImagesUnderUsualNames) {
  for (const char* name : {"b.png", "b_mask.png", "a.tif", "a_label.tif", "sub/ü.tif", "sub/ü_labels.tif", "alone.jpg",
                           "notes.txt", ".hidden.png"}) {
    touch(name);
  }
  const auto files = findAnnotatedFiles(at(folder_.path()), usualLabelEndings());
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_THAT(pairsOf(*files, folder_.path()),
              ElementsAre("a.tif < a_label.tif", "b.png < b_mask.png", "sub/ü.tif < sub/ü_labels.tif"));
  EXPECT_EQ(files->pairs.back().group, "sub");
  ASSERT_EQ(files->imagesWithoutLabels.size(), 1U);
  EXPECT_EQ(files->imagesWithoutLabels[0].filename(), "alone.jpg");
}

TEST_F(AnnotatedFilesTest, AFolderOfLabelsHasTheNamesOfTheImages) {
  for (const char* name :
       {"images/1.tif", "images/2.png", "images/x/3.tif", "labels/1.tif", "labels/2_label.png", "labels/x/3.npy"}) {
    touch(name);
  }
  const auto files = findAnnotatedFiles(at(folder_ / "images", folder_ / "labels"), usualLabelEndings());
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_THAT(pairsOf(*files, folder_.path()),
              ElementsAre("images/1.tif < labels/1.tif", "images/2.png < labels/2_label.png",
                          "images/x/3.tif < labels/x/3.npy"));
}

TEST_F(AnnotatedFilesTest, AContainerMayHoldImagesAndLabels) {
  touch("volume.h5");
  AnnotationSource source = at(folder_ / "volume.h5");
  EXPECT_FALSE(findAnnotatedFiles(source, usualLabelEndings()));
  source.labelsKey = "label";
  const auto files = findAnnotatedFiles(source, usualLabelEndings());
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_THAT(pairsOf(*files, folder_.path()), ElementsAre("volume.h5 < volume.h5"));
  source.images = folder_.path();
  const auto ofFolder = findAnnotatedFiles(source, usualLabelEndings());
  ASSERT_TRUE(ofFolder) << ofFolder.error().message();
  EXPECT_THAT(pairsOf(*ofFolder, folder_.path()), ElementsAre("volume.h5 < volume.h5"));
}

TEST_F(AnnotatedFilesTest, SaysWhatIsMissing) {
  touch("a.png");
  const auto none = findAnnotatedFiles(at(folder_.path()), {"_truth.tif"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(), HasSubstr("STEM_truth.tif"));
  const auto nowhere = findAnnotatedFiles(at(folder_ / "missing"), usualLabelEndings());
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message(), HasSubstr("missing"));
}

}  // namespace
}  // namespace cyto
