#include <gtest/gtest.h>

#include <numeric>

#include "core/io/nd_source.h"

namespace cyto::io {

namespace {

// An array in memory whose elements are their own number.
class CountingArray : public NdArray {
 public:
  explicit CountingArray(std::vector<int64_t> shape) {
    shape_ = std::move(shape);
    dtype_ = FileDtype{Dtype::kUint32};
  }
  Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
              const JobContext&) const override {
    auto* target = reinterpret_cast<uint32_t*>(out.data());
    std::vector<int64_t> index(count.size(), 0);
    for (size_t written = 0; written < out.size() / 4; ++written) {
      int64_t number = 0;
      for (size_t i = 0; i < count.size(); ++i) number = number * shape_[i] + begin[i] + index[i];
      target[written] = static_cast<uint32_t>(number);
      for (size_t i = count.size(); i-- > 0;) {
        if (++index[i] < count[i]) break;
        index[i] = 0;
      }
    }
    return {};
  }
};

Result<std::unique_ptr<ImageSource>> sourceOf(const std::string& axes, std::vector<int64_t> shape) {
  return makeNdSource("array", {}, axes, {std::make_shared<const CountingArray>(std::move(shape))});
}

TEST(Axes, AreGuessedFromTheExtents) {
  const auto guess = [](std::vector<int64_t> shape) { return guessedAxes(shape); };
  EXPECT_EQ(guess({7}), "X");
  EXPECT_EQ(guess({7, 3}), "YX");
  EXPECT_EQ(guess({50, 60, 55}), "ZYX");
  EXPECT_EQ(guess({60, 55, 3}), "YXC");
  EXPECT_EQ(guess({3, 60, 55}), "ZYX");
  EXPECT_EQ(guess({5, 6, 70, 80}), "TZYX");
  EXPECT_EQ(guess({6, 70, 80, 2}), "ZYXC");
  EXPECT_EQ(guess({5, 2, 6, 70, 80}), "TCZYX");
  EXPECT_EQ(guess({5, 33, 77, 45, 2}), "TZYXC");
}

TEST(Axes, AnyOrderIsTurnedRound) {
  const auto source = sourceOf("XTCY", {4, 2, 3, 5});
  ASSERT_TRUE(source) << source.error().message();
  const ImageInfo& info = (*source)->info();
  EXPECT_EQ(info.shape, (Shape{2, 1, 5, 4}));
  EXPECT_EQ(info.channels, 3);
  const auto pixels = (*source)->read(Box{{1, 0, 2, 1}, {2, 1, 4, 3}});
  ASSERT_TRUE(pixels);
  // Element (c, t, y, x) is number ((x * 2 + t) * 3 + c) * 5 + y.
  for (int64_t c = 0; c < 3; ++c) {
    const auto plane = pixels->plane<uint32_t>(c, 0, 0);
    for (int64_t y = 0; y < 2; ++y) {
      for (int64_t x = 0; x < 2; ++x) {
        EXPECT_EQ(plane[static_cast<size_t>(y * 2 + x)],
                  static_cast<uint32_t>((((x + 1) * 2 + 1) * 3 + c) * 5 + y + 2));
      }
    }
  }
}

TEST(Axes, UnknownOnesMustHaveExtentOne) {
  EXPECT_TRUE(sourceOf("?YX", {1, 5, 4}));
  EXPECT_FALSE(sourceOf("?YX", {2, 5, 4}));
  EXPECT_FALSE(sourceOf("YYX", {2, 5, 4}));
  EXPECT_FALSE(sourceOf("TZ", {2, 5}));
  EXPECT_FALSE(sourceOf("", {}));
  EXPECT_FALSE(sourceOf("YX", {0, 4}));
}

}  // namespace

}  // namespace cyto::io
