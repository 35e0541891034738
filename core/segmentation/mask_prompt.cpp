#include "core/segmentation/mask_prompt.h"

#include <algorithm>
#include <cmath>

#include "core/inference/preprocessing.h"

namespace cyto {

namespace {

constexpr float kCertain = 6.9067548f;       // ln(0.999 / 0.001)
constexpr int64_t kFrameCellsPerSample = 4;  // a feature cell covers 4 x 4 low-resolution samples

}  // namespace

MaskPrompt maskPromptOf(const PlaneMask& mask, const Embedding& embedding) {
  const Extent2 plane = embedding.originalSize;
  std::vector<uint8_t> whole(static_cast<size_t>(plane.y * plane.x));
  const PlaneBox window = mask.box.clippedTo({0, 0, plane.y, plane.x});
  for (int64_t y = window.y0; y < window.y1; ++y) {
    for (int64_t x = window.x0; x < window.x1; ++x) {
      if (mask.at(y, x)) whole[static_cast<size_t>(y * plane.x + x)] = 255;
    }
  }
  const int64_t side = embedding.maps.front().rows * kFrameCellsPerSample;
  const Extent2 scaled = resizedExtent(plane, side);
  const std::vector<uint8_t> samples = resizeLikePillow(whole, plane, scaled, 1);
  MaskPrompt prompt{side, std::vector<float>(static_cast<size_t>(side * side), -kCertain)};
  for (int64_t y = 0; y < scaled.y; ++y) {
    for (int64_t x = 0; x < scaled.x; ++x) {
      if (samples[static_cast<size_t>(y * scaled.x + x)] > 127)
        prompt.logits[static_cast<size_t>(y * side + x)] = kCertain;
    }
  }
  return prompt;
}

BoxPrompt boxOf(const PlaneMask& mask) {
  return {static_cast<double>(mask.box.y0), static_cast<double>(mask.box.x0), static_cast<double>(mask.box.y1),
          static_cast<double>(mask.box.x1)};
}

BoxPrompt processedBox(const BoxPrompt& box, Extent2 plane) {
  const auto corner = [](double v, int64_t extent) {
    return std::nearbyint(std::clamp(v, 0.0, static_cast<double>(extent)));
  };
  return {corner(box.y0, plane.y), corner(box.x0, plane.x), corner(box.y1, plane.y), corner(box.x1, plane.x)};
}

}  // namespace cyto
