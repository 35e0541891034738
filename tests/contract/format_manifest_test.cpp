// ../shared/data/formats: every file opens as MANIFEST.csv says, or is in the list of refusals below with the
// words the user reads. A file that moves from one to the other fails a test, whichever way it moves.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/io/image_source.h"
#include "tests/contract/reader_contract.h"
#include "tests/contract/reference_pixels.h"
#include "tests/support/shared_data.h"

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

// Files outside `broken` that are refused, with a piece of the sentence.
const std::map<std::string, std::string>& refusedFiles() {
  static const std::map<std::string, std::string> kRefused = {
      {"tiff-twelvemonkeys/planar-yuv420-jpeg-lzw.tif", "YCbCr in separate planes"},
      {"misc-skimage/no_time_for_that_tiny.gif", "a GIF file"},
      {"misc-neubias/xyz__multiple_images.czi", "a Zeiss CZI file"},
      {"imagej-tiff-neubias/xyzct_16bit__mitosis.ics", "an ICS header"},
      {"nifti-neuroglancer/standard.nii", "a NIfTI file"},
      {"nifti-neuroglancer/standard.nii.gz", "a compressed NIfTI file"},
  };
  return kRefused;
}

// Stores (folders) that are refused. Text, object and record arrays are no images; the others need a key.
const std::map<std::string, std::string>& refusedStores() {
  static const std::map<std::string, std::string> kRefused = {
      {"n5-n5ij/test.n5", "several arrays"},
      {"zarr-neuroglancer/zarr_v2/data.zarr", "several arrays"},
      {"zarr-neuroglancer/zarr_v3_from_zarrita/data.zarr", "several arrays"},
      {"zarr-plantseg/3d.zarr", "'raw', 'raw_2'"},
      {"zarr-plantseg/empty.zarr", "holds no array"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/1d.contiguous.S7", "of type '|S7'"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/1d.contiguous.U7", "of type '<U7'"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/1d.contiguous.U13.be", "of type '>U13'"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/1d.contiguous.U13.le", "of type '<U13'"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/2d.chunked.U7", "of type '<U7'"},
      {"zarr-neuroglancer/zarr_v2/data.zarr/3d.chunked.O", "of type '|O'"},
  };
  return kRefused;
}

struct ManifestRow {
  std::string file;
  std::vector<int64_t> shape;
  std::string axes;
  std::string type;
};

std::vector<ManifestRow> manifest(const fs::path& formats) {
  std::vector<ManifestRow> rows;
  for (const auto& fields : loadCsv(formats / "MANIFEST.csv")) {
    ManifestRow row;
    row.file = fields.at(0);
    if (row.file.find("(store tree") != std::string::npos || row.file.front() == '"') continue;
    std::string extent;
    for (const char c : fields.at(4) + "x") {
      if (c != 'x') {
        extent += c;
      } else if (!extent.empty()) {
        row.shape.push_back(std::stoll(extent));
        extent.clear();
      }
    }
    row.axes = fields.at(5);
    row.type = fields.at(6);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool isBroken(const std::string& file) { return file.rfind("broken/", 0) == 0; }

// The sets of one file per slice: the manifest describes the single file, we open the whole set.
bool isPartOfSet(const std::string& file) {
  return file.rfind("ome-tiff-viv/multifile/", 0) == 0 ||
         file.rfind("ome-tiff-ome-model/set-1-meta-companion/", 0) == 0;
}

// The manifest gives the mode of Pillow for PNG and JPEG, and height and width alone.
void expectPicture(const ManifestRow& row, const io::ImageInfo& info) {
  EXPECT_EQ(info.shape, (Shape{1, 1, row.shape.at(0), row.shape.at(1)}));
  const std::map<std::string, std::pair<int64_t, Dtype>> kModes = {
      {"1", {1, Dtype::kUint8}},    {"L", {1, Dtype::kUint8}},    {"I", {1, Dtype::kUint16}},
      {"RGB", {3, Dtype::kUint8}},  {"RGBA", {3, Dtype::kUint8}}, {"CMYK", {4, Dtype::kUint8}},
      {"I;16", {1, Dtype::kUint16}}};
  if (row.type == "P") {
    EXPECT_TRUE(info.channels == 1 || info.isRgb);
    return;
  }
  ASSERT_EQ(kModes.count(row.type), 1u) << row.type;
  EXPECT_EQ(info.channels, kModes.at(row.type).first);
  EXPECT_EQ(info.dtype, kModes.at(row.type).second);
}

void expectTiff(const ManifestRow& row, const io::ImageInfo& info) {
  if (isPartOfSet(row.file)) {
    EXPECT_EQ(info.fileAxes, "ZYX");
    EXPECT_EQ(info.shape, (Shape{1, 5, 24, 18}));
    return;
  }
  std::string axes = row.axes;
  std::replace(axes.begin(), axes.end(), 'Q', 'I');
  EXPECT_EQ(info.fileAxes, axes);
  EXPECT_EQ(info.fileShape, row.shape);
  EXPECT_EQ(info.fileDtype, row.type);
}

class FormatCollection : public testing::Test {
 protected:
  void SetUp() override {
    const auto shared = sharedData("data/formats");
    if (!shared) GTEST_SKIP() << kNoSharedData;
    formats_ = *shared;
  }
  fs::path formats_;
};

TEST_F(FormatCollection, FilesOpenAsTheManifestSays) {
  int opened = 0;
  int refused = 0;
  for (const ManifestRow& row : manifest(formats_)) {
    if (isBroken(row.file)) continue;
    SCOPED_TRACE(row.file);
    const auto image = io::openImage(formats_ / row.file);
    if (const auto refusal = refusedFiles().find(row.file); refusal != refusedFiles().end()) {
      ASSERT_FALSE(image) << "opens now: take it off the list";
      expectOneSentence(image.error().message(), formats_ / row.file);
      EXPECT_NE(image.error().message().find(refusal->second), std::string::npos) << image.error().message();
      ++refused;
      continue;
    }
    ASSERT_TRUE(image) << image.error().message();
    ++opened;
    if (row.shape.empty()) continue;  // containers: see the tables of pixels
    row.axes.empty() ? expectPicture(row, (*image)->info()) : expectTiff(row, (*image)->info());
    const auto plane = (*image)->read(Box::plane((*image)->info().shape, 0, 0));
    EXPECT_TRUE(plane) << plane.error().message();
  }
  RecordProperty("opened", opened);
  RecordProperty("refused", refused);
  EXPECT_EQ(refused, static_cast<int>(refusedFiles().size()));
  EXPECT_GT(opened, 150);
}

TEST_F(FormatCollection, EveryStoreOpensOrIsOnTheList) {
  int opened = 0;
  std::set<std::string> refused;
  for (const auto& entry : fs::recursive_directory_iterator(formats_)) {
    const fs::path& path = entry.path();
    static const std::set<std::string> kMarks = {".zarray", ".zgroup", "zarr.json", "attributes.json"};
    const bool isNamedN5 = entry.is_directory() && path.extension() == ".n5";
    if (!isNamedN5 && kMarks.count(path.filename().string()) == 0) continue;
    const fs::path store = isNamedN5 ? path : path.parent_path();
    const std::string name = fs::relative(store, formats_).generic_string();
    SCOPED_TRACE(name);
    const auto image = io::openImage(store);
    if (const auto refusal = refusedStores().find(name); refusal != refusedStores().end()) {
      ASSERT_FALSE(image) << "opens now: take it off the list";
      expectOneSentence(image.error().message(), store);
      EXPECT_NE(image.error().message().find(refusal->second), std::string::npos) << image.error().message();
      refused.insert(name);
      continue;
    }
    ASSERT_TRUE(image) << image.error().message();
    const auto plane = (*image)->read(Box::plane((*image)->info().shape, 0, 0));
    EXPECT_TRUE(plane) << plane.error().message();
    ++opened;
  }
  EXPECT_EQ(refused.size(), refusedStores().size());
  EXPECT_GT(opened, 100);
}

// All 647, chunks and side files included: whatever a user drops on the program gives an image or a sentence.
TEST_F(FormatCollection, EverySingleFileGivesAnImageOrASentence) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(formats_)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const auto image = io::openImage(entry.path());
    if (!image) expectOneSentence(image.error().message(), entry.path());
  }
  EXPECT_GT(files, 600);
}

TEST_F(FormatCollection, ZippedStoreIsRefusedWithAdvice) {
  const auto image = io::openImage(formats_ / "zarr-neuroglancer/simple_0.5.zip");
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("ZIP archive; unpack it"), std::string::npos) << image.error().message();
}

TEST_F(FormatCollection, N5EqualsItsReferencePicture) {
  const auto array = io::openImage(formats_ / "n5-z5/z5py.n5");
  const auto picture = io::openImage(formats_ / "n5-z5/reference_image.png");
  ASSERT_TRUE(array && picture);
  const auto a = (*array)->read(Box::whole((*array)->info().shape));
  const auto b = (*picture)->read(Box::whole((*picture)->info().shape));
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->size_bytes(), b->size_bytes());
  EXPECT_EQ(crc32Of(*a), crc32Of(*b));
}

// The planes of this sample show their own Z, T and C as digits: each (t, z, c) must look different, and the
// same slice read as part of a file set must equal the one of the single file.
TEST_F(FormatCollection, OmePlanesAreWhereTheirDigitsSay) {
  const auto whole = io::openImage(formats_ / "ome-tiff-ome-model/18x24y5z1t1c8b-text.ome.tiff");
  ASSERT_TRUE(whole) << whole.error().message();
  for (int64_t z = 0; z < 5; ++z) {
    const std::string part =
        "ome-tiff-ome-model/set-1-meta-companion/18x24y5z1t1c8b-text-split-Z" + std::to_string(z + 1) + ".ome.tiff";
    const auto set = io::openImage(formats_ / part);
    ASSERT_TRUE(set) << set.error().message();
    const auto a = (*whole)->read(Box::plane((*whole)->info().shape, 0, z));
    const auto b = (*set)->read(Box::plane((*set)->info().shape, 0, z));
    ASSERT_TRUE(a && b);
    EXPECT_EQ(crc32Of(*a), crc32Of(*b)) << z;
  }
  const auto five = io::openImage(formats_ / "ome-tiff-ome-model/18x24y5z5t2c8b-text.ome.tiff");
  ASSERT_TRUE(five) << five.error().message();
  std::set<uint32_t> seen;
  for (int64_t t = 0; t < 5; ++t) {
    for (int64_t z = 0; z < 5; ++z) {
      const auto plane = (*five)->read(Box::plane((*five)->info().shape, t, z));
      ASSERT_TRUE(plane);
      seen.insert(crc32Of(*plane));
    }
  }
  EXPECT_EQ(seen.size(), 25u);
}

}  // namespace

}  // namespace cyto::test
