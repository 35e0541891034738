#include "core/display/pixel_pyramid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "tests/support/random_seed.h"
#include "tests/unit/display/memory_source.h"

namespace cyto {
namespace {

using test::imageOf;
using test::MemorySource;

constexpr int64_t kBudget_bytes = 64 << 20;

/// A whole level, put together from its blocks.
template <typename T>
std::vector<T> wholeLevel(PixelPyramid& pyramid, int level, int64_t channel = 0) {
  const Extent2 shape = pyramid.shapeOf(level), grid = pyramid.gridOf(level);
  std::vector<T> whole(static_cast<size_t>(shape.y * shape.x));
  for (int64_t row = 0; row < grid.y; ++row) {
    for (int64_t column = 0; column < grid.x; ++column) {
      const auto block = pyramid.block({0, 0, level, row, column}, {});
      EXPECT_TRUE(block) << block.error().message();
      const Shape size = (*block)->shape();
      EXPECT_EQ(size.y, std::min<int64_t>(512, shape.y - row * 512));
      EXPECT_EQ(size.x, std::min<int64_t>(512, shape.x - column * 512));
      const auto pixels = (*block)->plane<T>(channel, 0, 0);
      for (int64_t y = 0; y < size.y; ++y) {
        std::copy_n(pixels.begin() + y * size.x, size.x, whole.begin() + (row * 512 + y) * shape.x + column * 512);
      }
    }
  }
  return whole;
}

__extension__ using WideInteger = __int128;

/// The mean of the pixels that exist, in a type that holds every sum; whole numbers to the nearest, halves up.
template <typename T>
std::vector<T> halvedSlowly(const std::vector<T>& fine, int64_t rows, int64_t columns) {
  std::vector<T> coarse;
  for (int64_t y = 0; y < rows; y += 2) {
    for (int64_t x = 0; x < columns; x += 2) {
      std::conditional_t<std::is_integral_v<T>, WideInteger, long double> sum = 0;
      int count = 0;
      for (int64_t fromY = y; fromY < std::min(y + 2, rows); ++fromY) {
        for (int64_t fromX = x; fromX < std::min(x + 2, columns); ++fromX, ++count) {
          sum += fine[static_cast<size_t>(fromY * columns + fromX)];
        }
      }
      if constexpr (std::is_integral_v<T>) {
        // Division cuts towards 0, so the sum is made positive first.
        const WideInteger lift = WideInteger{1} << 66;
        coarse.push_back(static_cast<T>((2 * sum + count + lift * 2 * count) / (2 * count) - lift));
      } else {
        coarse.push_back(static_cast<T>(sum / count));
      }
    }
  }
  return coarse;
}

TEST(PixelPyramid, LevelsHalveRoundedUpUntilAPlaneFitsOneBlock) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<uint8_t>(1025, 2051, 1, [](auto...) { return 0; })), 0);
  ASSERT_EQ(pyramid.levels(), 4);
  EXPECT_EQ(pyramid.shapeOf(0), (Extent2{1025, 2051}));
  EXPECT_EQ(pyramid.shapeOf(1), (Extent2{513, 1026}));
  EXPECT_EQ(pyramid.shapeOf(2), (Extent2{257, 513}));
  EXPECT_EQ(pyramid.shapeOf(3), (Extent2{129, 257}));
  EXPECT_EQ(pyramid.gridOf(0), (Extent2{3, 5}));
  EXPECT_EQ(pyramid.gridOf(3), (Extent2{1, 1}));
}

TEST(PixelPyramid, AnImageOfOneBlockHasOneLevel) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<uint8_t>(512, 1, 1, [](auto...) { return 5; })), 0);
  EXPECT_EQ(pyramid.levels(), 1);
  EXPECT_EQ(wholeLevel<uint8_t>(pyramid, 0), std::vector<uint8_t>(512, 5));
}

TEST(PixelPyramid, MeansRoundToTheNearestAndBordersUseThePixelsThereAre) {
  // A strip of pixels at the odd corner of a plane of 513 x 515.
  const auto image = imageOf<int16_t>(513, 515, 1, [](auto, int64_t y, int64_t x) {
    if (y < 2 && x < 2) return std::array{-1, -2, -2, -2}[static_cast<size_t>(y * 2 + x)];      // mean -1.75
    if (y < 2 && x < 4) return std::array{-1, -2, -1, -2}[static_cast<size_t>(y * 2 + x - 2)];  // mean -1.5
    if (y == 512 && x == 514) return 77;
    return y == 512 ? static_cast<int>(x) : 0;
  });
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  const auto level = wholeLevel<int16_t>(pyramid, 1);
  EXPECT_EQ(level[0], -2);
  EXPECT_EQ(level[1], -1);
  EXPECT_EQ(level[256 * 258 + 257], 77);
  EXPECT_EQ(level[256 * 258 + 10], 21) << "the mean of 20 and 21, half up";
}

template <typename T>
class PixelPyramidOfType : public testing::Test {};
using AllTypes =
    testing::Types<uint8_t, int8_t, uint16_t, int16_t, uint32_t, int32_t, uint64_t, int64_t, float, double>;
TYPED_TEST_SUITE(PixelPyramidOfType, AllTypes);

TYPED_TEST(PixelPyramidOfType, EveryLevelIsTheMeanOfTheOneBelow) {
  using T = TypeParam;
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto value = [&](auto...) {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(static_cast<int64_t>(random() % 4096) - 2048) / 8;
    if constexpr (std::is_integral_v<T>) return static_cast<T>(random());
  };
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<T>(1027, 555, 2, value)), kBudget_bytes);
  ASSERT_EQ(pyramid.levels(), 3);
  for (int64_t channel = 0; channel < 2; ++channel) {
    for (int level = 1; level < pyramid.levels(); ++level) {
      const Extent2 below = pyramid.shapeOf(level - 1);
      ASSERT_EQ(wholeLevel<T>(pyramid, level, channel),
                halvedSlowly(wholeLevel<T>(pyramid, level - 1, channel), below.y, below.x))
          << "level " << level;
    }
  }
}

TEST(PixelPyramid, MeansDoNotOverflow) {
  constexpr auto kMost = std::numeric_limits<uint64_t>::max();
  constexpr auto kLeast = std::numeric_limits<int64_t>::min();
  PixelPyramid high(std::make_shared<MemorySource>(imageOf<uint64_t>(600, 10, 1, [](auto...) { return kMost; })), 0);
  EXPECT_EQ(wholeLevel<uint64_t>(high, 1)[0], kMost);
  PixelPyramid low(std::make_shared<MemorySource>(imageOf<int64_t>(600, 10, 1, [](auto...) { return kLeast; })), 0);
  EXPECT_EQ(wholeLevel<int64_t>(low, 1)[0], kLeast);
  constexpr auto kLargest = std::numeric_limits<double>::max();
  PixelPyramid large(std::make_shared<MemorySource>(imageOf<double>(600, 10, 1, [](auto...) { return kLargest; })), 0);
  EXPECT_EQ(wholeLevel<double>(large, 1)[0], kLargest);
}

TEST(PixelPyramid, ValuesThatAreNotFiniteDoNotSpread) {
  const auto image = imageOf<float>(514, 4, 1, [](auto, int64_t y, int64_t x) {
    if (y == 0 && x == 0) return std::numeric_limits<float>::quiet_NaN();
    if (y == 1 && x == 1) return std::numeric_limits<float>::infinity();
    if (y < 2 && x >= 2) return std::numeric_limits<float>::quiet_NaN();
    return 3.0F;
  });
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), 0);
  const auto level = wholeLevel<float>(pyramid, 1);
  EXPECT_EQ(level[0], 3.0F);
  EXPECT_TRUE(std::isnan(level[1])) << "nothing finite is there";
  EXPECT_EQ(level[2], 3.0F);
}

/// An image of 1200 x 1400 zeros with a level of the file that holds its row number plus 100.
std::shared_ptr<MemorySource> withFileLevel(int64_t rows, int64_t columns) {
  std::vector<Array> levels{imageOf<uint16_t>(1200, 1401, 1, [](auto...) { return 0; })};
  levels.push_back(imageOf<uint16_t>(rows, columns, 1, [](auto, int64_t y, int64_t x) { return 100 + y; }));
  return std::make_shared<MemorySource>(std::move(levels));
}

TEST(PixelPyramid, ALevelThatTheFileHasIsReadFromIt) {
  const auto source = withFileLevel(600, 701);
  PixelPyramid pyramid(source, kBudget_bytes);
  const auto level = wholeLevel<uint16_t>(pyramid, 1);
  EXPECT_EQ(level[0], 100);
  EXPECT_EQ(level[599 * 701 + 700], 699);
  EXPECT_FALSE(source->readLevels[0]);
  EXPECT_EQ(wholeLevel<uint16_t>(pyramid, 2)[0], 101) << "further levels are means of the level of the file";
  EXPECT_FALSE(source->readLevels[0]);
}

TEST(PixelPyramid, ALevelOfTheFileMayBeRoundedDown) {
  PixelPyramid pyramid(withFileLevel(599, 700), kBudget_bytes);
  EXPECT_EQ(pyramid.shapeOf(1), (Extent2{600, 701}));
  const auto level = wholeLevel<uint16_t>(pyramid, 1);
  EXPECT_EQ(level[598 * 701 + 700], 698);
  EXPECT_EQ(level[599 * 701 + 700], 698) << "the missing row repeats the last one";
}

TEST(PixelPyramid, ABlockOfALevelMayLieWhollyBeyondTheOneOfTheFile) {
  std::vector<Array> levels{imageOf<uint8_t>(1025, 1025, 1, [](auto...) { return 0; })};
  levels.push_back(imageOf<uint8_t>(512, 512, 1, [](auto, int64_t y, int64_t x) { return y == 511 ? x % 200 : 0; }));
  PixelPyramid pyramid(std::make_shared<MemorySource>(std::move(levels)), kBudget_bytes);
  const auto block = pyramid.block({0, 0, 1, 1, 0}, {});
  ASSERT_TRUE(block) << block.error().message();
  ASSERT_EQ((*block)->shape(), (Shape{1, 1, 1, 512}));
  EXPECT_EQ((*block)->as<uint8_t>()[150], 150);
}

TEST(PixelPyramid, ALevelOfAnotherScaleIsNotUsed) {
  const auto source = withFileLevel(400, 467);
  PixelPyramid pyramid(source, kBudget_bytes);
  EXPECT_EQ(wholeLevel<uint16_t>(pyramid, 1)[0], 0);
  EXPECT_FALSE(source->readLevels[1]);
}

TEST(PixelPyramid, ALevelWithFewerSlicesIsNotUsed) {
  std::vector<Array> levels{*Array::create(Dtype::kUint8, {1, 4, 800, 800}),
                            *Array::create(Dtype::kUint8, {1, 2, 400, 400})};
  const auto source = std::make_shared<MemorySource>(std::move(levels));
  PixelPyramid pyramid(source, kBudget_bytes);
  ASSERT_TRUE(pyramid.block({0, 3, 1, 0, 0}, {}));
  EXPECT_FALSE(source->readLevels[1]);
}

TEST(PixelPyramid, FramesAndSlicesAreKeptApart) {
  Array image = *Array::create(Dtype::kUint8, {2, 3, 600, 4});
  for (int64_t t = 0; t < 2; ++t) {
    for (int64_t z = 0; z < 3; ++z) std::ranges::fill(image.plane<uint8_t>(0, t, z), static_cast<uint8_t>(t * 10 + z));
  }
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  for (int64_t t = 0; t < 2; ++t) {
    for (int64_t z = 0; z < 3; ++z) {
      for (int level = 0; level < 2; ++level) {
        EXPECT_EQ((*pyramid.block({t, z, level, 0, 0}, {}))->as<uint8_t>()[0], t * 10 + z);
      }
    }
  }
}

TEST(PixelPyramid, BlocksAreKept) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(1000, 1000, 1, [](auto...) { return 1; }));
  PixelPyramid pyramid(source, kBudget_bytes);
  const auto first = *pyramid.block({0, 0, 1, 0, 0}, {});
  EXPECT_EQ(source->reads(), 4);
  EXPECT_EQ(*pyramid.block({0, 0, 1, 0, 0}, {}), first);
  ASSERT_TRUE(pyramid.block({0, 0, 0, 1, 1}, {}));
  EXPECT_EQ(source->reads(), 4) << "a small image stays while its coarse levels are made";
}

TEST(PixelPyramid, ALargeImageDoesNotPushItsMeansOut) {
  // 4 x 4 blocks of 256 KiB do not fit into 1 MiB; their means do.
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(2048, 2048, 1, [](auto...) { return 1; }));
  PixelPyramid pyramid(source, (1 << 20) + (1 << 18));
  ASSERT_TRUE(pyramid.block({0, 0, 2, 0, 0}, {}));
  EXPECT_EQ(source->reads(), 16);
  for (int64_t i = 0; i < 4; ++i) ASSERT_TRUE(pyramid.block({0, 0, 1, i / 2, i % 2}, {}));
  EXPECT_EQ(source->reads(), 16);
}

TEST(PixelPyramid, WithoutABudgetItStillWorks) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(1000, 1000, 1, [](auto...) { return 9; }));
  PixelPyramid pyramid(source, 0);
  EXPECT_EQ((*pyramid.block({0, 0, 1, 0, 0}, {}))->as<uint8_t>()[499], 9);
  ASSERT_TRUE(pyramid.block({0, 0, 1, 0, 0}, {}));
  EXPECT_EQ(source->reads(), 8);
}

TEST(PixelPyramid, ErrorsAreThoseOfTheSourceAndAreNotKept) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(1000, 1000, 1, [](auto...) { return 1; }));
  source->failure = Error(ErrorCode::kIo, "a.tif cannot be read");
  PixelPyramid pyramid(source, kBudget_bytes);
  const auto broken = pyramid.block({0, 0, 1, 0, 0}, {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), ErrorCode::kIo);
  EXPECT_EQ(broken.error().message(), "a.tif cannot be read");
  source->failure.reset();
  EXPECT_TRUE(pyramid.block({0, 0, 1, 0, 0}, {}));
}

TEST(PixelPyramid, StopsWhenCancelled) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(2000, 2000, 1, [](auto...) { return 1; }));
  PixelPyramid pyramid(source, 0);
  const CancelSource cancel;
  source->beforeRead = [&] {
    if (source->reads() == 3) cancel.cancel();
  };
  const auto block = pyramid.block({0, 0, 2, 0, 0}, {cancel.token(), {}});
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(source->reads(), 3);
}

TEST(PixelPyramid, ThreadsThatWantTheSameBlockReadItOnce) {
  const auto source = std::make_shared<MemorySource>(
      imageOf<uint16_t>(1000, 1500, 1, [](auto, int64_t y, int64_t x) { return y * 7 + x; }));
  source->beforeRead = [] { std::this_thread::yield(); };
  PixelPyramid pyramid(source, kBudget_bytes);
  std::vector<std::shared_ptr<const Array>> blocks(8);
  std::vector<std::thread> threads;
  for (auto& block : blocks) threads.emplace_back([&] { block = *pyramid.block({0, 0, 2, 0, 0}, {}); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(source->reads(), 6);
  EXPECT_THAT(blocks, testing::Each(blocks.front()));
}

TEST(PixelPyramid, ACancelledThreadDoesNotWaitForOthersNorStopThem) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(400, 400, 1, [](auto...) { return 1; }));
  std::mutex gate;
  std::atomic<bool> isReading = false;
  source->beforeRead = [&] {
    isReading = true;
    const std::lock_guard wait(gate);
  };
  PixelPyramid pyramid(source, kBudget_bytes);
  gate.lock();
  bool isMade = false;
  std::thread maker([&] { isMade = pyramid.block({}, {}).has_value(); });
  while (!isReading) std::this_thread::yield();
  const CancelSource cancel;
  std::thread waiter([&] {
    const auto block = pyramid.block({}, {cancel.token(), {}});
    EXPECT_FALSE(block);
  });
  cancel.cancel();
  waiter.join();  // while the other one still reads
  gate.unlock();
  maker.join();
  EXPECT_TRUE(isMade);
  EXPECT_EQ(source->reads(), 1);
}

}  // namespace
}  // namespace cyto
