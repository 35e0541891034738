// What a user reads when the input cannot be opened, and names that must not matter.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/io/image_source.h"
#include "tests/contract/reader_contract.h"
#include "tests/contract/reference_pixels.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {

namespace fs = std::filesystem;
using testing::HasSubstr;

namespace {

fs::path golden(const char* name) { return inRepository(fs::path("tests/golden/formats") / name); }

void expectRefused(const fs::path& path, ErrorCode code, const std::string& words, const std::string& key = "") {
  const auto image = io::openImage(path, {key});
  ASSERT_FALSE(image) << path;
  EXPECT_EQ(image.error().code(), code) << image.error().message();
  EXPECT_THAT(image.error().message(), HasSubstr(words));
  expectOneSentence(image.error().message(), path);
}

void store(const fs::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

TEST(BadInput, MissingFile) { expectRefused("/nowhere/image.tif", ErrorCode::kNotFound, "there is no such file"); }

TEST(BadInput, EmptyFile) {
  const TemporaryFolder folder;
  for (const char* name : {"a.tif", "a.png", "a.jpg", "a.npy", "a.h5", "a"}) {
    store(folder / name, "");
    expectRefused(folder / name, ErrorCode::kFormat, "the file is empty");
  }
}

TEST(BadInput, ContentDecidesNotTheName) {
  const TemporaryFolder folder;
  fs::copy_file(golden("imread/rgba.png"), folder / "picture.tif");
  const auto image = io::openImage(folder / "picture.tif");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().format, "PNG");
  store(folder / "text.tif", "This is not an image.\n");
  expectRefused(folder / "text.tif", ErrorCode::kFormat, "no known image format");
}

TEST(BadInput, FolderWithoutImages) {
  const TemporaryFolder folder;
  expectRefused(folder.path(), ErrorCode::kNotFound, "holds no images");
  store(folder / "notes.txt", "nothing");
  expectRefused(folder.path(), ErrorCode::kNotFound, "holds no images");
  expectRefused(folder.path(), ErrorCode::kNotFound, "no file in the folder matches '*.tif'", "*.tif");
}

TEST(BadInput, FolderOfSeveralKindsListsTheChoices) {
  const TemporaryFolder folder;
  fs::copy_file(golden("imread/rgba.png"), folder / "a.png");
  fs::copy_file(golden("made/planar-uint8.tif"), folder / "b.tif");
  expectRefused(folder.path(), ErrorCode::kInvalidArgument, "'*.png', '*.tif'");
}

TEST(BadInput, FolderOfUnequalImagesNamesTheOddOne) {
  const TemporaryFolder folder;
  fs::copy_file(golden("made/gray.png"), folder / "a1.png");
  fs::copy_file(golden("imread/rgba.png"), folder / "a2.png");
  const auto image = io::openImage(folder.path());
  ASSERT_TRUE(image) << image.error().message();
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_FALSE(pixels);
  EXPECT_THAT(pixels.error().message(), HasSubstr("a2.png"));
}

TEST(BadInput, PipeIsNotWaitedFor) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe.tif").c_str(), 0600), 0);
  expectRefused(folder / "pipe.tif", ErrorCode::kIo, "not a regular file");
}

TEST(BadInput, NoPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "skipped: root may read everything";
  const TemporaryFolder folder;
  fs::copy_file(golden("imread/rgba.png"), folder / "a.png");
  fs::permissions(folder / "a.png", fs::perms::none);
  expectRefused(folder / "a.png", ErrorCode::kIo, "permission denied");
}

TEST(BadInput, SeveralDataSetsAreListed) {
  expectRefused(golden("made/several.h5"), ErrorCode::kInvalidArgument, "'volume/half', 'volume/mask', 'volume/raw'");
  expectRefused(golden("made/several.h5"), ErrorCode::kNotFound, "there is no data set 'volume/nothing'",
                "volume/nothing");
}

TEST(BadInput, MissingCompressionIsNamed) {
  const auto image = io::openImage(golden("made/lzf.h5"));
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("compressed with lzf"));
}

TEST(BadInput, MissingZarrKeyListsWhatThereIs) {
  const auto image = io::openImage(golden("zarr-java/ome-zarr-0.4"), {"nothing"});
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("'labels/nuclei'"));
}

TEST(BadInput, TextArraysAreRefused) {
  const auto image = io::openImage(golden("neuroglancer/zarr_v2/1d.contiguous.U7"));
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("of type '<U7'"));
}

TEST(BadInput, SetWithAMissingFileNamesIt) {
  const TemporaryFolder folder;
  const fs::path set = golden("ome-model/set-1-meta-companion");
  fs::copy(set, folder.path());
  fs::remove(folder / "18x24y5z1t1c8b-text-split-Z4.ome.tiff");
  const auto image = io::openImage(folder / "18x24y5z1t1c8b-text-split-Z1.ome.tiff");
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("18x24y5z1t1c8b-text-split-Z4.ome.tiff"));
  fs::remove(folder / "18x24y5z1t1c8b-text-companion.ome");
  const auto orphan = io::openImage(folder / "18x24y5z1t1c8b-text-split-Z1.ome.tiff");
  ASSERT_FALSE(orphan);
  EXPECT_THAT(orphan.error().message(), HasSubstr("18x24y5z1t1c8b-text-companion.ome"));
}

class TruncatedFile : public testing::TestWithParam<const char*> {};

TEST_P(TruncatedFile, IsRefusedWhenOpenedOrRead) {
  const TemporaryFolder folder;
  const fs::path copy = folder / fs::path(GetParam()).filename();
  fs::copy_file(golden(GetParam()), copy);
  fs::resize_file(copy, fs::file_size(copy) * 6 / 10);
  const auto image = io::openImage(copy);
  if (!image) {
    expectOneSentence(image.error().message(), copy);
    return;
  }
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_FALSE(pixels);
  EXPECT_THAT(pixels.error().message(), HasSubstr("damaged"));
}

INSTANTIATE_TEST_SUITE_P(Formats, TruncatedFile,
                         testing::Values("imread/rgba.png", "made/color.jpg", "made/gray.jpg",
                                         "image-tiff/BigTIFFMotorola.tif", "image-tiff/int16_zstd.tif",
                                         "made/imagej-contiguous.tif", "made/fortran.npy", "made/axistags.h5",
                                         "twelvemonkeys/BigTIFFLong8Tiles.tif"));

class AwkwardName : public testing::TestWithParam<std::string> {};

TEST_P(AwkwardName, MakesNoDifference) {
  const TemporaryFolder folder;
  fs::create_directory(folder / GetParam());
  const auto table = loadReferencePixels(golden("reference_pixels.csv"));
  for (const char* name : {"imread/rgba.png", "made/color.jpg", "image-tiff/int16_zstd.tif", "made/pyramid.ome.tif",
                           "made/fortran.npy", "made/axistags.h5", "made/half.zarr"}) {
    const fs::path copy = folder / GetParam() / (GetParam() + fs::path(name).filename().string());
    fs::copy(golden(name), copy, fs::copy_options::recursive);
    const auto expected = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.path == name; });
    ASSERT_NE(expected, table.end()) << name;
    const auto image = io::openImage(copy, {expected->key});
    ASSERT_TRUE(image) << image.error().message();
    const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
    ASSERT_TRUE(pixels) << pixels.error().message();
    EXPECT_EQ(crc32Of(*pixels), expected->crc32) << copy;
  }
}

INSTANTIATE_TEST_SUITE_P(Names, AwkwardName,
                         testing::Values("with spaces ", "größe µm é ", "细胞_画像_세포 ", "quote'\"%s$(x)&;",
                                         "-leading"));

TEST(KeyInPath, ReachesIntoAFile) {
  const auto image = io::openImage(golden("made/several.h5/volume/raw"));
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().key, "volume/raw");
}

}  // namespace

}  // namespace cyto::test
