// Scale, units, names and levels as the files state them (tests/golden/formats).

#include <gtest/gtest.h>

#include "core/io/image_source.h"
#include "tests/support/shared_data.h"

namespace cyto::io {

namespace {

ImageInfo infoOf(const char* name, const char* key = "") {
  const auto image = openImage(test::inRepository(std::filesystem::path("tests/golden/formats") / name), {key});
  if (!image) {
    ADD_FAILURE() << image.error().message();
    return {};
  }
  return (*image)->info();
}

TEST(Metadata, ImagejHyperstack) {
  const ImageInfo info = infoOf("made/imagej-tzcyx.tif");
  EXPECT_EQ(info.format, "ImageJ TIFF");
  EXPECT_EQ(info.fileAxes, "TZCYX");
  EXPECT_EQ(info.shape, (Shape{2, 3, 12, 17}));
  EXPECT_EQ(info.channels, 2);
  EXPECT_NEAR(info.scale.x, 0.25, 1e-6);
  EXPECT_NEAR(info.scale.y, 0.25, 1e-6);
  EXPECT_EQ(info.scale.z, 0.5);
  EXPECT_EQ(info.scale.t, 30);
  EXPECT_EQ(info.scale.spaceUnit, "micrometer");
  EXPECT_EQ(info.scale.timeUnit, "minute");
}

TEST(Metadata, ImagejStackWithOneDirectory) {
  const ImageInfo info = infoOf("made/imagej-contiguous.tif");
  EXPECT_EQ(info.fileAxes, "ZYX");
  EXPECT_EQ(info.shape, (Shape{1, 5, 12, 17}));
  EXPECT_TRUE(info.scale.spaceUnit.empty());
}

TEST(Metadata, OmeTiffPyramid) {
  const ImageInfo info = infoOf("made/pyramid.ome.tif");
  EXPECT_EQ(info.format, "OME-TIFF");
  EXPECT_EQ(info.channelNames, (std::vector<std::string>{"DAPI", "actin"}));
  EXPECT_EQ(info.scale.x, 0.325);
  EXPECT_EQ(info.scale.spaceUnit, "micrometer");
  EXPECT_EQ(info.levels, (std::vector<Shape>{{1, 1, 80, 112}, {1, 1, 40, 56}, {1, 1, 20, 28}}));
}

TEST(Metadata, PyramidLevelsAreTheirOwnPixels) {
  const auto image = openImage(test::inRepository("tests/golden/formats/made/pyramid.ome.tif"));
  ASSERT_TRUE(image) << image.error().message();
  const auto finest = (*image)->read(Box::whole((*image)->info().levels[0]), 0, {});
  const auto coarse = (*image)->read(Box::whole((*image)->info().levels[2]), 2, {});
  ASSERT_TRUE(finest && coarse);
  for (int64_t c = 0; c < 2; ++c) {  // the sample was made by taking every fourth pixel
    const auto fine = finest->plane<uint16_t>(c, 0, 0);
    const auto small = coarse->plane<uint16_t>(c, 0, 0);
    for (size_t y = 0; y < 20; ++y) {
      for (size_t x = 0; x < 28; ++x) ASSERT_EQ(small[y * 28 + x], fine[y * 4 * 112 + x * 4]);
    }
  }
}

TEST(Metadata, ResolutionInCentimetresCountsWhenItIsSmall) {
  const ImageInfo info = infoOf("made/resolution-cm.tif");
  EXPECT_EQ(info.scale.x, 0.5);
  EXPECT_EQ(info.scale.y, 0.25);
  EXPECT_EQ(info.scale.spaceUnit, "micrometer");
}

TEST(Metadata, PlanarSamplesAreChannels) {
  const ImageInfo info = infoOf("made/planar-uint8.tif");
  EXPECT_EQ(info.fileAxes, "SYX");
  EXPECT_EQ(info.channels, 3);
  EXPECT_FALSE(info.isRgb);
}

TEST(Metadata, AxistagsOfIlastik) {
  const ImageInfo info = infoOf("made/axistags.h5");
  EXPECT_EQ(info.key, "exported_data");
  EXPECT_EQ(info.fileAxes, "TXYC");
  EXPECT_EQ(info.shape, (Shape{3, 1, 9, 11}));
  EXPECT_EQ(info.channels, 2);
}

TEST(Metadata, ElementSizeOfHdf5) {
  const ImageInfo info = infoOf("made/several.h5", "volume/raw");
  EXPECT_EQ(info.scale.z, 0.5);
  EXPECT_EQ(info.scale.y, 0.1);
  EXPECT_EQ(info.scale.x, 0.2);
  EXPECT_EQ(infoOf("made/several.h5", "/volume/mask").fileDtype, "bool");
  EXPECT_EQ(infoOf("made/several.h5", "volume/half").fileDtype, "float16");
}

TEST(Metadata, BigDataViewerViewsBecomeOneImage) {
  const ImageInfo info = infoOf("made/bdv.h5");
  EXPECT_EQ(info.format, "BigDataViewer HDF5");
  EXPECT_EQ(info.dtype, Dtype::kUint16);
  EXPECT_EQ(info.levels, (std::vector<Shape>{{2, 3, 8, 10}, {2, 3, 4, 5}}));
}

TEST(Metadata, OmeZarr) {
  const ImageInfo info = infoOf("zarr-java/ome-zarr-0.4");
  EXPECT_EQ(info.format, "OME-Zarr 0.4");
  EXPECT_EQ(info.fileAxes, "TCZYX");
  EXPECT_EQ(info.channelNames, (std::vector<std::string>{"DAPI", "GFP"}));
  EXPECT_EQ(info.scale.z, 0.5);
  EXPECT_EQ(info.scale.spaceUnit, "micrometer");
  EXPECT_EQ(info.scale.timeUnit, "millisecond");
  EXPECT_EQ(info.levels.size(), 2u);
  EXPECT_EQ(infoOf("neuroglancer/ome_zarr_simple_0.5").format, "OME-Zarr 0.5");
  EXPECT_EQ(infoOf("neuroglancer/ome_zarr_simple_0.5").scale.x, 30);
}

TEST(Metadata, N5TurnsItsAxesRound) {
  const ImageInfo info = infoOf("neuroglancer/n5_viewer_multiscale_modern");
  EXPECT_EQ(info.shape, (Shape{1, 1, 20, 10}));
  EXPECT_EQ(info.levels.size(), 3u);
  EXPECT_EQ(info.scale.x, 10);
}

TEST(Metadata, SeriesInNaturalOrder) {
  const auto image = openImage(test::inRepository("tests/golden/formats/made/series"));
  ASSERT_TRUE(image) << image.error().message();
  const auto pixels = (*image)->read(Box{{0, 0, 0, 0}, {3, 1, 1, 1}});
  ASSERT_TRUE(pixels);
  const auto first = pixels->as<uint8_t>();  // each file is the same ramp plus its number: 1, 2, 10
  EXPECT_EQ(first[1] - first[0], 1);
  EXPECT_EQ(first[2] - first[0], 9);
}

}  // namespace

}  // namespace cyto::io
