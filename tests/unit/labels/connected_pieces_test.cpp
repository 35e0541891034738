#include "core/labels/connected_pieces.h"

#include <gmock/gmock.h>

#include <map>
#include <queue>
#include <random>
#include <set>

#include "core/labels/brush.h"
#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Pixel = std::array<int64_t, 4>;

LabelVolume painted(const Shape& shape, const std::vector<Pixel>& pixels, uint32_t id) {
  Transaction transaction{LabelVolume(shape)};
  for (const auto& [t, z, y, x] : pixels) {
    transaction.paint(t, z, {{y, x, y + 1, x + 1}, {1}}, id, PaintRule::kOverwrite);
  }
  return transaction.labels();
}

/// Pixel by pixel, as the definition says.
std::set<std::set<Pixel>> piecesByFlooding(const LabelVolume& labels, uint32_t id) {
  const Shape& shape = labels.shape();
  std::set<Pixel> left;
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      for (int64_t y = 0; y < shape.y; ++y) {
        for (int64_t x = 0; x < shape.x; ++x) {
          if (labels.at(t, z, y, x) == id) left.insert({t, z, y, x});
        }
      }
    }
  }
  std::set<std::set<Pixel>> pieces;
  while (!left.empty()) {
    std::set<Pixel> piece;
    std::queue<Pixel> open({*left.begin()});
    left.erase(left.begin());
    for (; !open.empty(); open.pop()) {
      const Pixel at = open.front();
      piece.insert(at);
      for (size_t axis = 0; axis < 4; ++axis) {
        for (const int64_t step : {-1, 1}) {
          Pixel next = at;
          next[axis] += step;
          if (left.erase(next) > 0) open.push(next);
        }
      }
    }
    pieces.insert(std::move(piece));
  }
  return pieces;
}

std::set<std::set<Pixel>> pixelsOf(const std::vector<ObjectPiece>& pieces) {
  std::set<std::set<Pixel>> all;
  for (const ObjectPiece& piece : pieces) {
    std::set<Pixel> pixels;
    for (const PixelRun& run : piece.runs) {
      for (int64_t x = run.x0; x < run.x1; ++x) pixels.insert({run.t, run.z, run.y, x});
    }
    all.insert(std::move(pixels));
  }
  return all;
}

TEST(ConnectedPieces, NothingHasNoPieces) {
  const LabelVolume labels(Shape{1, 1, 10, 10});
  EXPECT_THAT(connectedPieces(labels, 1, Box::whole(labels.shape())), IsEmpty());
  EXPECT_THAT(connectedPieces(labels, 1, {}), IsEmpty());
}

TEST(ConnectedPieces, CornersDoNotConnectAndTheLargestComesFirst) {
  const LabelVolume labels = painted({1, 1, 10, 10}, {{0, 0, 1, 1}, {0, 0, 2, 2}, {0, 0, 2, 3}}, 7);
  const auto pieces = connectedPieces(labels, 7, {{0, 0, 0, 0}, {1, 1, 900, 900}});
  ASSERT_THAT(pieces, SizeIs(2));
  EXPECT_EQ(pieces[0].area, 2);
  EXPECT_EQ(pieces[0].bounds, (Box{{0, 0, 2, 2}, {1, 1, 3, 4}}));
  EXPECT_EQ(pieces[1].bounds, (Box{{0, 0, 1, 1}, {1, 1, 2, 2}}));
}

TEST(ConnectedPieces, ASlantedCutOnePixelWideDivides) {
  const Extent2 plane{60, 60};
  Transaction transaction{LabelVolume(Shape{1, 1, plane.y, plane.x})};
  transaction.paint(0, 0, inscribedEllipse({10, 10, 50, 50}), 1, PaintRule::kOverwrite);
  const std::vector<StrokePoint> cut{{5, 8}, {55, 53}};
  transaction.paint(0, 0, brushStroke(cut, 0, plane), 0, PaintRule::kOverwrite);
  EXPECT_THAT(connectedPieces(transaction.labels(), 1, Box::whole({1, 1, plane.y, plane.x})), SizeIs(2));
}

TEST(ConnectedPieces, AgreesWithFloodingOnRandomVolumes) {
  const uint64_t seed = test::randomSeed(21);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const auto upTo = [&](uint64_t limit) { return static_cast<int64_t>(random() % limit); };
    const Shape shape{1 + upTo(3), 1 + upTo(4), 1 + upTo(9), round % 10 == 0 ? 520 : 1 + upTo(9)};
    const uint64_t holes = 2 + random() % 3;
    Transaction transaction{LabelVolume(shape)};
    for (int64_t t = 0; t < shape.t; ++t) {
      for (int64_t z = 0; z < shape.z; ++z) {
        const PlaneMask mask = maskWhere({0, 0, shape.y, shape.x}, [&](int64_t, int64_t) { return upTo(holes) != 0; });
        transaction.paint(t, z, mask, 5, PaintRule::kOverwrite);
      }
    }
    const auto pieces = connectedPieces(transaction.labels(), 5, Box::whole(shape));
    ASSERT_EQ(pixelsOf(pieces), piecesByFlooding(transaction.labels(), 5)) << shape.text();
    for (size_t i = 1; i < pieces.size(); ++i) ASSERT_GE(pieces[i - 1].area, pieces[i].area);
  }
}

}  // namespace
}  // namespace cyto
