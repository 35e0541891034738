#include "core/segmentation/encoding_provider.h"

#include <gtest/gtest.h>

#include "core/inference/fake_model.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto {
namespace {

using test::MemorySource;

constexpr int64_t kEmbedding_bytes = 4 << 20;  // of the fake model, whatever the tile

struct Scene {
  explicit Scene(int64_t budget_bytes) : provider(image, model.encoder(), tiling, budget_bytes) {}
  void embed(int64_t tile) { ASSERT_TRUE(provider.embedding(0, 0, tile, {})); }

  FakeModel model;
  Tiling tiling{{40, 160}, {40, 40}, {0, 0}};
  MemorySource image{{1, 1, 40, 160}, [](int64_t, int64_t, int64_t y, int64_t x) { return y + x; }};
  EncodingProvider provider;
};

TEST(EncodingProvider, ATileIsReadyOnceItWasEncoded) {
  Scene scene(EncodingProvider::kWantedBudget_bytes);
  EXPECT_FALSE(scene.provider.isReady(0, 0, 1));
  scene.embed(1);
  EXPECT_TRUE(scene.provider.isReady(0, 0, 1));
  EXPECT_FALSE(scene.provider.isReady(0, 0, 0));
  EXPECT_FALSE(scene.provider.isReady(0, 1, 1));
  EXPECT_FALSE(scene.provider.isReady(1, 0, 1));
  scene.embed(1);
  EXPECT_EQ(scene.model.encodeCount(), 1);
  EXPECT_EQ(scene.provider.readyCount(), 1);
}

TEST(EncodingProvider, TheBudgetDropsTheTileThatWasUsedLongestAgo) {
  Scene scene(2 * kEmbedding_bytes);
  scene.embed(0);
  scene.embed(1);
  EXPECT_TRUE(scene.provider.isReady(0, 0, 0)) << "asking is no use";
  scene.embed(2);
  EXPECT_FALSE(scene.provider.isReady(0, 0, 0));
  scene.provider.touch(0, 0, 1);
  scene.provider.touch(0, 0, 0);  // was dropped: nothing
  scene.embed(3);
  EXPECT_TRUE(scene.provider.isReady(0, 0, 1));
  EXPECT_FALSE(scene.provider.isReady(0, 0, 2));
  EXPECT_EQ(scene.provider.readyCount(), 2);
}

TEST(EncodingProvider, TheLastEmbeddingIsKeptHoweverSmallTheBudget) {
  for (const int64_t budget_bytes : {kEmbedding_bytes - 1, int64_t{0}, int64_t{-5}}) {
    Scene scene(budget_bytes);
    scene.embed(0);
    EXPECT_TRUE(scene.provider.isReady(0, 0, 0));
    scene.embed(1);
    EXPECT_TRUE(scene.provider.isReady(0, 0, 1));
    EXPECT_EQ(scene.provider.readyCount(), 1);
  }
}

}  // namespace
}  // namespace cyto
