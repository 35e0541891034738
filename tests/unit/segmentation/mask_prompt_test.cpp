#include "core/segmentation/mask_prompt.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

Embedding embeddingOf(Extent2 image) {
  Embedding embedding;
  embedding.maps.push_back({"features", 1, 64, 64, {}});
  embedding.originalSize = image;
  return embedding;
}

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(MaskPrompt, SamplesInsideAreCertainAndTheRestIsCertainlyNot) {
  const MaskPrompt prompt = maskPromptOf(filled({0, 0, 512, 1024}), embeddingOf({1024, 1024}));
  ASSERT_EQ(prompt.side, 256);
  ASSERT_EQ(prompt.logits.size(), 256u * 256u);
  EXPECT_NEAR(prompt.logits[0], 6.9068, 1e-4);
  EXPECT_NEAR(prompt.logits[127 * 256 + 255], 6.9068, 1e-4);
  EXPECT_NEAR(prompt.logits[128 * 256], -6.9068, 1e-4);
  EXPECT_NEAR(prompt.logits.back(), -6.9068, 1e-4);
}

TEST(MaskPrompt, TheLongestSideFillsTheFrameAndThePaddingIsNotObject) {
  // 300 x 600 becomes 128 x 256; the rows below are padding.
  const MaskPrompt prompt = maskPromptOf(filled({0, 0, 300, 600}), embeddingOf({300, 600}));
  EXPECT_GT(prompt.logits[127 * 256 + 255], 0);
  EXPECT_LT(prompt.logits[128 * 256], 0);
}

TEST(MaskPrompt, SmallImagesAreEnlarged) {
  const MaskPrompt prompt = maskPromptOf(filled({2, 3, 3, 4}), embeddingOf({8, 8}));
  EXPECT_GT(prompt.logits[(2 * 32 + 16) * 256 + 3 * 32 + 16], 0);
  EXPECT_LT(prompt.logits[(2 * 32 + 16) * 256 + 5 * 32 + 16], 0);
}

TEST(MaskPrompt, ASpeckThatCoversLessThanHalfASampleIsLost) {
  const MaskPrompt prompt = maskPromptOf(filled({100, 100, 101, 101}), embeddingOf({2048, 2048}));
  for (const float logit : prompt.logits) ASSERT_LT(logit, 0);
}

TEST(ProcessedBox, IsClippedAndRoundedHalvesToEven) {
  const BoxPrompt box = processedBox({-3.2, 0.5, 1.5, 99}, {50, 60});
  EXPECT_DOUBLE_EQ(box.y0, 0);
  EXPECT_DOUBLE_EQ(box.x0, 0);
  EXPECT_DOUBLE_EQ(box.y1, 2);
  EXPECT_DOUBLE_EQ(box.x1, 60);
  EXPECT_DOUBLE_EQ(processedBox({2.5, 3.5, 10, 10}, {50, 60}).y0, 2);
  EXPECT_DOUBLE_EQ(processedBox({2.5, 3.5, 10, 10}, {50, 60}).x0, 4);
}

TEST(BoxOfMask, EndsBehindTheLastPixel) {
  const BoxPrompt box = boxOf(filled({4, 5, 7, 9}));
  EXPECT_DOUBLE_EQ(box.y0, 4);
  EXPECT_DOUBLE_EQ(box.x1, 9);
}

}  // namespace
}  // namespace cyto
