#pragma once

#include "core/array/array.h"
#include "core/base/result.h"

namespace cyto {

/// A copy of one channel, counted from 0. kInvalidArgument when there is no such channel, kOutOfMemory.
Result<Array> channelOf(const Array& image, int64_t channel);

}  // namespace cyto
