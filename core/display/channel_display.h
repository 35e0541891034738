#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/display/pixel_pyramid.h"

namespace cyto {

/// How one channel is shown. Display never alters data.
struct ChannelDisplay {
  std::string name;
  bool isVisible = true;
  double low = 0;     ///< this value is black
  double high = 255;  ///< this value is the full colour; always above `low`
  double gamma = 1;
  std::array<uint8_t, 3> colour{255, 255, 255};
  double rangeLow = 0;  ///< where a contrast slider starts and ends
  double rangeHigh = 255;
  bool operator==(const ChannelDisplay&) const = default;
};

/// The first look at an image: one entry per channel with the name the file gives ("Channel 1" otherwise). The samples
/// of a colour image are red, green and blue over the whole range of their type and are not stretched, unless they are
/// one and the same stain in grey. A single stain
/// is white; several get colours that a colour-blind eye tells apart, at most the first seven visible. Contrast is
/// automatic from plane (t, z).
Result<std::vector<ChannelDisplay>> firstDisplay(PixelPyramid& pyramid, int64_t t, int64_t z, const JobContext& job);

/// Sets low and high of every stain so that 0.35 % of the pixels of plane (t, z) saturate, half at each end (like
/// Fiji); measured on the coarsest level with at least 65,536 pixels, or on level 0; on sixteen blocks where
/// that would mean to read more than 32 million pixels. Values that are not finite are
/// left out; a constant plane gets a range of 1.
Status setAutoContrast(PixelPyramid& pyramid, int64_t t, int64_t z, std::vector<ChannelDisplay>& channels,
                       const JobContext& job);

/// Counts per equal bin of [rangeLow, rangeHigh] for one channel of a plane, on the same level.
Result<std::vector<int64_t>> histogram(PixelPyramid& pyramid, int64_t t, int64_t z, int64_t channel, double rangeLow,
                                       double rangeHigh, int bins, const JobContext& job);

}  // namespace cyto
