// Volumes whose budget is a few chunks, so that most are packed.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

constexpr int64_t kChunkBytes = sizeof(LabelVolume::Chunk);

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

void paint(LabelVolume& labels, int64_t z, const PlaneBox& box, uint32_t id) {
  Transaction transaction(labels);
  transaction.paint(0, z, filled(box), id, PaintRule::kOverwrite);
  ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
}

/// A square in each of the chunks of a plane of 4 x 4 chunks, the last ones cut.
LabelVolume squares(int64_t denseBudget_bytes) {
  LabelVolume labels(Shape{1, 2, 900, 1000}, denseBudget_bytes);
  for (int64_t i = 0; i < 16; ++i) {
    const int64_t y = i / 4 * 256 + 10;
    const int64_t x = i % 4 * 256 + 10;
    paint(labels, 1, {y, x, y + 20, x + 20}, static_cast<uint32_t>(i + 1));
  }
  return labels;
}

TEST(PackedVolume, KeepsItsBudgetAndItsPixels) {
  const LabelVolume dense = squares(LabelVolume::kDenseBudget_bytes);
  EXPECT_EQ(dense.size_bytes(), 16 * kChunkBytes);
  for (const int64_t budget : {int64_t{0}, kChunkBytes, 3 * kChunkBytes + 1}) {
    const LabelVolume labels = squares(budget);
    EXPECT_LT(labels.size_bytes(), std::max(budget, kChunkBytes) + 16 * 200) << budget;
    EXPECT_EQ(labels, dense);
    EXPECT_EQ(dense, labels);
    EXPECT_EQ(labels.chunks(), dense.chunks());
    for (const ChunkKey& key : dense.chunks()) EXPECT_EQ(*labels.packed(key), *dense.packed(key));
  }
}

TEST(PackedVolume, PackingDoesNotLookLikeAChange) {
  LabelVolume labels = squares(16 * kChunkBytes);
  const LabelVolume snapshot = labels;
  // Second round on the other plane: all chunks of the first are packed.
  for (int64_t i = 0; i < 16; ++i) {
    const PlaneBox box{i / 4 * 256, i % 4 * 256, i / 4 * 256 + 5, i % 4 * 256 + 5};
    paint(labels, 0, box, 99);
  }
  EXPECT_LT(labels.size_bytes(), 17 * kChunkBytes);
  for (const ChunkKey& key : snapshot.chunks()) EXPECT_TRUE(labels.sharesChunk(snapshot, key));
  paint(labels, 1, {0, 0, 1, 1}, 98);
  EXPECT_FALSE(labels.sharesChunk(snapshot, {0, 1, 0, 0}));
  EXPECT_TRUE(labels.sharesChunk(snapshot, {0, 1, 0, 1}));
  EXPECT_EQ(snapshot.at(0, 1, 0, 0), 0U);
  // A snapshot that is written to is another volume, even when the chunk is the only one left of its kind.
  LabelVolume other = snapshot;
  paint(other, 1, {10, 266, 11, 267}, 97);
  EXPECT_FALSE(other.sharesChunk(labels, {0, 1, 0, 1}));
  EXPECT_EQ(labels.at(0, 1, 10, 266), 2U);
}

TEST(PackedVolume, WhatPackingWouldNotMakeSmallerStays) {
  std::mt19937_64 random(1);
  Array array = *Array::create(Dtype::kUint32, Shape{1, 1, 256, 5 * 256});
  for (uint32_t& id : array.as<uint32_t>()) id = static_cast<uint32_t>(random());
  LabelVolume labels(array.shape(), 0);
  LabelDelta delta;
  for (int64_t column = 0; column < 5; ++column) {
    delta.chunks.push_back({{0, 0, 0, column}, {}});
    for (uint32_t i = 0; i < 256 * 256; ++i) {
      const auto pixel = static_cast<size_t>(i / 256 * 5 * 256 + i % 256 + column * 256);
      delta.chunks.back().runs.push_back({i, 1, 0, array.as<uint32_t>()[pixel]});
    }
  }
  ASSERT_TRUE(apply(delta, Direction::kForward, labels));
  EXPECT_EQ(labels.size_bytes(), 5 * kChunkBytes);
  EXPECT_TRUE(std::ranges::equal((*labels.toArray()).as<uint32_t>(), array.as<uint32_t>()));
  ASSERT_TRUE(apply(delta, Direction::kBackward, labels));
  EXPECT_EQ(labels.size_bytes(), 0);
}

TEST(PackedVolume, ChunksThatBecameBlankGoWhenTheyWouldBePacked) {
  Transaction transaction(LabelVolume(Shape{1, 1, 256, 1024}, 0));
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 1, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({0, 0, 5, 5}), 0, PaintRule::kOverwrite);
  transaction.paint(0, 0, filled({0, 300, 5, 305}), 2, PaintRule::kOverwrite);
  EXPECT_EQ(transaction.labels().chunks(), (std::vector<ChunkKey>{{0, 0, 0, 1}}));
  EXPECT_EQ(transaction.finish().chunks.size(), 1U);
}

TEST(PackedVolume, BuildsFromPackedChunks) {
  const LabelVolume labels = squares(3 * kChunkBytes);
  std::vector<std::pair<ChunkKey, std::shared_ptr<const PackedChunk>>> chunks;
  for (const ChunkKey& key : labels.chunks()) chunks.emplace_back(key, labels.packed(key));
  std::reverse(chunks.begin(), chunks.end());
  auto built = LabelVolume::fromPacked(labels.shape(), chunks);
  ASSERT_TRUE(built);
  EXPECT_EQ(*built, labels);
  EXPECT_LT(built->size_bytes(), 16 * 200) << "nothing was unpacked";
  paint(*built, 1, {0, 0, 300, 300}, 77);
  EXPECT_EQ(built->at(0, 1, 0, 0), 77U);
  EXPECT_EQ(built->at(0, 1, 300, 300), labels.at(0, 1, 300, 300));
}

TEST(PackedVolume, RefusesChunksThatDoNotFit) {
  LabelVolume labels(Shape{1, 2, 900, 1000});
  paint(labels, 1, {0, 0, 132, 232}, 1);
  const auto fits = labels.packed({0, 1, 0, 0});
  paint(labels, 1, {132, 231, 133, 232}, 1);
  const auto tooHigh = labels.packed({0, 1, 0, 0});
  paint(labels, 1, {132, 0, 133, 256}, 0);
  paint(labels, 1, {0, 232, 1, 233}, 1);
  const auto tooWide = labels.packed({0, 1, 0, 0});
  const auto from = [&](const std::vector<std::pair<ChunkKey, std::shared_ptr<const PackedChunk>>>& chunks) {
    const auto built = LabelVolume::fromPacked(labels.shape(), chunks);
    return built ? std::string("fine") : built.error().code() == ErrorCode::kFormat ? built.error().message() : "?";
  };
  EXPECT_EQ(from({}), "fine");
  EXPECT_EQ(from({{{0, 0, 3, 3}, fits}, {{0, 1, 3, 3}, fits}}), "fine");
  EXPECT_EQ(from({{{0, 0, 3, 3}, tooHigh}}),
            "the labels at frame 0, slice 0, chunk (3, 3) reach over the edge of the image");
  EXPECT_NE(from({{{0, 0, 0, 3}, tooWide}}).find("reach over the edge"), std::string::npos);
  EXPECT_EQ(from({{{0, 0, 3, 0}, tooWide}}), "fine");
  EXPECT_NE(from({{{0, 0, 0, 0}, fits}, {{0, 0, 0, 0}, fits}}).find("are there twice"), std::string::npos);
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  for (const ChunkKey& key : {ChunkKey{1, 0, 0, 0},
                              {0, 2, 0, 0},
                              {0, 0, 4, 0},
                              {0, 0, 0, 4},
                              {-1, 0, 0, 0},
                              {0, 0, -1, 0},
                              {kFar, kFar, kFar, kFar}}) {
    EXPECT_NE(from({{key, fits}}).find("lie outside the image"), std::string::npos);
  }
}

TEST(PackedVolume, HugePlanesCostOnlyWhatIsInThem) {
  constexpr int64_t kHuge = int64_t{1} << 40;
  LabelVolume labels(Shape{kHuge, kHuge, kHuge, kHuge}, kChunkBytes);
  for (int64_t i = 0; i < 40; ++i) {
    Transaction transaction(labels);
    const int64_t at = i * (kHuge / 41);
    transaction.paint(at, kHuge - 1 - at, filled({at, at, at + 3, at + 3}), 5, PaintRule::kOverwrite);
    ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
  }
  EXPECT_LT(labels.size_bytes(), 2 * kChunkBytes);
  Transaction transaction(labels);
  EXPECT_EQ(transaction.replace({{0, 0, 0, 0}, {kHuge, kHuge, kHuge, kHuge / 2}}, 5, 6), 21 * 9)
      << "of 40, those on the left half";
  EXPECT_EQ(transaction.replace({{0, 0, kHuge / 41, 0}, {kHuge, kHuge, kHuge / 41 + 1, kHuge}}, 6, 7), 3);
}

TEST(PackedVolume, FindsTheChunksOfABox) {
  const uint64_t seed = test::randomSeed(17);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t end) { return static_cast<int64_t>(random() % static_cast<uint64_t>(end)); };
  const Shape shape{3, 4, 1500, 1100};
  LabelVolume labels(shape, kChunkBytes);
  for (int i = 0; i < 70; ++i) {
    Transaction transaction(labels);
    const int64_t y = below(shape.y), x = below(shape.x);
    transaction.paint(below(shape.t), below(shape.z), filled({y, x, y + 1, x + 1}), 1, PaintRule::kOverwrite);
    ASSERT_TRUE(apply(transaction.finish(), Direction::kForward, labels));
  }
  for (int i = 0; i < 300; ++i) {
    const Shape begin{below(4) - 1, below(5) - 1, below(1600) - 50, below(1200) - 50};
    const Box box{begin, {begin.t + below(4), begin.z + below(5), begin.y + below(900), begin.x + below(900)}};
    std::vector<ChunkKey> expected;
    for (const ChunkKey& key : labels.chunks()) {
      const PlaneBox part = labels.boxOf(key);
      const Box chunk{{key.t, key.z, part.y0, part.x0}, {key.t + 1, key.z + 1, part.y1, part.x1}};
      if (!chunk.clippedTo(box).isEmpty()) expected.push_back(key);
    }
    ASSERT_EQ(labels.chunks(box), expected) << i;
  }
}

/// What the pixels add up to, read in several ways.
uint64_t readAll(const LabelVolume& labels) {
  uint64_t sum = 0;
  const Shape& shape = labels.shape();
  std::vector<uint32_t> pixels(static_cast<size_t>(shape.y * shape.x));
  for (int64_t z = 0; z < shape.z; ++z) {
    labels.read(0, z, {0, 0, shape.y, shape.x}, pixels);
    for (const uint32_t id : pixels) sum += id;
  }
  uint64_t sumOfChunks = 0;
  for (const ChunkKey& key : labels.chunks()) {
    ChunkReader reader = labels.chunk(key);
    for (int64_t y = 0; y < LabelVolume::kChunkSide; ++y) {
      const uint32_t* row = reader.row(y);
      for (int64_t x = 0; x < LabelVolume::kChunkSide; ++x) sumOfChunks += row[x];
    }
  }
  EXPECT_EQ(sum, sumOfChunks);
  return sum;
}

TEST(PackedVolume, OtherThreadsReadSnapshotsWhileOneWrites) {
  const uint64_t seed = test::randomSeed(71);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  constexpr int kReaders = 2;
  LabelVolume labels(Shape{1, 2, 600, 700}, 2 * kChunkBytes);
  uint64_t sum = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::thread> readers;
    std::vector<uint64_t> sums(kReaders);
    const uint64_t then = sum;
    for (int i = 0; i < kReaders; ++i) {
      // Each its own copy, given up while the writer goes on.
      readers.emplace_back([snapshot = labels, &mine = sums[static_cast<size_t>(i)]]() mutable {
        mine = readAll(std::exchange(snapshot, {}));
      });
    }
    for (int write = 0; write < 20; ++write) {
      const auto y = static_cast<int64_t>(random() % 550);
      const auto x = static_cast<int64_t>(random() % 650);
      Transaction transaction(labels);
      const auto id = static_cast<uint32_t>(1 + random() % 1000);
      transaction.paint(0, static_cast<int64_t>(random() % 2), filled({y, x, y + 40, x + 40}), id,
                        PaintRule::kOverwrite);
      const LabelDelta delta = transaction.finish();
      for (const auto& [object, change] : delta.byId()) sum += object * static_cast<uint64_t>(change.pixels);
      ASSERT_TRUE(apply(delta, Direction::kForward, labels));
    }
    for (std::thread& reader : readers) reader.join();
    for (const uint64_t read : sums) ASSERT_EQ(read, then) << round;
  }
  EXPECT_EQ(readAll(labels), sum);
}

}  // namespace
}  // namespace cyto
