#include "core/nn/cyto/dense_instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {
namespace {

/// Channel c of cell (i, j) is 100 c + 10 i + j, in a frame of 32 pixels of which the image covers 18 x 32.
Embedding numberedEmbedding() {
  Embedding embedding;
  embedding.maps.push_back({"features", 1, 2, 2, std::vector<float>(4)});
  FeatureMap dense{"dense", DenseChannels::kCount, 8, 8, {}};
  for (int c = 0; c < DenseChannels::kCount; ++c) {
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) dense.values.push_back(static_cast<float>(100 * c + 10 * i + j));
    }
  }
  embedding.maps.push_back(std::move(dense));
  embedding.inputSize = {18, 32};
  embedding.originalSize = {36, 64};
  return embedding;
}

CentroidMaps decoded(const Embedding& embedding) {
  const auto maps = makeDenseInstanceDecoder("cyto-small")->decode(embedding, {});
  EXPECT_TRUE(maps) << maps.error().message();
  return std::get<CentroidMaps>(*maps);
}

TEST(DenseInstances, AreThoseOfTheCellsThatTheImageCovers) {
  const CentroidMaps maps = decoded(numberedEmbedding());
  EXPECT_EQ(maps.grid, (Extent2{5, 8}));  // 18 of 32 frame pixels are four and a half cells
  EXPECT_EQ(maps.imageSize, (Extent2{36, 64}));
  EXPECT_DOUBLE_EQ(maps.cellHeight, 8);  // 4 frame pixels, each two of the image
  EXPECT_DOUBLE_EQ(maps.cellWidth, 8);
  EXPECT_EQ(maps.foreground.size(), 40u);
  EXPECT_EQ(maps.logSize.size(), 40u);
}

TEST(DenseInstances, LogitsBecomeProbabilitiesAndFramePixelsCells) {
  Embedding embedding = numberedEmbedding();
  constexpr size_t kCell = 8 * 2 + 3;  // row 2, column 3
  const auto set = [&](int64_t channel, float value) {
    embedding.maps[1].values[static_cast<size_t>(channel) * 64 + kCell] = value;
  };
  set(DenseChannels::kForeground, 0);
  set(DenseChannels::kBoundary, std::log(3.0f));
  set(DenseChannels::kOffsetX, 0.5f);    // 16 frame pixels to the right: 4 cells
  set(DenseChannels::kOffsetY, -0.25f);  // 8 up: 2 cells
  set(DenseChannels::kLogSize, -1);      // 16 frame pixels: 4 cells
  const CentroidMaps maps = decoded(embedding);
  EXPECT_FLOAT_EQ(maps.foreground[kCell], 0.5f);
  EXPECT_FLOAT_EQ(maps.boundary[kCell], 0.75f);
  EXPECT_FLOAT_EQ(maps.centroidX[kCell], 7);
  EXPECT_FLOAT_EQ(maps.centroidY[kCell], 0);
  EXPECT_FLOAT_EQ(maps.logSize[kCell], 2);
}

TEST(DenseInstances, RefuseEmbeddingsOfAnotherNetwork) {
  Embedding without = numberedEmbedding();
  without.maps.pop_back();
  Embedding narrow = numberedEmbedding();
  narrow.maps[1].channels = 3;
  Embedding torn = numberedEmbedding();
  torn.maps[1].values.pop_back();
  for (const Embedding& embedding : {without, narrow, torn}) {
    const auto refused = makeDenseInstanceDecoder("cyto-small")->decode(embedding, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kModel);
    EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("cyto-small"));
  }
}

}  // namespace
}  // namespace cyto::nn
