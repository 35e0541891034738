#include "core/array/channel.h"

#include <algorithm>

namespace cyto {

Result<Array> channelOf(const Array& image, int64_t channel) {
  if (channel < 0 || channel >= image.channels()) {
    return Error(ErrorCode::kInvalidArgument, "there is no channel " + std::to_string(channel) + "; the image has " +
                                                  std::to_string(image.channels()) + ", counted from 0");
  }
  CYTO_ASSIGN(Array part, Array::create(image.dtype(), image.shape()));
  // Channels are the outermost axis, so each of them is a block.
  std::copy_n(image.data() + channel * part.size_bytes(), part.size_bytes(), part.data());
  return part;
}

Result<Array> planesAsChannels(const Array& image) {
  const Shape& shape = image.shape();
  if (image.channels() > 1) {
    return Error(ErrorCode::kInvalidArgument, "an image that has channels cannot have its planes as channels too");
  }
  CYTO_ASSIGN(Array channels, Array::create(image.dtype(), {1, 1, shape.y, shape.x}, shape.t * shape.z));
  std::copy_n(image.data(), image.size_bytes(), channels.data());
  return channels;
}

}  // namespace cyto
