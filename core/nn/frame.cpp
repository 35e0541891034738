#include "core/nn/frame.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <array>

#include "core/inference/preprocessing.h"

namespace cyto::nn {

namespace {

// SAM's normalisation, on the 0..255 scale, in RGB order.
constexpr std::array<float, 3> kMean = {123.675f, 116.28f, 103.53f};
constexpr std::array<float, 3> kDeviation = {58.395f, 57.12f, 57.375f};

}  // namespace

Frame makeFrame(const RgbImage& image, int64_t side) {
  const Extent2 original{image.rows, image.columns};
  const Extent2 size = resizedExtent(original, side);
  const std::vector<uint8_t> resized = resizeLikePillow(image.pixels, original, size, 3);
  Frame frame{at::zeros({1, 3, side, side}), size};
  float* const out = frame.pixels.mutable_data_ptr<float>();
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < size.y; ++y) {
      const uint8_t* source = resized.data() + y * size.x * 3 + c;
      float* target = out + (c * side + y) * side;
      for (int64_t x = 0; x < size.x; ++x) {
        target[x] =
            (static_cast<float>(source[3 * x]) - kMean[static_cast<size_t>(c)]) / kDeviation[static_cast<size_t>(c)];
      }
    }
  }
  return frame;
}

}  // namespace cyto::nn
