#include "core/inference/model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ModelRegistryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("MICROSAM_CACHEDIR", (folder_ / "microsam").c_str(), 1);
    write(folder_ / "builtin" / "registry.json", R"({"models": [
      {"name": "small", "architecture": "cyto_small", "file": "small.safetensors", "default": true},
      {"name": "vit_b_lm", "architecture": "vit_b", "hash": "xxh128:00"}]})");
    write(folder_ / "builtin" / "small.safetensors", "weights");
  }
  void TearDown() override { ::unsetenv("MICROSAM_CACHEDIR"); }

  static void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  Result<ModelRegistry> load() { return ModelRegistry::load(folder_ / "builtin", folder_ / "user"); }

  test::TemporaryFolder folder_;
};

TEST_F(ModelRegistryTest, FindsTheDefaultAndListsKnownNamesOtherwise) {
  const ModelRegistry registry = *load();
  EXPECT_EQ(registry.request("", {})->checkpoint, folder_ / "builtin" / "small.safetensors");
  EXPECT_THAT(registry.find("big").error().message(), HasSubstr("known models: small, vit_b_lm"));
}

TEST_F(ModelRegistryTest, RulesOfPrecisionComeWithEveryRequestAndNonsenseIsRefused) {
  write(folder_ / "builtin" / "registry.json", R"({"precision": [{"architecture": "cyto_small", "auto": "bf16"}],
    "models": [{"name": "small", "architecture": "cyto_small", "file": "small.safetensors", "default": true}]})");
  const std::map<std::string, Precision> expected = {{"cyto_small", Precision::kBf16}};
  EXPECT_EQ(load()->request("", {})->autoPrecision, expected);
  for (const char* rule :
       {R"({"architecture": "cyto_small", "auto": "auto"})", R"({"architecture": "x", "auto": "fp32"})",
        R"({"architecture": "vit_b", "auto": "fp99"})", R"({"auto": "fp32"})", "3"}) {
    write(folder_ / "builtin" / "registry.json", std::string(R"({"models": [], "precision": [)") + rule + "]}");
    const auto failed = load();
    ASSERT_FALSE(failed) << rule;
    EXPECT_EQ(failed.error().code(), ErrorCode::kFormat);
  }
}

TEST_F(ModelRegistryTest, SaysWhereToPutWeightsThatAreNotHereAndFindsThemThere) {
  const Result<ModelRequest> missing = load()->request("vit_b_lm", {});
  ASSERT_FALSE(missing);
  const fs::path place = folder_ / "microsam" / "models" / "vit_b_lm";
  EXPECT_THAT(missing.error().message(), HasSubstr(place.string()));
  write(place, "weights");
  EXPECT_EQ(load()->request("vit_b_lm", {})->checkpoint, place);
}

TEST_F(ModelRegistryTest, AUsersModelIsCopiedHashedListedAndRemovedAgain) {
  write(folder_ / "mine.pt", "abc");
  {
    ModelRegistry registry = *load();
    ASSERT_TRUE(registry.add("mine", "vit_t", folder_ / "mine.pt"));
    const Status again = registry.add("mine", "vit_t", folder_ / "mine.pt");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), ErrorCode::kInvalidArgument);
  }
  fs::remove(folder_ / "mine.pt");
  ModelRegistry registry = *load();
  const ModelEntry entry = *registry.find("mine");
  EXPECT_TRUE(entry.isUserAdded);
  EXPECT_TRUE(fs::exists(entry.path));
  EXPECT_EQ(entry.weightsHash, "xxh128:06b05ab6733a618578af5f94892f3950");  // xxhsum -H2 of "abc"
  ASSERT_TRUE(registry.remove("mine"));
  EXPECT_FALSE(fs::exists(entry.path));
  EXPECT_FALSE(load()->find("mine"));
}

TEST_F(ModelRegistryTest, WhatComesWithTheProgramCannotBeRemoved) {
  ModelRegistry registry = *load();
  EXPECT_FALSE(registry.remove("small"));
  EXPECT_TRUE(registry.find("small"));
}

TEST_F(ModelRegistryTest, ACheckpointNeedsToExistAndTakesItsArchitectureFromTheName) {
  const ModelRegistry registry = *load();
  EXPECT_THAT(registry.request("vit_b", folder_ / "no.pt").error().message(), HasSubstr("no.pt"));
  write(folder_ / "own.pt", "x");
  EXPECT_EQ(registry.request("vit_b_lm", folder_ / "own.pt")->architecture, "vit_b");
  EXPECT_EQ(registry.request("vit_l", folder_ / "own.pt")->architecture, "vit_l");
  EXPECT_EQ(registry.request("", folder_ / "own.pt")->architecture, "");
}

TEST_F(ModelRegistryTest, ADamagedRegistryIsNamed) {
  for (const char* damaged : {"", "[]", "{\"models\": 3}", "{\"models\": [{\"name\": 5}]}",
                              "{\"models\": [{\"name\": \"a\", \"architecture\": \"resnet\"}]}"}) {
    write(folder_ / "builtin" / "registry.json", damaged);
    const auto failed = load();
    ASSERT_FALSE(failed) << damaged;
    EXPECT_EQ(failed.error().code(), ErrorCode::kFormat);
    EXPECT_THAT(failed.error().message(), HasSubstr("registry.json"));
  }
}

TEST(BuiltinRegistry, IsSound) {
  const auto registry = ModelRegistry::load(test::inRepository("models"), "absent");
  ASSERT_TRUE(registry) << registry.error().message();
  EXPECT_EQ(registry->defaultModel()->name, "cyto-small");
}

}  // namespace
}  // namespace cyto
