#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "core/nn/cyto/cyto_small.h"
#include "core/nn/cyto/dense_instances.h"
#include "core/nn/device_batches.h"
#include "core/nn/loaded_model.h"
#include "core/nn/sam/instance_decoder_weights.h"
#include "core/nn/sam/instance_unetr.h"
#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn/reduced_configuration.h"
#include "tests/unit/nn/separate_device.h"

/// What a GPU would be asked to do, on a device that refuses what a GPU refuses (separate_device.h): the results must
/// be those of the processor.
namespace cyto::nn {
namespace {

namespace separate = test::separate_device;
using test::Fixture;
using ::testing::HasSubstr;

NamedTensors on(const std::string& device, NamedTensors weights) {
  for (auto& [name, weight] : weights) weight = weight.to(c10::Device(device));
  return weights;
}

ModelIdentity identityOn(const std::string& device, Precision precision = Precision::kFp32) {
  ModelIdentity identity;
  identity.name = "reduced";
  identity.device = device;
  identity.precision = precision;
  return identity;
}

std::unique_ptr<Model> makeSam(const std::string& device, Precision precision = Precision::kFp32) {
  const Fixture fixture(test::inRepository("tests/golden/sam1/predictor.npz"));
  const c10::InferenceMode inference;
  WeightTable table(on(device, fixture.weights()));
  return wrapModel(std::make_unique<SamModel>(test::reducedSam(), table, scalarTypeOf(precision)),
                   identityOn(device, precision));
}

/// Random weights, whose masks have a threshold in their midst.
std::unique_ptr<Model> makeCyto(const std::string& device) {
  NamedTensors weights = createCytoSmall(7)->namedTensors();
  for (auto& [name, weight] : weights) {
    if (name == "cyto.decoder.head.bias") weight = at::zeros_like(weight);
  }
  auto network = cytoSmallFromWeights(on(device, std::move(weights)), at::kFloat);
  return wrapModel(*std::move(network), identityOn(device), makeDenseInstanceDecoder("cyto-small"));
}

RgbImage picture(int64_t rows, int64_t columns, int seed) {
  RgbImage image{rows, columns, std::vector<uint8_t>(static_cast<size_t>(rows * columns * 3))};
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const auto y = static_cast<double>(i / 3) / static_cast<double>(columns), x = static_cast<double>(i / 3 % columns);
    image.pixels[i] = static_cast<uint8_t>(128 + 100 * std::sin(0.11 * y + seed) * std::cos(0.07 * x + seed));
  }
  return image;
}

void expectSame(const Embedding& actual, const Embedding& expected, float tolerance = 2e-4f) {
  EXPECT_EQ(actual.originalSize, expected.originalSize);
  EXPECT_EQ(actual.inputSize, expected.inputSize);
  ASSERT_EQ(actual.maps.size(), expected.maps.size());
  for (size_t i = 0; i < actual.maps.size(); ++i) {
    ASSERT_EQ(actual.maps[i].values.size(), expected.maps[i].values.size());
    float worst = 0;
    for (size_t k = 0; k < actual.maps[i].values.size(); ++k) {
      worst = std::max(worst, std::abs(actual.maps[i].values[k] - expected.maps[i].values[k]));
    }
    EXPECT_LE(worst, tolerance) << actual.maps[i].name;
  }
}

void expectSame(const MaskPrediction& actual, const MaskPrediction& expected) {
  ASSERT_EQ(actual.candidates.size(), expected.candidates.size());
  for (size_t i = 0; i < actual.candidates.size(); ++i) {
    EXPECT_NEAR(actual.candidates[i].predictedIou, expected.candidates[i].predictedIou, 1e-4);
    ASSERT_EQ(actual.candidates[i].box, expected.candidates[i].box);
    const std::vector<uint8_t>&a = actual.candidates[i].mask, &b = expected.candidates[i].mask;
    // Other operations round otherwise, which decides about pixels on the edge.
    const auto differing = std::inner_product(a.begin(), a.end(), b.begin(), 0, std::plus<>(), std::not_equal_to<>());
    EXPECT_LE(differing, 3) << "of " << a.size();
  }
}

std::unique_ptr<PreparedEmbedding> prepared(Model& model, const Embedding& embedding) {
  auto result = model.decoder().prepare(std::make_shared<const Embedding>(embedding));
  EXPECT_TRUE(result) << result.error().message();
  return *std::move(result);
}

/// A click, a click with a correction, a box, and a click with the mask of another as prompt.
std::vector<Prompts> somePrompts(const MaskPrompt& mask) {
  std::vector<Prompts> all(4);
  all[0].points = {{40, 60, true}};
  all[1].points = {{40, 60, true}, {70, 20, false}};
  all[2].box = BoxPrompt{20, 30, 80, 100};
  all[3].points = {{50, 50, true}};
  all[3].mask = mask;
  return all;
}

class Device : public ::testing::Test {
 protected:
  Device() { separate::reset(); }
  ~Device() override { separate::reset(); }

  static void expectSameModels(Model& actual, Model& expected) {
    const RgbImage image = picture(100, 150, 1);
    const auto embedding = expected.encoder().encode(image, {});
    const auto there = actual.encoder().encode(image, {});
    ASSERT_TRUE(embedding) << embedding.error().message();
    ASSERT_TRUE(there) << there.error().message();
    expectSame(*there, *embedding);
    const auto here = prepared(expected, *embedding), other = prepared(actual, *embedding);
    Prompts first;
    first.points = {{40, 60, true}};
    const MaskPrompt mask = expected.decoder().decode(*here, first, {})->candidates.at(0).lowResolution;
    for (const Prompts& prompts : somePrompts(mask)) {
      for (const bool all : {false, true}) {
        const auto answer = actual.decoder().decode(*other, prompts, {all});
        ASSERT_TRUE(answer) << answer.error().message();
        expectSame(*answer, *expected.decoder().decode(*here, prompts, {all}));
      }
    }
  }
};

TEST_F(Device, SamGivesWhatItGivesOnTheProcessor) { expectSameModels(*makeSam(separate::kName), *makeSam("cpu")); }

TEST_F(Device, CytoSmallGivesWhatItGivesOnTheProcessor) {
  expectSameModels(*makeCyto(separate::kName), *makeCyto("cpu"));
}

TEST_F(Device, SamEncodesInHalfPrecision) {
  const RgbImage image = picture(100, 150, 1);
  const auto exact = makeSam("cpu")->encoder().encode(image, {});
  for (const Precision precision : {Precision::kBf16, Precision::kFp16}) {
    const auto there = makeSam(separate::kName, precision)->encoder().encode(image, {});
    ASSERT_TRUE(there) << there.error().message();
    expectSame(*there, *exact, 0.2f);
  }
}

TEST_F(Device, ManyPromptsAreAnsweredTogether) {
  const auto here = makeSam("cpu"), there = makeSam(separate::kName);
  const Embedding embedding = *here->encoder().encode(picture(100, 150, 1), {});
  Prompts first;
  first.points = {{40, 60, true}};
  const auto atHome = prepared(*here, embedding), away = prepared(*there, embedding);
  std::vector<Prompts> many;
  for (int round = 0; round < 20; ++round) {
    for (Prompts& prompts : somePrompts(here->decoder().decode(*atHome, first, {})->candidates.at(0).lowResolution)) {
      for (PointPrompt& point : prompts.points) point.x += round;
      many.push_back(std::move(prompts));
    }
    many.push_back(first);
    many.push_back(first);  // two of one kind, which join
  }
  const MaskFilter filter{.minPredictedIou = 0.1f, .minStability = 0.5f};
  const auto expected = here->decoder().decodeMany(*atHome, many, filter, {});
  const auto answers = there->decoder().decodeMany(*away, many, filter, {});
  ASSERT_TRUE(answers) << answers.error().message();
  ASSERT_EQ(answers->size(), many.size());
  for (size_t i = 0; i < many.size(); ++i) {
    expectSame(MaskPrediction{(*answers)[i]}, MaskPrediction{(*expected)[i]});
  }
}

TEST_F(Device, InstanceDecodersGiveWhatTheyGiveOnTheProcessor) {
  const NamedTensors weights = randomInstanceDecoder(32, 3);
  const Embedding embedding = *makeSam("cpu")->encoder().encode(picture(100, 150, 1), {});
  std::vector<DistanceMaps> maps;
  for (const std::string& device : {std::string("cpu"), separate::kName}) {
    const auto decoder = makeUnetrInstanceDecoder(*InstanceUnetr::create(on(device, weights)), device, "reduced");
    const auto result = decoder->decode(embedding, {});
    ASSERT_TRUE(result) << result.error().message();
    maps.push_back(std::get<DistanceMaps>(*result));
  }
  ASSERT_EQ(maps[0].foreground.size(), 15000u);
  for (size_t i = 0; i < maps[0].foreground.size(); ++i) {
    ASSERT_NEAR(maps[0].foreground[i], maps[1].foreground[i], 1e-4);
    ASSERT_NEAR(maps[0].centreDistance[i], maps[1].centreDistance[i], 1e-4);
  }
}

class DeviceBatches : public Device {
 protected:
  DeviceBatches() {
    for (int i = 0; i < 7; ++i) images_.push_back(picture(60 + 10 * i, 150, i));
    const auto model = makeSam("cpu");
    for (const RgbImage& image : images_) expected_.push_back(*model->encoder().encode(image, {}));
  }

  void expectAll(Model& model) {
    const auto embeddings = model.encoder().encodeMany(images_, {});
    ASSERT_TRUE(embeddings) << embeddings.error().message();
    ASSERT_EQ(embeddings->size(), expected_.size());
    for (size_t i = 0; i < expected_.size(); ++i) expectSame((*embeddings)[i], expected_[i]);
  }

  std::vector<RgbImage> images_;
  std::vector<Embedding> expected_;
};

TEST_F(DeviceBatches, TheProcessorTakesOneImageAtATime) {
  const auto model = makeSam("cpu");
  EXPECT_EQ(model->encoder().imagesAtOnce(), 1);
  expectAll(*model);
}

TEST_F(DeviceBatches, SeveralImagesGoThroughTheNetworkTogether) {
  const auto model = makeSam(separate::kName);
  EXPECT_GT(model->encoder().imagesAtOnce(), 1);
  expectAll(*model);
}

TEST_F(DeviceBatches, CytoSmallTakesSeveralImagesToo) {
  const auto here = makeCyto("cpu"), there = makeCyto(separate::kName);
  images_.resize(3);
  const auto embeddings = there->encoder().encodeMany(images_, {});
  ASSERT_TRUE(embeddings) << embeddings.error().message();
  for (size_t i = 0; i < images_.size(); ++i) expectSame((*embeddings)[i], *here->encoder().encode(images_[i], {}));
}

TEST_F(DeviceBatches, ABatchThatDoesNotFitIsRepeatedInHalves) {
  const auto model = makeSam(separate::kName);
  ASSERT_TRUE(model->encoder().encode(images_[0], {}));
  const int64_t forOne = separate::peak_bytes();
  separate::limitMemory(forOne * 2);
  const int64_t before = model->encoder().imagesAtOnce();
  expectAll(*model);
  EXPECT_LT(model->encoder().imagesAtOnce(), before);
  EXPECT_GE(model->encoder().imagesAtOnce(), 1);
}

TEST_F(DeviceBatches, TheFirstBatchIsAsLargeAsTheFreeMemory) {
  separate::limitMemory(int64_t{2} << 30);
  EXPECT_EQ(makeSam(separate::kName)->encoder().imagesAtOnce(), 2);
  EXPECT_EQ(makeSam(separate::kName, Precision::kBf16)->encoder().imagesAtOnce(), 5);
  separate::limitMemory(int64_t{64} << 20);
  EXPECT_EQ(makeSam(separate::kName)->encoder().imagesAtOnce(), 1);
}

TEST_F(DeviceBatches, AnImageThatDoesNotFitAloneIsRefusedWithASentence) {
  const auto model = makeSam(separate::kName);
  separate::reset();
  separate::limitMemory(separate::peak_bytes() + (1 << 18));
  const auto result = model->encoder().encodeMany(images_, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_THAT(result.error().message(), HasSubstr("not enough GPU memory"));
  separate::reset();
  expectAll(*model);
}

TEST_F(DeviceBatches, PromptsThatDoNotFitTogetherAreAnsweredInHalves) {
  const auto here = makeSam("cpu"), there = makeSam(separate::kName);
  const auto atHome = prepared(*here, expected_[0]), away = prepared(*there, expected_[0]);
  std::vector<Prompts> many(64);
  for (size_t i = 0; i < many.size(); ++i) many[i].points = {{30, 2.0 * static_cast<double>(i), true}};
  separate::reset();
  const int64_t before = separate::peak_bytes();
  ASSERT_TRUE(there->decoder().decodeMany(*away, {many[0]}, {}, {}));
  const int64_t forOne = separate::peak_bytes() - before;
  separate::limitMemory(before + 5 * forOne);
  const auto answers = there->decoder().decodeMany(*away, many, {}, {});
  ASSERT_TRUE(answers) << answers.error().message();
  const auto expected = here->decoder().decodeMany(*atHome, many, {}, {});
  for (size_t i = 0; i < many.size(); ++i) expectSame(MaskPrediction{(*answers)[i]}, MaskPrediction{(*expected)[i]});
}

TEST_F(DeviceBatches, ADeviceThatIsLostIsNamed) {
  const auto model = makeSam(separate::kName);
  separate::failAfter(100);
  const auto result = model->encoder().encodeMany(images_, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(result.error().message(), HasSubstr("the GPU failed"));
  EXPECT_THAT(result.error().message(), HasSubstr("--device cpu"));
}

}  // namespace
}  // namespace cyto::nn
