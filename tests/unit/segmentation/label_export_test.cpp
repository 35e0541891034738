#include "core/segmentation/label_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/io/image_source.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

using testing::HasSubstr;

Array labelsWith(uint32_t id, const Shape& shape = {1, 1, 4, 6}) {
  Array labels = *Array::create(Dtype::kUint32, shape);
  labels.as<uint32_t>()[7] = id;
  return labels;
}

TEST(LabelExport, TheNameSaysTheFormat) {
  EXPECT_EQ(*labelFormatFromPath("a.tif"), LabelFormat::kTiff);
  EXPECT_EQ(*labelFormatFromPath("a b.TIFF"), LabelFormat::kTiff);
  EXPECT_EQ(*labelFormatFromPath("x/a.png"), LabelFormat::kPng);
  EXPECT_EQ(*labelFormatFromPath("a.ome.zarr"), LabelFormat::kOmeZarr);
  for (const char* name : {"a", "a.jpg", "tif", ".tif"}) {
    const auto format = labelFormatFromPath(name);
    ASSERT_FALSE(format) << name;
    EXPECT_THAT(format.error().message(), HasSubstr("ends in .tif, .png, .zarr or .npy"));
  }
}

TEST(LabelExport, APngIsAsNarrowAsItsIdsAllow) {
  const test::TemporaryFolder folder;
  for (const auto& [id, dtype] : {std::pair{255u, Dtype::kUint8}, {256u, Dtype::kUint16}, {65535u, Dtype::kUint16}}) {
    const auto path = folder / (std::to_string(id) + ".png");
    ASSERT_TRUE(writeLabels(path, LabelFormat::kPng, labelsWith(id), {}));
    const auto source = io::openImage(path);
    ASSERT_TRUE(source) << source.error().message();
    EXPECT_EQ((*source)->info().dtype, dtype) << id;
    const Array read = *(*source)->read(Box::whole({1, 1, 4, 6}));
    visitDtype(dtype, [&](auto zero) { EXPECT_EQ(read.as<decltype(zero)>()[7], id); });
  }
}

TEST(LabelExport, WhatAPngCannotHoldIsRefusedAndNothingIsWritten) {
  const test::TemporaryFolder folder;
  const Status wide = writeLabels(folder / "a.png", LabelFormat::kPng, labelsWith(65536), {});
  ASSERT_FALSE(wide);
  EXPECT_THAT(wide.error().message(), HasSubstr("there is the id 65536; use a name that ends in .tif"));
  const Status stack = writeLabels(folder / "a.png", LabelFormat::kPng, labelsWith(1, {1, 2, 4, 6}), {});
  ASSERT_FALSE(stack);
  EXPECT_THAT(stack.error().message(), HasSubstr("a PNG holds one plane"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(LabelExport, TheTargetIsAskedForBeforeTheWork) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(checkTarget(folder / "labels.tif"));
  EXPECT_TRUE(checkTarget("labels.tif")) << "the current folder";
  EXPECT_THAT(checkTarget(folder / "gone" / "o.tif").error().message(), HasSubstr("does not exist; make it first"));
  EXPECT_THAT(checkTarget("/dev/null/o.tif").error().message(), HasSubstr("o.tif"));
}

}  // namespace
}  // namespace cyto
