#include "core/io/label_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/io/image_source.h"
#include "tests/support/temporary_folder.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

PixelScale someScale() {
  PixelScale scale{30, 0.5, 0.108, 0.109, "micrometer", "second"};
  return scale;
}

Array labels(const Shape& shape, uint32_t offset) {
  Array array = *Array::create(Dtype::kUint32, shape);
  auto ids = array.as<uint32_t>();
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = (i / 7) % 5 != 0 ? 0 : static_cast<uint32_t>(i / 7) + offset;
  return array;
}

void expectReadsBack(const fs::path& path, const Array& written, Dtype dtype) {
  const auto image = openImage(path);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().shape, written.shape());
  EXPECT_EQ((*image)->info().dtype, dtype);
  const auto pixels = (*image)->read(Box::whole(written.shape()));
  ASSERT_TRUE(pixels) << pixels.error().message();
  const auto ids = written.as<uint32_t>();
  visitDtype(dtype, [&](auto zero) {
    const auto read = pixels->as<decltype(zero)>();
    for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(static_cast<uint32_t>(read[i]), ids[i]) << i;
  });
}

class LabelShape : public testing::TestWithParam<Shape> {};

TEST_P(LabelShape, TiffReadsBackWithItsScale) {
  const test::TemporaryFolder folder;
  for (const uint32_t offset : {0u, 100000u}) {
    const Array written = labels(GetParam(), offset);
    ASSERT_TRUE(writeLabelTiff(folder / "labels.tif", written, someScale()));
    expectReadsBack(folder / "labels.tif", written, offset == 0 ? Dtype::kUint16 : Dtype::kUint32);
    const ImageInfo info = (*openImage(folder / "labels.tif"))->info();
    EXPECT_EQ(info.format, "ImageJ TIFF");
    EXPECT_NEAR(info.scale.x, 0.109, 1e-6);
    EXPECT_NEAR(info.scale.y, 0.108, 1e-6);
    EXPECT_EQ(info.scale.z, 0.5);
    EXPECT_EQ(info.scale.t, 30);
    EXPECT_EQ(info.scale.spaceUnit, "micrometer");
    EXPECT_EQ(info.scale.timeUnit, "second");
  }
}

TEST_P(LabelShape, OmeZarrReadsBackWithItsScale) {
  const test::TemporaryFolder folder;
  const Array written = labels(GetParam(), 100000);
  ASSERT_TRUE(writeLabelOmeZarr(folder / "labels.zarr", written, someScale()));
  expectReadsBack(folder / "labels.zarr", written, Dtype::kUint32);
  const ImageInfo info = (*openImage(folder / "labels.zarr"))->info();
  EXPECT_EQ(info.format, "OME-Zarr 0.4");
  EXPECT_EQ(info.scale.x, 0.109);
  EXPECT_EQ(info.scale.spaceUnit, "micrometer");
  const auto attributes = nlohmann::json::parse(std::ifstream(folder / "labels.zarr/.zattrs"));
  EXPECT_TRUE(attributes.contains("image-label"));
}

INSTANTIATE_TEST_SUITE_P(Shapes, LabelShape,
                         testing::Values(Shape{1, 1, 1, 1}, Shape{1, 1, 300, 401}, Shape{1, 19, 33, 40},
                                         Shape{3, 1, 20, 30}, Shape{3, 5, 20, 270}));

/// The pixels of labels in another type.
template <typename T>
Array narrowed(const Array& wide) {
  Array out = *Array::create(DtypeOf<T>::value, wide.shape());
  const auto from = wide.as<uint32_t>();
  std::transform(from.begin(), from.end(), out.as<T>().begin(), [](uint32_t value) { return static_cast<T>(value); });
  return out;
}

TEST_P(LabelShape, ImagesReadBackInTheirType) {
  const test::TemporaryFolder folder;
  const Array wide = narrowed<uint16_t>(labels(GetParam(), 300)), narrow = narrowed<uint8_t>(labels(GetParam(), 0));
  ASSERT_TRUE(writeImageTiff(folder / "wide.tif", wide, someScale()));
  ASSERT_TRUE(writeImageTiff(folder / "narrow.tif", narrow, someScale()));
  for (const auto& [name, written] : {std::pair{"wide.tif", wide}, std::pair{"narrow.tif", narrow}}) {
    const auto image = openImage(folder / name);
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->info().shape, written.shape());
    ASSERT_EQ((*image)->info().dtype, written.dtype());
    EXPECT_EQ((*image)->info().scale.z, 0.5);
    const Array pixels = *(*image)->read(Box::whole(written.shape()));
    EXPECT_EQ(std::memcmp(pixels.data(), written.data(), static_cast<size_t>(written.size_bytes())), 0) << name;
  }
}

TEST(LabelTiff, TheLimitOf16BitsIsExact) {
  const test::TemporaryFolder folder;
  Array written = *Array::create(Dtype::kUint32, {1, 1, 2, 2});
  written.as<uint32_t>()[3] = 65535;
  ASSERT_TRUE(writeLabelTiff(folder / "labels.tif", written, {}));
  expectReadsBack(folder / "labels.tif", written, Dtype::kUint16);
  written.as<uint32_t>()[3] = 65536;
  ASSERT_TRUE(writeLabelTiff(folder / "labels.tif", written, {}));
  expectReadsBack(folder / "labels.tif", written, Dtype::kUint32);
}

TEST(LabelTiff, NoScaleStaysUnknown) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(writeLabelTiff(folder / "labels.tif", labels({1, 3, 4, 5}, 0), {}));
  EXPECT_EQ((*openImage(folder / "labels.tif"))->info().scale, PixelScale{});
}

TEST(LabelWriters, RefuseWhatIsNoLabelImage) {
  const test::TemporaryFolder folder;
  const Array floats = *Array::create(Dtype::kFloat32, {1, 1, 2, 2});
  const Array empty = *Array::create(Dtype::kUint32, {1, 1, 0, 2});
  for (const Array& array : {floats, empty}) {
    EXPECT_EQ(writeLabelTiff(folder / "labels.tif", array, {}).error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(writeLabelOmeZarr(folder / "labels.zarr", array, {}).error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ImageTiff, RefusesWhatItHasNoPlaceFor) {
  const test::TemporaryFolder folder;
  for (const Array& refused :
       {*Array::create(Dtype::kUint8, {1, 1, 3, 4}, 3), *Array::create(Dtype::kFloat32, {1, 1, 3, 4}),
        *Array::create(Dtype::kUint16, {1, 1, 0, 4})}) {
    const Status written = writeImageTiff(folder / "image.tif", refused, {});
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message(), testing::HasSubstr("image.tif"));
    EXPECT_FALSE(fs::exists(folder / "image.tif"));
  }
}

TEST(LabelWriters, AMissingFolderIsNamedAndNotMade) {
  const test::TemporaryFolder folder;
  const Array array = labels({1, 1, 4, 4}, 0);
  for (const Status& status :
       {writeLabelTiff(folder / "no/labels.tif", array, {}), writeLabelOmeZarr(folder / "no/labels.zarr", array, {}),
        writePng(folder / "no/labels.png", *Array::create(Dtype::kUint8, {1, 1, 4, 4}))}) {
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message(), testing::HasSubstr("no/labels."));
    EXPECT_THAT(status.error().message(), testing::HasSubstr("no such file or directory"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(LabelOmeZarr, ReplacesAStoreButNothingElse) {
  const test::TemporaryFolder folder;
  const Array first = labels({1, 1, 40, 40}, 0);
  const Array second = labels({1, 2, 30, 50}, 7);
  ASSERT_TRUE(writeLabelOmeZarr(folder / "labels.zarr", first, {}));
  ASSERT_TRUE(writeLabelOmeZarr(folder / "labels.zarr", second, {}));
  expectReadsBack(folder / "labels.zarr", second, Dtype::kUint32);
  fs::create_directory(folder / "notes");
  std::ofstream(folder / "notes/precious.txt") << "keep";
  EXPECT_FALSE(writeLabelOmeZarr(folder / "notes", second, {}));
  EXPECT_TRUE(fs::exists(folder / "notes/precious.txt"));
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 2) << "a temporary folder was left behind";
}

TEST(Png, ReadsBack) {
  const test::TemporaryFolder folder;
  Array gray = *Array::create(Dtype::kUint16, {1, 1, 21, 33});
  for (size_t i = 0; i < gray.as<uint16_t>().size(); ++i) gray.as<uint16_t>()[i] = static_cast<uint16_t>(i * 91);
  Array color = *Array::create(Dtype::kUint8, {1, 1, 21, 33}, 3);
  for (size_t i = 0; i < color.as<uint8_t>().size(); ++i) color.as<uint8_t>()[i] = static_cast<uint8_t>(i * 7);
  for (const Array& written : {gray, color}) {
    ASSERT_TRUE(writePng(folder / "image.png", written));
    const auto image = openImage(folder / "image.png");
    ASSERT_TRUE(image) << image.error().message();
    const auto read = (*image)->read(Box::whole(written.shape()));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size_bytes(), written.size_bytes());
    EXPECT_EQ(std::memcmp(read->data(), written.data(), static_cast<size_t>(read->size_bytes())), 0);
  }
  EXPECT_FALSE(writePng(folder / "image.png", *Array::create(Dtype::kFloat32, {1, 1, 2, 2})));
  EXPECT_FALSE(writePng(folder / "image.png", *Array::create(Dtype::kUint8, {1, 2, 2, 2})));
}

}  // namespace

}  // namespace cyto::io
