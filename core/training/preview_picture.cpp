#include "core/training/preview_picture.h"

#include <algorithm>
#include <array>

#include "core/inference/preprocessing.h"
#include "core/io/label_writer.h"

namespace cyto {

namespace {

constexpr int64_t kPanelSide = 320;
constexpr int64_t kGap = 4;
constexpr std::array<uint8_t, 3> kTruthColour = {90, 220, 90};
constexpr std::array<uint8_t, 3> kFoundColour = {255, 190, 40};

using Colour = std::array<uint8_t, 3>;

struct Panel {
  Extent2 size;
  std::vector<uint8_t> pixels;  // RGB
};

/// The label of the image pixel under each pixel of the panel.
std::vector<uint32_t> shrunk(const std::vector<uint32_t>& labels, Extent2 from, Extent2 to) {
  std::vector<uint32_t> result(static_cast<size_t>(to.y * to.x));
  for (int64_t y = 0; y < to.y; ++y) {
    for (int64_t x = 0; x < to.x; ++x) {
      result[static_cast<size_t>(y * to.x + x)] =
          labels[static_cast<size_t>((y * from.y / to.y) * from.x + x * from.x / to.x)];
    }
  }
  return result;
}

void drawOutlines(Panel& panel, const std::vector<uint32_t>& labels, const Colour& colour) {
  const Extent2 size = panel.size;
  const auto at = [&](int64_t y, int64_t x) { return labels[static_cast<size_t>(y * size.x + x)]; };
  for (int64_t y = 0; y < size.y; ++y) {
    for (int64_t x = 0; x < size.x; ++x) {
      const uint32_t own = at(y, x);
      const bool isBorder = own != at(y, std::min(x + 1, size.x - 1)) || own != at(std::min(y + 1, size.y - 1), x) ||
                            own != at(y, std::max<int64_t>(x - 1, 0)) || own != at(std::max<int64_t>(y - 1, 0), x);
      if (own != 0 && isBorder) std::copy(colour.begin(), colour.end(), panel.pixels.begin() + 3 * (y * size.x + x));
    }
  }
}

std::array<Panel, 3> panelsOf(const TrainingPreview& preview) {
  const Extent2 original{preview.image.rows, preview.image.columns};
  const Extent2 size = resizedExtent(original, kPanelSide);
  const Panel plain{size, resizeLikePillow(preview.image.pixels, original, size, 3)};
  std::array<Panel, 3> panels = {plain, plain, plain};
  drawOutlines(panels[1], shrunk(preview.truth, original, size), kTruthColour);
  drawOutlines(panels[2], shrunk(preview.prediction, original, size), kFoundColour);
  return panels;
}

}  // namespace

Status writePreviewPicture(const std::filesystem::path& path, const std::vector<TrainingPreview>& previews) {
  if (previews.empty())
    return Error(ErrorCode::kInvalidArgument, "there is nothing to show in '" + path.string() + "'");
  constexpr int64_t kColumns = 3;
  int64_t rows = 0;
  std::vector<std::array<Panel, 3>> all;
  for (const TrainingPreview& preview : previews) {
    all.push_back(panelsOf(preview));
    rows += all.back()[0].size.y + kGap;
  }
  const int64_t width = kColumns * (kPanelSide + kGap) - kGap;
  CYTO_ASSIGN(Array picture, Array::create(Dtype::kUint8, {1, 1, rows - kGap, width}, 3));
  int64_t top = 0;
  for (const auto& panels : all) {
    for (size_t i = 0; i < panels.size(); ++i) {
      const Panel& panel = panels[i];
      const int64_t left = static_cast<int64_t>(i) * (kPanelSide + kGap);
      for (int64_t c = 0; c < 3; ++c) {
        const auto plane = picture.plane<uint8_t>(c, 0, 0);
        for (int64_t y = 0; y < panel.size.y; ++y) {
          for (int64_t x = 0; x < panel.size.x; ++x) {
            plane[static_cast<size_t>((top + y) * width + left + x)] =
                panel.pixels[static_cast<size_t>(3 * (y * panel.size.x + x) + c)];
          }
        }
      }
    }
    top += panels[0].size.y + kGap;
  }
  return io::writePng(path, picture);
}

}  // namespace cyto
