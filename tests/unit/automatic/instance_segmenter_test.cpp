#include "core/segmentation/automatic/instance_segmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "core/inference/fake_model.h"
#include "core/segmentation/automatic/tile_joining.h"
#include "core/segmentation/encoding_provider.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto {
namespace {

using ::testing::HasSubstr;

/// Which object has a pixel; 0: none.
using Truth = std::function<uint32_t(int64_t t, int64_t z, int64_t y, int64_t x)>;

/// Embeddings that say only where they are from.
class PlaceProvider : public EmbeddingProvider {
 public:
  PlaceProvider(const Shape& shape, const Tiling& tiling) : shape_(shape), tiling_(tiling) {}
  const Shape& imageShape() const override { return shape_; }
  const Tiling& tiling() const override { return tiling_; }
  bool hasTile(int64_t, int64_t, int64_t tile) const override { return !missing.count(tile); }
  Result<EmbeddingPtr> embedding(int64_t t, int64_t z, int64_t tile, const JobContext&) override {
    Embedding embedding;
    embedding.maps.push_back(
        {"features", 3, 1, 1, {static_cast<float>(t), static_cast<float>(z), static_cast<float>(tile)}});
    const PlaneBox box = tiling_.tile(tile);
    embedding.originalSize = embedding.inputSize = {box.height(), box.width()};
    return std::make_shared<const Embedding>(std::move(embedding));
  }

  std::set<int64_t> missing;

 private:
  Shape shape_;
  Tiling tiling_;
};

/// Sees the truth: distances are 0 three pixels inside an object and 1 at its edge.
class TruthDecoder : public InstanceDecoder {
 public:
  TruthDecoder(Truth truth, const Tiling& tiling) : truth_(std::move(truth)), tiling_(tiling) {}
  Result<InstanceMaps> decode(const Embedding& embedding, const JobContext&) override {
    const auto& place = embedding.maps[0].values;
    const auto t = static_cast<int64_t>(place[0]), z = static_cast<int64_t>(place[1]);
    const PlaneBox box = tiling_.tile(static_cast<int64_t>(place[2]));
    DistanceMaps maps{{box.height(), box.width()}, {}, {}, {}};
    for (int64_t y = box.y0; y < box.y1; ++y) {
      for (int64_t x = box.x0; x < box.x1; ++x) {
        const uint32_t id = truth_(t, z, y, x);
        bool isDeep = id != 0;
        for (const int64_t step : {-3, 3}) isDeep &= truth_(t, z, y + step, x) == id && truth_(t, z, y, x + step) == id;
        maps.foreground.push_back(id != 0 ? 1.0f : 0.0f);
        maps.centreDistance.push_back(isDeep ? 0.0f : 1.0f);
      }
    }
    maps.boundaryDistance = maps.centreDistance;
    if (answersTooSmall) --maps.size.y;
    return InstanceMaps(std::move(maps));
  }

  bool answersTooSmall = false;

 private:
  Truth truth_;
  Tiling tiling_;
};

/// Discs of radius 9 in rows and columns of 30 pixels, with the ids 1, 2, …
uint32_t discs(int64_t y, int64_t x) {
  if (y < 0 || x < 0) return 0;
  const int64_t row = y / 30, column = x / 30;
  const bool isInside = std::hypot(static_cast<double>(y % 30 - 15), static_cast<double>(x % 30 - 15)) <= 9;
  return isInside ? static_cast<uint32_t>(row * 100 + column + 1) : 0;
}
Truth discsEverywhere() {
  return [](int64_t, int64_t, int64_t y, int64_t x) { return discs(y, x); };
}

InstanceParameters plainParameters() {
  InstanceParameters parameters;
  parameters.distance.foregroundSmoothing = parameters.distance.distanceSmoothing = 0;
  return parameters;
}

/// Both are the same but for the numbers of the ids.
void expectSameObjects(const LabelVolume& labels, const Truth& truth) {
  std::map<uint32_t, uint32_t> idOfTruth, truthOfId;
  const Shape& shape = labels.shape();
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      for (int64_t y = 0; y < shape.y; ++y) {
        for (int64_t x = 0; x < shape.x; ++x) {
          const uint32_t id = labels.at(t, z, y, x), expected = truth(t, z, y, x);
          ASSERT_EQ(id != 0, expected != 0) << y << ", " << x;
          if (id == 0) continue;
          const auto plane = static_cast<uint32_t>(t * shape.z + z);
          ASSERT_EQ(idOfTruth.try_emplace(expected + plane * 100'000, id).first->second, id) << y << ", " << x;
          ASSERT_EQ(truthOfId.try_emplace(id, expected + plane * 100'000).first->second, expected + plane * 100'000);
        }
      }
    }
  }
}

TEST(InstanceSegmenter, ObjectsOnTheBordersOfTilesAreWhole) {
  const Shape shape{1, 1, 130, 170};
  for (const Extent2 halo : {Extent2{8, 8}, {20, 12}, {50, 50}}) {
    const Tiling tiling({shape.y, shape.x}, {33, 41}, halo);
    PlaceProvider provider(shape, tiling);
    TruthDecoder decoder(discsEverywhere(), tiling);
    const auto found = segmentInstances(provider, decoder, plainParameters(), {});
    ASSERT_TRUE(found) << found.error().message();
    expectSameObjects(found->labels, discsEverywhere());
    EXPECT_EQ(found->labels.ids().size(), found->objects);
    EXPECT_EQ(found->labels.ids().back(), found->objects) << "ids are 1, 2, …";
  }
}

TEST(InstanceSegmenter, AnObjectLargerThanATileIsOne) {
  const Shape shape{1, 1, 120, 120};
  const Tiling tiling({120, 120}, {30, 30}, {10, 10});
  const Truth ring = [](int64_t, int64_t, int64_t y, int64_t x) -> uint32_t {
    const double radius = std::hypot(static_cast<double>(y) - 60, static_cast<double>(x) - 60);
    return radius > 35 && radius < 50 ? 1 : 0;
  };
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder(ring, tiling);
  const auto found = segmentInstances(provider, decoder, plainParameters(), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->objects, 1u);
}

TEST(InstanceSegmenter, WithoutHaloObjectsEndAtTheBorders) {
  const Shape shape{1, 1, 30, 60};
  const Tiling tiling({30, 60}, {30, 15}, {0, 0});  // cuts both discs in the middle
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder(discsEverywhere(), tiling);
  EXPECT_EQ(segmentInstances(provider, decoder, plainParameters(), {})->objects, 4u);
}

TEST(InstanceSegmenter, EveryPlaneHasItsOwnObjects) {
  const Shape shape{2, 3, 60, 60};
  const Tiling tiling({60, 60}, {60, 35}, {0, 12});
  const Truth someEmpty = [](int64_t t, int64_t z, int64_t y, int64_t x) -> uint32_t {
    return t == 1 && z == 1 ? 0 : discs(y, x);
  };
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder(someEmpty, tiling);
  std::vector<int64_t> done;
  const JobContext job{{}, [&](const Progress& progress) {
                         EXPECT_EQ(progress.total, 12);
                         done.push_back(progress.done);
                       }};
  const auto found = segmentInstances(provider, decoder, plainParameters(), job);
  ASSERT_TRUE(found);
  expectSameObjects(found->labels, someEmpty);
  EXPECT_EQ(done.back(), 12);
}

TEST(InstanceSegmenter, SizesCountOverAllTiles) {
  const Shape shape{1, 1, 30, 60};
  const Tiling tiling({30, 60}, {30, 15}, {0, 10});
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder(discsEverywhere(), tiling);
  int64_t area = 0;
  for (int64_t y = 0; y < 30; ++y) {
    for (int64_t x = 0; x < 30; ++x) area += discs(y, x) != 0;
  }
  InstanceParameters parameters = plainParameters();
  parameters.distance.minSize = area;
  EXPECT_EQ(segmentInstances(provider, decoder, parameters, {})->objects, 2u);
  parameters.distance.minSize = area + 1;
  const auto none = segmentInstances(provider, decoder, parameters, {});
  EXPECT_EQ(none->objects, 0u);
  EXPECT_TRUE(none->labels.ids().empty());
}

TEST(InstanceSegmenter, TilesWithoutEmbeddingStayEmpty) {
  const Shape shape{1, 1, 30, 90};
  const Tiling tiling({30, 90}, {30, 30}, {0, 5});
  PlaceProvider provider(shape, tiling);
  provider.missing = {1};
  TruthDecoder decoder(discsEverywhere(), tiling);
  const auto found = segmentInstances(provider, decoder, plainParameters(), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->objects, 2u);
  EXPECT_EQ(found->missingTiles, 1);
  EXPECT_EQ(found->labels.at(0, 0, 15, 45), 0u);
}

TEST(InstanceSegmenter, StopsBetweenTiles) {
  const Shape shape{1, 1, 30, 90};
  const Tiling tiling({30, 90}, {30, 30}, {0, 5});
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder(discsEverywhere(), tiling);
  const CancelSource cancel;
  const JobContext job{cancel.token(), [&](const Progress&) { cancel.cancel(); }};
  const auto found = segmentInstances(provider, decoder, plainParameters(), job);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kCancelled);
}

TEST(InstanceSegmenter, MapsOfAnotherSizeAreRefused) {
  const Shape shape{1, 1, 30, 30};
  const Tiling tiling({30, 30}, {30, 30}, {0, 0});
  PlaceProvider provider(shape, tiling);
  TruthDecoder decoder([](int64_t, int64_t, int64_t, int64_t) { return 0u; }, tiling);
  decoder.answersTooSmall = true;
  const auto found = segmentInstances(provider, decoder, plainParameters(), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("another size"));
}

TEST(InstanceSegmenter, WorksOnPixelsWithTheDecoderOfAModel) {
  // Two bright cones; the darkest pixel between them keeps the stretch of grey values as it is.
  const auto cone = [](int64_t y, int64_t x, int64_t centre) {
    return 255 - 8 * static_cast<int64_t>(std::hypot(static_cast<double>(y - 30), static_cast<double>(x - centre)));
  };
  const test::MemorySource image({1, 1, 60, 100}, [&](int64_t, int64_t, int64_t y, int64_t x) {
    return std::max<int64_t>({0, cone(y, x, 28), cone(y, x, 72)});
  });
  FakeModel model;
  EncodingProvider provider(image, model.encoder());
  const auto found = segmentInstances(provider, *model.instanceDecoder(), {}, {});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->objects, 2u);
  EXPECT_NE(found->labels.at(0, 0, 30, 28), found->labels.at(0, 0, 30, 72));
  EXPECT_EQ(found->labels.at(0, 0, 2, 2), 0u);
}

}  // namespace
}  // namespace cyto
