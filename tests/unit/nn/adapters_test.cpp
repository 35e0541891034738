#include "core/nn/weights/adapters.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/nn/sam/sam_model.h"
#include "core/nn/weights/safetensors.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn/reduced_configuration.h"

namespace cyto::nn {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kWidth = 32;  // of the reduced SAM, which has four blocks
const std::string kBlock = "image_encoder.blocks.2.";

NamedTensors reduced() { return test::Fixture(test::inRepository("tests/golden/sam1/predictor.npz")).weights(); }

at::Tensor& named(NamedTensors& weights, const std::string& name) {
  for (auto& [known, tensor] : weights) {
    if (known == name) return tensor;
  }
  throw std::out_of_range(name);
}

/// `weights` with layer `layer` of a block under the name that an adapter gives it.
NamedTensors wrapped(NamedTensors weights, const std::string& layer, const std::string& wrapping) {
  for (auto& [name, tensor] : weights) {
    if (name.starts_with(layer)) name = layer + wrapping + name.substr(layer.size());
  }
  return weights;
}

at::Tensor noise(at::IntArrayRef shape, const std::string& name, double size = 0.3) {
  return test::formulaInput(name, shape, -size, size);
}

at::Tensor embedding(const NamedTensors& weights, at::ScalarType type = at::kFloat) {
  const c10::InferenceMode inference;
  WeightTable table(weights);
  SamModel model(test::reducedSam(), table, type);
  EXPECT_EQ(table.complaint(), "");
  return model.encode(test::formulaInput("frame", {1, 3, 128, 128}, -1, 1))[0];
}

NamedTensors plain(const NamedTensors& weights) {
  auto result = withoutAdapters(weights);
  EXPECT_TRUE(result) << result.error().message();
  return *std::move(result);
}

TEST(Adapters, PlainWeightsStayAsTheyAre) {
  const NamedTensors before = reduced(), after = plain(before);
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].first, before[i].first);
    EXPECT_EQ(after[i].second.const_data_ptr(), before[i].second.const_data_ptr());
  }
}

TEST(Adapters, LoraIsAddedToQueryKeyValueAndMlp) {
  NamedTensors expected = reduced();
  NamedTensors given = wrapped(wrapped(reduced(), kBlock + "attn.qkv.", "qkv_proj."), kBlock + "mlp.", "mlp_layer.");
  int64_t row = 0;
  for (const std::string which : {"q", "k", "v"}) {
    const at::Tensor a = noise({3, kWidth}, "a" + which), b = noise({kWidth, 3}, "b" + which);
    given.emplace_back(kBlock + "attn.qkv.w_a_linear_" + which + ".weight", a);
    given.emplace_back(kBlock + "attn.qkv.w_b_linear_" + which + ".weight", b);
    named(expected, kBlock + "attn.qkv.weight").narrow(0, row, kWidth).add_(b.mm(a));
    row += kWidth;
  }
  const at::Tensor a = noise({3, kWidth}, "a1"), b = noise({4 * kWidth, 3}, "b1");
  given.emplace_back(kBlock + "mlp.w_a_linear_1.weight", a);
  given.emplace_back(kBlock + "mlp.w_b_linear_1.weight", b);
  named(expected, kBlock + "mlp.lin1.weight").add_(b.mm(a));
  test::expectClose(embedding(plain(given)), embedding(expected), 1e-5);
  EXPECT_GT((embedding(expected) - embedding(reduced())).abs().max().item<double>(), 0.1) << "it changes something";
}

TEST(Adapters, FactIsAddedToQueryAndValue) {
  NamedTensors expected = reduced(), given = wrapped(reduced(), kBlock + "attn.qkv.", "qkv_proj.");
  const at::Tensor u = noise({2, kWidth}, "u"), v = noise({kWidth, 2}, "v", 1);
  given.emplace_back(kBlock + "attn.qkv.FacTu.weight", u);
  given.emplace_back(kBlock + "attn.qkv.FacTv.weight", v);
  for (const std::string which : {"q", "v"}) {
    const at::Tensor core = noise({2, 2}, "core" + which, 1);
    given.emplace_back(kBlock + "attn.qkv." + which + "_FacTs.weight", core);
    named(expected, kBlock + "attn.qkv.weight").narrow(0, which == "q" ? 0 : 2 * kWidth, kWidth).add_(v.mm(core).mm(u));
  }
  test::expectClose(embedding(plain(given)), embedding(expected), 1e-5);
}

TEST(Adapters, SsfScalesAndShiftsLayersAndNorms) {
  NamedTensors expected = reduced(), given = reduced();
  for (const std::string layer : {"attn.qkv.", "attn.proj.", "mlp.lin1.", "mlp.lin2.", "norm1.", "norm2."}) {
    given = wrapped(given, kBlock + layer, "layer.");
    at::Tensor& weight = named(expected, kBlock + layer + "weight");
    at::Tensor& bias = named(expected, kBlock + layer + "bias");
    const at::Tensor scale = 1 + noise({weight.size(0)}, "scale" + layer), shift = noise({weight.size(0)}, layer);
    given.emplace_back(kBlock + layer + "scale", scale);
    given.emplace_back(kBlock + layer + "shift", shift);
    weight = weight.dim() == 2 ? weight * scale.unsqueeze(1) : weight * scale;
    bias = bias * scale + shift;
  }
  test::expectClose(embedding(plain(given)), embedding(expected), 1e-5);
}

/// AdaptFormer adds up(relu(down(x))) and x to what the MLP gives. An MLP can do the same: gelu(x) - gelu(-x) is x, and
/// gelu(k d) / k comes close to relu(d) for a large k. So a network whose MLP gives nothing, with a bottleneck, must
/// equal one without whose MLP does that.
struct BottleneckAndMlp {
  NamedTensors withBottleneck = reduced(), withMlp = reduced();
};

BottleneckAndMlp bottleneckAndMlp(double alpha) {
  constexpr double kSteep = 1000;
  BottleneckAndMlp both;
  for (const char* layer : {"lin1.weight", "lin1.bias", "lin2.weight", "lin2.bias"}) {
    at::Tensor& weight = named(both.withBottleneck, kBlock + "mlp." + layer);
    weight = at::zeros_like(weight);
  }
  const at::Tensor down = noise({64, kWidth}, "down"), up = noise({kWidth, 64}, "up");
  const at::Tensor downBias = noise({64}, "downBias"), upBias = noise({kWidth}, "upBias");
  both.withBottleneck = wrapped(both.withBottleneck, kBlock + "mlp.", "mlp_proj.");
  both.withBottleneck.emplace_back(kBlock + "mlp.down_proj.weight", down);
  both.withBottleneck.emplace_back(kBlock + "mlp.down_proj.bias", downBias);
  both.withBottleneck.emplace_back(kBlock + "mlp.up_proj.weight", up);
  both.withBottleneck.emplace_back(kBlock + "mlp.up_proj.bias", upBias);
  both.withBottleneck.emplace_back(kBlock + "mlp.alpha", at::full({1}, alpha));
  const at::Tensor same = at::eye(kWidth);
  named(both.withMlp, kBlock + "mlp.lin1.weight") = at::cat({same, -same, down * kSteep});
  named(both.withMlp, kBlock + "mlp.lin1.bias") = at::cat({at::zeros({2 * kWidth}), downBias * kSteep});
  named(both.withMlp, kBlock + "mlp.lin2.weight") = at::cat({same, -same, up * (alpha / kSteep)}, 1);
  named(both.withMlp, kBlock + "mlp.lin2.bias") = upBias * alpha;
  return both;
}

TEST(Adapters, BottlenecksBesideTheMlpAreComputed) {
  const BottleneckAndMlp both = bottleneckAndMlp(0.7);
  const NamedTensors read = plain(both.withBottleneck);
  test::expectClose(embedding(read), embedding(both.withMlp), 5e-3);
  EXPECT_GT((embedding(read) - embedding(reduced())).abs().max().item<double>(), 0.1);
}

TEST(Adapters, BottlenecksGetTheReferencesNamesAndComeBack) {
  const NamedTensors read = plain(bottleneckAndMlp(0.7).withBottleneck);
  NamedTensors named = asReferenceNamesThem(read);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named) names.push_back(name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({kBlock + "mlp.mlp_proj.lin1.weight", kBlock + "mlp.down_proj.weight",
                                     kBlock + "mlp.alpha", std::string("image_encoder.blocks.1.mlp.lin1.weight")}));
  test::expectClose(embedding(plain(named)), embedding(read), 1e-6);
}

TEST(Adapters, FilesWithAdaptersOpen) {
  const test::TemporaryFolder folder;
  const BottleneckAndMlp both = bottleneckAndMlp(1);
  ASSERT_TRUE(writeSafetensors(folder.path() / "adapted.safetensors", both.withBottleneck));
  const auto checkpoint = readCheckpoint(folder.path() / "adapted.safetensors");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  test::expectClose(embedding(checkpoint->model), embedding(both.withMlp), 5e-3);
}

TEST(Adapters, FilesWithAdaptersOfWholeNumbersAreRefused) {
  const test::TemporaryFolder folder;
  NamedTensors given = reduced();
  given.emplace_back(kBlock + "attn.qkv.w_a_linear_q.weight", at::ones({2, kWidth}));
  given.emplace_back(kBlock + "attn.qkv.w_b_linear_q.weight", at::ones({kWidth, 2}, at::kLong));
  ASSERT_TRUE(writeSafetensors(folder.path() / "whole.safetensors", given));
  EXPECT_FALSE(readCheckpoint(folder.path() / "whole.safetensors"));
}

TEST(Adapters, AdaptersThatDoNotFitAreRefusedByName) {
  for (const auto& [name, shape] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
           {"attn.qkv.w_b_linear_q.weight", {kWidth, 2}},  // without its other half
           {"attn.qkv.w_b_linear_v.weight", {kWidth}},
           {"attn.qkv.FacTv.weight", {kWidth, 2}},
           {"mlp.w_b_linear_1.weight", {2, 2}}}) {
    NamedTensors given = wrapped(reduced(), kBlock + "attn.qkv.", "qkv_proj.");
    given.emplace_back(kBlock + name, at::ones(shape));
    const auto result = withoutAdapters(given);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code(), ErrorCode::kFormat);
    EXPECT_THAT(result.error().message(), HasSubstr("blocks.2"));
  }
  NamedTensors wide = reduced();
  wide.emplace_back(kBlock + "attn.qkv.w_a_linear_q.weight", at::ones({2, kWidth + 1}));
  wide.emplace_back(kBlock + "attn.qkv.w_b_linear_q.weight", at::ones({kWidth, 2}));
  EXPECT_FALSE(withoutAdapters(wide));
}

}  // namespace
}  // namespace cyto::nn
