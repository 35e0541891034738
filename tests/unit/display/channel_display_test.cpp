#include "core/display/channel_display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "tests/unit/display/memory_source.h"

namespace cyto {
namespace {

using test::imageOf;
using test::MemorySource;
using testing::ElementsAre;

constexpr int64_t kBudget_bytes = 64 << 20;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<ChannelDisplay> firstOf(const std::shared_ptr<MemorySource>& source) {
  PixelPyramid pyramid(source, kBudget_bytes);
  auto channels = firstDisplay(pyramid, 0, 0, {});
  EXPECT_TRUE(channels) << channels.error().message();
  return *std::move(channels);
}

template <typename T, typename Value>
ChannelDisplay firstOf(int64_t rows, int64_t columns, Value value) {
  return firstOf(std::make_shared<MemorySource>(
      imageOf<T>(rows, columns, 1, [&](auto, int64_t y, int64_t x) { return value(y, x); })))[0];
}

TEST(ChannelDisplay, TheSamplesOfAColourAreNotStretched) {
  const auto source =
      std::make_shared<MemorySource>(imageOf<uint8_t>(30, 30, 3, [](int64_t c, auto...) { return 40 + c; }));
  source->info().isRgb = true;
  auto channels = firstOf(source);
  ASSERT_EQ(channels.size(), 3U);
  EXPECT_EQ(channels[0], (ChannelDisplay{"Red", true, 0, 255, 1, {255, 0, 0}, 0, 255}));
  EXPECT_EQ(channels[1], (ChannelDisplay{"Green", true, 0, 255, 1, {0, 255, 0}, 0, 255}));
  EXPECT_EQ(channels[2], (ChannelDisplay{"Blue", true, 0, 255, 1, {0, 0, 255}, 0, 255}));
  const auto before = channels;
  PixelPyramid pyramid(source, kBudget_bytes);
  ASSERT_TRUE(setAutoContrast(pyramid, 0, 0, channels, {}));
  EXPECT_EQ(channels, before);
}

TEST(ChannelDisplay, AStainThatWasSavedAsAColourIsStretchedLikeAStain) {
  const auto source = std::make_shared<MemorySource>(
      imageOf<uint8_t>(30, 30, 3, [](int64_t, int64_t y, int64_t x) { return (y + x) / 2; }));
  source->info().isRgb = true;
  const auto channels = firstOf(source);
  ASSERT_EQ(channels.size(), 3U);
  for (const ChannelDisplay& channel : channels) {
    EXPECT_LT(channel.high, 30);
    EXPECT_EQ(channel.low, channels[0].low);
    EXPECT_EQ(channel.high, channels[0].high);
  }
}

TEST(ChannelDisplay, AColourOfAnotherTypeHasTheRangeOfItsType) {
  const auto wide =
      std::make_shared<MemorySource>(imageOf<uint16_t>(30, 30, 3, [](int64_t c, auto...) { return 40 + c; }));
  wide->info().isRgb = true;
  EXPECT_EQ(firstOf(wide)[1].high, 65535);
  const auto real = std::make_shared<MemorySource>(
      imageOf<float>(30, 30, 3, [](int64_t c, auto...) { return 0.25 * static_cast<double>(c); }));
  real->info().isRgb = true;
  EXPECT_EQ(firstOf(real)[1].high, 1);
}

TEST(ChannelDisplay, ASingleStainIsWhiteAndHasTheNameOfTheFile) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(30, 30, 1, [](auto...) { return 40; }));
  EXPECT_EQ(firstOf(source)[0].name, "Channel 1");
  EXPECT_EQ(firstOf(source)[0].colour, (std::array<uint8_t, 3>{255, 255, 255}));
  source->info().channelNames = {"DAPI"};
  EXPECT_EQ(firstOf(source)[0].name, "DAPI");
}

TEST(ChannelDisplay, SeveralStainsHaveDistinctColoursAndSevenAreVisible) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 9, [](int64_t c, auto...) { return c; }));
  const auto channels = firstOf(source);
  ASSERT_EQ(channels.size(), 9U);
  std::set<std::array<uint8_t, 3>> colours;
  for (size_t c = 0; c < 9; ++c) {
    EXPECT_EQ(channels[c].isVisible, c < 7) << c;
    if (c < 7) colours.insert(channels[c].colour);
    EXPECT_EQ(channels[c].name, "Channel " + std::to_string(c + 1));
    EXPECT_EQ(channels[c].low, static_cast<double>(c)) << "every channel is measured by itself";
  }
  EXPECT_EQ(colours.size(), 7U);
}

TEST(ChannelDisplay, TwoStainsAddUpToWhite) {
  const auto channels = firstOf(std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 2, [](auto...) { return 1; })));
  for (size_t c = 0; c < 3; ++c) EXPECT_EQ(channels[0].colour[c] + channels[1].colour[c], 255);
}

TEST(ChannelDisplay, HalfOfThePixelsThatSaturateDoSoAtEachEnd) {
  // 40,000 distinct values: 0.175 % are 70.
  const auto channel =
      firstOf<uint16_t>(200, 200, [](int64_t y, int64_t x) { return 1000 + (y * 200 + x) * 7919 % 40000; });
  EXPECT_EQ(channel.low, 1070);
  EXPECT_EQ(channel.high, 40999 - 70);
  EXPECT_EQ(channel.rangeLow, 1000);
  EXPECT_EQ(channel.rangeHigh, 40999);
  EXPECT_EQ(channel.gamma, 1);
}

TEST(ChannelDisplay, SlidersOfOneByteGoOverTheWholeType) {
  const auto positive = firstOf<uint8_t>(100, 100, [](auto, int64_t x) { return 50 + x; });
  EXPECT_EQ(positive.low, 50);
  EXPECT_EQ(positive.high, 149);
  EXPECT_EQ(positive.rangeLow, 0);
  EXPECT_EQ(positive.rangeHigh, 255);
  EXPECT_EQ((firstOf<int8_t>(100, 100, [](auto, int64_t x) { return x - 50; }).rangeLow), -128);
}

TEST(ChannelDisplay, AConstantPlaneHasARangeOfOne) {
  const auto channel = firstOf<uint8_t>(64, 64, [](auto...) { return 255; });
  EXPECT_EQ(channel.low, 255);
  EXPECT_EQ(channel.high, 256);
  EXPECT_GE(channel.rangeHigh, channel.high);
  const auto large = firstOf<double>(64, 64, [](auto...) { return 1e300; });
  EXPECT_GT(large.high, large.low) << "where one is too little to count";
}

TEST(ChannelDisplay, AFewBrightSpotsOnAnEvenBackgroundAreSeen) {
  const auto channel =
      firstOf<float>(200, 200, [](int64_t y, int64_t x) { return y == 50 && x < 20 ? 0.25F : 0.125F; });
  EXPECT_EQ(channel.low, 0.125);
  EXPECT_EQ(channel.high, 0.25);
}

TEST(ChannelDisplay, ValuesThatAreNotFiniteAreLeftOut) {
  // Of 40,000 pixels, 20,000 are finite and distinct: 35 saturate at each end.
  const auto channel = firstOf<double>(200, 200, [](int64_t y, int64_t x) {
    if (y % 4 == 0) return kNan;
    if (y % 4 == 2) return x % 2 == 0 ? kInfinity : -kInfinity;
    return static_cast<double>(y / 2 * 200 + x);
  });
  EXPECT_EQ(channel.low, 35);
  EXPECT_EQ(channel.high, 19999 - 35);
  EXPECT_EQ(channel.rangeHigh, 19999);
  const auto nothing = firstOf<float>(20, 20, [](auto...) { return kNan; });
  EXPECT_EQ(nothing.low, 0);
  EXPECT_EQ(nothing.high, 1);
}

TEST(ChannelDisplay, IsMeasuredOnTheCoarsestLevelWithEnoughPixels) {
  // Columns of 0 and 200 are all 100 from level 1 on. 1200 x 1200 has 300 x 300 pixels on its coarsest level, 513 x 200
  // only 257 x 100.
  const auto stripes = [](auto, int64_t x) { return x % 2 * 200; };
  const auto coarse = firstOf<uint8_t>(1200, 1200, stripes);
  EXPECT_EQ(coarse.low, 100);
  EXPECT_EQ(coarse.high, 101);
  const auto fine = firstOf<uint8_t>(513, 200, stripes);
  EXPECT_EQ(fine.low, 0);
  EXPECT_EQ(fine.high, 200);
}

TEST(ChannelDisplay, AutoContrastOfAPlaneKeepsEverythingElse) {
  Array image = *Array::create(Dtype::kUint16, {1, 2, 50, 50});
  for (size_t i = 0; i < 2500; ++i) image.plane<uint16_t>(0, 0, 1)[i] = static_cast<uint16_t>(300 + i);
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  std::vector<ChannelDisplay> channels{{"x", false, 1, 2, 0.5, {1, 2, 3}, 0, 10}};
  ASSERT_TRUE(setAutoContrast(pyramid, 0, 1, channels, {}));
  EXPECT_EQ(channels[0], (ChannelDisplay{"x", false, 304, 2795, 0.5, {1, 2, 3}, 0, 2795}));
}

TEST(ChannelDisplay, AutoContrastNeedsTheChannelsOfTheImage) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 2, [](auto...) { return 1; })), 0);
  std::vector<ChannelDisplay> channels(1);
  const Status status = setAutoContrast(pyramid, 0, 0, channels, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
}

TEST(ChannelDisplay, ErrorsOfTheSourceArePassedOn) {
  const auto source = std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 1, [](auto...) { return 1; }));
  source->failure = Error(ErrorCode::kIo, "gone");
  PixelPyramid pyramid(source, 0);
  std::vector<ChannelDisplay> channels(1);
  EXPECT_EQ(firstDisplay(pyramid, 0, 0, {}).error().code(), ErrorCode::kIo);
  EXPECT_EQ(setAutoContrast(pyramid, 0, 0, channels, {}).error().code(), ErrorCode::kIo);
  EXPECT_EQ(histogram(pyramid, 0, 0, 0, 0, 1, 2, {}).error().code(), ErrorCode::kIo);
}

TEST(Histogram, CountsPerBinOfAChannelAndBothEndsBelong) {
  const auto image = imageOf<float>(1, 9, 2, [](int64_t c, auto, int64_t x) {
    constexpr std::array<double, 9> kValues{-1, 0, 0.5, 1, 1.5, 4, 4.01, kNan, kInfinity};
    return c == 0 ? 2.0 : kValues[static_cast<size_t>(x)];
  });
  PixelPyramid pyramid(std::make_shared<MemorySource>(image), kBudget_bytes);
  EXPECT_THAT(*histogram(pyramid, 0, 0, 1, 0, 4, 4, {}), ElementsAre(2, 2, 0, 1));
  EXPECT_THAT(*histogram(pyramid, 0, 0, 0, 0, 4, 4, {}), ElementsAre(0, 0, 9, 0));
}

TEST(Histogram, RefusesWhatMakesNoSense) {
  PixelPyramid pyramid(std::make_shared<MemorySource>(imageOf<uint8_t>(9, 9, 1, [](auto...) { return 1; })), 0);
  for (const auto& result : {histogram(pyramid, 0, 0, 1, 0, 1, 2, {}), histogram(pyramid, 0, 0, -1, 0, 1, 2, {}),
                             histogram(pyramid, 0, 0, 0, 1, 1, 2, {}), histogram(pyramid, 0, 0, 0, 0, kNan, 2, {}),
                             histogram(pyramid, 0, 0, 0, 0, 1, 0, {})}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cyto
