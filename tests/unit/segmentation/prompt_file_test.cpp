#include "core/segmentation/prompt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/io/label_writer.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr Shape kImage{1, 1, 100, 200};

Result<std::vector<ObjectPrompts>> parse(const std::string& text, const Shape& image = kImage) {
  return parsePrompts(text, "p.json", image);
}

TEST(PromptFile, ReadsEveryKindOfPrompt) {
  const auto objects = parse(R"({"objects":[
    {"id":7,"points":[[10,20.5,1],[30,40,0]],"boxes":[[1,2,3,4]],"multimask":true},
    {"id":4294967295,"t":0,"z":0,"boxes":[[-5,-5,50,50]]}]})");
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->size(), 2u);
  const ObjectPrompts& first = objects->front();
  EXPECT_EQ(first.id, 7u);
  ASSERT_EQ(first.points.size(), 2u);
  EXPECT_DOUBLE_EQ(first.points[0].y, 10);
  EXPECT_DOUBLE_EQ(first.points[0].x, 20.5);
  EXPECT_TRUE(first.points[0].positive);
  EXPECT_FALSE(first.points[1].positive);
  ASSERT_EQ(first.boxes.size(), 1u);
  EXPECT_DOUBLE_EQ(first.boxes[0].y1, 3);
  EXPECT_TRUE(first.multimask);
  EXPECT_EQ(objects->back().id, 4294967295u);
}

TEST(PromptFile, AnIdMayComeBackInAnotherPlane) {
  const std::string text = R"({"objects":[{"id":1,"t":0,"points":[[1,1,1]]},{"id":1,"t":1,"points":[[1,1,1]]}]})";
  EXPECT_TRUE(parse(text, {2, 1, 10, 10}));
}

struct Refusal {
  const char* name;
  const char* text;
  const char* says;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class RefusedPrompts : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedPrompts, SaysWhy) {
  const auto objects = parse(GetParam().text);
  ASSERT_FALSE(objects);
  EXPECT_THAT(objects.error().message(), AllOf(HasSubstr("p.json"), HasSubstr(GetParam().says)));
  EXPECT_EQ(objects.error().message().find('\n'), std::string::npos) << "one sentence, one line";
}

INSTANTIATE_TEST_SUITE_P(
    PromptFile, RefusedPrompts,
    testing::Values(
        Refusal{"empty_file", "", "is not valid JSON (line 1)"},
        Refusal{"broken_json", "{\"objects\":[\n{\"id\":1,]}", "is not valid JSON (line 2)"},
        Refusal{"nan", "{\"objects\":[{\"id\":1,\n\"points\":[[NaN,1,1]]}]}", "line 2 has NaN or Infinity"},
        Refusal{"infinity", R"({"objects":[{"id":1,"points":[[-Infinity,1,1]]}]})", "has NaN or Infinity"},
        Refusal{"overflow", R"({"objects":[{"id":1,"points":[[1e999,1,1]]}]})", "number that is too large"},
        Refusal{"a_list", "[1,2]", "has no list of objects"},
        Refusal{"objects_is_text", R"({"objects":"one"})", "has no list of objects"},
        Refusal{"no_object", R"({"objects":[]})", "has no prompts"},
        Refusal{"unknown_top_key", R"({"objects":[{"id":1,"points":[[1,1,1]]}],"image":"a.tif"})",
                "unknown key 'image'"},
        Refusal{"unknown_key", R"({"objects":[{"id":1,"point":[[1,1,1]]}]})", "unknown key 'point' in object 1"},
        Refusal{"object_is_number", R"({"objects":[5]})", "object number 1 is not a JSON object"},
        Refusal{"no_id", R"({"objects":[{"points":[[1,1,1]]}]})", "object number 1 has no id"},
        Refusal{"id_zero", R"({"objects":[{"id":0,"points":[[1,1,1]]}]})", "ids go from 1 to 4294967295"},
        Refusal{"id_too_large", R"({"objects":[{"id":4294967296,"points":[[1,1,1]]}]})", "ids go from 1"},
        Refusal{"id_is_text", R"({"objects":[{"id":"a","points":[[1,1,1]]}]})", "is not a whole number but \"a\""},
        Refusal{"id_is_real", R"({"objects":[{"id":1.5,"points":[[1,1,1]]}]})", "is not a whole number but 1.5"},
        Refusal{"twice", R"({"objects":[{"id":3,"points":[[1,1,1]]},{"id":3,"points":[[2,2,1]]}]})",
                "object 3 is given twice"},
        Refusal{"no_prompts", R"({"objects":[{"id":2}]})", "object 2 has no prompts"},
        Refusal{"negative_only", R"({"objects":[{"id":2,"points":[[5,5,0]]}]})", "negative points only"},
        Refusal{"points_are_flat", R"({"objects":[{"id":1,"points":[1,1,1]}]})", "are not a list of [y, x, label]"},
        Refusal{"point_of_two", R"({"objects":[{"id":1,"points":[[1,1]]}]})",
                "are not a list of [y, x, label], but [1,1]"},
        Refusal{"point_with_text", R"({"objects":[{"id":1,"points":[[1,"1",1]]}]})", "are not a list of [y, x, label]"},
        Refusal{"label_two", R"({"objects":[{"id":1,"points":[[1,1,2]]}]})", "neither 1 (inside) nor 0"},
        Refusal{"point_outside", R"({"objects":[{"id":1,"points":[[150,20,1]]}]})",
                "point (150, 20) outside the image of 100 x 200"},
        Refusal{"point_before", R"({"objects":[{"id":1,"points":[[-1,20,1]]}]})", "outside the image"},
        Refusal{"box_of_three", R"({"objects":[{"id":1,"boxes":[[1,2,3]]}]})", "are not a list of [y0, x0, y1, x1]"},
        Refusal{"box_upside_down", R"({"objects":[{"id":1,"boxes":[[9,2,3,4]]}]})", "without area"},
        Refusal{"box_outside", R"({"objects":[{"id":1,"boxes":[[100,2,130,4]]}]})", "outside the image of 100 x 200"},
        Refusal{"frame_outside", R"({"objects":[{"id":1,"t":3,"points":[[1,1,1]]}]})",
                "at t 3, but the image has 1 frame"},
        Refusal{"slice_outside", R"({"objects":[{"id":1,"z":-1,"points":[[1,1,1]]}]})", "at z -1, but the image has 1"},
        Refusal{"multimask_is_number", R"({"objects":[{"id":1,"points":[[1,1,1]],"multimask":1}]})",
                "multimask of object 1 is not true or false"},
        Refusal{"mask_is_number", R"({"objects":[{"id":1,"mask":3}]})", "is not the name of a file"},
        Refusal{"mask_is_missing", R"({"objects":[{"id":1,"points":[[1,1,1]],"mask":"gone-a7.tif"}]})", "gone-a7.tif"}),
    [](const auto& info) { return info.param.name; });

TEST(PromptFile, ReadsAMaskBesideThePromptFile) {
  const test::TemporaryFolder folder;
  Array mask = *Array::create(Dtype::kUint32, {1, 1, 100, 200});
  mask.plane<uint32_t>(0, 0, 0)[50 * 200 + 60] = 9;
  ASSERT_TRUE(io::writeLabelTiff(folder / "grob mäßig.tif", mask, {}));
  std::ofstream(folder / "p.json") << R"({"objects":[{"id":1,"mask":"grob mäßig.tif"}]})";
  const auto objects = readPromptFile(folder / "p.json", kImage);
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_TRUE(objects->front().mask);
  EXPECT_EQ(objects->front().mask->box, (PlaneBox{50, 60, 51, 61}));

  const auto wrongSize = readPromptFile(folder / "p.json", {1, 1, 100, 201});
  ASSERT_FALSE(wrongSize);
  EXPECT_THAT(wrongSize.error().message(), HasSubstr("masks have the size of the image"));
}

TEST(PromptFile, AnEmptyMaskAndAMaskWithSeveralBoxesAreRefused) {
  const test::TemporaryFolder folder;
  const Array nothing = *Array::create(Dtype::kUint32, {1, 1, 100, 200});
  ASSERT_TRUE(io::writeLabelTiff(folder / "empty.tif", nothing, {}));
  const auto empty = parsePrompts(R"({"objects":[{"id":1,"mask":"empty.tif"}]})", folder / "p.json", kImage);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message(), HasSubstr("a mask without any pixel"));

  ObjectPrompts object{1, 0, 0, {}, {{0, 0, 5, 5}, {10, 10, 20, 20}}, inscribedEllipse({0, 0, 9, 9}), false};
  const Status checked = checkPrompts(object, kImage);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("a mask goes with one box at most"));
}

TEST(PromptFile, AMissingPromptFileIsNamed) {
  const auto objects = readPromptFile("/nowhere/prompts 细胞.json", kImage);
  ASSERT_FALSE(objects);
  EXPECT_EQ(objects.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(objects.error().message(), HasSubstr("prompts 细胞.json"));
}

TEST(PromptChecks, NotANumberIsRefusedWhereverItComesFrom) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(checkPrompts({1, 0, 0, {{nan, 1, true}}, {}, {}, false}, kImage));
  EXPECT_FALSE(checkPrompts({1, 0, 0, {}, {{0, 0, nan, 5}}, {}, false}, kImage));
  EXPECT_FALSE(checkPrompts({1, 0, 0, {{INFINITY, 1, true}}, {}, {}, false}, kImage));
  EXPECT_TRUE(checkPrompts({1, 0, 0, {{99.5, 199.5, true}}, {}, {}, false}, kImage)) << "the outer edge belongs to it";
}

}  // namespace
}  // namespace cyto
