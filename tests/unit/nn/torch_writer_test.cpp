#include "core/nn/weights/torch_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cyto::nn {
namespace {

TEST(TorchWriter, WhatItWritesIsReadBack) {
  const test::TemporaryFolder folder;
  const NamedTensors model = {{"image_encoder.ä", at::arange(6, at::kFloat).view({2, 3})},
                              {"scalar", at::full({}, 2.5, at::kFloat)},
                              {"count", at::full({1}, int64_t{1} << 40, at::kLong)},
                              {"transposed", at::arange(6, at::kFloat).view({2, 3}).t()}};
  ASSERT_TRUE(writeTorchFile(folder / "plain.pt", model));
  const auto plain = readCheckpoint(folder / "plain.pt");
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_TRUE(plain->decoder.empty());
  ASSERT_EQ(plain->model.size(), model.size());
  for (size_t i = 0; i < model.size(); ++i) {
    EXPECT_EQ(plain->model[i].first, model[i].first);
    EXPECT_TRUE(plain->model[i].second.equal(model[i].second)) << model[i].first;
  }
  ASSERT_TRUE(writeTorchFile(folder / "both.pt", model, {{"out_conv.bias", at::ones({3})}}));
  const auto both = readCheckpoint(folder / "both.pt");
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_EQ(both->model.size(), model.size());
  ASSERT_EQ(both->decoder.size(), 1U);
  EXPECT_TRUE(both->decoder[0].second.equal(at::ones({3})));
}

TEST(TorchWriter, AFolderThatIsNotThereIsAnError) {
  EXPECT_EQ(writeTorchFile("/nowhere/a.pt", {{"a", at::ones({1})}}).error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace cyto::nn
