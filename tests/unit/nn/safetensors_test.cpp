#include "core/nn/weights/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cyto::nn {
namespace {

TEST(Safetensors, WhatIsWrittenIsReadBack) {
  const test::TemporaryFolder folder;
  const auto path = folder / "weights.safetensors";
  const NamedTensors tensors{{"z.first", at::randn({3, 4})},        {"a.second", at::randn({2, 5}).to(at::kHalf)},
                             {"transposed", at::randn({4, 6}).t()}, {"count", at::tensor({7, -9}, at::kLong)},
                             {"scalar", at::tensor(2.5f)},          {"empty", at::empty({0, 3})}};
  ASSERT_TRUE(writeSafetensors(path, tensors, {{"licence", "CC0"}}));
  const auto read = readCheckpoint(path);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->model.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto found =
        std::find_if(read->model.begin(), read->model.end(), [&](const auto& entry) { return entry.first == name; });
    ASSERT_NE(found, read->model.end()) << name;
    EXPECT_TRUE(found->second.equal(tensor.is_floating_point() ? tensor.to(at::kFloat).contiguous() : tensor)) << name;
  }
}

TEST(Safetensors, AFolderThatDoesNotExistIsNamedWhenWriting) {
  const Status failed = writeSafetensors("no/such/folder/weights.safetensors", {{"a", at::zeros({1})}});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message().find("weights.safetensors"), std::string::npos);
}

}  // namespace
}  // namespace cyto::nn
