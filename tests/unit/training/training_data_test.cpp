#include "core/training/training_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/io/label_writer.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/training/annotated_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

AnnotationSource at(const fs::path& images) {
  AnnotationSource source;
  source.images = images;
  return source;
}

std::unique_ptr<TrainingData> open(std::vector<AnnotationSource> sources, double share = 0.08) {
  TrainingDataOptions options;
  options.sources = std::move(sources);
  options.validationShare = share;
  auto data = openTrainingData(options, {});
  EXPECT_TRUE(data) << data.error().message();
  return data ? *std::move(data) : nullptr;
}

TEST(TrainingData, ReadsWhatItCounted) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "a", test::squares(60, 48, 7, 70000));  // ids beyond 16 bits
  const auto data = open({at(folder.path())});
  ASSERT_THAT(data->samples(), SizeIs(1));
  const TrainingSample& sample = data->samples()[0];
  EXPECT_EQ(sample.objects, 7);
  EXPECT_EQ(sample.rows, 60);
  EXPECT_EQ(sample.columns, 48);
  EXPECT_FALSE(sample.validation) << "a single image is for learning";
  EXPECT_EQ(data->report().objectSides[2], 8);
  EXPECT_EQ(data->report().imageTypes.at("uint16, 1 channel"), 1);
  const auto image = data->read(0);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->labels[0], 70000U);
  EXPECT_EQ(image->image.pixels[0], 255) << "stretched as at inference";
  EXPECT_EQ(image->image.pixels[3 * 9], 0);
  EXPECT_TRUE(checkUsable(*data));
}

TEST(TrainingData, LeavesOutWhatHasNoObjectsAndSaysSo) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "empty", test::squares(48, 48, 0));
  test::writePair(folder.path(), "one", test::squares(48, 48, 1));
  test::writePair(folder.path(), "specks",
                  test::plane(Dtype::kUint32, 48, 48, [](int64_t y, int64_t x) { return y < 3 && x < 5 ? 1 : 0; }));
  const auto data = open({at(folder.path())});
  ASSERT_THAT(data->samples(), SizeIs(1));
  EXPECT_EQ(data->samples()[0].objects, 1);
  EXPECT_THAT(data->report().emptyLabels, SizeIs(2));
  EXPECT_EQ(data->report().smallObjects, 1);
}

TEST(TrainingData, ManyObjectsAreFine) {
  const test::TemporaryFolder folder;
  // 4 x 4 pixels each, touching: more than 16 bits of ids.
  const Array labels = test::plane(Dtype::kUint32, 1040, 1040,
                                   [](int64_t y, int64_t x) { return static_cast<double>(y / 4 * 260 + x / 4 + 1); });
  test::writePair(folder.path(), "many", labels);
  const auto data = open({at(folder.path())});
  ASSERT_THAT(data->samples(), SizeIs(1));
  EXPECT_EQ(data->samples()[0].objects, 260 * 260);
}

TEST(TrainingData, ShapesThatDifferAreAProblemThatNamesTheFile) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "good", test::squares(48, 48, 3));
  test::writePair(folder.path(), "bad", test::squares(48, 48, 3));
  ASSERT_TRUE(io::writeLabelTiff(folder / "bad_label.tif", test::squares(40, 48, 3), {}));
  std::ofstream(folder / "broken.png") << "no picture";
  ASSERT_TRUE(io::writeLabelTiff(folder / "broken_label.tif", test::squares(40, 48, 3), {}));
  const auto data = open({at(folder.path())});
  EXPECT_THAT(data->report().problems, SizeIs(2));
  const Status usable = checkUsable(*data);
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(usable.error().message(), HasSubstr("bad"));
  EXPECT_THAT(usable.error().message(), HasSubstr("1 more"));
}

TEST(TrainingData, LabelsOfFractionsAreAProblem) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(io::writePng(folder / "a.png", test::pictureOf(test::squares(48, 48, 3))));
  std::ofstream stream(folder / "a_label.npy", std::ios::binary);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (48, 48), }";
  header.resize(117, ' ');
  header += '\n';
  const auto length = static_cast<uint16_t>(header.size());
  stream.write("\x93NUMPY\x01\x00", 8).write(reinterpret_cast<const char*>(&length), 2) << header;
  const std::vector<float> half(48 * 48, 0.5F);
  stream.write(reinterpret_cast<const char*>(half.data()), 48 * 48 * 4);
  stream.close();
  const auto data = open({at(folder.path())});
  ASSERT_THAT(data->report().problems, SizeIs(1));
  EXPECT_THAT(data->report().problems[0], HasSubstr("a_label.npy"));
}

TEST(TrainingData, SharesDecideHowOftenASourceIsDrawn) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 6; ++i) test::writePair(folder / "many", "i" + std::to_string(i), test::squares(48, 48, 3));
  for (int i = 0; i < 2; ++i) test::writePair(folder / "few", "i" + std::to_string(i), test::squares(48, 48, 3));
  AnnotationSource many = at(folder / "many"), few = at(folder / "few");
  many.share = 1;
  few.share = 3;
  const auto data = open({many, few}, 0);
  double ofFew = 0, all = 0;
  for (const TrainingSample& sample : data->samples()) {
    all += sample.weight;
    if (sample.name.find("/few/") != std::string::npos) ofFew += sample.weight;
  }
  EXPECT_NEAR(ofFew / all, 0.75, 1e-9);
}

TEST(TrainingData, KeepsBackAShareOfEveryKindAndTheSameOnesEachTime) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) {
    const int64_t side = i < 2 ? 320 : 96;  // another size class
    test::writePair(folder.path(), "i" + std::to_string(i), test::squares(side, side, 3));
  }
  const auto first = open({at(folder.path())}, 0.1), second = open({at(folder.path())}, 0.1);
  std::map<int64_t, int> kept;
  for (size_t i = 0; i < first->samples().size(); ++i) {
    EXPECT_EQ(first->samples()[i].validation, second->samples()[i].validation);
    kept[first->samples()[i].rows] += first->samples()[i].validation ? 1 : 0;
  }
  EXPECT_EQ(kept[320], 1);
  EXPECT_EQ(kept[96], 2);
}

TEST(TrainingData, ASourceForValidationIsKeptBackAsAWholeAndNothingElse) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 5; ++i) test::writePair(folder / "learn", "i" + std::to_string(i), test::squares(48, 48, 3));
  for (int i = 0; i < 3; ++i) test::writePair(folder / "judge", "i" + std::to_string(i), test::squares(48, 48, 3));
  AnnotationSource judge = at(folder / "judge");
  judge.validation = true;
  const auto data = open({at(folder / "learn"), judge}, 0.5);
  EXPECT_EQ(data->report().validation, 3);
  for (const TrainingSample& sample : data->samples()) {
    EXPECT_EQ(sample.validation, sample.name.find("/judge/") != std::string::npos) << sample.name;
  }
  const auto onlyJudge = open({judge});
  EXPECT_FALSE(checkUsable(*onlyJudge));
}

TEST(TrainingData, PlanesOfAVolumeAreSamplesAndTheLastOnesAreKeptBack) {
  const test::TemporaryFolder folder;
  Array image = *Array::create(Dtype::kUint32, {1, 5, 48, 48});
  for (int64_t z = 0; z < 5; ++z) {
    const Array plane = test::squares(48, 48, z == 1 ? 0 : z + 1);
    std::copy(plane.as<uint32_t>().begin(), plane.as<uint32_t>().end(), image.plane<uint32_t>(0, 0, z).begin());
  }
  ASSERT_TRUE(io::writeLabelTiff(folder / "v.tif", image, {}));
  ASSERT_TRUE(io::writeLabelTiff(folder / "v_label.tif", image, {}));
  const auto data = open({at(folder.path())}, 0.25);
  ASSERT_THAT(data->samples(), SizeIs(4));
  EXPECT_THAT(data->report().emptyLabels, SizeIs(1));
  EXPECT_THAT(data->samples()[1].name, HasSubstr("z 2"));
  EXPECT_EQ(data->samples()[1].objects, 3);
  EXPECT_EQ(data->report().validation, 1);
  EXPECT_TRUE(data->samples()[3].validation);
}

TEST(TrainingData, LargePlanesAreCutIntoPatches) {
  const test::TemporaryFolder folder;
  const int64_t side = kLargestSampleSide + 52;
  const Array labels = test::plane(Dtype::kUint32, 60, side, [](int64_t y, int64_t x) {
    return x % 100 < 50 && y < 50 ? static_cast<double>(x / 100 + 1) : 0;
  });
  test::writePair(folder.path(), "wide", labels);
  const auto data = open({at(folder.path())}, 0);
  ASSERT_THAT(data->samples(), SizeIs(2));
  EXPECT_EQ(data->samples()[0].columns + data->samples()[1].columns, side);
  const auto second = data->read(1);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->labels[0], labels.as<uint32_t>()[static_cast<size_t>(data->samples()[0].columns)]);
}

/// A file of three planes that does not say that they are channels; only the second one shows the objects.
void writeStack(const fs::path& folder) {
  const Array labels = test::squares(48, 48, 3);
  Array stack = *Array::create(Dtype::kUint16, {1, 3, 48, 48});
  const auto ids = labels.as<uint32_t>();
  std::transform(ids.begin(), ids.end(), stack.plane<uint16_t>(0, 0, 1).begin(),
                 [](uint32_t id) -> uint16_t { return id > 0 ? 900 : 100; });
  ASSERT_TRUE(io::writeImageTiff(folder / "stack.tif", stack, {}));
  ASSERT_TRUE(io::writeLabelTiff(folder / "stack_label.tif", labels, {}));
}

TEST(TrainingData, OnePlaneOfLabelsOverAStackMeansThatItsPlanesAreChannels) {
  const test::TemporaryFolder folder;
  writeStack(folder.path());
  const auto data = open({at(folder.path())});
  ASSERT_THAT(data->samples(), SizeIs(1));
  EXPECT_EQ(data->samples()[0].objects, 3);
  EXPECT_EQ(data->report().imageTypes.at("uint16, 3 planes taken as channels"), 1);
  const auto image = data->read(0);
  ASSERT_TRUE(image) << image.error().message();
  ASSERT_NE(image->labels[0], 0u);
  EXPECT_THAT(std::vector(image->image.pixels.begin(), image->image.pixels.begin() + 3), ElementsAre(0, 255, 0));
}

TEST(TrainingData, LearnsFromOneChannelWhereItIsNamed) {
  const test::TemporaryFolder folder;
  writeStack(folder.path());
  AnnotationSource source = at(folder.path());
  source.channel = 1;
  const auto image = open({source})->read(0);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_THAT(std::vector(image->image.pixels.begin(), image->image.pixels.begin() + 3), ElementsAre(255, 255, 255));
  source.channel = 3;
  const auto missing = open({source});
  ASSERT_THAT(missing->report().problems, SizeIs(1));
  EXPECT_THAT(missing->report().problems[0], HasSubstr("channel"));
}

TEST(TrainingData, ReadsHdf5WithKeys) {
  const auto shared = test::sharedData("data/vol-ovule-nuclei-plantseg");
  if (!shared) GTEST_SKIP() << test::kNoSharedData;
  AnnotationSource source;
  for (const auto& entry : fs::directory_iterator(*shared)) {
    if (entry.path().extension() == ".h5" && source.images.empty()) source.images = entry.path();
  }
  source.key = "raw";
  source.labelsKey = "label";
  const auto data = open({source});
  EXPECT_TRUE(checkUsable(*data));
  EXPECT_GT(data->report().samples, 50);
  EXPECT_TRUE(data->read(0));
}

TEST(TrainingData, StopsWhenCancelled) {
  const test::TemporaryFolder folder;
  test::writePair(folder.path(), "a", test::squares(48, 48, 3));
  const CancelSource cancel;
  cancel.cancel();
  TrainingDataOptions options;
  options.sources = {at(folder.path())};
  const auto data = openTrainingData(options, {cancel.token(), {}});
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cyto
