// What "auto" may choose as precision must give the masks of fp32.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/inference/model_registry.h"
#include "core/inference/preprocessing.h"
#include "core/io/image_source.h"
#include "core/nn/cyto/cyto_small.h"
#include "core/nn/devices.h"
#include "core/nn/loaded_model.h"
#include "core/nn/weights/checkpoint.h"
#include "tests/support/random_seed.h"
#include "tests/support/shared_data.h"

namespace cyto::nn {
namespace {

/// Where bf16 is imitated, which takes a hundred times as long, "auto" does not choose it: a few prompts show that it
/// is right all the same.
int promptsPerImage() { return processorHasBf16() ? 67 : 4; }

std::unique_ptr<Model> cytoSmall(Precision precision) {
  auto checkpoint = readCheckpoint(test::inRepository("models/cyto-small.safetensors"));
  EXPECT_TRUE(checkpoint);
  ModelIdentity identity;
  identity.name = "cyto-small";
  identity.device = "cpu";
  identity.precision = precision;
  return wrapModel(*cytoSmallFromWeights(checkpoint->model, precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat),
                   identity);
}

/// Masks are equal where both have no pixel.
double iouOf(const MaskCandidate& a, const MaskCandidate& b) {
  int64_t shared = 0;
  const auto area = [](const MaskCandidate& mask) { return std::count(mask.mask.begin(), mask.mask.end(), 1); };
  for (int64_t y = std::max(a.box.y0, b.box.y0); y < std::min(a.box.y1, b.box.y1); ++y) {
    for (int64_t x = std::max(a.box.x0, b.box.x0); x < std::min(a.box.x1, b.box.x1); ++x) {
      const auto has = [&](const MaskCandidate& mask) {
        return mask.mask[static_cast<size_t>((y - mask.box.y0) * mask.box.width() + x - mask.box.x0)] != 0;
      };
      shared += has(a) && has(b);
    }
  }
  const int64_t either = area(a) + area(b) - shared;
  return either == 0 ? 1 : static_cast<double>(shared) / static_cast<double>(either);
}

std::unique_ptr<PreparedEmbedding> prepared(Model& model, const RgbImage& image) {
  auto embedding = model.encoder().encode(image, {});
  EXPECT_TRUE(embedding);
  return *model.decoder().prepare(std::make_shared<const Embedding>(*std::move(embedding)));
}

TEST(PrecisionPolicy, TheRegistryRulesArchitecturesByName) {
  const auto registry = ModelRegistry::load(test::inRepository("models"), "/nowhere");
  ASSERT_TRUE(registry) << registry.error().message();
  EXPECT_EQ(registry->autoPrecision().at("cyto_small"), Precision::kBf16);
  EXPECT_EQ(registry->autoPrecision().at("vit_b"), Precision::kFp32);
}

TEST(PrecisionPolicy, TheDefaultModelGivesTheMasksOfFp32OverTwoHundredClicks) {
  const auto reduced = cytoSmall(Precision::kBf16), full = cytoSmall(Precision::kFp32);
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  double sum = 0;
  int prompts = 0;
  for (const std::string name : {"fluorescence-nuclei", "histology-nuclei", "small-nuclei"}) {
    const auto image = io::openImage(test::inRepository("resources/samples/" + name + ".png"));
    const auto labels = io::openImage(test::inRepository("resources/samples/" + name + "_label.tif"));
    ASSERT_TRUE(image && labels);
    const Shape shape = (*image)->info().shape;
    const RgbImage rgb = *stretchToRgb(*(*image)->read(Box::plane(shape, 0, 0)));
    const Array truth = *(*labels)->read(Box::plane(shape, 0, 0));
    std::vector<int64_t> inside;
    for (int64_t i = 0; i < shape.y * shape.x; ++i) {
      if (truth.as<uint16_t>()[static_cast<size_t>(i)] != 0) inside.push_back(i);
    }
    const auto reducedEmbedding = prepared(*reduced, rgb), fullEmbedding = prepared(*full, rgb);
    for (int i = 0; i < promptsPerImage(); ++i, ++prompts) {
      const int64_t pixel = inside[std::uniform_int_distribution<size_t>(0, inside.size() - 1)(random)];
      const Prompts click{{{static_cast<double>(pixel / shape.x), static_cast<double>(pixel % shape.x), true}}, {}, {}};
      const auto a = reduced->decoder().decode(*reducedEmbedding, click, {});
      const auto b = full->decoder().decode(*fullEmbedding, click, {});
      ASSERT_TRUE(a && b);
      sum += iouOf(a->candidates[0], b->candidates[0]);
    }
  }
  EXPECT_GE(prompts, processorHasBf16() ? 200 : 12);
  EXPECT_GE(sum / prompts, 0.99);
  RecordProperty("mean_iou", std::to_string(sum / prompts));
}

}  // namespace
}  // namespace cyto::nn
