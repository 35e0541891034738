#include "core/io/nd_box.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

namespace cyto::io {

namespace {

std::vector<std::byte> bytesOf(const std::vector<uint16_t>& values) {
  std::vector<std::byte> bytes(values.size() * 2);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TEST(NdBox, CountsElements) {
  EXPECT_EQ(elementsOf(std::vector<int64_t>{2, 3, 4}), 24);
  EXPECT_EQ(elementsOf(std::vector<int64_t>{}), 1);
  EXPECT_EQ(elementsOf(std::vector<int64_t>{2, -1}), -1);
  EXPECT_EQ(elementsOf(std::vector<int64_t>{int64_t{1} << 40, int64_t{1} << 40}), -1);
}

TEST(NdBox, CopiesABoxBetweenArrays) {
  std::vector<uint16_t> from(4 * 5);
  std::iota(from.begin(), from.end(), uint16_t{0});
  std::vector<uint16_t> to(3 * 3, 99);
  const std::vector<int64_t> count{2, 3}, fromShape{4, 5}, fromBegin{1, 2}, toShape{3, 3}, toBegin{1, 0};
  copyBox({count, fromShape, fromBegin, toShape, toBegin}, 2, reinterpret_cast<const std::byte*>(from.data()),
          reinterpret_cast<std::byte*>(to.data()));
  EXPECT_EQ(to, (std::vector<uint16_t>{99, 99, 99, 7, 8, 9, 12, 13, 14}));
}

TEST(NdBox, PermutesAxes) {
  // (2, 3): 0 1 2 / 3 4 5 turned into (3, 2).
  const auto turned = permuted(bytesOf({0, 1, 2, 3, 4, 5}), std::vector<int64_t>{2, 3}, std::vector<int>{1, 0}, 2);
  EXPECT_EQ(turned, bytesOf({0, 3, 1, 4, 2, 5}));
}

}  // namespace

}  // namespace cyto::io
