#include "core/array/channel.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

TEST(Channel, IsACopyOfItsBlock) {
  Array image = *Array::create(Dtype::kUint16, {2, 1, 3, 4}, 3);
  for (size_t i = 0; i < 72; ++i) image.as<uint16_t>()[i] = static_cast<uint16_t>(i);
  auto last = channelOf(image, 2);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->channels(), 1);
  EXPECT_EQ(last->dtype(), Dtype::kUint16);
  EXPECT_EQ(last->shape(), image.shape());
  EXPECT_EQ(last->as<uint16_t>().front(), 48);
  EXPECT_EQ(last->as<uint16_t>().back(), 71);
  last->as<uint16_t>().front() = 1000;
  EXPECT_EQ((image.plane<uint16_t>(2, 0, 0)[0]), 48);
}

TEST(Channel, PlanesBecomeChannelsInTheirOrder) {
  Array stack = *Array::create(Dtype::kFloat32, {1, 3, 2, 2});
  for (size_t i = 0; i < 12; ++i) stack.as<float>()[i] = static_cast<float>(i);
  const auto channels = planesAsChannels(stack);
  ASSERT_TRUE(channels);
  EXPECT_EQ(channels->shape(), (Shape{1, 1, 2, 2}));
  EXPECT_EQ(channels->channels(), 3);
  EXPECT_EQ(channels->plane<float>(2, 0, 0)[1], 9);
}

TEST(Channel, ThatDoesNotExistIsRefused) {
  const Array image = *Array::create(Dtype::kUint8, {1, 1, 2, 2}, 2);
  for (const int64_t channel : {-1, 2}) {
    const auto refused = channelOf(image, channel);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().message().find("the image has 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace cyto
