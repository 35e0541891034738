#include "core/project/label_import.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/io/label_writer.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LabelImportTest : public testing::Test {
 protected:
  std::filesystem::path writtenTiff(const Shape& shape) {
    Array labels = *Array::create(Dtype::kUint32, shape);
    labels.as<uint32_t>().front() = 3;
    labels.as<uint32_t>().back() = 90'000;
    const auto path = folder_ / "Zellkerne äöü.tif";
    EXPECT_TRUE(io::writeLabelTiff(path, labels, {}));
    return path;
  }

  /// A .npy file with one row of the numbers.
  template <typename T>
  std::filesystem::path writtenNpy(const std::string& type, const std::vector<T>& row) {
    const auto path = folder_ / "labels.npy";
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': (1, " + std::to_string(row.size()) + "), }";
    header.resize(128 - 10 - 1, ' ');
    header += '\n';
    std::ofstream file(path, std::ios::binary);
    file << "\x93NUMPY" << '\x01' << '\x00' << static_cast<char>(header.size()) << '\x00' << header;
    file.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof(T)));
    return path;
  }

  std::string refusal(const std::filesystem::path& path, const Shape& image) {
    const auto labels = readLabels(path, "", image, {});
    return labels ? "it was read" : labels.error().message();
  }

  test::TemporaryFolder folder_;
};

TEST_F(LabelImportTest, KeepsTheIdsOfTheFile) {
  const Shape shape{1, 3, 20, 300};
  const auto labels = readLabels(writtenTiff(shape), "", shape, {});
  ASSERT_TRUE(labels) << labels.error().message();
  EXPECT_EQ(labels->at(0, 0, 0, 0), 3u);
  EXPECT_EQ(labels->at(0, 2, 19, 299), 90'000u);
  EXPECT_THAT(labels->ids(), ElementsAre(3u, 90'000u));
}

TEST_F(LabelImportTest, AStackMayCallItsPlanesSlicesOrFrames) {
  const auto labels = readLabels(writtenTiff({1, 3, 20, 30}), "", {3, 1, 20, 30}, {});
  ASSERT_TRUE(labels) << labels.error().message();
  EXPECT_EQ(labels->at(2, 0, 19, 29), 90'000u);
}

TEST_F(LabelImportTest, RefusesOtherExtents) {
  const auto path = writtenTiff({1, 2, 20, 30});
  EXPECT_THAT(refusal(path, {1, 1, 20, 30}), HasSubstr("must be as large as their image"));
  EXPECT_THAT(refusal(path, {1, 2, 30, 20}), HasSubstr("(1, 2, 20, 30)"));
  EXPECT_THAT(refusal(path, {2, 2, 20, 30}), HasSubstr("must be as large as their image"));
  EXPECT_THAT(refusal(folder_ / "none.tif", {1, 1, 20, 30}), HasSubstr("none.tif"));
}

TEST_F(LabelImportTest, RefusesPicturesAndNumbersThatAreNoIds) {
  Array colours = *Array::create(Dtype::kUint8, {1, 1, 4, 4}, 3);
  ASSERT_TRUE(io::writePng(folder_ / "picture.png", colours));
  EXPECT_THAT(refusal(folder_ / "picture.png", {1, 1, 4, 4}), HasSubstr("3 channels, so it is a picture"));
  const Shape row{1, 1, 1, 3};
  EXPECT_THAT(refusal(writtenNpy<int32_t>("<i4", {0, 1, -1}), row), HasSubstr("the value -1"));
  EXPECT_THAT(refusal(writtenNpy<int64_t>("<i8", {0, 1, 5'000'000'000}), row), HasSubstr("the value 5000000000"));
  EXPECT_THAT(refusal(writtenNpy<float>("<f4", {0, 1, 2.5F}), row), HasSubstr("the value 2.5"));
  EXPECT_THAT(refusal(writtenNpy<float>("<f4", {0, 1, 4294967296.0F}), row), HasSubstr("the value 4294967296"));
  EXPECT_THAT(refusal(writtenNpy<double>("<f8", {0, 1, std::nan("")}), row), HasSubstr("nan"));
  const auto whole = readLabels(writtenNpy<float>("<f4", {0, 7, 8}), "", row, {});
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_THAT(whole->ids(), ElementsAre(7u, 8u));
}

TEST_F(LabelImportTest, CanBeCancelled) {
  const CancelSource stop;
  stop.cancel();
  const auto labels = readLabels(writtenTiff({1, 1, 20, 30}), "", {1, 1, 20, 30}, {stop.token(), {}});
  ASSERT_FALSE(labels);
  EXPECT_EQ(labels.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cyto
