#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/display/channel_display.h"
#include "core/display/pixel_pyramid.h"
#include "core/project/edit.h"

namespace cyto {

/// Asks for a small picture of what a step of the history did.
struct StepThumbnailRequest {
  uint64_t origin = 0;  ///< HistoryTree::origin of the history that is meant
  uint64_t first = 0;   ///< the user's step
  uint64_t last = 0;    ///< the last of the automatic steps that followed, or `first`
  uint64_t ticket = 0;  ///< comes back with the answer
  int side_px = 48;
  std::shared_ptr<PixelPyramid> pyramid;  ///< null: on a neutral background
  std::vector<ChannelDisplay> channels;
};

struct StepThumbnail {
  uint64_t origin = 0;
  uint64_t last = 0;  ///< as it was asked for, like all but the pixels
  uint64_t ticket = 0;
  int side_px = 0;
  std::vector<uint32_t> pixels;  ///< 0xAARRGGBB, opaque, row-major; empty when the step has no place to show
};

/// Whether an edit has a place in the image.
bool hasPlace(const Edit& edit);

/// The image around what an edit changed, with the pixels that were given in one colour and those that were taken in
/// another, and the prompts of a draft. Where pixels cannot be read the background is neutral. Empty without a place.
/// Any thread.
std::vector<uint32_t> renderStepThumbnail(const Edit& edit, const Shape& shape, const StepThumbnailRequest& request,
                                          const JobContext& job);

}  // namespace cyto
