#include "core/array/array.h"

#include <gtest/gtest.h>

#include <limits>

namespace cyto {
namespace {

TEST(Shape, CountsElementsAndRefusesOverflow) {
  EXPECT_EQ((Shape{2, 3, 4, 5}.elements()), 120);
  EXPECT_EQ((Shape{1, 1, 0, 5}.elements()), 0);
  EXPECT_FALSE((Shape{1, 1, -1, 5}.elements()));
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max() / 2;
  EXPECT_FALSE((Shape{1, 3, kHuge, 1}.elements()));
}

TEST(Box, KnowsItsShapeAndWhereItLies) {
  const Shape shape{4, 3, 20, 30};
  const Box plane = Box::plane(shape, 2, 1);
  EXPECT_EQ(plane.shape(), (Shape{1, 1, 20, 30}));
  EXPECT_TRUE(plane.isInside(shape));
  EXPECT_FALSE((Box{{0, 0, 0, 0}, {1, 1, 21, 30}}.isInside(shape)));
  EXPECT_FALSE((Box{{-1, 0, 0, 0}, {1, 1, 20, 30}}.isInside(shape)));
  const Box clipped = Box{{0, 0, 10, -5}, {1, 1, 40, 10}}.clippedTo(Box::whole(shape));
  EXPECT_EQ(clipped, (Box{{0, 0, 10, 0}, {1, 1, 20, 10}}));
  EXPECT_TRUE((Box{{0, 0, 10, 0}, {1, 1, 10, 5}}.isEmpty()));
}

TEST(Array, StartsAtZeroAndSharesItsPixelsBetweenCopies) {
  Array array = *Array::create(Dtype::kUint16, {2, 1, 3, 4}, 2);
  EXPECT_EQ(array.size_bytes(), 2 * 2 * 3 * 4 * 2);
  for (const uint16_t value : array.as<uint16_t>()) EXPECT_EQ(value, 0);
  const Array copy = array;
  array.plane<uint16_t>(1, 1, 0)[5] = 77;
  EXPECT_EQ((copy.as<uint16_t>()[1 * 24 + 1 * 12 + 5]), 77);
}

TEST(Array, RefusesWhatCannotFitIntoMemory) {
#ifndef __SANITIZE_ADDRESS__  // which ends the program instead of refusing memory
  const auto tooLarge = Array::create(Dtype::kFloat64, {1, 1'000'000, 1'000'000, 1'000'000});
  ASSERT_FALSE(tooLarge);
  EXPECT_EQ(tooLarge.error().code(), ErrorCode::kOutOfMemory);
#endif
  EXPECT_FALSE(Array::create(Dtype::kUint8, {1, 1, -4, 4}));
  EXPECT_FALSE(Array::create(Dtype::kUint8, {1, 1, 4, 4}, 0));
  EXPECT_TRUE(Array::create(Dtype::kUint8, {1, 1, 0, 4}));
}

TEST(Dtype, NamesAreThoseOfNumPyAndRoundTrip) {
  for (const char* name :
       {"uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"}) {
    const auto dtype = dtypeFromName(name);
    ASSERT_TRUE(dtype) << name;
    EXPECT_EQ(dtypeName(*dtype), name);
  }
  EXPECT_FALSE(dtypeFromName("complex64"));
  EXPECT_EQ(dtypeSize(Dtype::kInt64), 8u);
  EXPECT_TRUE(isFloat(Dtype::kFloat32));
  EXPECT_FALSE(isFloat(Dtype::kInt32));
}

}  // namespace
}  // namespace cyto
