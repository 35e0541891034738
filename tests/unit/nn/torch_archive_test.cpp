#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/nn/weights/checkpoint.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn/torch_file_writer.h"

namespace cyto::nn {
namespace {

using test::PickleBuilder;

class TorchArchiveTest : public ::testing::Test {
 protected:
  Result<Checkpoint> read(const std::string& bytes) {
    const auto path = folder_ / "größe 模型.pt";
    test::writeBytes(path, bytes);
    return readCheckpoint(path);
  }
  const std::map<std::string, std::string> storages_{{"0", test::bytesOf({0, 1, 2, 3, 4, 5})}};
  test::TemporaryFolder folder_;
};

TEST_F(TorchArchiveTest, ReadsAFlatStateDictWithStridesAndOffsets) {
  PickleBuilder pickle;
  pickle.global("collections", "OrderedDict").raw(")R(");
  pickle.text("whole").tensor("0", 6, {2, 3}, {3, 1});
  pickle.text("transposed").tensor("0", 6, {3, 2}, {1, 3});
  pickle.text("tail").tensor("0", 6, {2}, {1}, 4);
  pickle.text("empty").tensor("0", 6, {0, 3}, {3, 1});
  const auto checkpoint = read(test::torchFile(pickle.opcode('u').finished(), storages_));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  ASSERT_EQ(checkpoint->model.size(), 4u);
  EXPECT_EQ(checkpoint->model[0].first, "whole");
  EXPECT_TRUE(checkpoint->model[0].second.equal(at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(checkpoint->model[1].second.equal(at::arange(6, at::kFloat).view({2, 3}).t()));
  EXPECT_TRUE(checkpoint->model[1].second.is_contiguous());
  EXPECT_TRUE(checkpoint->model[2].second.equal(at::tensor({4.0f, 5.0f})));
  EXPECT_EQ(checkpoint->model[3].second.numel(), 0);
}

TEST_F(TorchArchiveTest, UnwrapsTrainingCheckpointsAndPassesOverForeignObjects) {
  PickleBuilder pickle;
  pickle.raw("}(");
  pickle.text("init").global("some.package", "Trainer").raw(")\x81}(").text("path").text("x").raw("ub");
  pickle.text("model_state").raw("}(").text("sam.image_encoder.pos_embed").tensor("0", 6, {6}, {1}).raw("u");
  pickle.text("decoder_state").raw("}(").text("out_conv.weight").tensor("0", 6, {6}, {1}).raw("u");
  pickle.text("epoch").integer(7);
  const auto checkpoint = read(test::torchFile(pickle.opcode('u').finished(), storages_));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  ASSERT_EQ(checkpoint->model.size(), 1u);
  EXPECT_EQ(checkpoint->model[0].first, "image_encoder.pos_embed");
  ASSERT_EQ(checkpoint->decoder.size(), 1u);
  EXPECT_EQ(checkpoint->decoder[0].first, "out_conv.weight");
}

TEST_F(TorchArchiveTest, WidensOtherTypes) {
  const at::Tensor halves = at::tensor({0.5f, -2.0f}).to(at::kHalf);
  const at::Tensor doubles = at::tensor({0.25f, 8.0f}).to(at::kDouble);
  const at::Tensor integers = at::tensor({3, -4}, at::kInt);
  const auto bytes = [](const at::Tensor& tensor) {
    return std::string(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  };
  PickleBuilder pickle;
  pickle.raw("}(");
  pickle.text("half").tensor("h", 2, {2}, {1}, 0, "HalfStorage");
  pickle.text("double").tensor("d", 2, {2}, {1}, 0, "DoubleStorage");
  pickle.text("integer").tensor("i", 2, {2}, {1}, 0, "IntStorage");
  const auto checkpoint = read(test::torchFile(pickle.opcode('u').finished(),
                                               {{"h", bytes(halves)}, {"d", bytes(doubles)}, {"i", bytes(integers)}}));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_TRUE(checkpoint->model[0].second.equal(at::tensor({0.5f, -2.0f})));
  EXPECT_TRUE(checkpoint->model[1].second.equal(at::tensor({0.25f, 8.0f})));
  EXPECT_TRUE(checkpoint->model[2].second.equal(at::tensor({3, -4}, at::kLong)));
}

TEST(DetectArchitecture, GoesByTheSizeOfThePatches) {
  const auto withPatches = [](int64_t width) {
    return NamedTensors{{"image_encoder.patch_embed.proj.weight", at::zeros({width, 3, 1, 1})}};
  };
  EXPECT_EQ(detectArchitecture(withPatches(768)), "vit_b");
  EXPECT_EQ(detectArchitecture(withPatches(1024)), "vit_l");
  EXPECT_EQ(detectArchitecture(withPatches(1280)), "vit_h");
  EXPECT_EQ(detectArchitecture(withPatches(5)), "");
  EXPECT_EQ(detectArchitecture({{"image_encoder.patch_embed.seq.0.c.weight", at::zeros({1})}}), "vit_t");
  EXPECT_EQ(detectArchitecture({}), "");
}

}  // namespace
}  // namespace cyto::nn
