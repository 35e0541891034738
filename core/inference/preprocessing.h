#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/array/array.h"
#include "core/base/result.h"
#include "core/inference/model.h"

namespace cyto {

/// Version of the steps below; part of every cache key and of ModelIdentity::preprocessing.
inline constexpr std::string_view kPreprocessingVersion = "minmax-pillow-1";

/// One plane of an image as 8-bit RGB: one channel is replicated, of two the third is zero, of more than
/// three the first three are taken. Each channel is stretched from its own minimum and maximum to 0..255
/// and truncated; a constant channel becomes 0 (spec/micro-sam.md §1.6, step A, the same numbers as
/// micro-sam). Pixels that are not finite count as the channel's smallest finite value.
/// `image` must hold one frame and one slice; an empty plane is kInvalidArgument.
Result<RgbImage> stretchToRgb(const Array& image);

/// The same of an image whose frames and slices may be its channels (planesAsChannels), and of one channel alone where
/// one is named, counted from 0; kInvalidArgument when there is no such channel.
Result<RgbImage> stretchToRgb(const Array& image, std::optional<int64_t> channel);

/// Size after scaling the longest side to `side`.
Extent2 resizedExtent(Extent2 original, int64_t side);

/// Pillow's bilinear resize of an 8-bit image: a triangle filter whose support grows when shrinking,
/// horizontal pass first, fixed-point arithmetic, 8-bit intermediate (step B). Both images have
/// `channels` interleaved samples.
std::vector<uint8_t> resizeLikePillow(const std::vector<uint8_t>& pixels, Extent2 from, Extent2 to, int channels);

}  // namespace cyto
