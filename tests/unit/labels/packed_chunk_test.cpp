#include "core/labels/packed_chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

constexpr int64_t kSide = kLabelChunkSide;

std::shared_ptr<LabelChunk> chunkWhere(const std::function<uint32_t(int64_t y, int64_t x)>& id) {
  const auto chunk = blankChunk();
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) (*chunk)[static_cast<size_t>(y * kSide + x)] = id(y, x);
  }
  return chunk;
}

std::shared_ptr<LabelChunk> onePixel(int64_t y, int64_t x, uint32_t id) {
  return chunkWhere([=](int64_t yy, int64_t xx) { return yy == y && xx == x ? id : 0; });
}

/// Round objects, some of them on background.
std::shared_ptr<LabelChunk> cells(std::mt19937_64& random) {
  const auto pitch = static_cast<int64_t>(3 + random() % 60);
  const auto radius = static_cast<double>(pitch) * (0.2 + 0.1 * static_cast<double>(random() % 6));
  const auto first = static_cast<uint32_t>(random());
  return chunkWhere([=](int64_t y, int64_t x) -> uint32_t {
    const double dy = static_cast<double>(y % pitch - pitch / 2);
    const double dx = static_cast<double>(x % pitch - pitch / 2);
    if (std::hypot(dy, dx) > radius) return 0;
    return std::max(first + static_cast<uint32_t>(y / pitch * 256 + x / pitch), 1U);
  });
}

std::shared_ptr<LabelChunk> noise(std::mt19937_64& random, uint32_t ids) {
  return chunkWhere([&](int64_t, int64_t) { return static_cast<uint32_t>(random() % ids); });
}

Extent2 extentOf(const LabelChunk& chunk) {
  Extent2 extent;
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) {
      if (chunk[static_cast<size_t>(y * kSide + x)] == 0) continue;
      extent = {std::max(extent.y, y + 1), std::max(extent.x, x + 1)};
    }
  }
  return extent;
}

void expectRoundTrip(const LabelChunk& chunk) {
  const auto packed = PackedChunk::pack(chunk);
  ASSERT_NE(packed, nullptr);
  ASSERT_EQ(*packed->unpack(), chunk);
  ASSERT_EQ(packed->extent(), extentOf(chunk));
  const auto again = PackedChunk::fromBytes(packed->bytes());
  ASSERT_TRUE(again) << again.error().message();
  ASSERT_EQ(**again, *packed);
  for (int64_t y = 0; y < kSide; ++y) {
    const int64_t x = y * 7 % kSide;
    std::vector<uint32_t> row(static_cast<size_t>(std::min<int64_t>(kSide - x, 1 + y)), 99);
    packed->readRow(y, x, row);
    ASSERT_TRUE(std::equal(row.begin(), row.end(), chunk.begin() + y * kSide + x)) << "row " << y;
  }
}

TEST(PackedChunk, RoundTrips) {
  const uint64_t seed = test::randomSeed(5);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  ASSERT_NO_FATAL_FAILURE(expectRoundTrip(*chunkWhere([](int64_t, int64_t) { return 0xFFFFFFFFU; })));
  for (const auto& [y, x] : {std::pair{0, 0}, {0, 255}, {255, 0}, {255, 255}, {100, 13}}) {
    ASSERT_NO_FATAL_FAILURE(expectRoundTrip(*onePixel(y, x, 1 + static_cast<uint32_t>(random() % 1000)))) << y;
  }
  const auto allDifferent = [](int64_t y, int64_t x) { return static_cast<uint32_t>(y * kSide + x); };
  ASSERT_NO_FATAL_FAILURE(expectRoundTrip(*chunkWhere(allDifferent)));
  for (const uint32_t ids : {2U, 3U, 256U, 257U, 0xFFFFFFFFU}) {
    ASSERT_NO_FATAL_FAILURE(expectRoundTrip(*noise(random, ids))) << ids;
  }
  for (int i = 0; i < 30; ++i) ASSERT_NO_FATAL_FAILURE(expectRoundTrip(*cells(random))) << i;
}

TEST(PackedChunk, ABlankChunkHasNoPackedForm) { EXPECT_EQ(PackedChunk::pack(*blankChunk()), nullptr); }

// Bytes of the format as packed_chunk.cpp describes it, put together by hand.
TEST(PackedChunk, BytesAreWhatTheFormatSays) {
  const auto chunk = chunkWhere([](int64_t y, int64_t x) -> uint32_t {
    if (y == 9 && x == 2) return 0x01020304;
    return (y == 9 || y == 10) && x >= 4 && x < 7 ? 5 : 0;
  });
  std::string expected{3, 0, 0, 0, 6, 0, 0, 0};
  expected += std::string{0, 2 | 4 | 8} + std::string(30, '\0');                            // rows 9, 10 and 11
  expected += std::string{0, 0, 0, 0} + std::string{4, 3, 2, 1} + std::string{5, 0, 0, 0};  // ids
  expected += std::string{0, 0, 4, 0, 6, 0};                                                // first runs
  expected += std::string{1, 0, 0, 2, 3, 2};                                                // lengths less one
  expected += std::string{0, 1, 0, 2, 0, 2};                                                // which id
  EXPECT_EQ(PackedChunk::pack(*chunk)->bytes(), expected);
}

TEST(PackedChunk, CellsTakeAFractionOfTheirPixels) {
  const auto discs = chunkWhere([](int64_t y, int64_t x) -> uint32_t {
    return std::hypot(y % 20 - 10, x % 20 - 10) < 6 ? static_cast<uint32_t>(1 + y / 20 * 13 + x / 20) : 0;
  });
  EXPECT_LT(PackedChunk::pack(*discs)->size_bytes(), static_cast<int64_t>(sizeof(LabelChunk)) / 15);
}

/// Reads everything of what was accepted: nothing may be outside, and it must be what `pack` would have made of it.
void expectRefusedOrValid(const std::string& bytes) {
  const auto packed = PackedChunk::fromBytes(bytes);
  if (!packed) {
    ASSERT_EQ(packed.error().code(), ErrorCode::kFormat);
    return;
  }
  const auto chunk = (*packed)->unpack();
  ASSERT_EQ(PackedChunk::pack(*chunk)->bytes(), bytes);
}

void expectRefused(std::string bytes, const std::string& why) {
  const auto packed = PackedChunk::fromBytes(bytes);
  ASSERT_FALSE(packed) << why;
  EXPECT_EQ(packed.error().code(), ErrorCode::kFormat);
  EXPECT_NE(packed.error().message().find(why), std::string::npos) << packed.error().message();
}

TEST(PackedChunk, RefusesEveryTruncationAndAnythingBehind) {
  std::mt19937_64 random(3);
  for (const auto& chunk : {onePixel(3, 4, 7), cells(random), noise(random, 300)}) {
    const std::string bytes(PackedChunk::pack(*chunk)->bytes());
    // Of the long ones not every length: the check reads all bytes.
    const size_t step = bytes.size() / 2000 + 1;
    for (size_t size = 0; size < bytes.size(); size += step)
      ASSERT_FALSE(PackedChunk::fromBytes(bytes.substr(0, size)));
    ASSERT_FALSE(PackedChunk::fromBytes(bytes.substr(0, bytes.size() - 1)));
    ASSERT_FALSE(PackedChunk::fromBytes(bytes + '\0'));
  }
}

TEST(PackedChunk, RefusesOrReadsDamagedBytes) {
  const uint64_t seed = test::randomSeed(29);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (const auto& chunk : {onePixel(255, 255, 7), cells(random), noise(random, 3), noise(random, 300)}) {
    const std::string bytes(PackedChunk::pack(*chunk)->bytes());
    for (int i = 0; i < 600; ++i) {
      std::string damaged = bytes;
      for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
        // The counts and the marks at the beginning are a small part, but the most interesting one.
        const size_t end = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 60) : bytes.size();
        damaged[random() % end] = static_cast<char>(random());
      }
      ASSERT_NO_FATAL_FAILURE(expectRefusedOrValid(damaged));
    }
    for (size_t i = 0; i < std::min<size_t>(bytes.size(), 60); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
        ASSERT_NO_FATAL_FAILURE(expectRefusedOrValid(damaged));
      }
    }
  }
}

TEST(PackedChunk, RefusesOtherFormsOfTheSamePixels) {
  // Two rows: [1 1 2] and [2 1 1].
  const auto chunk = chunkWhere([](int64_t y, int64_t x) -> uint32_t {
    if (y == 0 && x < 3) return x < 2 ? 1 : 2;
    return y == 1 && x < 3 ? (x < 1 ? 2 : 1) : 0;
  });
  const std::string bytes(PackedChunk::pack(*chunk)->bytes());
  const size_t ids = 40, firsts = 48, lengths = 54, numbers = 58;
  ASSERT_EQ(bytes.size(), 62U);
  const auto with = [&](std::initializer_list<std::pair<size_t, int>> changes) {
    std::string changed = bytes;
    for (const auto& [offset, value] : changes) changed[offset] = static_cast<char>(value);
    return changed;
  };
  expectRefused(std::string(300, '\0'), "its counts are impossible");
  expectRefused(std::string(300, '\xFF'), "its counts are impossible");
  expectRefused(with({{8, 0}}), "its counts are impossible");
  expectRefused(with({{8, 1 | 2}}), "it is too short or too long");
  expectRefused(with({{ids + 4, 1}}), "an id is there twice");
  expectRefused(with({{firsts, 1}}), "its first row does not begin with the first run");
  expectRefused(with({{firsts + 2, 0}}), "a row is there twice");
  expectRefused(with({{firsts + 4, 1}}), "its rows are out of order");
  expectRefused(with({{firsts + 4, 5}}), "its rows are out of order");
  expectRefused(with({{lengths, 255}}), "a row is too long");
  expectRefused(with({{numbers, 1}}), "its ids are out of order");
  expectRefused(with({{numbers + 1, 0}}), "neighbouring runs are alike");
  expectRefused(with({{numbers + 1, 2}}), "its ids are out of order");
  expectRefused(with({{ids + 4, 0}}), "a row ends in background");
  expectRefused(with({{lengths + 2, 1}, {lengths + 3, 0}, {numbers + 2, 0}, {numbers + 3, 1}}), "a row is there twice");
  const auto one = std::string(PackedChunk::pack(*onePixel(0, 0, 1))->bytes());
  std::string unused = one;
  unused[0] = 2;
  expectRefused(unused, "its counts are impossible");
}

}  // namespace
}  // namespace cyto
