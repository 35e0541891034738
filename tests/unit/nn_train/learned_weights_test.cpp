#include "core/nn/train/learned_weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/nn/cyto/cyto_small.h"

namespace cyto::nn {
namespace {

/// The names and kinds of weights that a SAM has, small.
NamedTensors smallNetwork() {
  return {{"image_encoder.pos_embed", at::ones({1, 2, 2, 4})},
          {"image_encoder.blocks.0.norm1.weight", at::ones({4})},
          {"image_encoder.blocks.0.norm1.bias", at::zeros({4})},
          {"image_encoder.blocks.0.attn.qkv.weight", at::arange(48, at::kFloat).view({12, 4})},
          {"image_encoder.blocks.0.attn.qkv.bias", at::zeros({12})},
          {"prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", at::ones({2, 4})},
          {"prompt_encoder.no_mask_embed.weight", at::ones({1, 4})},
          {"mask_decoder.iou_token.weight", at::ones({1, 4})}};
}

std::vector<std::string> namesOf(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

const at::Tensor& named(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  throw std::out_of_range(name);
}

TEST(LearnedWeights, EverythingLearnsButBuffers) {
  const LearnedWeights learned(smallNetwork(), {}, 1);
  EXPECT_EQ(learned.initial().size(), smallNetwork().size() - 1);
  EXPECT_FALSE(learned.encoderIsFrozen());
  EXPECT_FALSE(learned.isFolded());
  const NamedTensors network = learned.network(learned.initial());
  EXPECT_EQ(namesOf(network), namesOf(smallNetwork()));
}

TEST(LearnedWeights, FrozenPartsStay) {
  const LearnedWeights learned(smallNetwork(), {{"image_encoder", "mask_decoder"}, "", 4}, 1);
  EXPECT_THAT(namesOf(learned.initial()), testing::ElementsAre("prompt_encoder.no_mask_embed.weight"));
  EXPECT_TRUE(learned.encoderIsFrozen());
  const NamedTensors cyto = createCytoSmall(1)->namedTensors();
  const LearnedWeights decoderOnly(cyto, {{"encoder"}, "", 4}, 1);
  EXPECT_TRUE(decoderOnly.encoderIsFrozen());
  EXPECT_LT(decoderOnly.initial().size(), cyto.size());
  EXPECT_GT(decoderOnly.initial().size(), 10U);
}

TEST(LearnedWeights, LoraStartsAsTheNetworkAndChangesQueryAndValueOnly) {
  const LearnedWeights learned(smallNetwork(), {{}, "lora", 2}, 1);
  const std::string qkv = "image_encoder.blocks.0.attn.qkv.";
  const at::Tensor base = named(smallNetwork(), qkv + "weight");
  EXPECT_TRUE(named(learned.network(learned.initial()), qkv + "weight").equal(base));
  NamedTensors changed = learned.initial();
  for (auto& [name, tensor] : changed) {
    tensor = tensor.detach().clone();
    if (name == qkv + "w_b_linear_v.weight") tensor.fill_(1);
    tensor.set_requires_grad(true);
  }
  const at::Tensor weight = named(learned.network(changed), qkv + "weight");
  EXPECT_TRUE(weight.slice(0, 0, 8).equal(base.slice(0, 0, 8)));
  const at::Tensor a = named(changed, qkv + "w_a_linear_v.weight");
  EXPECT_TRUE(at::allclose(weight.slice(0, 8, 12) - base.slice(0, 8, 12), at::ones({4, 2}).mm(a)));
  weight.sum().backward();
  EXPECT_GT(named(changed, qkv + "w_b_linear_q.weight").grad().abs().max().item<double>(), 0);
  EXPECT_GT(a.grad().abs().max().item<double>(), 0);
}

TEST(LearnedWeights, AdaptformerAddsBottlenecksThatStartWithoutEffectOfTheirOwn) {
  NamedTensors network = smallNetwork();
  const std::string mlp = "image_encoder.blocks.0.mlp.";
  network.emplace_back(mlp + "lin1.weight", at::ones({16, 4}));
  network.emplace_back(mlp + "lin2.weight", at::ones({4, 16}));
  const LearnedWeights learned(network, {{}, "adaptformer", 4}, 1);
  EXPECT_FALSE(learned.encoderIsFrozen());
  const std::vector<std::string> added = {mlp + "down_proj.weight", mlp + "down_proj.bias", mlp + "up_proj.weight",
                                          mlp + "up_proj.bias"};
  EXPECT_THAT(namesOf(learned.initial()), testing::IsSupersetOf(added));
  EXPECT_THAT(namesOf(learned.initial()), testing::Not(testing::Contains(mlp + "lin1.weight")));
  NamedTensors changed = learned.initial();
  for (auto& [name, tensor] : changed)
    tensor = tensor.detach().clone().fill_(name.ends_with("down_proj.weight") ? 5 : 7);
  const NamedTensors whole = learned.network(changed);
  EXPECT_EQ(named(whole, mlp + "down_proj.weight")[0][0].item<float>(), 5);
  EXPECT_EQ(named(whole, "mask_decoder.iou_token.weight")[0][0].item<float>(), 7);
  EXPECT_EQ(named(learned.network(learned.initial()), mlp + "up_proj.weight").abs().max().item<float>(), 0);

  // Weights that have them already go on learning them.
  const LearnedWeights again(whole, {{}, "adaptformer", 4}, 2);
  EXPECT_EQ(namesOf(again.network(again.initial())), namesOf(whole));
  EXPECT_THAT(namesOf(again.initial()), testing::IsSupersetOf(added));
}

TEST(LearnedWeights, FactAddsAProductOfThreeToQueryAndValue) {
  const LearnedWeights learned(smallNetwork(), {{}, "fact", 2}, 1);
  const std::string qkv = "image_encoder.blocks.0.attn.qkv.";
  const at::Tensor base = named(smallNetwork(), qkv + "weight");
  EXPECT_TRUE(named(learned.network(learned.initial()), qkv + "weight").equal(base));
  NamedTensors changed = learned.initial();
  for (auto& [name, tensor] : changed) {
    if (name == qkv + "FacTv.weight") tensor = at::ones({4, 2});
  }
  const at::Tensor weight = named(learned.network(changed), qkv + "weight");
  const auto added = [&](const char* core) {
    return at::ones({4, 2}).mm(named(changed, qkv + core)).mm(named(changed, qkv + "FacTu.weight"));
  };
  EXPECT_TRUE(at::allclose(weight.slice(0, 0, 4) - base.slice(0, 0, 4), added("q_FacTs.weight"), 1e-4, 1e-5));
  EXPECT_TRUE(weight.slice(0, 4, 8).equal(base.slice(0, 4, 8)));
  EXPECT_TRUE(at::allclose(weight.slice(0, 8, 12) - base.slice(0, 8, 12), added("v_FacTs.weight"), 1e-4, 1e-5));
  EXPECT_GT(added("q_FacTs.weight").abs().max().item<double>(), 0);
}

TEST(LearnedWeights, ScalesAndShiftsActAfterTheLayer) {
  const LearnedWeights learned(smallNetwork(), {{}, "ssf", 4}, 1);
  NamedTensors changed = learned.initial();
  for (auto& [name, tensor] : changed) {
    if (name.ends_with("qkv.scale")) tensor = at::full({12}, 2.0);
    if (name.ends_with("qkv.shift")) tensor = at::full({12}, 3.0);
  }
  const NamedTensors before = learned.network(learned.initial()), after = learned.network(changed);
  const at::Tensor x = at::arange(4, at::kFloat).view({1, 4});
  const std::string qkv = "image_encoder.blocks.0.attn.qkv.";
  const at::Tensor plain = at::linear(x, named(before, qkv + "weight"), named(before, qkv + "bias"));
  const at::Tensor scaled = at::linear(x, named(after, qkv + "weight"), named(after, qkv + "bias"));
  EXPECT_TRUE(at::allclose(scaled, 2 * plain + 3));
}

/// Two blocks with an MLP each.
NamedTensors twoBlocks() {
  NamedTensors network = {{"prompt_encoder.no_mask_embed.weight", at::ones({1, 4})}};
  for (const std::string block : {"image_encoder.blocks.0.", "image_encoder.blocks.1."}) {
    network.emplace_back(block + "norm1.weight", at::ones({4}));
    network.emplace_back(block + "attn.qkv.weight", at::ones({12, 4}));
    network.emplace_back(block + "mlp.lin1.weight", at::ones({16, 4}));
    network.emplace_back(block + "mlp.lin2.weight", at::ones({4, 16}));
    for (const auto& [layer, width] : {std::pair("norm1", 4), {"attn.qkv", 12}, {"mlp.lin1", 16}, {"mlp.lin2", 4}}) {
      network.emplace_back(block + layer + ".bias", at::ones({width}));
    }
  }
  return network;
}

/// The weights of `twoBlocks` that change when all that learns does, and whose gradients flow.
std::vector<std::string> changedBy(const LearningChoice& choice) {
  const LearnedWeights learned(twoBlocks(), choice, 1);
  NamedTensors changed = learned.initial();
  at::Tensor sum = at::zeros({});
  for (auto& [name, tensor] : changed) tensor = (tensor.detach() + 0.5).requires_grad_(true);
  std::vector<std::string> names;
  const NamedTensors network = learned.network(changed);
  for (const auto& [name, tensor] : network) {
    if (tensor.equal(named(twoBlocks(), name))) continue;
    names.push_back(name);
    sum = sum + tensor.sum();
  }
  sum.backward();
  for (const auto& [name, tensor] : changed) EXPECT_TRUE(tensor.grad().defined()) << name;
  return names;
}

TEST(LearnedWeights, LoraChangesTheMatricesAndBlocksThatAreNamed) {
  const std::string first = "image_encoder.blocks.0.", second = "image_encoder.blocks.1.";
  const std::string prompts = "prompt_encoder.no_mask_embed.weight";
  EXPECT_THAT(changedBy({{}, "lora", 2}),
              testing::UnorderedElementsAre(prompts, first + "attn.qkv.weight", second + "attn.qkv.weight"));
  EXPECT_THAT(changedBy({{}, "lora", 2, {"mlp"}, {1}}),
              testing::UnorderedElementsAre(prompts, second + "mlp.lin1.weight", second + "mlp.lin2.weight"));
  const LearnedWeights keys(twoBlocks(), {{}, "lora", 2, {"k"}, {}}, 1);
  NamedTensors changed = keys.initial();
  for (auto& [name, tensor] : changed) tensor = tensor + 0.5;
  const at::Tensor weight = named(keys.network(changed), first + "attn.qkv.weight");
  EXPECT_TRUE(weight.slice(0, 0, 4).eq(1).all().item<bool>());
  EXPECT_TRUE(weight.slice(0, 4, 8).ne(1).any().item<bool>());
  EXPECT_TRUE(weight.slice(0, 8, 12).eq(1).all().item<bool>());
}

TEST(LearnedWeights, OtherMethodsKeepToTheBlocksThatAreNamed) {
  const std::string first = "image_encoder.blocks.0.", second = "image_encoder.blocks.1.";
  const std::string prompts = "prompt_encoder.no_mask_embed.weight";
  const auto wholeBlock = [&](const std::string& block) {
    std::vector<std::string> names = {prompts};
    for (const auto& [name, tensor] : twoBlocks()) {
      if (name.starts_with(block)) names.push_back(name);
    }
    return names;
  };
  EXPECT_THAT(changedBy({{}, "blocks", 4, {}, {1}}), testing::UnorderedElementsAreArray(wholeBlock(second)));
  EXPECT_THAT(changedBy({{}, "ssf", 4, {}, {0}}), testing::UnorderedElementsAreArray(wholeBlock(first)));
  EXPECT_THAT(changedBy({{}, "fact", 2, {}, {0}}), testing::UnorderedElementsAre(prompts, first + "attn.qkv.weight"));
  EXPECT_THAT(changedBy({{}, "attention", 4, {}, {0}}),
              testing::UnorderedElementsAre(prompts, first + "attn.qkv.weight", first + "attn.qkv.bias"));
  EXPECT_THAT(changedBy({{}, "bias", 4, {}, {0}}),
              testing::UnorderedElementsAre(prompts, first + "norm1.bias", first + "attn.qkv.bias",
                                            first + "mlp.lin1.bias", first + "mlp.lin2.bias"));
  EXPECT_THAT(changedBy({{}, "norm", 4, {}, {1}}),
              testing::UnorderedElementsAre(prompts, second + "norm1.weight", second + "norm1.bias"));
  const LearnedWeights bottlenecks(twoBlocks(), {{}, "adaptformer", 4, {}, {1}}, 1);
  EXPECT_THAT(namesOf(bottlenecks.initial()), testing::Contains(second + "mlp.up_proj.weight"));
  EXPECT_THAT(namesOf(bottlenecks.initial()), testing::Not(testing::Contains(first + "mlp.up_proj.weight")));
}

TEST(LearnedWeights, SurgeryFreesOnlyWhatItNames) {
  const LearnedWeights norms(smallNetwork(), {{}, "norm", 4}, 1);
  EXPECT_THAT(namesOf(norms.initial()), testing::Contains("image_encoder.blocks.0.norm1.weight"));
  EXPECT_THAT(namesOf(norms.initial()), testing::Not(testing::Contains("image_encoder.blocks.0.attn.qkv.weight")));
  EXPECT_THAT(namesOf(norms.initial()), testing::Contains("mask_decoder.iou_token.weight"));
}

TEST(LearnedWeights, RefusesWhatMakesNoSense) {
  const auto refuses = [](const LearningChoice& choice) {
    try {
      LearnedWeights learned(smallNetwork(), choice, 1);
      return false;
    } catch (const std::invalid_argument&) {
      return true;
    }
  };
  EXPECT_TRUE(refuses({{"decoder"}, "", 4}));
  EXPECT_TRUE(refuses({{}, "magic", 4}));
  EXPECT_TRUE(refuses({{}, "lora", 0}));
  EXPECT_TRUE(refuses({{}, "lora", 5}));
  EXPECT_TRUE(refuses({{}, "lora", 2, {"o"}, {}}));
  EXPECT_TRUE(refuses({{}, "fact", 2, {"q"}, {}}));
  EXPECT_TRUE(refuses({{}, "lora", 2, {}, {1}}));
  EXPECT_TRUE(refuses({{}, "lora", 2, {}, {-1}}));
  EXPECT_TRUE(refuses({{}, "", 4, {}, {0}}));
  EXPECT_TRUE(refuses({{}, "blocks", 4, {}, {}}));
  EXPECT_TRUE(refuses({{}, "adaptformer", 4, {}, {}})) << "it has no MLP";
  EXPECT_TRUE(refuses({{"image_encoder"}, "lora", 2}));
  EXPECT_TRUE(refuses({{"image_encoder", "prompt_encoder", "mask_decoder"}, "", 4}));
}

}  // namespace
}  // namespace cyto::nn
