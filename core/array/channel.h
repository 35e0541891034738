#pragma once

#include "core/array/array.h"
#include "core/base/result.h"

namespace cyto {

/// A copy of one channel, counted from 0. kInvalidArgument when there is no such channel, kOutOfMemory.
Result<Array> channelOf(const Array& image, int64_t channel);

/// A copy in which every frame and slice is a channel, in the order in which they lie: for files that do not say that
/// their planes are channels. kInvalidArgument when `image` has channels already, kOutOfMemory.
Result<Array> planesAsChannels(const Array& image);

}  // namespace cyto
