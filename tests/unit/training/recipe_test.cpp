#include "core/training/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RecipeTest : public testing::Test {
 protected:
  Status read(const std::string& text, TrainingRecipe& recipe, const std::vector<std::string>& except = {}) const {
    std::ofstream(folder_ / "recipe.json") << text;
    return readRecipe(folder_ / "recipe.json", recipe, except);
  }
  test::TemporaryFolder folder_;
};

TEST_F(RecipeTest, SetsWhatItSays) {
  TrainingRecipe recipe;
  const Status status = read(R"({
    // comments are allowed
    "description": "a test",
    "data": [{"images": "a", "share": 2}, {"images": "/b", "labels": "c", "key": "raw",
             "channel": 1, "validation": true}],
    "labels_suffix": "_truth.png", "steps": 30, "minutes": 1.5, "start_weights": "cyto-small",
    "checkpoint_dir": "run", "variation": {"elastic": 0.75}, "method": "lora", "matrices": "mlp", "blocks": [10, 11],
    "freeze": ["prompt_encoder"]})",
                             recipe);
  ASSERT_TRUE(status) << status.error().message();
  ASSERT_EQ(recipe.data.sources.size(), 2U);
  EXPECT_EQ(recipe.data.sources[0].images, folder_ / "a");
  EXPECT_EQ(recipe.data.sources[0].share, 2);
  EXPECT_EQ(recipe.data.sources[1].images, "/b");
  EXPECT_EQ(recipe.data.sources[1].key, "raw");
  EXPECT_FALSE(recipe.data.sources[0].channel);
  EXPECT_EQ(recipe.data.sources[1].channel, 1);
  EXPECT_TRUE(recipe.data.sources[1].validation);
  EXPECT_EQ(recipe.data.labelEndings, std::vector<std::string>{"_truth.png"});
  EXPECT_EQ(recipe.training.steps, 30);
  EXPECT_EQ(recipe.training.minutes, 1.5);
  EXPECT_EQ(recipe.startWeights, "cyto-small");
  EXPECT_EQ(recipe.checkpointFolder, (folder_ / "run").string());
  EXPECT_EQ(recipe.training.variation.elastic, 0.75);
  EXPECT_EQ(recipe.training.matrices, std::vector<std::string>{"mlp"});
  EXPECT_EQ(recipe.training.blocks, (std::vector<int64_t>{10, 11}));
  EXPECT_EQ(recipe.training.frozenParts, std::vector<std::string>{"prompt_encoder"});
}

TEST_F(RecipeTest, ItsTextReadsBackTheSame) {
  TrainingRecipe recipe;
  recipe.data.sources.resize(1);
  recipe.data.sources[0].images = "x";
  recipe.data.sources[0].labels = "y";
  recipe.data.sources[0].share = 0.5;
  recipe.data.sources[0].channel = 2;
  recipe.training.seed = 77;
  recipe.training.learningRate = 3e-5;
  recipe.startWeights = "vit_b_lm";
  recipe.checkpointFolder = "run";
  recipe.training.variation.noise = 0;
  recipe.training.blocks = {3, 0};
  recipe.training.matrices = {"q", "v"};
  TrainingRecipe again;
  const Status status = read(recipeText(recipe), again);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(recipeText(again), recipeText(recipe));
  EXPECT_EQ(again.training.seed, 77U);
  EXPECT_EQ(again.training.learningRate, 3e-5);
  EXPECT_EQ(again.training.variation.noise, 0);
  EXPECT_EQ(again.training.blocks, (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(again.training.matrices, (std::vector<std::string>{"q", "v"}));
  EXPECT_EQ(again.startWeights, "vit_b_lm");
  EXPECT_EQ(again.checkpointFolder, fs::absolute("run").string());
}

TEST_F(RecipeTest, TheCommandLineWins) {
  TrainingRecipe recipe;
  recipe.training.steps = 5;
  ASSERT_TRUE(read(R"({"steps": 30, "seed": 9})", recipe, {"steps"}));
  EXPECT_EQ(recipe.training.steps, 5);
  EXPECT_EQ(recipe.training.seed, 9U);
}

TEST_F(RecipeTest, RefusesWhatItDoesNotKnowAndNamesIt) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"stesp": 30})", "'stesp'"},
      {R"({"data": [{"image": "a"}]})", "'image'"},
      {R"({"data": [{"labels": "a"}]})", "images"},
      {R"({"data": [{"images": "a", "channel": -1}]})", "'channel'"},
      {R"({"data": {"images": "a"}})", "'data'"},
      {R"({"steps": "many"})", "'steps'"},
      {R"({"steps": -1})", "'steps'"},
      {R"({"steps": 1.5})", "'steps'"},
      {R"({"minutes": true})", "'minutes'"},
      {R"({"precision": 16})", "'precision'"},
      {R"({"variation": {"wobble": 0.5}})", "'wobble'"},
      {R"({"variation": {"elastic": 2}})", "elastic"},
      {R"({"labels_suffix": [1]})", "'labels_suffix'"},
      {R"({"blocks": ["last"]})", "'blocks'"},
      {R"({"blocks": -1})", "'blocks'"},
      {R"({"matrices": [1]})", "'matrices'"},
  };
  for (const auto& [text, named] : cases) {
    TrainingRecipe recipe;
    const Status status = read(text, recipe);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_THAT(status.error().message(), HasSubstr(named));
  }
  TrainingRecipe recipe;
  EXPECT_EQ(read("[1, 2]", recipe).error().code(), ErrorCode::kFormat);
  EXPECT_EQ(read("{\"steps\": 3", recipe).error().code(), ErrorCode::kFormat);
  EXPECT_EQ(readRecipe(folder_ / "none.json", recipe, {}).error().code(), ErrorCode::kNotFound);
}

TEST_F(RecipeTest, UnknownStartWeightsAreNamed) {
  TrainingRecipe recipe;
  recipe.startWeights = "no/such/file.pt";
  EXPECT_THAT(trainingOptionsOf(recipe).error().message(), HasSubstr("no/such/file.pt"));
  recipe.startWeights.clear();
  recipe.precision = "int8";
  EXPECT_THAT(trainingOptionsOf(recipe).error().message(), HasSubstr("int8"));
}

}  // namespace
}  // namespace cyto
