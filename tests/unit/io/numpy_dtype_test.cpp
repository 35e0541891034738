#include "core/io/numpy_dtype.h"

#include <gtest/gtest.h>

namespace cyto::io {

TEST(NumpyDtype, KnowsNumbersOfEitherByteOrder) {
  for (const char* name : {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8", "|b1", "<f2"}) {
    ASSERT_TRUE(parseNumpyDtype(name)) << name;
    EXPECT_FALSE(parseNumpyDtype(name)->isBigEndian) << name;
  }
  EXPECT_TRUE(parseNumpyDtype(">u2")->isBigEndian);
  EXPECT_EQ(parseNumpyDtype(">u2")->dtype.dtype, Dtype::kUint16);
  EXPECT_EQ(parseNumpyDtype("<i8")->dtype.name(), "int64");
  EXPECT_EQ(parseNumpyDtype("<f2")->dtype.name(), "float16");
  EXPECT_EQ(parseNumpyDtype("<f2")->dtype.dtype, Dtype::kFloat32);
  EXPECT_EQ(parseNumpyDtype("|b1")->dtype.name(), "bool");
}

TEST(NumpyDtype, RefusesTheRest) {
  for (const char* name : {"", "<", "<c8", "<U7", "|S3", "|O", "<M8[ns]", "<u3", "<f1", "<u16", "u", "<b8"}) {
    EXPECT_FALSE(parseNumpyDtype(name)) << name;
  }
}

}  // namespace cyto::io
