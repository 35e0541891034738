#include "core/io/tiff/sample_unpacking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace cyto::io {

namespace {

template <typename T>
std::vector<T> unpacked(const std::vector<uint8_t>& bytes, int bits, Dtype dtype, int64_t count, bool isSigned = false,
                        int64_t first = 0, int64_t stride = 1) {
  std::vector<T> out(static_cast<size_t>(count));
  const PackedRow row{reinterpret_cast<const std::byte*>(bytes.data()), bits, isSigned, false};
  unpackSamples(row, first, stride, count, FileDtype{dtype}, reinterpret_cast<std::byte*>(out.data()));
  return out;
}

TEST(SampleUnpacking, BitsComeMostSignificantFirst) {
  EXPECT_EQ(unpacked<uint8_t>({0b10110000}, 1, Dtype::kUint8, 5), (std::vector<uint8_t>{1, 0, 1, 1, 0}));
  EXPECT_EQ(unpacked<uint8_t>({0x1F, 0x80}, 4, Dtype::kUint8, 3), (std::vector<uint8_t>{1, 15, 8}));
  EXPECT_EQ(unpacked<uint16_t>({0xAB, 0xC1, 0x23}, 12, Dtype::kUint16, 2), (std::vector<uint16_t>{0xABC, 0x123}));
  EXPECT_EQ(unpacked<uint16_t>({0b11111111, 0b11000000, 0b00010000}, 10, Dtype::kUint16, 2),
            (std::vector<uint16_t>{1023, 1}));
}

TEST(SampleUnpacking, SignsAreExtended) {
  EXPECT_EQ(unpacked<int8_t>({0xF7}, 4, Dtype::kInt8, 2, true), (std::vector<int8_t>{-1, 7}));
  EXPECT_EQ(unpacked<int16_t>({0x80, 0x07, 0xFF}, 12, Dtype::kInt16, 2, true), (std::vector<int16_t>{-2048, 2047}));
}

TEST(SampleUnpacking, OneSampleOfSeveralIsTaken) {
  EXPECT_EQ(unpacked<uint8_t>({1, 2, 3, 4, 5, 6}, 8, Dtype::kUint8, 2, false, 1, 3), (std::vector<uint8_t>{2, 5}));
  EXPECT_EQ(unpacked<uint8_t>({0x12, 0x34}, 4, Dtype::kUint8, 2, false, 1, 2), (std::vector<uint8_t>{2, 4}));
}

TEST(SampleUnpacking, Float24Widens) {
  // 1.5 = 0 0111111 1000000000000000 in the byte order of the machine (little-endian here).
  const std::vector<uint8_t> bytes{0x00, 0x80, 0x3F, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x7F};
  float out[3];
  const PackedRow row{reinterpret_cast<const std::byte*>(bytes.data()), 24, false, true};
  unpackSamples(row, 0, 1, 3, FileDtype{Dtype::kFloat32}, reinterpret_cast<std::byte*>(out));
  EXPECT_EQ(out[0], 1.5F);
  EXPECT_EQ(out[1], -2.0F);
  EXPECT_EQ(out[2], HUGE_VALF);
}

}  // namespace

}  // namespace cyto::io
