#include "tests/contract/reader_contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <future>

#include "core/io/image_source.h"

namespace cyto::test {

namespace {

constexpr int64_t kLargestWhole_bytes = int64_t{128} << 20;

void expectCompleteInfo(const io::ImageInfo& info) {
  EXPECT_FALSE(info.format.empty());
  EXPECT_FALSE(info.fileDtype.empty());
  EXPECT_EQ(info.fileAxes.size(), info.fileShape.size());
  ASSERT_FALSE(info.levels.empty());
  EXPECT_EQ(info.levels.front(), info.shape);
  EXPECT_GE(info.channels, 1);
  EXPECT_TRUE(info.channelNames.empty() || static_cast<int64_t>(info.channelNames.size()) == info.channels);
  EXPECT_TRUE(!info.isRgb || info.channels == 3);
  EXPECT_TRUE(info.scale.x <= 0 || !info.scale.spaceUnit.empty());
  EXPECT_TRUE(info.scale.t <= 0 || !info.scale.timeUnit.empty());
  for (size_t i = 1; i < info.levels.size(); ++i) EXPECT_LT(info.levels[i].x, info.levels[i - 1].x);
}

// The middle half of each axis, at least one element.
Box innerBox(const Shape& shape) {
  const auto begin = [](int64_t extent) { return extent / 4; };
  const auto end = [](int64_t extent) { return extent / 4 + std::max<int64_t>(1, extent / 2); };
  return {{begin(shape.t), begin(shape.z), begin(shape.y), begin(shape.x)},
          {end(shape.t), end(shape.z), end(shape.y), end(shape.x)}};
}

void expectCropEqual(const Array& part, const Array& whole, const Box& box) {
  ASSERT_EQ(part.shape(), box.shape());
  ASSERT_EQ(part.channels(), whole.channels());
  ASSERT_EQ(part.dtype(), whole.dtype());
  const size_t size = dtypeSize(part.dtype());
  const auto row_bytes = static_cast<size_t>(box.shape().x) * size;
  const std::byte* row = part.data();
  const Shape& full = whole.shape();
  for (int64_t c = 0; c < whole.channels(); ++c)
    for (int64_t t = box.begin.t; t < box.end.t; ++t)
      for (int64_t z = box.begin.z; z < box.end.z; ++z)
        for (int64_t y = box.begin.y; y < box.end.y; ++y, row += row_bytes) {
          const int64_t first = (((c * full.t + t) * full.z + z) * full.y + y) * full.x + box.begin.x;
          ASSERT_EQ(std::memcmp(row, whole.data() + static_cast<size_t>(first) * size, row_bytes), 0)
              << "region differs from the crop of the whole at t " << t << " z " << z << " y " << y << " channel " << c;
        }
}

void expectRegionsEqualCrops(const io::ImageSource& image, int level) {
  const Shape& shape = image.info().levels[static_cast<size_t>(level)];
  const int64_t size_bytes =
      *shape.elements() * image.info().channels * static_cast<int64_t>(dtypeSize(image.info().dtype));
  const Box box = innerBox(shape);
  const auto part = image.read(box, level, {});
  ASSERT_TRUE(part) << part.error().message();
  if (size_bytes > kLargestWhole_bytes) return;
  const auto whole = image.read(Box::whole(shape), level, {});
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->shape(), shape);
  EXPECT_EQ(whole->dtype(), image.info().dtype);
  EXPECT_EQ(whole->channels(), image.info().channels);
  expectCropEqual(*part, *whole, box);
  const Box corner{{shape.t - 1, shape.z - 1, shape.y - 1, shape.x - 1}, shape};
  const auto last = image.read(corner, level, {});
  ASSERT_TRUE(last) << last.error().message();
  expectCropEqual(*last, *whole, corner);
}

void expectBadRegionsRefused(const io::ImageSource& image) {
  const Shape& shape = image.info().shape;
  Box outside = Box::whole(shape);
  ++outside.end.x;
  Box negative = Box::plane(shape, 0, 0);
  negative.begin.y = -1;
  for (const Box& box : {outside, negative}) {
    const auto read = image.read(box);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  }
  const int levels = static_cast<int>(image.info().levels.size());
  EXPECT_FALSE(image.read(Box{{0, 0, 0, 0}, {1, 1, 1, 1}}, levels, {}));
  EXPECT_FALSE(image.read(Box{{0, 0, 0, 0}, {1, 1, 1, 1}}, -1, {}));
  const auto empty = image.read(Box{{0, 0, 0, 0}, {0, 0, 0, 0}});
  ASSERT_TRUE(empty) << empty.error().message();
  EXPECT_EQ(empty->elements(), 0);
}

void expectThreadsAgree(const io::ImageSource& image) {
  const Box box = Box::plane(image.info().shape, image.info().shape.t - 1, image.info().shape.z - 1);
  const auto read = [&] { return image.read(box); };
  auto other = std::async(std::launch::async, read);
  const auto mine = read();
  const auto theirs = other.get();
  ASSERT_TRUE(mine) << mine.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
  ASSERT_EQ(mine->size_bytes(), theirs->size_bytes());
  EXPECT_EQ(std::memcmp(mine->data(), theirs->data(), static_cast<size_t>(mine->size_bytes())), 0);
}

void expectCancelWorks(const io::ImageSource& image) {
  const CancelSource source;
  source.cancel();
  const auto read = image.read(Box::plane(image.info().shape, 0, 0), 0, {source.token(), {}});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCancelled);
}

}  // namespace

void expectReaderContract(const std::filesystem::path& path, const std::string& key) {
  SCOPED_TRACE(path.string() + (key.empty() ? "" : " key " + key));
  const auto image = io::openImage(path, {key});
  ASSERT_TRUE(image) << image.error().message();
  const io::ImageSource& source = **image;
  expectCompleteInfo(source.info());
  for (size_t level = 0; level < source.info().levels.size(); ++level)
    expectRegionsEqualCrops(source, static_cast<int>(level));
  expectBadRegionsRefused(source);
  expectThreadsAgree(source);
  expectCancelWorks(source);
}

void expectOneSentence(const std::string& message, const std::filesystem::path& path) {
  SCOPED_TRACE(path.string() + ": " + message);
  EXPECT_FALSE(message.empty());
  EXPECT_NE(message.find(path.filename().string()), std::string::npos);
  EXPECT_LT(message.size(), 1000u);
  EXPECT_TRUE(std::none_of(message.begin(), message.end(), [](unsigned char c) { return c < 0x20; }));
}

}  // namespace cyto::test
