#include "core/segmentation/store_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/embedding/precompute.h"
#include "core/inference/fake_model.h"
#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/prompt_segmenter.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto {
namespace {

using test::MemorySource;
using testing::HasSubstr;

int pattern(int64_t t, int64_t z, int64_t y, int64_t x) {
  return static_cast<int>((y / 9 * 7 + x / 11 * 5 + z * 3 + t) % 8 * 30);
}

class StoreProviderTest : public testing::Test {
 protected:
  /// Computes everything, or nothing when `isFinished` is false.
  void makeStore(const io::ImageSource& image, std::optional<TileLayout> tiles, bool isFinished = true) {
    LayoutRequest request;
    request.tiles = tiles;
    const auto layout = planLayout(image.info(), request, {});
    ASSERT_TRUE(layout) << layout.error().message();
    const auto fingerprint = fingerprintOf(image, {});
    ASSERT_TRUE(fingerprint);
    const auto store =
        EmbeddingStore::openToWrite(path(), {*layout, identityOf(*fingerprint, model_.identity(), "test")});
    ASSERT_TRUE(store) << store.error().message();
    if (!isFinished) return;
    const auto report = precomputeEmbeddings(image, **store, model_.encoder(), {});
    ASSERT_TRUE(report) << report.error().message();
  }

  Result<std::unique_ptr<StoreProvider>> open(const io::ImageSource& image, const ModelIdentity& identity,
                                              MismatchPolicy policy = MismatchPolicy::kRefuse) {
    return StoreProvider::open(path(), image, identity, policy, {});
  }

  std::filesystem::path path() const { return folder_ / "store.zarr"; }

  test::TemporaryFolder folder_;
  FakeModel model_;
};

TEST_F(StoreProviderTest, AnswersAsEncodingDoesTileByTile) {
  const MemorySource image({2, 3, 90, 120}, pattern);
  const TileLayout tiles{{40, 50}, {10, 12}};
  makeStore(image, tiles);
  const int64_t encoded = model_.encodeCount();
  const auto stored = open(image, model_.identity());
  ASSERT_TRUE(stored) << stored.error().message();
  FakeModel other;
  EncodingProvider fresh(image, other.encoder(), Tiling({90, 120}, tiles.tileShape, tiles.halo));
  PromptSegmenter fromStore(**stored, model_.decoder()), fromImage(fresh, other.decoder());
  for (int64_t t = 0; t < 2; ++t) {
    for (int64_t z = 0; z < 3; ++z) {
      const ObjectPrompts click{1, t, z, {{20.0 + 15 * static_cast<double>(z), 70, true}}, {}, {}, false};
      const auto a = fromStore.segment(click, {}), b = fromImage.segment(click, {});
      ASSERT_TRUE(a) << a.error().message();
      ASSERT_TRUE(b) << b.error().message();
      EXPECT_EQ(a->tiles, b->tiles);
      EXPECT_EQ(a->mask.box, b->mask.box);
      EXPECT_EQ(a->mask.pixels, b->mask.pixels);
    }
  }
  EXPECT_EQ(model_.encodeCount(), encoded) << "a store never encodes";
}

TEST_F(StoreProviderTest, AnotherImageIsRefused) {
  const MemorySource image({1, 1, 60, 60}, pattern);
  makeStore(image, std::nullopt);
  const MemorySource otherSize({1, 1, 60, 61}, pattern);
  const auto size = open(otherSize, model_.identity());
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(size.error().message(), HasSubstr("it belongs to another image"));
  const MemorySource otherPixel({1, 1, 60, 60}, [](int64_t t, int64_t z, int64_t y, int64_t x) {
    return y == 59 && x == 59 ? 255 : pattern(t, z, y, x);
  });
  const auto pixel = open(otherPixel, model_.identity());
  ASSERT_FALSE(pixel);
  EXPECT_THAT(pixel.error().message(), HasSubstr("data_signature"));
}

TEST_F(StoreProviderTest, AnotherModelIsRefusedUnlessInsistedOn) {
  const MemorySource image({1, 1, 60, 60}, pattern);
  makeStore(image, std::nullopt);
  ModelIdentity other = model_.identity();
  other.weightsHash = "xxh128:ffffffffffffffffffffffffffffffff";
  const auto refused = open(image, other);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("model_hash"));
  EXPECT_TRUE(open(image, other, MismatchPolicy::kAcceptOtherWeights));
  other.architecture = "vit_other";
  EXPECT_FALSE(open(image, other, MismatchPolicy::kAcceptOtherWeights)) << "another network can never be accepted";
}

TEST_F(StoreProviderTest, ThePrecisionIsTheStoresOwnAffair) {
  const MemorySource image({1, 1, 60, 60}, pattern);
  makeStore(image, std::nullopt);
  ModelIdentity reduced = model_.identity();
  reduced.precision = Precision::kBf16;
  EXPECT_TRUE(open(image, reduced));
}

TEST_F(StoreProviderTest, AnUnfinishedStoreSaysHowToFinishIt) {
  const MemorySource image({1, 1, 60, 60}, pattern);
  makeStore(image, std::nullopt, false);
  const auto provider = open(image, model_.identity());
  ASSERT_TRUE(provider) << provider.error().message();
  const auto missing = (*provider)->embedding(0, 0, 0, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("run 'cytoclick precompute-embeddings' again"));
}

}  // namespace
}  // namespace cyto
