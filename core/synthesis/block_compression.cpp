#include "core/synthesis/block_compression.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cyto::synthesis {

namespace {

constexpr int kSide = 8;
using Block = std::array<float, kSide * kSide>;

// ITU-T T.81, tables K.1 and K.2.
constexpr std::array<int, 64> kLuminance = {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                            14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                            18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                            49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
constexpr std::array<int, 64> kChrominance = {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
                                              24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
                                              99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                                              99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

/// cosines[frequency][place], orthonormal.
const std::array<std::array<float, kSide>, kSide>& cosines() {
  static const auto table = [] {
    std::array<std::array<float, kSide>, kSide> values{};
    for (int k = 0; k < kSide; ++k) {
      for (int i = 0; i < kSide; ++i) {
        const double scale = k == 0 ? std::sqrt(1.0 / kSide) : std::sqrt(2.0 / kSide);
        values[k][i] = static_cast<float>(scale * std::cos(M_PI * k * (2 * i + 1) / (2.0 * kSide)));
      }
    }
    return values;
  }();
  return table;
}

/// The transform of rows and then of columns, or back.
void transform(Block& block, bool isForward) {
  const auto& table = cosines();
  for (int pass = 0; pass < 2; ++pass) {
    Block out{};
    for (int row = 0; row < kSide; ++row) {
      for (int i = 0; i < kSide; ++i) {
        float sum = 0;
        for (int j = 0; j < kSide; ++j) {
          sum += block[static_cast<size_t>(row * kSide + j)] * (isForward ? table[i][j] : table[j][i]);
        }
        out[static_cast<size_t>(i * kSide + row)] = sum;  // transposed, so that the next pass takes the other axis
      }
    }
    block = out;
  }
}

Block steps(const std::array<int, 64>& table, int quality) {
  const double scale = quality < 50 ? 50.0 / quality : (200.0 - 2 * quality) / 100;
  Block out;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(std::clamp(std::floor(table[i] * scale + 0.5), 1.0, 255.0));
  }
  return out;
}

/// Values 0..255.
void compressPlane(FloatRaster& plane, const Block& quantisation) {
  const Extent3& extent = plane.extent();
  for (int64_t y0 = 0; y0 < extent.y; y0 += kSide) {
    for (int64_t x0 = 0; x0 < extent.x; x0 += kSide) {
      Block block;
      for (int64_t i = 0; i < kSide; ++i) {
        const float* row = plane.row(0, std::min(y0 + i, extent.y - 1));
        for (int64_t j = 0; j < kSide; ++j) {
          block[static_cast<size_t>(i * kSide + j)] = row[std::min(x0 + j, extent.x - 1)] - 128;
        }
      }
      transform(block, true);
      for (size_t i = 0; i < block.size(); ++i) {
        block[i] = std::nearbyint(block[i] / quantisation[i]) * quantisation[i];
      }
      transform(block, false);
      for (int64_t i = 0; i < std::min<int64_t>(kSide, extent.y - y0); ++i) {
        float* row = plane.row(0, y0 + i);
        for (int64_t j = 0; j < std::min<int64_t>(kSide, extent.x - x0); ++j) {
          row[x0 + j] = block[static_cast<size_t>(i * kSide + j)] + 128;
        }
      }
    }
  }
}

FloatRaster halved(const FloatRaster& plane) {
  const Extent3& extent = plane.extent();
  FloatRaster out({1, (extent.y + 1) / 2, (extent.x + 1) / 2});
  for (int64_t y = 0; y < out.extent().y; ++y) {
    const float *first = plane.row(0, 2 * y), *second = plane.row(0, std::min(2 * y + 1, extent.y - 1));
    for (int64_t x = 0; x < out.extent().x; ++x) {
      const int64_t left = 2 * x, right = std::min(left + 1, extent.x - 1);
      out.row(0, y)[x] = (first[left] + first[right] + second[left] + second[right]) / 4;
    }
  }
  return out;
}

void compressColours(FloatRaster& plane, int quality) {
  FloatRaster small = halved(plane);
  compressPlane(small, steps(kChrominance, quality));
  for (int64_t y = 0; y < plane.extent().y; ++y) {
    for (int64_t x = 0; x < plane.extent().x; ++x) plane.row(0, y)[x] = small.row(0, y / 2)[x / 2];
  }
}

}  // namespace

void compressBlocks(std::vector<FloatRaster>& channels, int quality) {
  for (FloatRaster& channel : channels) {
    for (float& value : channel) value = std::clamp(value, 0.0f, 1.0f) * 255;
  }
  if (channels.size() == 3) {
    FloatRaster &red = channels[0], &green = channels[1], &blue = channels[2];
    for (size_t i = 0; i < red.size(); ++i) {
      const float r = red[i], g = green[i], b = blue[i];
      red[i] = 0.299f * r + 0.587f * g + 0.114f * b;
      green[i] = 128 + 0.564f * (b - red[i]);
      blue[i] = 128 + 0.713f * (r - red[i]);
    }
    compressPlane(red, steps(kLuminance, quality));
    compressColours(green, quality);
    compressColours(blue, quality);
    for (size_t i = 0; i < red.size(); ++i) {
      const float luminance = red[i], b = green[i] - 128, r = blue[i] - 128;
      red[i] = luminance + 1.403f * r;
      green[i] = luminance - 0.714f * r - 0.344f * b;
      blue[i] = luminance + 1.773f * b;
    }
  } else {
    for (FloatRaster& channel : channels) compressPlane(channel, steps(kLuminance, quality));
  }
  for (FloatRaster& channel : channels) {
    for (float& value : channel) value /= 255;
  }
}

}  // namespace cyto::synthesis
