#include "core/nn/mask_upscaling.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <random>

namespace cyto::nn {
namespace {

/// The reference's way: bilinear to the frame, cut, bilinear to the image, above zero.
at::Tensor referenceLogits(const at::Tensor& low, const MaskGeometry& geometry) {
  const at::Tensor frame = at::upsample_bilinear2d(low.view({1, 1, geometry.lowSide, geometry.lowSide}),
                                                   {geometry.frameSide, geometry.frameSide}, false);
  const at::Tensor cut = frame.narrow(2, 0, geometry.inputSize.y).narrow(3, 0, geometry.inputSize.x);
  return at::upsample_bilinear2d(cut, {geometry.originalSize.y, geometry.originalSize.x}, false)[0][0];
}

at::Tensor pasted(const UpscaledMask& mask, Extent2 size) {
  at::Tensor out = at::zeros({size.y, size.x}, at::kByte);
  uint8_t* data = out.mutable_data_ptr<uint8_t>();
  for (int64_t y = 0; y < mask.box.height(); ++y) {
    std::copy_n(mask.mask.data() + y * mask.box.width(), mask.box.width(),
                data + (mask.box.y0 + y) * size.x + mask.box.x0);
  }
  return out;
}

/// Smooth blobs, as decoders make them.
at::Tensor blobs(std::mt19937& random, int64_t side) {
  at::Tensor noise = at::empty({1, 1, 9, 9});
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < noise.numel(); ++i) noise.mutable_data_ptr<float>()[i] = normal(random) - 0.5f;
  return at::upsample_bicubic2d(noise, {side, side}, false)[0][0].contiguous();
}

TEST(MaskUpscaling, GivesTheReferencesMaskForAnyGeometry) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto between = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int round = 0; round < 40; ++round) {
    const Extent2 original{between(1, 900), between(1, 900)};
    const int64_t longest = std::max(original.y, original.x);
    const auto toFrame = [&](int64_t extent) {
      return std::max<int64_t>(
          1, static_cast<int64_t>(static_cast<double>(extent) * 1024 / static_cast<double>(longest) + 0.5));
    };
    const MaskGeometry geometry{256, 1024, {toFrame(original.y), toFrame(original.x)}, original};
    const at::Tensor low = blobs(random, 256);
    const UpscaledMask mask = upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry);
    const at::Tensor expected = referenceLogits(low, geometry);
    const UpscaledMask counted = upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry, 0.4F);
    EXPECT_EQ(counted.box, mask.box);
    EXPECT_EQ(counted.mask, mask.mask);
    const auto above = [&](double threshold) { return (expected > threshold).sum().item<int64_t>(); };
    EXPECT_GE(counted.sure, above(0.4 + 1e-4));
    EXPECT_LE(counted.sure, above(0.4 - 1e-4));
    EXPECT_GE(counted.possible, above(-0.4 + 1e-4));
    EXPECT_LE(counted.possible, above(-0.4 - 1e-4));
    const at::Tensor differing = (pasted(mask, original) > 0) != (expected > 0);
    // Where the logit is not zero up to rounding the masks are the same.
    EXPECT_EQ((differing & (expected.abs() > 1e-4)).sum().item<int64_t>(), 0) << original.y << " x " << original.x;
    if (!mask.box.isEmpty()) {
      const at::Tensor cut = pasted(mask, original);
      EXPECT_GT(cut[mask.box.y0].sum().item<int64_t>(), 0);
      EXPECT_GT(cut[mask.box.y1 - 1].sum().item<int64_t>(), 0);
      EXPECT_GT(cut.select(1, mask.box.x0).sum().item<int64_t>(), 0);
      EXPECT_GT(cut.select(1, mask.box.x1 - 1).sum().item<int64_t>(), 0);
    }
  }
}

TEST(MaskUpscaling, NoPositiveLogitAndOnlyPaddingGiveAnEmptyMask) {
  const MaskGeometry geometry{256, 1024, {512, 1024}, {100, 200}};
  at::Tensor low = at::full({256, 256}, -1.0f);
  EXPECT_TRUE(upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry).box.isEmpty());
  low.slice(0, 200, 250).fill_(5);
  EXPECT_TRUE(upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry).box.isEmpty());
  low.fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry).box.isEmpty());
}

TEST(MaskUpscaling, AllPositiveCoversTheWholeImage) {
  const MaskGeometry geometry{256, 1024, {1024, 1}, {5000, 1}};
  const at::Tensor low = at::ones({256, 256});
  EXPECT_EQ(upscaleMask({low.const_data_ptr<float>(), 256 * 256}, geometry).box, (PlaneBox{0, 0, 5000, 1}));
}

}  // namespace
}  // namespace cyto::nn
