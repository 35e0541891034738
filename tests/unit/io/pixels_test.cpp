#include "core/io/pixels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace cyto::io {

TEST(Pixels, HalvesWidenExactly) {
  EXPECT_EQ(halfToFloat(0x0000), 0.0F);
  EXPECT_TRUE(std::signbit(halfToFloat(0x8000)));
  EXPECT_EQ(halfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(halfToFloat(0xC000), -2.0F);
  EXPECT_EQ(halfToFloat(0x7BFF), 65504.0F);
  EXPECT_EQ(halfToFloat(0x0400), 0x1p-14F);
  EXPECT_EQ(halfToFloat(0x0001), 0x1p-24F);
  EXPECT_EQ(halfToFloat(0x03FF), 1023 * 0x1p-24F);
  EXPECT_EQ(halfToFloat(0x7C00), HUGE_VALF);
  EXPECT_EQ(halfToFloat(0xFC00), -HUGE_VALF);
  EXPECT_TRUE(std::isnan(halfToFloat(0x7E00)));
}

TEST(Pixels, HalvesWidenInPlace) {
  const uint16_t halves[3] = {0x3C00, 0xC000, 0x3800};
  std::byte data[12];
  std::memcpy(data, halves, sizeof(halves));
  widenHalves(data, 3);
  float singles[3];
  std::memcpy(singles, data, sizeof(singles));
  EXPECT_EQ(singles[0], 1.0F);
  EXPECT_EQ(singles[1], -2.0F);
  EXPECT_EQ(singles[2], 0.5F);
}

TEST(Pixels, BytesAreSwappedPerElement) {
  std::byte data[8];
  for (int i = 0; i < 8; ++i) data[i] = static_cast<std::byte>(i);
  swapBytes(data, 4);
  EXPECT_EQ(data[0], std::byte{3});
  EXPECT_EQ(data[4], std::byte{7});
  swapBytes(data, 2);
  EXPECT_EQ(data[0], std::byte{2});
  swapBytes(data, 1);
  EXPECT_EQ(data[0], std::byte{2});
}

TEST(Pixels, MoreThanTheMemoryIsRefused) {
  const auto array = createPixels(Dtype::kFloat64, {1000, 1000, 100000, 100000}, 4);
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_FALSE(createPixels(Dtype::kUint8, {1, 1, int64_t{1} << 40, int64_t{1} << 40}, 1));
}

}  // namespace cyto::io
