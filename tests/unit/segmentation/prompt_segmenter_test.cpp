#include "core/segmentation/prompt_segmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/inference/fake_model.h"
#include "core/segmentation/encoding_provider.h"
#include "tests/support/random_seed.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto {
namespace {

using test::MemorySource;
using testing::ElementsAre;
using testing::HasSubstr;

/// Bright squares of side 20 on a grid of 50 pixels, on black; the corner pixel keeps the contrast stretch
/// of every tile the same.
int squares(int64_t, int64_t, int64_t y, int64_t x) {
  const bool inside = y % 50 >= 15 && y % 50 < 35 && x % 50 >= 15 && x % 50 < 35;
  return inside ? 200 : 0;
}

PlaneBox squareAround(int64_t y, int64_t x) {
  return {y / 50 * 50 + 15, x / 50 * 50 + 15, y / 50 * 50 + 35, x / 50 * 50 + 35};
}

ObjectPrompts click(uint32_t id, double y, double x) { return {id, 0, 0, {{y, x, true}}, {}, {}, false}; }

struct Untiled {
  explicit Untiled(const Shape& shape) : image(shape, squares), provider(image, model.encoder()) {}
  FakeModel model;
  MemorySource image;
  EncodingProvider provider;
  PromptSegmenter segmenter{provider, model.decoder()};
};

TEST(PromptSegmenter, AClickFindsItsObject) {
  Untiled scene({1, 1, 200, 300});
  const auto answer = scene.segmenter.segment(click(3, 25, 125), {});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->id, 3u);
  EXPECT_EQ(answer->mask.box, squareAround(25, 125));
  EXPECT_EQ(answer->mask.area(), 400);
  EXPECT_THAT(answer->tiles, ElementsAre(0));
  EXPECT_TRUE(answer->warnings.empty());
}

TEST(PromptSegmenter, NegativePointsTakeAway) {
  Untiled scene({1, 1, 200, 300});
  ObjectPrompts object = click(1, 25, 25);
  object.points.push_back({25, 75, true});
  object.points.push_back({27, 77, false});
  const auto answer = scene.segmenter.segment(object, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mask.box, squareAround(25, 25));
}

TEST(PromptSegmenter, ABoxOverTheBorderIsClipped) {
  Untiled scene({1, 1, 100, 100});
  const auto answer = scene.segmenter.segment({1, 0, 0, {}, {{60, 60, 500, 500}}, {}, false}, {});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.box, squareAround(75, 75));
}

TEST(PromptSegmenter, SeveralBoxesAreOneObject) {
  Untiled scene({1, 1, 200, 300});
  ObjectPrompts object{1, 0, 0, {}, {{10, 10, 40, 40}, {110, 110, 140, 140}}, {}, false};
  object.points = {{75, 275, true}, {125, 125, true}};
  const auto answer = scene.segmenter.segment(object, {});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.area(), 3 * 400) << "two boxes and the positive point in neither of them";
  EXPECT_TRUE(answer->mask.at(75, 275));
  EXPECT_THAT(answer->tiles, ElementsAre(0, 0, 0));
}

TEST(PromptSegmenter, NegativePointsApplyToEveryBox) {
  Untiled scene({1, 1, 200, 300});
  ObjectPrompts object{1, 0, 0, {{25, 25, false}}, {{10, 10, 40, 40}, {110, 110, 140, 140}}, {}, false};
  const auto answer = scene.segmenter.segment(object, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mask.box, squareAround(125, 125));
}

TEST(PromptSegmenter, AMaskPromptAloneKeepsItsPlace) {
  Untiled scene({1, 1, 256, 256});
  ObjectPrompts object{1, 0, 0, {}, {}, maskWhere({40, 60, 80, 120}, [](int64_t, int64_t) { return true; }), false};
  const auto answer = scene.segmenter.segment(object, {});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_GT(intersectionOverUnion(answer->mask, *object.mask), 0.95);
}

TEST(PromptSegmenter, AnEmptyAnswerIsSaid) {
  FakeModel model;
  MemorySource image({1, 1, 64, 64}, [](int64_t, int64_t, int64_t y, int64_t) { return y < 32 ? 0 : 200; });
  EncodingProvider provider(image, model.encoder());
  PromptSegmenter segmenter(provider, model.decoder());
  ObjectPrompts object = click(4, 10, 10);
  object.points.push_back({12, 12, false});
  const auto answer = segmenter.segment(object, {});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->mask.isEmpty());
  ASSERT_EQ(answer->warnings.size(), 1u);
  EXPECT_THAT(answer->warnings[0], HasSubstr("object 4: the model sees no object there"));
}

/// Counts the embeddings that were made ready for clicks.
class CountingDecoder : public PromptDecoder {
 public:
  explicit CountingDecoder(PromptDecoder& decoder) : decoder_(decoder) {}
  Result<std::unique_ptr<PreparedEmbedding>> prepare(EmbeddingPtr embedding) override {
    ++prepared;
    auto made = decoder_.prepare(std::move(embedding));
    size_bytes = (*made)->size_bytes();
    return made;
  }
  Result<MaskPrediction> decode(const PreparedEmbedding& embedding, const Prompts& prompts,
                                const DecodeOptions& options) override {
    return decoder_.decode(embedding, prompts, options);
  }

  int prepared = 0;
  int64_t size_bytes = 0;

 private:
  PromptDecoder& decoder_;
};

TEST(PromptSegmenter, PreparedPlanesAreKeptUpToABudgetInBytes) {
  FakeModel model;
  CountingDecoder decoder(model.decoder());
  MemorySource image({1, 3, 100, 100}, squares);
  EncodingProvider provider(image, model.encoder());
  const auto preparedFor = [&](PromptSegmenter& segmenter, std::vector<int64_t> planes) {
    decoder.prepared = 0;
    for (const int64_t z : planes) {
      ObjectPrompts object = click(1, 25, 25);
      object.z = z;
      EXPECT_TRUE(segmenter.segment(object, {}));
    }
    return decoder.prepared;
  };
  PromptSegmenter generous(provider, decoder);
  EXPECT_EQ(preparedFor(generous, {0, 1, 2, 0, 1, 2}), 3);
  ASSERT_GT(decoder.size_bytes, 0);
  PromptSegmenter two(provider, decoder, 2 * decoder.size_bytes);
  EXPECT_EQ(preparedFor(two, {0, 1, 0, 1}), 2);
  EXPECT_EQ(preparedFor(two, {0, 2, 0}), 1) << "plane 1 was used longest ago";
  EXPECT_EQ(preparedFor(two, {1}), 1);
  PromptSegmenter small(provider, decoder, 1);
  EXPECT_EQ(preparedFor(small, {0, 0, 0, 1, 1, 0}), 3) << "the last one is always kept";
}

TEST(PromptSegmenter, PlanesOfASeriesAreKeptApart) {
  FakeModel model;
  const auto movingSquare = [](int64_t t, int64_t z, int64_t y, int64_t x) {
    const int64_t left = 10 + 20 * t + 5 * z;
    return y >= 20 && y < 30 && x >= left && x < left + 10 ? 255 : 0;
  };
  MemorySource image({3, 2, 60, 80}, movingSquare);
  EncodingProvider provider(image, model.encoder());
  PromptSegmenter segmenter(provider, model.decoder());
  std::vector<ObjectPrompts> objects;
  for (const auto& [t, z] : {std::pair{2, 1}, {0, 0}, {1, 1}, {2, 1}}) {
    objects.push_back(
        {static_cast<uint32_t>(objects.size() + 1), t, z, {{25, 15.0 + 20 * t + 5 * z, true}}, {}, {}, false});
  }
  const auto answers = segmenter.segmentAll(objects, {});
  ASSERT_TRUE(answers) << answers.error().message();
  ASSERT_EQ(answers->size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    const ObjectMask& answer = (*answers)[i];
    EXPECT_EQ(answer.id, i + 1) << "answers come in the order of the questions";
    EXPECT_EQ(answer.mask.box.x0, 10 + 20 * answer.t + 5 * answer.z);
  }
  EXPECT_EQ(model.encodeCount(), 3) << "each plane is encoded once";
}

TEST(PromptSegmenter, BadPromptsAreRefusedBeforeAnythingIsEncoded) {
  Untiled scene({1, 1, 100, 100});
  const auto answers = scene.segmenter.segmentAll({click(1, 20, 20), click(2, 20, 120)}, {});
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(answers.error().message(), HasSubstr("object 2 has the point (20, 120) outside the image"));
  EXPECT_EQ(scene.model.encodeCount(), 0);
}

TEST(PromptSegmenter, CancelStopsIt) {
  Untiled scene({1, 1, 100, 100});
  const CancelSource stop;
  stop.cancel();
  const auto answer = scene.segmenter.segment(click(1, 20, 20), {stop.token(), {}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kCancelled);
}

TEST(PromptSegmenter, AFailingModelIsReported) {
  FakeModel model({.failOnEncode = 1});
  MemorySource image({1, 1, 100, 100}, squares);
  EncodingProvider provider(image, model.encoder());
  PromptSegmenter segmenter(provider, model.decoder());
  const auto answer = segmenter.segment(click(1, 20, 20), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kModel);
}

/// Three nested squares whose grey values differ by 20 and 60, so that each tolerance of the model sees another object.
int nestedSquares(int64_t, int64_t, int64_t y, int64_t x) {
  const int64_t distance = std::max(std::abs(y - 50), std::abs(x - 50));
  return distance < 5 ? 200 : distance < 10 ? 180 : distance < 20 ? 140 : x == 0 ? 255 : 0;
}

struct Nested {
  FakeModel model;
  MemorySource image{{1, 1, 100, 100}, nestedSquares};
  EncodingProvider provider{image, model.encoder()};
  PromptSegmenter segmenter{provider, model.decoder()};
};

TEST(PromptSegmenterAlternatives, AreTheAnswerAndTheOtherMasksByPredictedQuality) {
  Nested scene;
  const auto answer = scene.segmenter.segment(click(7, 50, 50), {});
  const auto all = scene.segmenter.alternatives(click(7, 50, 50), {});
  ASSERT_TRUE(answer && all);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].mask, answer->mask);
  EXPECT_EQ((*all)[0].predictedIou, answer->predictedIou);
  EXPECT_EQ((*all)[0].mask.area(), 19 * 19);
  EXPECT_EQ((*all)[1].mask.area(), 9 * 9);
  EXPECT_EQ((*all)[2].mask.area(), 39 * 39);
  EXPECT_GT((*all)[1].predictedIou, (*all)[2].predictedIou);
  for (const ObjectMask& mask : *all) {
    EXPECT_EQ(mask.id, 7u);
    EXPECT_THAT(mask.tiles, ElementsAre(0));
    EXPECT_TRUE(mask.warnings.empty());
  }
  EXPECT_EQ(scene.model.encodeCount(), 1);
}

TEST(PromptSegmenterAlternatives, EqualMasksAreNamedOnce) {
  Untiled scene({1, 1, 200, 300});
  const auto all = scene.segmenter.alternatives(click(1, 25, 25), {});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1u) << "every tolerance sees the same square";
}

TEST(PromptSegmenterAlternatives, EmptyMasksAreNone) {
  Nested scene;
  ObjectPrompts object = click(1, 50, 50);
  object.points.push_back({50, 57, false});  // only the narrowest tolerance leaves something
  const auto all = scene.segmenter.alternatives(object, {});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_TRUE((*all)[0].mask.isEmpty()) << "the answer stays the first, whatever it is";
  EXPECT_EQ((*all)[1].mask.area(), 9 * 9);
}

TEST(PromptSegmenterAlternatives, SeveralBoxesHaveOnlyTheirAnswer) {
  Nested scene;
  const ObjectPrompts object{1, 0, 0, {{50, 50, true}}, {{20, 20, 80, 80}, {30, 30, 70, 70}}, {}, false};
  const auto all = scene.segmenter.alternatives(object, {});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1u);
}

TEST(PromptSegmenterAlternatives, BadPromptsAndCancelAreTheErrorsOfSegment) {
  Nested scene;
  EXPECT_EQ(scene.segmenter.alternatives(click(1, 50, 500), {}).error().code(), ErrorCode::kInvalidArgument);
  const CancelSource stop;
  stop.cancel();
  EXPECT_EQ(scene.segmenter.alternatives(click(1, 50, 50), {stop.token(), {}}).error().code(), ErrorCode::kCancelled);
}

struct Tiled {
  explicit Tiled(const Tiling& tiling)
      : image({1, 1, tiling.planeShape().y, tiling.planeShape().x}, squares),
        provider(image, model.encoder(), tiling) {}
  FakeModel model;
  MemorySource image;
  EncodingProvider provider;
  PromptSegmenter segmenter{provider, model.decoder()};
};

TEST(PromptSegmenterTiled, OnlyTheTilesThatAnswerAreEncoded) {
  Tiled scene(Tiling({400, 600}, {100, 100}, {30, 30}));
  const auto answers = scene.segmenter.segmentAll({click(1, 25, 25), click(2, 375, 575), click(3, 30, 20)}, {});
  ASSERT_TRUE(answers);
  EXPECT_EQ((*answers)[1].mask.box, squareAround(375, 575));
  EXPECT_THAT((*answers)[1].tiles, ElementsAre(23));
  EXPECT_EQ(scene.model.encodeCount(), 2);
}

TEST(PromptSegmenterTiled, AnObjectEndsAtItsOuterTile) {
  FakeModel model;
  MemorySource image({1, 1, 100, 400}, [](int64_t, int64_t, int64_t y, int64_t) { return y < 50 ? 200 : 0; });
  const Tiling tiling({100, 400}, {100, 100}, {0, 20});
  EncodingProvider provider(image, model.encoder(), tiling);
  PromptSegmenter segmenter(provider, model.decoder());
  const auto answer = segmenter.segment(click(1, 10, 150), {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mask.box, (PlaneBox{0, 80, 50, 220}));
}

TEST(PromptSegmenterTiled, APointOutsideTheChosenTileIsDroppedWithAWarning) {
  Tiled scene(Tiling({100, 600}, {100, 100}, {10, 10}));
  ObjectPrompts object = click(1, 25, 25);
  object.points.push_back({25, 525, true});
  object.points.push_back({25, 275, true});
  const auto answer = scene.segmenter.segment(object, {});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->mask.box, squareAround(25, 275)) << "the tile of the centre answers with what lies in it";
  ASSERT_FALSE(answer->warnings.empty());
  EXPECT_THAT(answer->warnings[0], HasSubstr("no tile holds all prompts"));
}

/// A provider some tiles of which were never computed.
struct PartialProvider : EmbeddingProvider {
  PartialProvider(EmbeddingProvider& inner, std::set<int64_t> there) : whole(inner), tiles(std::move(there)) {}
  const Shape& imageShape() const override { return whole.imageShape(); }
  const Tiling& tiling() const override { return whole.tiling(); }
  bool hasTile(int64_t, int64_t, int64_t tile) const override { return tiles.contains(tile); }
  Result<EmbeddingPtr> embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) override {
    EXPECT_TRUE(tiles.contains(tile));
    return whole.embedding(t, z, tile, job);
  }
  EmbeddingProvider& whole;
  std::set<int64_t> tiles;
};

TEST(PromptSegmenterTiled, ANeighbourAnswersForATileThatIsNotThere) {
  Tiled scene(Tiling({100, 300}, {100, 100}, {40, 40}));
  PartialProvider partial(scene.provider, {1});
  PromptSegmenter segmenter(partial, scene.model.decoder());
  const auto reached = segmenter.segment(click(1, 25, 75), {});
  ASSERT_TRUE(reached) << reached.error().message();
  EXPECT_EQ(reached->mask.box, squareAround(25, 75));
  const auto outside = segmenter.segment(click(2, 25, 25), {});
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(outside.error().message(), HasSubstr("no embedding was computed around the prompts of object 2"));
}

// Squares that fit into some outer tile are found whole wherever tile borders cut through the image, and
// every mask lies within the outer area of the tile that answered.
TEST(PromptSegmenterTiled, MasksArePastedWhereTheyBelong) {
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto upTo = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 12; ++round) {
    const Tiling tiling({150 + upTo(200), 150 + upTo(200)}, {60 + upTo(90), 60 + upTo(90)},
                        {20 + upTo(20), 20 + upTo(20)});
    SCOPED_TRACE("tile " + std::to_string(tiling.tileShape().y) + " x " + std::to_string(tiling.tileShape().x));
    Tiled scene(tiling);
    for (int i = 0; i < 6; ++i) {
      const int64_t row = upTo(tiling.planeShape().y / 50), column = upTo(tiling.planeShape().x / 50);
      const PlaneBox square = squareAround(row * 50, column * 50);
      const auto y = static_cast<double>(square.y0 + 10), x = static_cast<double>(square.x0 + 10);
      const auto answer = scene.segmenter.segment(click(1, y, x), {});
      ASSERT_TRUE(answer) << answer.error().message();
      const PlaneBox tile = tiling.tile(answer->tiles.front());
      ASSERT_EQ(answer->mask.box.clippedTo(tile), answer->mask.box);
      ASSERT_EQ(answer->mask.box, square.clippedTo(tile));
      if (tiling.halo().y >= 20 && tiling.halo().x >= 20) {
        ASSERT_EQ(answer->mask.box, square) << "the halo is as wide as the object";
      }
    }
  }
}

}  // namespace
}  // namespace cyto
