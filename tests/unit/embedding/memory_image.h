#pragma once

#include <cstring>
#include <functional>

#include "core/io/image_source.h"

namespace cyto::test {

/// An image in memory. Pixels are a fixed function of place and `seed`.
class MemoryImage : public io::ImageSource {
 public:
  MemoryImage(const Shape& shape, int64_t channels = 1, uint32_t seed = 1, Dtype dtype = Dtype::kUint8) {
    info_.format = "memory";
    info_.shape = shape;
    info_.channels = channels;
    info_.isRgb = channels == 3;
    info_.dtype = dtype;
    info_.fileDtype = std::string(dtypeName(dtype));
    info_.levels = {shape};
    pixels_ = *Array::create(dtype, shape, channels);
    visitDtype(dtype, [&](auto zero) {
      uint32_t state = seed * 2654435761u + 1;
      for (auto& value : pixels_.as<decltype(zero)>()) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<decltype(zero)>(state >> 24);
      }
    });
  }

  const io::ImageInfo& info() const override { return info_; }
  io::ImageInfo& info() { return info_; }
  Array& pixels() { return pixels_; }

  Result<Array> read(const Box& box, int, const JobContext& job) const override {
    CYTO_TRY(job.cancel.check());
    if (onRead) CYTO_TRY(onRead(box));
    const Shape size = box.shape();
    CYTO_ASSIGN(Array part, Array::create(info_.dtype, size, info_.channels));
    const size_t element = dtypeSize(info_.dtype);
    std::byte* to = part.data();
    for (int64_t c = 0; c < info_.channels; ++c) {
      for (int64_t t = box.begin.t; t < box.end.t; ++t) {
        for (int64_t z = box.begin.z; z < box.end.z; ++z) {
          for (int64_t y = box.begin.y; y < box.end.y; ++y) {
            const Shape& whole = info_.shape;
            const int64_t at = (((c * whole.t + t) * whole.z + z) * whole.y + y) * whole.x + box.begin.x;
            std::memcpy(to, pixels_.data() + static_cast<size_t>(at) * element, static_cast<size_t>(size.x) * element);
            to += static_cast<size_t>(size.x) * element;
          }
        }
      }
    }
    return part;
  }

  std::function<Status(const Box&)> onRead;  ///< may refuse

 private:
  io::ImageInfo info_;
  Array pixels_;
};

}  // namespace cyto::test
