#include "core/nn/sam/instance_unetr.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/nn/failures.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"

namespace cyto::nn {
namespace {

using test::expectClose;
using test::Fixture;
using ::testing::HasSubstr;

Fixture golden(const std::string& generation) {
  return Fixture(test::inRepository("tests/golden/instance_unetr/" + generation + ".npz"));
}

/// The keys and shapes of spec/micro-sam.md §6.3, filled with zeros.
NamedTensors publishedDecoder(bool isTransposed) {
  NamedTensors weights;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape, int64_t biases) {
    weights.emplace_back(name + ".weight", at::zeros(shape));
    weights.emplace_back(name + ".bias", at::zeros({biases}));
  };
  const auto addUpsampling = [&](const std::string& name, int64_t in, int64_t out) {
    if (isTransposed) add(name + ".block", {in, out, 2, 2}, out);
    if (!isTransposed) add(name + ".conv", {out, in, 1, 1}, out);
  };
  const auto addBlock = [&](const std::string& name, int64_t in, int64_t out) {
    add(name + ".block.1", {out, in, 3, 3}, out);
    add(name + ".block.4", {out, out, 3, 3}, out);
  };
  addBlock("base", 256, 512);
  const std::vector<int64_t> widths = {256, 512, 256, 128, 64};
  for (size_t i = 1; i < widths.size(); ++i) {
    const std::string name = "deconv" + std::to_string(i) + ".block";
    addUpsampling(name + ".0", widths[i - 1], widths[i]);
    add(name + ".1.block", {widths[i], widths[i], 3, 3}, widths[i]);
    add(name + ".2", {widths[i]}, widths[i]);
    weights.emplace_back(name + ".2.running_mean", at::zeros({widths[i]}));
    weights.emplace_back(name + ".2.running_var", at::ones({widths[i]}));
    weights.emplace_back(name + ".2.num_batches_tracked", at::zeros({}, at::kLong));
  }
  for (size_t i = 1; i + 1 < widths.size(); ++i) {
    addUpsampling("decoder.samplers." + std::to_string(i - 1), widths[i], widths[i + 1]);
    addBlock("decoder.blocks." + std::to_string(i - 1), widths[i], widths[i + 1]);
  }
  addUpsampling("deconv_out", 64, 64);
  addBlock("decoder_head", 128, 64);
  add("out_conv", {3, 64, 1, 1}, 3);
  return weights;
}

class InstanceUnetrTest : public ::testing::Test {
 protected:
  const c10::InferenceMode inference_;
};

TEST_F(InstanceUnetrTest, BothGenerationsGiveTheReferencesMaps) {
  for (const char* generation : {"interpolated", "transposed"}) {
    SCOPED_TRACE(generation);
    const Fixture fixture = golden(generation);
    ASSERT_TRUE(InstanceUnetr::matches(fixture.weights()));
    const auto network = InstanceUnetr::create(fixture.weights());
    ASSERT_TRUE(network) << network.error().message();
    EXPECT_EQ((*network)->embeddingChannels(), 8);
    expectClose((**network)(fixture["x"], {}), fixture["y"]);
  }
}

TEST_F(InstanceUnetrTest, ReadsTheKeysAndShapesOfThePublishedDecoders) {
  for (const auto& [isTransposed, entries] : {std::pair{false, 9'593'159}, {true, 11'030'855}}) {
    const NamedTensors weights = publishedDecoder(isTransposed);
    EXPECT_EQ(weights.size(), 66u);
    int64_t numbers = 0;
    for (const auto& [name, weight] : weights) numbers += weight.numel();
    EXPECT_EQ(numbers, entries) << "the list in this test is not that of the published decoder";
    const auto network = InstanceUnetr::create(weights);
    ASSERT_TRUE(network) << network.error().message();
    EXPECT_EQ((*network)->embeddingChannels(), 256);
  }
}

TEST_F(InstanceUnetrTest, NamesAMissingWeightAndOneOfAnotherShape) {
  const NamedTensors weights = golden("interpolated").weights();
  for (const auto& [name, weight] : weights) {
    if (name.find("running_") != std::string::npos || name.find("num_batches") != std::string::npos) continue;
    NamedTensors without, misshapen;
    for (const auto& other : weights) {
      if (other.first != name) without.push_back(other);
      misshapen.emplace_back(other.first, other.first == name ? at::cat({other.second, other.second}) : other.second);
    }
    const auto missing = InstanceUnetr::create(without);
    ASSERT_FALSE(missing) << name;
    EXPECT_EQ(missing.error().code(), ErrorCode::kModel);
    EXPECT_FALSE(InstanceUnetr::create(misshapen)) << name;
  }
  NamedTensors without;
  for (const auto& weight : weights) {
    if (weight.first != "out_conv.bias") without.push_back(weight);
  }
  EXPECT_THAT(InstanceUnetr::create(without).error().message(), HasSubstr("'out_conv.bias' is missing"));
}

TEST_F(InstanceUnetrTest, StopsBetweenBlocks) {
  const Fixture fixture = golden("transposed");
  const auto network = InstanceUnetr::create(fixture.weights());
  const CancelSource cancel;
  cancel.cancel();
  EXPECT_THROW((**network)(fixture["x"], cancel.token()), Cancelled);
}

Embedding embeddingOf(const at::Tensor& x) {
  const at::Tensor values = x.contiguous();
  const float* first = values.const_data_ptr<float>();
  Embedding embedding;
  embedding.maps.push_back({"features", x.size(1), x.size(2), x.size(3), {first, first + x.numel()}});
  embedding.inputSize = {48, 64};
  embedding.originalSize = {96, 128};
  return embedding;
}

TEST_F(InstanceUnetrTest, MapsHaveTheResolutionOfTheImage) {
  const Fixture fixture = golden("interpolated");
  const auto decoder = makeUnetrInstanceDecoder(*InstanceUnetr::create(fixture.weights()), "cpu", "reduced");
  const auto decoded = decoder->decode(embeddingOf(fixture["x"]), {});
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& maps = std::get<DistanceMaps>(*decoded);
  EXPECT_EQ(maps.size, (Extent2{96, 128}));
  const at::Tensor expected =
      at::upsample_bilinear2d(fixture["y"].slice(2, 0, 48), at::IntArrayRef{96, 128}, /*align_corners=*/false);
  const auto tensor = [](const std::vector<float>& values) {
    return at::from_blob(const_cast<float*>(values.data()), {96, 128}).clone();
  };
  expectClose(tensor(maps.foreground), expected[0][0]);
  expectClose(tensor(maps.centreDistance), expected[0][1]);
  expectClose(tensor(maps.boundaryDistance), expected[0][2]);
}

TEST_F(InstanceUnetrTest, RefusesEmbeddingsOfAnotherNetwork) {
  const Fixture fixture = golden("interpolated");
  const auto decoder = makeUnetrInstanceDecoder(*InstanceUnetr::create(fixture.weights()), "cpu", "reduced");
  const auto refused = decoder->decode(embeddingOf(fixture["x"].slice(1, 0, 4)), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kModel);
  EXPECT_THAT(refused.error().message(), HasSubstr("reduced"));
}

}  // namespace
}  // namespace cyto::nn
