// Every reader keeps the same contract. The small images of tests/golden/formats are always there; the larger
// collection of ../shared/data/formats joins when it is.

#include "tests/contract/reader_contract.h"

#include <gtest/gtest.h>

#include "core/io/image_source.h"
#include "tests/contract/reference_pixels.h"
#include "tests/support/shared_data.h"

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

struct ImageCase {
  fs::path folder;
  ReferencePixels expected;
};

// Files whose pixels we must refuse although a reference reader has them.
bool isRefused(const ReferencePixels& image) { return image.path == "made/lzf.h5"; }

std::vector<ImageCase> allCases() {
  std::vector<ImageCase> cases;
  const fs::path golden = inRepository("tests/golden/formats");
  for (auto& image : loadReferencePixels(golden / "reference_pixels.csv")) {
    if (!isRefused(image)) cases.push_back({golden, image});
  }
  if (const auto shared = sharedData("data/formats")) {
    for (auto& image : loadReferencePixels(inRepository("tests/contract/reference_pixels.csv")))
      cases.push_back({*shared, image});
  }
  return cases;
}

class ReaderContract : public testing::TestWithParam<ImageCase> {};

TEST_P(ReaderContract, IsKept) {
  expectReaderContract(GetParam().folder / GetParam().expected.path, GetParam().expected.key);
}

TEST_P(ReaderContract, PixelsAreThoseOfTheReferenceReader) {
  const ReferencePixels& expected = GetParam().expected;
  const auto image = io::openImage(GetParam().folder / expected.path, {expected.key});
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().shape, expected.shape) << (*image)->info().shape.text();
  EXPECT_EQ((*image)->info().channels, expected.channels);
  EXPECT_EQ(dtypeName((*image)->info().dtype), expected.dtype);
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_TRUE(pixels) << pixels.error().message();
  EXPECT_EQ(crc32Of(*pixels), expected.crc32);
}

INSTANTIATE_TEST_SUITE_P(Files, ReaderContract, testing::ValuesIn(allCases()), [](const auto& info) {
  std::string name = std::to_string(info.index) + "_" + info.param.expected.path + "_" + info.param.expected.key;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

struct OtherCase {
  const char* path;
  const char* key;
  const char* axes;
  Shape shape;
  int64_t channels;
};

// Images that reference readers do not assemble as we do: series, views, sets, N5.
class AssembledImage : public testing::TestWithParam<OtherCase> {};

TEST_P(AssembledImage, KeepsTheContract) {
  const OtherCase& expected = GetParam();
  const fs::path path = inRepository(fs::path("tests/golden/formats") / expected.path);
  const auto image = io::openImage(path, {expected.key});
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().shape, expected.shape) << (*image)->info().shape.text();
  EXPECT_EQ((*image)->info().channels, expected.channels);
  EXPECT_EQ((*image)->info().fileAxes, expected.axes);
  expectReaderContract(path, expected.key);
}

INSTANTIATE_TEST_SUITE_P(
    Files, AssembledImage,
    testing::Values(
        OtherCase{"made/series", "", "TYX", {3, 1, 6, 8}, 1},
        OtherCase{"made/series", "t1*.png", "TYX", {2, 1, 6, 8}, 1},
        OtherCase{"made/bdv.h5", "", "TCZYX", {2, 3, 8, 10}, 2},
        OtherCase{"neuroglancer/n5_viewer_multiscale_modern", "", "YX", {1, 1, 20, 10}, 1},
        OtherCase{"zarr-java/ome-zarr-0.4", "labels/nuclei", "ZYX", {1, 8, 16, 16}, 1},
        OtherCase{"ome-model/set-1-meta-companion/18x24y5z1t1c8b-text-split-Z3.ome.tiff", "", "ZYX", {1, 5, 24, 18}, 1},
        OtherCase{"ome-model/set-1-meta-companion/18x24y5z1t1c8b-text-companion.ome", "", "ZYX", {1, 5, 24, 18}, 1}));

}  // namespace

}  // namespace cyto::test
