#include "core/training/data_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/io/image_source.h"
#include "core/training/preview_picture.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/training/annotated_folder.h"

namespace cyto {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DataReport, SaysInWordsAndInJsonWhatIsThere) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "a", test::squares(48, 48, 3));
  test::writePair(folder.path(), "b", test::squares(60, 48, 5));
  test::writePair(folder.path(), "nothing", test::squares(48, 48, 0));
  TrainingDataOptions options;
  options.sources.emplace_back().images = folder.path();
  const auto data = openTrainingData(options, {});
  ASSERT_TRUE(data) << data.error().message();
  TrainingOptions training;
  training.steps = 100;
  TrainingEstimate estimate;
  estimate.profile.stepSeconds = 3;
  estimate.profile.network = 0.8;

  const std::string text = reportText((*data)->report(), training, &estimate);
  EXPECT_THAT(text, HasSubstr("objects: 8"));
  EXPECT_THAT(text, HasSubstr("nothing"));
  EXPECT_THAT(text, HasSubstr("network 80 %"));
  EXPECT_THAT(text, HasSubstr("about 100 steps in 5 minutes"));
  EXPECT_THAT(reportText((*data)->report(), training, nullptr), Not(HasSubstr("a step")));

  const auto document = nlohmann::json::parse(reportJson((*data)->report(), training, &estimate));
  EXPECT_EQ(document["objects"], 8);
  EXPECT_EQ(document["images"], 2);
  EXPECT_EQ(document["validation_images"], 1);
  EXPECT_EQ(document["empty_labels"].size(), 1U);
  EXPECT_EQ(document["estimate"]["minutes"], 5);
}

TEST(DataReport, NamesEverySampleAndWhichAreKeptBack) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "a \"quoted\" name", test::squares(48, 48, 3));
  test::writePair(folder.path(), "b", test::squares(60, 48, 5));
  TrainingDataOptions options;
  options.sources.emplace_back().images = folder.path();
  const auto data = openTrainingData(options, {});
  ASSERT_TRUE(data) << data.error().message();
  const std::string text = samplesCsv(**data);
  EXPECT_THAT(text, testing::StartsWith("name,kind,rows,columns,objects,weight,validation\n"));
  EXPECT_THAT(text, HasSubstr("a \"\"quoted\"\" name.png\",\""));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr(",48,48,3,"));
  int64_t keptBack = 0;
  for (const TrainingSample& sample : (*data)->samples()) keptBack += sample.validation;
  EXPECT_EQ(keptBack, 1);
  EXPECT_THAT(text, HasSubstr(",1\n"));
}

TEST(PreviewPicture, HasARowForEachImageAndOutlinesInIt) {
  const test::TemporaryFolder folder;
  TrainingPreview preview;
  preview.image = {40, 80, std::vector<uint8_t>(3 * 40 * 80, 50)};
  preview.truth.assign(40 * 80, 0);
  for (size_t y = 10; y < 30; ++y) std::fill_n(preview.truth.begin() + static_cast<int64_t>(y * 80 + 20), 30, 1U);
  preview.prediction.assign(40 * 80, 0);
  ASSERT_TRUE(writePreviewPicture(folder / "preview.png", {preview, preview}));
  const auto picture = io::openImage(folder / "preview.png");
  ASSERT_TRUE(picture);
  EXPECT_EQ((*picture)->info().shape.y, 2 * 160 + 4);
  EXPECT_EQ((*picture)->info().shape.x, 3 * 320 + 2 * 4);
  const Array pixels = *(*picture)->read(Box::whole((*picture)->info().shape));
  const auto green = pixels.plane<uint8_t>(1, 0, 0);
  const auto outlined = [&](int64_t panel) {
    int64_t count = 0;
    for (int64_t y = 0; y < 160; ++y) {
      for (int64_t x = 0; x < 320; ++x) count += green[static_cast<size_t>(y * 968 + panel * 324 + x)] > 100 ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(outlined(0), 0);
  EXPECT_GT(outlined(1), 300);
  EXPECT_EQ(outlined(2), 0) << "nothing was found";
  EXPECT_FALSE(writePreviewPicture(folder / "none.png", {}));
}

}  // namespace
}  // namespace cyto
